"""Stands between a caller and an agent, and cuts off one answer; what it passes on it does not understand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio.abc import SocketAttribute, SocketStream

_ENDED: Final = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


@dataclass
class Cutter:
    """Cuts the connection by which an answer first says a text; waits for a request that says another."""

    agent: int
    """Port of the agent, which is this one's port in all that it says."""
    port: int
    cut_at: bytes
    awaited: bytes
    cut: bool = False
    seen: anyio.Event = field(default_factory=anyio.Event)
    """Set once a request said what is awaited."""

    async def serve(self, caller: SocketStream) -> None:
        """Pass on what a caller and the agent say, until either is done."""
        async with (
            caller,
            await anyio.connect_tcp("127.0.0.1", self.agent) as agent,
            anyio.create_task_group() as both,
        ):

            async def ask() -> None:
                with suppress(*_ENDED):
                    async for said in caller:
                        await agent.send(said.replace(*_ports(self.port, self.agent)))
                        if self.awaited in said:
                            self.seen.set()
                both.cancel_scope.cancel()

            async def answer() -> None:
                with suppress(*_ENDED):
                    async for said in agent:
                        await caller.send(said.replace(*_ports(self.agent, self.port)))
                        if self.cut_at in said and not self.cut:
                            self.cut = True
                            break
                both.cancel_scope.cancel()

            both.start_soon(ask)
            both.start_soon(answer)


def _ports(old: int, new: int) -> tuple[bytes, bytes]:
    """Ports of the system's choice have five digits: no length changes."""
    return b":%d" % old, b":%d" % new


@asynccontextmanager
async def cutting(url: str, *, cut_at: bytes, awaited: bytes) -> AsyncIterator[tuple[str, Cutter]]:
    """Give the URL to call in place of an agent's, and what stands there."""
    host, _, agent = url.rpartition(":")
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        known = listener.listeners[0].extra
        port = known(SocketAttribute.local_port)
        cutter = Cutter(int(agent), port, cut_at, awaited)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, cutter.serve)
            yield f"{host}:{port}", cutter
            tasks.cancel_scope.cancel()
