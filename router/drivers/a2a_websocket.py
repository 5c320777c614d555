"""JSON-RPC over a WebSocket, as an HTTP transport below the SDK's; the only file that needs websockets.

The SDK posts a request; here its body goes out as one frame of text, and what comes back under its id is the
body of the answer: one frame for one answer, server-sent events where the method streams. The handshake
carries what the request would have carried, so that signing in, limits and errors are those of HTTP.
"""

from __future__ import annotations

import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, cast

import anyio
import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidUpgrade,
)
from websockets.protocol import State

from router.core.plan import JSON
from router.core.settings import Agent
from router.drivers.a2a_signin import SignIn
from router.drivers.a2a_wire import too_large, wire_bytes
from router.drivers.addresses import is_this_machine
from router.errors import ProtocolBroken

_STREAMING: Final = frozenset(
    {"SendStreamingMessage", "SubscribeToTask", "message/stream", "tasks/resubscribe"}
)
_AT_WORK: Final = frozenset({"TASK_STATE_SUBMITTED", "TASK_STATE_WORKING", "submitted", "working"})
_NOT_FOR_A_HANDSHAKE: Final = frozenset({
    "accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent",
})  # fmt: skip
_FAREWELL_SECONDS: Final = 1.0
_TOO_BIG: Final = 1009
"""The code with which a connection ends that got a larger frame than it takes."""


class _Handshake(connect):
    """Opens a connection; a redirect is handed back, and what goes along with it goes nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """See `websockets`."""
        return exc


class _Unreadable(Exception):
    """What came over a connection is no JSON-RPC."""


@dataclass(slots=True)
class _Line:
    """An open connection and what came over it that nobody has read yet, by the id of the request."""

    connection: ClientConnection
    authorization: str = ""
    """With which it was opened."""
    inbox: dict[str, deque[str]] = field(default_factory=dict)
    turn: anyio.Lock = field(default_factory=anyio.Lock)
    """Of reading: whoever waits for an answer reads for all, so that no task of ours outlives a call."""

    async def ask(self, id_: str, frame: str) -> None:
        """Send a request. Raises ConnectionClosed."""
        self.inbox[id_] = deque()
        await self.connection.send(frame)

    async def next(self, id_: str) -> str:
        """Return the next frame for a request. Raises ConnectionClosed; _Unreadable for what is none."""
        mine = self.inbox[id_]
        while not mine:
            async with self.turn:
                if not mine:
                    self._sort(await self.connection.recv())
        return mine.popleft()

    def _sort(self, frame: str | bytes) -> None:
        """Put a frame with its request; what belongs to none that is waited for is dropped."""
        if isinstance(frame, bytes):
            raise _Unreadable("it sends binary frames, which are no JSON-RPC")
        try:
            message = json.loads(frame)
        except (ValueError, RecursionError) as error:
            raise _Unreadable("it sends a frame that is not JSON") from error
        waiting = self.inbox.get(str(message.get("id"))) if isinstance(message, dict) else None
        if waiting is not None:
            waiting.append(frame)
        elif isinstance(message, dict) and message.get("id") is None and "error" in message:
            for each in self.inbox.values():  # what could not be read has no id: it may be any of them
                each.append(frame)


class WebSocketTransport(httpx.AsyncBaseTransport):
    """Carries posts to one agent over a WebSocket; anything else, such as its card, goes over HTTP."""

    def __init__(self, agent: Agent, sign_in: SignIn) -> None:
        """Take the agent, whose url is already that of HTTP."""
        self._agent = agent
        self._target = f"a2a:{agent.name}"
        self._verify = sign_in.verify
        self._direct = is_this_machine(httpx.URL(agent.url).host)
        timeout = httpx.Timeout(None, connect=agent.connect_seconds)
        self._plain = httpx.AsyncClient(verify=sign_in.verify, timeout=timeout, trust_env=not self._direct)
        self._opening = anyio.Lock()
        self._line: _Line | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request. Raises httpx.TransportError, ProtocolBroken and ResultTooLarge."""
        if request.method != "POST":
            return await self._plain.send(request, stream=True)
        call = cast("dict[str, JSON]", json.loads(await request.aread()))
        id_ = str(call["id"])
        async with self._opening:
            opened = await self._usable(request) or await self._opened(request)
            if isinstance(opened, httpx.Response):
                return opened
            self._line = opened
        try:
            await opened.ask(id_, json.dumps(call, ensure_ascii=False))
            if call["method"] in _STREAMING:
                events = {"content-type": "text/event-stream"}
                return httpx.Response(200, headers=events, stream=_Events(self, opened, id_), request=request)
            frame = await self.next(opened, id_)
        except ConnectionClosed as error:
            raise self.lost(opened, error) from error
        except BaseException:
            opened.inbox.pop(id_, None)
            raise
        opened.inbox.pop(id_, None)
        said = {"content-type": "application/json"}
        return httpx.Response(200, headers=said, content=frame.encode(errors="replace"), request=request)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._plain.aclose()
        if self._line is not None:
            await self._close(self._line)

    async def next(self, line: _Line, id_: str) -> str:
        """Return the next frame for a request. Raises as `handle_async_request` does."""
        try:
            return await line.next(id_)
        except ConnectionClosed as error:
            raise self.lost(line, error) from error
        except _Unreadable as error:
            await self._close(line)
            raise ProtocolBroken(self._target, str(error)) from error

    def lost(self, line: _Line, error: ConnectionClosed) -> Exception:
        """Return what the end of a connection means for who waits; the next request opens another."""
        if self._line is line:
            self._line = None
        sent, received = error.sent, error.rcvd
        if sent is not None and sent.code == _TOO_BIG:
            return too_large(self._target, self._agent.limit_bytes)
        said = f": {received.reason or received.code}" if received is not None else ""
        return httpx.ReadError(f"the WebSocket was closed{said}")

    async def _usable(self, request: httpx.Request) -> _Line | None:
        """Return the open connection; one that was opened with another sign-in is left once nobody waits."""
        line = self._line
        if line is None or line.connection.state is not State.OPEN:
            return None
        if line.inbox or line.authorization == _authorization(request):
            return line
        await self._close(line)
        return None

    async def _opened(self, request: httpx.Request) -> _Line | httpx.Response:
        """Open a connection, or return the answer with which that is refused."""
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_FOR_A_HANDSHAKE}
        url = request.url.copy_with(scheme="wss" if request.url.scheme == "https" else "ws")
        context = None
        if url.scheme == "wss":
            context = (
                self._verify if isinstance(self._verify, ssl.SSLContext) else ssl.create_default_context()
            )
        handshake = _Handshake(
            str(url),
            additional_headers=headers,
            user_agent_header="ts-router",
            compression=None,
            open_timeout=None,
            close_timeout=_FAREWELL_SECONDS,
            max_size=wire_bytes(self._agent),
            proxy=None if self._direct else True,
            ssl=context,
        )
        try:
            with anyio.fail_after(self._agent.connect_seconds):
                return _Line(await handshake, _authorization(request))
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no WebSocket in time", request=request) from error
        except InvalidStatus as error:
            answer = error.response
            return httpx.Response(
                answer.status_code,
                headers=dict(answer.headers.raw_items()),
                content=bytes(answer.body),
                request=request,
            )
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except (InvalidHandshake, EOFError) as error:
            raise ProtocolBroken(self._target, f"it opens no WebSocket: {_why(error)}") from error

    async def _close(self, line: _Line) -> None:
        if self._line is line:
            self._line = None
        with anyio.move_on_after(2 * _FAREWELL_SECONDS, shield=True), suppress(OSError, ConnectionClosed):
            await line.connection.close()


