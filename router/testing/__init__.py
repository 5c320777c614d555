"""Fakes for tests, one for each port of `router.ports`; no part of the program uses them.

A router over fakes calls nobody and answers at once:

    driver = FakeDriver({"mcp:git/git_log": "three commits"})
    ts = router.Router(router.load("path/to/project"), {"mcp": driver}, FakeCatalogue())
    outcome = await ts.ask("what changed in the last 3 commits")
    assert driver.called == ["mcp:git/git_log"]

A model is a server on the loopback interface, which answers as real ones were seen to:

    with ModelServer("harmony_raw") as server:
        ...  # planner.local.base_url = server.base_url
    assert server.requests[0].body["model"] == "openai/gpt-oss-20b"
"""

from router.testing.budget import FakeBudget
from router.testing.catalogue import FakeCatalogue
from router.testing.driver import Answer, FakeDriver, Scripted
from router.testing.ledger import FakeLedger
from router.testing.model_variants import VARIANTS, Variant
from router.testing.models import ModelServer
from router.testing.planner import FakePlanner
from router.testing.tasks import FakeTasks

__all__ = [
    "VARIANTS",
    "Answer",
    "FakeBudget",
    "FakeCatalogue",
    "FakeDriver",
    "FakeLedger",
    "FakePlanner",
    "FakeTasks",
    "ModelServer",
    "Scripted",
    "Variant",
]
