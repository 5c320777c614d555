"""A ledger that keeps what it is told in memory."""

from __future__ import annotations

from router.core.decision import Decision
from router.core.query import Query


class FakeLedger:
    """A `router.ports.Ledger` that writes nothing to disk."""

    def __init__(self) -> None:
        self.records: list[tuple[Query, Decision]] = []
        """Every record, in order."""

    def record(self, query: Query, decision: Decision) -> None:
        """See `router.ports.Ledger`."""
        self.records.append((query, decision))
