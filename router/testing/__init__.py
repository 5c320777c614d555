"""Fakes for tests, one for each port of `router.ports`; no part of the program uses them.

A router over fakes calls nobody and answers at once:

    driver = FakeDriver({"mcp:git/git_log": "three commits"})
    ts = router.Router(router.load("path/to/project"), {"mcp": driver}, FakeCatalogue())
    outcome = await ts.ask("what changed in the last 3 commits")
    assert driver.called == ["mcp:git/git_log"]
"""

from router.testing.catalogue import FakeCatalogue
from router.testing.driver import Answer, FakeDriver, Scripted
from router.testing.ledger import FakeLedger
from router.testing.planner import FakePlanner

__all__ = ["Answer", "FakeCatalogue", "FakeDriver", "FakeLedger", "FakePlanner", "Scripted"]
