"""Asks models for a plan: what they answer is judged, and sent back once where it is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from router.core.plan import JSON, Plan
from router.errors import PlanRejected
from router.planner.extract import Answer
from router.planner.judge import judged
from router.planner.prompt import repair
from router.planner.requests import Requests
from router.planner.shape import response_format
from router.planner.showing import Shown
from router.planner.ways import Ask, Way


@dataclass(slots=True)
class Asking:
    """One question on its way through the models."""

    requests: Requests
    shown: Shown
    messages: tuple[dict[str, str], ...]
    schema: dict[str, JSON]

    async def plan(self) -> Plan:
        """Return the plan of the first way that makes one.

        Raises PlanRejected where a model answers but with no plan, else BudgetSpent or ModelUnavailable.
        """
        return await self.requests.first(self._by)

    async def _by(self, way: Way) -> Plan:
        model, effort = self.requests.begin(way)
        most_tokens = self.requests.planning.answer_tokens
        ask = Ask(model, self.messages, effort, response_format(self.schema), most_tokens)
        found, ask = await self.requests.answered(way, ask)
        plan, faults = self._judged(found)
        if plan is None:
            if found.cut:
                ask = replace(ask, most_tokens=2 * ask.most_tokens)
            else:
                ask = replace(ask, messages=(*ask.messages, *repair(found.text, faults)))
            found, _ = await self.requests.answered(way, ask)
            plan, faults = self._judged(found)
        if plan is None:
            raise PlanRejected(model=self.requests.model, faults=faults)
        return plan

    def _judged(self, found: Answer) -> tuple[Plan | None, tuple[str, ...]]:
        if found.found is None:
            return None, (found.fault,)
        if found.found == {"steps": []}:
            raise PlanRejected("it finds nothing among the tools that answers this", self.requests.model)
        return judged(found.found, self.shown, self.requests.planning.steps)