class _Events(httpx.AsyncByteStream):
    """The answers to one request, as server-sent events, up to the last."""

    def __init__(self, transport: WebSocketTransport, line: _Line, id_: str) -> None:
        self._transport = transport
        self._line = line
        self._id = id_

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            frame = await self._transport.next(self._line, self._id)
            message = json.loads(frame)
            yield f"data: {json.dumps(message, ensure_ascii=False)}\n\n".encode(errors="replace")
            if _is_last(message):
                return

    async def aclose(self) -> None:
        self._line.inbox.pop(self._id, None)


def _authorization(request: httpx.Request) -> str:
    return str(request.headers.get("authorization", ""))


def _is_last(message: Mapping[str, JSON]) -> bool:
    """Whether nothing more comes for a request: an error, a message, or a task that is not at work."""
    result = message.get("result")
    if not isinstance(result, dict):
        return True
    told = {**result, **_first(result, "statusUpdate", "task", "artifactUpdate", "message")}
    if told.get("final") is True or "messageId" in told or "message" in result:
        return True
    status = told.get("status")
    return isinstance(status, dict) and status.get("state") not in _AT_WORK


def _first(result: Mapping[str, JSON], *names: str) -> Mapping[str, JSON]:
    return next((result[name] for name in names if isinstance(result.get(name), dict)), {})


def _why(error: Exception) -> str:
    """Say why a handshake failed; the reason may be in what led to it."""
    if isinstance(error, InvalidMessage | InvalidUpgrade) and error.__cause__ is not None:
        return str(error.__cause__) or str(error)
    return str(error) or type(error).__name__
