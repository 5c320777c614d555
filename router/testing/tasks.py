"""Tasks that wait, in memory."""

from __future__ import annotations

from router.core.plan import Target


class FakeTasks:
    """A `router.ports.Tasks` that writes nothing to disk."""

    def __init__(self) -> None:
        self.waiting: dict[tuple[str, str], str] = {}
        """What is asked, by target and handle."""
        self.numbers: dict[tuple[str, str], int] = {}
        """The question that began each, by target and handle."""
        self.ended: dict[tuple[str, str], str] = {}
        """How tasks ended, by target and handle."""

    def keep(self, number: int, target: Target, handle: str, question: str) -> None:
        """See `router.ports.Tasks`."""
        self.waiting[str(target), handle] = question
        self.numbers.setdefault((str(target), handle), number)

    def end(self, target: Target, handle: str, state: str) -> None:
        """See `router.ports.Tasks`."""
        self.waiting.pop((str(target), handle), None)
        self.ended[str(target), handle] = state
