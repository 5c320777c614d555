"""MCP over HTTP: streamable HTTP, and the server-sent events of 2024-11-05; each failure finds its call."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
import httpx2
from anyio.streams.memory import MemoryObjectSendStream
from mcp import MCPError
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage
from mcp_types import CONNECTION_CLOSED, PARSE_ERROR, JSONRPCError

from router.core.settings import Server
from router.drivers.addresses import is_this_machine, refusal
from router.drivers.certificates import context_of
from router.drivers.mcp_faults import Faults
from router.drivers.mcp_lines import Lines
from router.drivers.mcp_lists import told
from router.drivers.mcp_session import Session
from router.drivers.mcp_signin import SignIn
from router.drivers.mcp_wire import FAULT, HttpClient, is_lost_session
from router.errors import CallError, ProtocolBroken, TargetUnavailable
from router.ports import Host

if TYPE_CHECKING:
    from mcp.client import Transport
    from mcp.client._transport import TransportStreams


class HttpSession(Session):
    """A server at an address, and the SDK's client for it."""

    def __init__(
        self,
        server: Server,
        host: Host,
        signing_in: Callable[[], Awaitable[SignIn]],
    ) -> None:
        super().__init__(server, host)
        self._signing_in = signing_in
        self._faults = Faults()

    @asynccontextmanager
    async def _carried(self) -> AsyncIterator[Transport]:
        server, target = self._server, f"mcp:{self._server.name}"
        if reason := refusal(server.url):
            raise TargetUnavailable(target, f"{reason}; nothing was sent", sent=False)
        self._sign_in = await self._signing_in()
        is_near = is_this_machine(urlsplit(server.url).hostname or "")
        client = HttpClient(
            server,
            self._faults,
            self._limit_bytes,
            headers=self._sign_in.headers,
            auth=self._sign_in.provider,
            verify=context_of(server.tls, target),
            trust_env=not is_near,
        )
        yield self._kept(client)

    @asynccontextmanager
    async def _streams(self, client: HttpClient) -> AsyncIterator[TransportStreams]:
        url = self._server.url
        if self._server.transport == "sse":
            async with sse_client(url, httpx_client_factory=_given(client)) as streams:
                yield streams
        else:
            async with (
                client,
                streamable_http_client(
                    url, http_client=client, max_sse_event_size=self._limit_bytes
                ) as streams,
            ):
                yield streams

    @asynccontextmanager
    async def _kept(self, client: HttpClient) -> AsyncIterator[TransportStreams]:
        """Give the streams of the SDK's transport, with what goes through them looked at on the way."""
        async with self._streams(client) as (reader, writer):
            to_session, heard = anyio.create_memory_object_stream[SessionMessage | Exception](math.inf)
            telling, told_to = anyio.create_memory_object_stream[SessionMessage](0)
            if self._server.transport == "sse":
                client.failed = _into(to_session)

            async def hear() -> None:
                async with to_session:
                    async for message in reader:
                        await to_session.send(_settled(self.lines, message))
                    self._lost.set()

            async def tell() -> None:
                async with writer:
                    async for message in told_to:
                        self.lines.note(message.message)
                        await writer.send(message)

            async with heard, telling, told_to, anyio.create_task_group() as tasks:
                tasks.start_soon(hear)
                tasks.start_soon(tell)
                yield heard, telling
                tasks.cancel_scope.cancel()

    def _agreed(self) -> None:
        self._sign_in.check(f"mcp:{self._server.name}")

    def _no_start(self, target: str, error: BaseException) -> CallError:
        if isinstance(error, CallError):
            return error
        if isinstance(error, MCPError) and (fault := self._fault(target, error)):
            return fault
        if isinstance(error, httpx2.HTTPStatusError):
            named = self._faults.named(error.response.headers.get(FAULT, ""))
            return named or ProtocolBroken(target, f"the server cannot be spoken to: {told(error)}")
        return ProtocolBroken(target, f"the server cannot be spoken to: {told(error)}")

    def _fault(self, target: str, error: MCPError) -> CallError | None:
        fault = self._faults.named(error.message)
        if fault is None and error.code == PARSE_ERROR:
            return ProtocolBroken(target, f"the answer cannot be read: {told(error)}")
        if fault is None and error.code == CONNECTION_CLOSED:
            return TargetUnavailable(target, "the connection was lost during the call")
        if is_lost_session(fault):
            self._lost.set()
        return replace(fault, target=target) if fault is not None else None


def _given(client: httpx2.AsyncClient) -> Callable[..., httpx2.AsyncClient]:
    """Return a factory of clients that gives this one, whose timeouts and sign-in are its own."""

    def factory(**_: object) -> httpx2.AsyncClient:
        return client

    return factory


def _into(
    stream: MemoryObjectSendStream[SessionMessage | Exception],
) -> Callable[[JSONRPCError], None]:
    def failed(error: JSONRPCError) -> None:
        stream.send_nowait(SessionMessage(error))

    return failed


def _settled(lines: Lines, message: SessionMessage | Exception) -> SessionMessage | Exception:
    if isinstance(message, Exception):
        return message
    return SessionMessage(lines.settled(message.message), metadata=message.metadata)
