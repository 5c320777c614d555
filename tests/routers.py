"""Routers over fakes, two small rulebooks for them, and a look at their outcomes."""

from __future__ import annotations

from collections.abc import Callable

from router.core.book import Rulebook
from router.core.outcome import Content, Outcome
from router.core.plan import Target
from router.engine import Router
from router.ports import Catalogue, Hit, Ledger, Planner
from router.testing import Answer, FakeCatalogue, FakeDriver

HITS = (Hit(Target("mcp", "git", "git_log"), "Log."), Hit(Target("a2a", "writer"), "Writes."))

DIAMOND = """
[diamond]
say = "diamond"
steps = [
    { id = "last", use = "mcp:git/join", args = { text = "{{ steps.left.text }}+{{ steps.right.text }}" } },
    { id = "left", use = "mcp:git/left", args = { of = "{{ steps.first.text }}" } },
    { id = "right", use = "mcp:git/right", needs = ["first"] },
    { id = "first", use = "mcp:git/first" },
    { id = "aside", use = "mcp:time/aside" },
]
"""

SIMPLE = '[one]\nsay = "ask {n:int}"\nuse = "mcp:git/one"\nargs = { count = "{{ n }}" }\n'


def over(
    book: Rulebook,
    answers: dict[str, Answer] | None = None,
    *,
    planner: Planner | None = None,
    catalogue: Catalogue | None = None,
    ledger: Ledger | None = None,
    keep: Callable[[Content], Content] = lambda content: content,
) -> tuple[Router, FakeDriver]:
    """Return a router whose every scheme goes to one fake driver, and that driver."""
    driver = FakeDriver(answers)
    drivers = {"mcp": driver, "a2a": driver}
    known = catalogue or FakeCatalogue(hits=HITS)
    return Router(book, drivers, known, planner, ledger, keep=keep), driver


def states(outcome: Outcome) -> dict[str, str]:
    """Return what became of each step."""
    return {step.id: step.state for step in outcome.steps}


def error(outcome: Outcome, step: str) -> dict[str, object]:
    """Return the error of a step, which must have one."""
    found = next(each for each in outcome.steps if each.id == step).error
    assert found is not None
    return dict(found)
