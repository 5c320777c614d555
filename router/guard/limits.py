"""How many calls of a target run at a time, and how fast they follow each other, in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import anyio

from router.core.settings import Peer


class Limits:
    """The limits of one target; who waits gets a turn in the order in which they came."""

    def __init__(
        self, peer: Peer, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        """Take what the settings say of it."""
        self._room = anyio.CapacityLimiter(peer.concurrency) if peer.concurrency else None
        self._gap = 1 / peer.rate if peer.rate else 0.0
        self._gate = anyio.Lock()
        self._next = 0.0
        self._now = now
        self._sleep = sleep

    @asynccontextmanager
    async def turn(self, seconds: float) -> AsyncIterator[bool]:
        """Wait for a turn, and keep it meanwhile; gives whether there was one within so many seconds."""
        async with AsyncExitStack() as held:
            with anyio.move_on_after(seconds) as waiting:
                if self._room is not None:
                    await held.enter_async_context(self._room)
                if self._gap:
                    await self._paced()
            yield not waiting.cancelled_caught

    async def _paced(self) -> None:
        """Wait until the last call is far enough behind; who gives up waiting takes nobody's time."""
        async with self._gate:
            await self._sleep(max(self._next - self._now(), 0.0))
            self._next = self._now() + self._gap
