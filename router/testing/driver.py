"""A driver that answers as it is told; it calls nobody and checks no arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import anyio

from router.core.outcome import Result, Text
from router.core.plan import Target
from router.errors import CallError, TargetUnknown
from router.ports import AgentTask, Call, Offer, Progress

Answer: TypeAlias = "str | Result | Exception | Scripted"
"""A text, a whole result, something to raise, or one of these with more to it."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """An answer that takes its time."""

    answer: str | Result | Exception = ""
    progress: tuple[str, ...] = ()
    """What is told before."""
    after: anyio.Event | None = None
    """What is waited for before; an event that nobody sets makes the call hang."""


class FakeDriver:
    """A `router.ports.Driver` with an answer for each target, which writes down every call."""

    def __init__(self, answers: Mapping[str, Answer] | None = None, offers: Iterable[Offer] = ()) -> None:
        """Answer calls by target, written as in rules; a target without an answer is unknown to it."""
        self.calls: list[Call] = []
        """Every call in the order in which they came, failed and hanging ones included."""
        self.finished: list[str] = []
        """Targets of the calls that returned or raised by themselves, in that order."""
        self.canceled: list[tuple[str, str]] = []
        """Targets and handles of the tasks that were to be given up."""
        self.kept: dict[str, tuple[AgentTask, ...]] = {}
        """The tasks that agents keep, by name."""
        self.refusal: CallError | None = None
        """What an agent says that gives up no task."""
        self.is_closed = False
        self._answers = dict(answers or {})
        self._offers = {offer.name: offer for offer in offers}
        self._came: dict[str, anyio.Event] = {}

    @property
    def called(self) -> list[str]:
        """The targets of `calls`."""
        return [str(call.target) for call in self.calls]

    def call_of(self, target: str) -> Call:
        """Return the first call of a target. Raises AssertionError where it was not called."""
        found = next((call for call in self.calls if str(call.target) == target), None)
        if found is None:
            raise AssertionError(f"{target} was not called; called were: {', '.join(self.called) or 'none'}")
        return found

    async def wait_for(self, target: str) -> None:
        """Wait until a target is called, or return at once where it was called already."""
        await self._coming(target).wait()

    async def offer(self, name: str) -> Offer:
        """See `router.ports.Driver`. Raises TargetUnknown for a name without an offer."""
        if name not in self._offers:
            raise TargetUnknown(name, "the fake driver has no such offer")
        return self._offers[name]

    async def call(self, call: Call, progress: Progress) -> Result:
        """See `router.ports.Driver`. Raises as told, and TargetUnknown for a target without an answer."""
        target = str(call.target)
        self.calls.append(call)
        self._coming(target).set()
        answer = self._answers.get(target, TargetUnknown(target, "the fake driver has no answer for it"))
        script = answer if isinstance(answer, Scripted) else Scripted(answer)
        if script.after is not None:
            await script.after.wait()
        for text in script.progress:
            progress(text)
        self.finished.append(target)
        if isinstance(script.answer, Exception):
            raise script.answer
        return script.answer if isinstance(script.answer, Result) else Result((Text(script.answer),))

    async def tasks(self, name: str) -> tuple[AgentTask, ...]:
        """See `router.ports.Driver`."""
        return self.kept.get(name, ())

    async def cancel(self, target: Target, task: str) -> None:
        """See `router.ports.Driver`; the fake writes it down, and raises its `refusal`."""
        self.canceled.append((str(target), task))
        if self.refusal is not None:
            raise self.refusal

    async def aclose(self) -> None:
        """See `router.ports.Driver`."""
        self.is_closed = True

    def _coming(self, target: str) -> anyio.Event:
        return self._came.setdefault(target, anyio.Event())
