"""What `import router` promises to its users: these names, and that they do what the contract shows."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import router
from tests import projects, servers

pytestmark = pytest.mark.anyio

NAMES = [
    "Attachment", "Decision", "Outcome", "Plan", "Problem", "Query", "Result", "Route", "Router",
    "RouterError", "Rulebook", "Step", "StepOutcome", "Target", "Verdict", "__version__", "explain", "load",
    "open_router",
]  # fmt: skip

REFUND = """
[refund-status]
owner = "@billing"
why = "Read-only lookups go to the replica."
when = { all = ["refund", ["status", "where"]], looks = "order" }
use = "mcp:ledger/echo"
args = { text = "refund of {{ order }}" }
yes = ["where is my refund for order 1183"]
no = ["refund order 1183 please"]

[here]
say = "where am i"
use = "mcp:ledger/echo"
args = { text = "{{ repository }} {{ cwd }} {{ time | length > 18 }}" }

[pid]
say = "which process"
use = "mcp:ledger/pid"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TS_HOME", str(tmp_path / "home"))
    server = servers.faulty()
    settings = f"[mcp.ledger]\ncommand = {server.command!r}\nargs = {list(server.args)}\n"
    files = {
        "ts.toml": settings,
        "rules/team/billing.toml": REFUND,
        "rules/vocab.toml": "[shapes]\norder = 'order\\s+#?(?P<order>\\d{3,8})'\n",
    }
    return projects.write(tmp_path / "project", files)


def modes(home: Path) -> dict[str, int]:
    """Return who may do what with the directory of state and with those in it."""
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in (home, *home.iterdir())}


def test_the_public_names_are_these() -> None:
    assert sorted(router.__all__) == sorted(NAMES)
    assert dir(router) == sorted(NAMES)
    assert all(getattr(router, name) is not None for name in NAMES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'router' has no attribute 'expalin'"):
        _ = router.expalin


@pytest.mark.parametrize(
    "code",
    [
        "from router import *; assert callable(explain) and issubclass(RouterError, Exception)",
        "import router.core.explain, router; assert callable(router.explain)",
        "import router; router.explain; import router.core.explain; assert callable(router.explain)",
        "from router import explain; import router.core.explain as other; assert explain is other.page",
        "import router.loading, router.engine, router; assert router.load is router.loading.load",
        "import sys, router; assert not [n for n in sys.modules if n.startswith('router.')]",
    ],
)
def test_names_are_what_they_promise_in_whatever_order_rooms_are_opened(code: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_a_decision_is_made_and_explained_without_starting_anything(project: Path) -> None:
    book = router.load(project)
    decision = book.decide("where is my refund for order 1183")

    assert isinstance(book, router.Rulebook)
    assert isinstance(decision, router.Decision)
    assert (decision.rule, decision.slots) == ("billing.refund-status", {"order": "1183"})
    told = router.explain(decision)
    assert told.splitlines()[0] == "rule billing.refund-status  (rules/team/billing.toml:2, layer team)"
    assert [each.name for each in Path(os.environ["TS_HOME"]).iterdir()] == ["compiled"]


def test_a_project_is_found_from_a_directory_below_it_or_from_the_working_directory(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert router.load(str(project / "rules" / "team")).revision == router.load(project).revision
    monkeypatch.chdir(project / "rules")
    assert router.load().revision == router.load(project).revision


async def test_a_question_is_answered_through_a_real_server_and_nothing_is_left_running(
    project: Path,
) -> None:
    async with router.open_router(project) as ts:
        outcome = await ts.ask("where is my refund for order 1183")
        process = int((await ts.ask("which process")).answer)

    assert isinstance(outcome, router.Outcome)
    assert (outcome.state, outcome.answer) == ("done", "refund of 1183")
    assert await servers.have_ended(process)
    assert modes(project.parent / "home") == {
        "home": 0o700,
        "catalogue": 0o700,
        "compiled": 0o700,
        "ledger": 0o700,
        "logs": 0o700,
    }


async def test_what_the_caller_raises_leaves_as_it_is_and_ends_the_server(project: Path) -> None:
    processes: list[int] = []

    async def fail() -> None:
        async with router.open_router(project) as ts:
            processes.append(int((await ts.ask("which process")).answer))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await servers.have_ended(*processes)


async def test_every_error_of_the_library_is_a_router_error(project: Path) -> None:
    with pytest.raises(router.RouterError, match=r"no ts\.toml"):
        router.load("/")
    async with router.open_router(project) as ts:
        with pytest.raises(router.RouterError, match="no rule decides"):
            await ts.ask("sing a song")


async def test_a_text_is_asked_here_and_now(project: Path, tmp_path: Path) -> None:
    below = tmp_path / "repository" / "below"
    below.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()

    async with router.open_router(project, cwd=below) as ts:
        outcome = await ts.ask("where am I?")

    assert outcome.answer == f"{below.parent} {below} True"
