"""What is opened at its first use, shared and kept, each in a task of its own; it knows no protocol."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from router.errors import CallError, TargetUnavailable

CLOSE_SECONDS: Final = 10.0
"""For all to close at most; nothing of ours takes that long, but foreign libraries might."""


class Held(ABC):
    """Something held open by one task and used by others."""

    def __init__(self) -> None:
        self.ended = anyio.Event()
        """Set when nothing of it is left."""
        self._scope = anyio.CancelScope()
        self._settled = anyio.Event()
        self._waiting = 0
        self._is_open = False
        self._failure: CallError | None = None

    @property
    def is_over(self) -> bool:
        """Whether it takes no more calls."""
        return self._scope.cancel_called or self.ended.is_set()

    async def live(self) -> None:
        """Open it and hold it open until it ends by itself or is stopped."""
        try:
            with self._scope:
                await self._hold()
        except CallError as failure:
            self._failure = failure
        finally:
            self.ended.set()
            self._settled.set()

    @abstractmethod
    async def _hold(self) -> None:
        """Open it, call `_opened`, and return when it has ended. Raises CallError where it does not open."""

    def _opened(self) -> None:
        self._is_open = True
        self._settled.set()

    def stop(self) -> None:
        """End it soon; `ended` tells when."""
        self._scope.cancel()

    async def ready(self, target: str) -> None:
        """Wait until it is open; when all who wait have given up, the opening is given up.

        Raises the CallError for which it could not be opened.
        """
        self._waiting += 1
        try:
            await self._settled.wait()
        finally:
            self._waiting -= 1
            if not self._waiting and not self._settled.is_set():
                self.stop()
        if self._failure is not None:
            raise replace(self._failure, target=target) from self._failure.__cause__
        if not self._is_open:
            raise TargetUnavailable(target, "the connection was closed while it was opened")


_H = TypeVar("_H", bound=Held)


class Pool(Generic[_H]):
    """All that is held open, by name."""

    def __init__(self, tasks: TaskGroup) -> None:
        self._tasks = tasks
        self._held: dict[str, _H] = {}
        self._is_closed = False

    async def latest(self, name: str, opening: Callable[[], _H], target: str) -> _H:
        """Return what is held under the name, else a new one once nothing is left of the last.

        Raises TargetUnavailable where all is closed.
        """
        while not self._is_closed:
            held = self._held.get(name)
            if held is None:
                held = self._held[name] = opening()
                self._tasks.start_soon(self._own, name, held, name=target)
            if not held.is_over:
                return held
            held.stop()
            await held.ended.wait()
        raise TargetUnavailable(target, "all connections are closed")

    async def _own(self, name: str, held: _H) -> None:
        try:
            await held.live()
        finally:
            del self._held[name]

    async def aclose(self) -> None:
        """End all of it, within some seconds, and open nothing more."""
        self._is_closed = True
        held = list(self._held.values())
        with anyio.move_on_after(CLOSE_SECONDS, shield=True):
            for each in held:
                each.stop()
            for each in held:
                await each.ended.wait()
