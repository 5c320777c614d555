"""A ledger that keeps what it is told in memory."""

from __future__ import annotations

from router.core.decision import Decision
from router.core.outcome import Outcome
from router.core.query import Query
from router.errors import RouterError
from router.ports import Planned


class FakeLedger:
    """A `router.ports.Ledger` that writes nothing to disk."""

    def __init__(self) -> None:
        self.records: list[tuple[Query, Decision]] = []
        """Every record, in order; its number is its place, from 1 on."""
        self.answered: dict[int, str] = {}
        """The handle of the task that a record answers, by its number; of answers alone."""
        self.plans: dict[int, tuple[Planned | None, tuple[RouterError, ...]]] = {}
        """What fallbacks made of a question, by its number."""
        self.outcomes: dict[int, Outcome] = {}
        """What came of a question, by its number."""

    def record(self, query: Query, decision: Decision, task: str = "") -> int:
        """See `router.ports.Ledger`."""
        self.records.append((query, decision))
        if task:
            self.answered[len(self.records)] = task
        return len(self.records)

    def planned(self, number: int, planned: Planned | None, failures: tuple[RouterError, ...]) -> None:
        """See `router.ports.Ledger`."""
        self.plans[number] = planned, failures

    def ended(self, number: int, outcome: Outcome) -> None:
        """See `router.ports.Ledger`."""
        self.outcomes[number] = outcome
