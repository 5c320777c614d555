"""A planner that answers as it is told; it asks no model."""

from __future__ import annotations

from router.core.plan import Plan
from router.errors import ModelUnavailable
from router.ports import Planned, PlanRequest


class FakePlanner:
    """A `router.ports.Planner` that gives one answer to all, and writes down what it is asked."""

    def __init__(
        self, answer: Planned | Plan | Exception | None = None, remembered: Planned | None = None
    ) -> None:
        """Answer every request with a plan, or raise; `remembered` is what it recalls of every request.

        None for an answer stands for a model that cannot be reached.
        """
        self.requests: list[PlanRequest] = []
        """Every request, in order."""
        self.forgotten: list[PlanRequest] = []
        """Every request whose plan it was told to forget, in order."""
        self._answer = answer
        self._remembered = remembered

    def recall(self, request: PlanRequest) -> Planned | None:
        """See `router.ports.Planner`."""
        return None if request in self.forgotten else self._remembered

    async def plan(self, request: PlanRequest) -> Planned:
        """See `router.ports.Planner`."""
        self.requests.append(request)
        if self._answer is None:
            raise ModelUnavailable("there is no model", "fake:model")
        if isinstance(self._answer, Exception):
            raise self._answer
        return Planned(self._answer, "fake:model") if isinstance(self._answer, Plan) else self._answer

    def forget(self, request: PlanRequest) -> None:
        """See `router.ports.Planner`."""
        self.forgotten.append(request)
