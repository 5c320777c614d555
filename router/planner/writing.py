"""Has a model write text for a server that asks for it, on the budget and by the ways of the planner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import anyio

from router.core.query import LONGEST_TEXT, Query
from router.core.settings import Planning
from router.errors import ModelUnavailable
from router.planner.requests import Requests
from router.planner.ways import Ask, Way
from router.ports import Budget, Prompted, Written


@dataclass
class Writer:
    """Writes what servers ask for; called as a `router.ports.Write`."""

    planning: Planning
    make_ways: Callable[[], Sequence[Way]]
    """Makes the ways to models, in the order of the settings; called when the first is asked."""
    make_budget: Callable[[], Budget]
    _turn: anyio.Lock = field(default_factory=anyio.Lock, init=False)
    """One text at a time: what one costs is counted before the next is allowed."""

    @cached_property
    def ways(self) -> Sequence[Way]:
        """The ways to models."""
        return self.make_ways()

    async def __call__(self, prompted: Prompted) -> Written:
        """Ask for one text. Raises ModelUnavailable and BudgetSpent."""
        asked = f"text for {prompted.target}"[:LONGEST_TEXT]
        requests = Requests(self.planning, self.ways, self.make_budget(), Query(asked))
        messages = [{"role": "system", "content": prompted.system}] if prompted.system else []
        messages += [{"role": role, "content": text} for role, text in prompted.messages]
        most_tokens = self.planning.answer_tokens
        if prompted.most_tokens > 0:
            most_tokens = min(most_tokens, prompted.most_tokens)

        async def by(way: Way) -> Written:
            model, effort = requests.begin(way)
            found, _ = await requests.answered(way, Ask(model, tuple(messages), effort, None, most_tokens))
            if not found.said:
                raise ModelUnavailable("the answer is empty", requests.model)
            return Written(found.said, model, is_cut=found.cut)

        async with self._turn:
            return await requests.first(by)
