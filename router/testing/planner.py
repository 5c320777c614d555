"""A planner that answers as it is told; it asks no model."""

from __future__ import annotations

from router.core.plan import Plan
from router.ports import PlanRequest


class FakePlanner:
    """A `router.ports.Planner` that gives one answer to all, and writes down what it is asked."""

    def __init__(self, answer: Plan | Exception | None = None) -> None:
        """Answer every request with a plan or with None, or raise."""
        self.requests: list[PlanRequest] = []
        """Every request, in order."""
        self._answer = answer

    async def plan(self, request: PlanRequest) -> Plan | None:
        """See `router.ports.Planner`."""
        self.requests.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer
