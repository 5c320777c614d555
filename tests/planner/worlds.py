"""A catalogue, a rulebook and a planner over them, for the planner's tests."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from router.core.admission import Admission
from router.core.plan import JSON
from router.core.query import Query
from router.core.settings import ModelWay, Planning, Settings
from router.core.text import Normaliser
from router.planner import AskingPlanner
from router.planner.local import LocalWay
from router.planner.planner import Plans
from router.planner.showing import Shown, shown
from router.planner.ways import Way
from router.ports import Budget, Offer, Spend, Tool, Usage
from router.secrets import SecretStore
from router.testing import FakeCatalogue
from tests import projects

LOG_SCHEMA = {
    "type": "object",
    "properties": {"max_count": {"type": "integer"}, "path": {"type": "string"}},
    "required": ["max_count"],
    "additionalProperties": False,
}
OFFERS = (
    Offer(
        "mcp",
        "git",
        (
            Tool("git_log", "Shows the commit logs", LOG_SCHEMA, read_only=True),
            Tool("git_status", "Shows the working tree status", {"type": "object"}, read_only=True),
        ),
        title="Git",
    ),
    Offer("a2a", "writer", (Tool("prose", "Writes prose"),), description="Writes."),
)
GOOD = {"id": "1", "use": "mcp:git/git_log", "args": '{"max_count": 3}', "message": "", "needs": []}
SECRETS = SecretStore(Path("no-such-home"), Path(), os.environ)
"""Finds what the environment has, as it is when it is asked."""


def plan(*steps: dict[str, JSON]) -> str:
    """Return a plan as a model writes it; by default the good one."""
    return json.dumps({"steps": list(steps or (GOOD,))})


def everything(query: Query | None = None, most_tokens: int = 10**9) -> Shown:
    """Return what a model would be shown of the offers."""
    admission = Admission.of(Settings(), Normaliser("english"))
    return shown(FakeCatalogue(OFFERS), query or Query("x"), (), admission, most_tokens)


class CountingBudget:
    """A `router.ports.Budget` that only counts."""

    def __init__(self, admits: Sequence[bool] = (True,)) -> None:
        self.spends: list[Spend] = []
        self._admits = list(admits)

    def admit(self) -> bool:
        return self._admits.pop(0) if len(self._admits) > 1 else self._admits[0]

    def price(self, way: str, _model: str, _provider: str, usage: Usage) -> float:
        return 0.0 if way == "local" else usage.tokens / 1_000_000

    def spend(self, spend: Spend) -> None:
        self.spends.append(spend)


def planner(
    directory: Path,
    ways: Sequence[Way],
    *,
    budget: Budget | None = None,
    plans: Plans | None = None,
    planning: Planning | None = None,
    offers: Sequence[Offer] = OFFERS,
    rules: str = "",
) -> AskingPlanner:
    """Return a planner that asks the ways, over the offers."""
    made = projects.book(directory, rules)
    counting = budget or CountingBudget()
    wanted = planning or Planning(retries=1)
    return AskingPlanner(wanted, FakeCatalogue(offers), made, lambda: ways, lambda: counting, plans)


def local(url: str, *, timeout: float = 5.0, token: str = "") -> LocalWay:
    """Return a way to a server at a URL."""
    return LocalWay(ModelWay("local", url, token, timeout), SECRETS)
