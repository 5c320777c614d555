"""The HTTP client that A2A agents are reached by, and what its failures mean; it knows no message.

The A2A SDK hides what happened: a status, its Retry-After and a refused connection are found only in
the chain of `__cause__`, and some failures are not errors of the SDK at all.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from socket import gaierror
from typing import TYPE_CHECKING, Final, TypeVar, cast
from urllib.parse import urlsplit

import anyio
import httpx
from a2a.client import A2AClientError, AgentCardResolutionError
from a2a.types import (
    InvalidRequestError,
    MethodNotFoundError,
    TaskNotCancelableError,
    TaskNotFoundError,
    VersionNotSupportedError,
)
from a2a.utils.errors import A2AError, JSONParseError
from httpx import USE_CLIENT_DEFAULT

from router.core.settings import Agent
from router.drivers.a2a_repair import repaired
from router.drivers.a2a_signin import SignIn
from router.drivers.addresses import is_this_machine
from router.drivers.jsonrpc import Id, answers_of, id_of
from router.drivers.quoting import brief
from router.errors import (
    CallError,
    CallTimedOut,
    ProtocolBroken,
    ResultTooLarge,
    SignInFailed,
    TargetUnavailable,
    ToolFailed,
)
from router.retry_after import seconds_of

if TYPE_CHECKING:
    from httpx._client import UseClientDefault
    from httpx._types import AuthTypes

Answer = TypeVar("Answer")

LARGEST_CARD_BYTES: Final = 1_000_000
"""Of what an agent says of itself; a card has no part in `limit_bytes`."""

OF_ITSELF: Final = {"ts": "card"}
"""Marks, as `extensions` of a request, that the agent is asked what it is and not what it can do."""

_OF_THE_AGENT: Final = ("JSON-RPC Error", "gRPC Error", "{")
"""How the SDK begins the errors that agents report and it has no name for."""
_REFUSED_BY_PROTOCOL: Final = (
    InvalidRequestError,
    JSONParseError,
    MethodNotFoundError,
    VersionNotSupportedError,
)


def open_http(
    agent: Agent, sign_in: SignIn, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Return a client that signs in, follows no redirect and reads no more than the agent may send.

    An answer may take twice `limit_bytes` and 64 KiB on the wire, for base64, escapes and the envelope;
    beyond that reading it raises ResultTooLarge. Reading waits without end: the caller times the call.
    """
    target = f"a2a:{agent.name}"

    async def guard(response: httpx.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ProtocolBroken(target, "it answers compressed, which it was asked not to do")
        limit, excess = wire_bytes(agent), too_large(target, agent.limit_bytes)
        if _is_of_itself(response.request):
            limit = LARGEST_CARD_BYTES
            excess = ResultTooLarge(target, f"its card is larger than {limit:,} bytes")
        response.stream = _Body(response, _id_of(response.request), limit, excess)

    client = _Client(
        auth=sign_in,
        verify=sign_in.verify,
        timeout=httpx.Timeout(None, connect=agent.connect_seconds),
        headers={"Accept-Encoding": "identity", "User-Agent": "ts-router"},
        event_hooks={"response": [guard]},
        follow_redirects=False,
        transport=transport,
        trust_env=transport is None and not is_this_machine(urlsplit(agent.url).hostname or ""),
    )
    client.agent = agent
    return client


class _Client(httpx.AsyncClient):
    """A client of one agent, whose answers must begin in time."""

    agent: Agent

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
    ) -> httpx.Response:
        """Send a request. Raises CallTimedOut where the answer does not begin in time."""
        seconds = self.agent.first_byte_seconds
        sending = super().send(request, stream=True, auth=auth, follow_redirects=follow_redirects)
        try:
            with anyio.fail_after(seconds or None):
                response = await sending
        except TimeoutError:
            raise CallTimedOut(f"a2a:{self.agent.name}", seconds=seconds) from None
        if not stream:
            try:
                await response.aread()
            except BaseException:
                await response.aclose()
                raise
        return response


def wire_bytes(agent: Agent) -> int:
    """Return how much one answer may take on the wire."""
    return agent.limit_bytes * 2 + 65_536


def _id_of(request: httpx.Request) -> Id | None:
    with suppress(httpx.RequestNotRead):
        return id_of(request.content)
    return None


def _is_of_itself(request: httpx.Request) -> bool:
    return request.extensions.get("ts") == OF_ITSELF["ts"]


def too_large(target: str, limit_bytes: int) -> ResultTooLarge:
    """Return the error for an answer over the limit."""
    return ResultTooLarge(target, f"the answer is larger than the limit of {limit_bytes:,} bytes")


class _Body(httpx.AsyncByteStream):
    """The body of a response, repaired, which ends with an error once it is larger than the limit.

    `number` is of the request of JSON-RPC that it answers; an answer to any other is an error too.
    """

    def __init__(
        self, response: httpx.Response, number: Id | None, limit_bytes: int, excess: ResultTooLarge
    ) -> None:
        told = response.headers.get("content-length", "")
        if told.isdecimal() and int(told) > limit_bytes:
            raise excess
        self._inner = cast("httpx.AsyncByteStream", response.stream)
        self._streamed = "text/event-stream" in response.headers.get("content-type", "")
        self._number = number
        self._left = limit_bytes
        self._excess = excess

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for said in repaired(self._metered(), streamed=self._streamed):
            if self._number is not None:
                self._check(said, self._number)
            yield said

    def _check(self, said: bytes, number: Id) -> None:
        """Look at a document, or at a line of events. Raises ProtocolBroken for an answer to another."""
        if other := answers_of(said[max(said.find(b"{"), 0) :], number).other:
            reason = f"it answers request {brief(other)}, which was not asked here"
            raise ProtocolBroken(self._excess.target, reason)

    async def _metered(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._left -= len(chunk)
            if self._left < 0:
                raise self._excess
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


async def answered(
    agent: Agent,
    target: str,
    act: Callable[[], Awaitable[Answer]],
    *,
    asks: str = "",
    sent: bool | None = None,
) -> Answer:
    """Do it once and translate what fails.

    `asks` are the ways of signing in that the agent's card names. `sent` says whether the message was sent
    before; None where that is what is being done.
    """
    try:
        return await act()
    except Exception as error:
        failure = translated(error, target, agent, asks)
        if isinstance(failure, TargetUnavailable) and sent is not None:
            failure.sent = sent
        raise failure from error


def never_reached(error: BaseException) -> bool:
    """Whether no connection came about, so that nothing can have been read by the other side."""
    return any(isinstance(each, httpx.ConnectError | httpx.ConnectTimeout) for each in _chain(error))


def cut_off(error: BaseException) -> bool:
    """Whether the connection was lost, rather than something wrong said over it."""
    return any(isinstance(each, httpx.TransportError | TargetUnavailable) for each in _chain(error))


def translated(error: Exception, target: str, agent: Agent, asks: str = "") -> CallError:
    """Return what the failure of the SDK, of HTTP or of parsing means for the call."""
    for each in _chain(error):
        if isinstance(each, CallError):
            return replace(each, target=target)
        if isinstance(each, A2AError) and not isinstance(each, A2AClientError | MethodNotFoundError):
            return _of_protocol(each, target)
        if isinstance(each, httpx.HTTPStatusError):
            return _of_status(each.response, target, agent, asks)
        if isinstance(each, httpx.TransportError):
            reached = not never_reached(each)
            return TargetUnavailable(target, _of_connection(each, agent), sent=reached)
    return _of_protocol(error, target)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and what led to it, each once: libraries may chain in a circle."""
    given: set[int] = set()
    while error is not None and id(error) not in given:
        given.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _of_status(response: httpx.Response, target: str, agent: Agent, asks: str) -> CallError:
    status = f"HTTP {response.status_code} {response.reason_phrase}".rstrip()
    if response.status_code in (401, 403):
        return let_nobody_in(target, agent, status, asks)
    if response.is_redirect:
        return TargetUnavailable(target, _of_redirect(response, status), sent=False)
    if response.status_code in (404, 410) and _is_of_itself(response.request):
        return TargetUnavailable(target, f"there is no agent card at {response.url} ({status})")
    if response.status_code == 429 or response.status_code >= 500:
        wait = brief(response.headers.get("retry-after", ""))
        after = f"; Retry-After: {wait}" if wait else ""
        return TargetUnavailable(target, f"it answers {status}{after}", retry_after_seconds=seconds_of(wait))
    return ProtocolBroken(target, f"it answers {status} at {response.url}")


def let_nobody_in(target: str, agent: Agent, said: str, asks: str) -> SignInFailed:
    """Return the error for an agent that refuses us, with what its card asks for where nothing is set."""
    if agent.auth is not None:
        return SignInFailed(target, f"it refuses the sign-in of [a2a.{agent.name}] ({said})")
    wish = f"; its card asks for {brief(asks)}" if asks else ""
    return SignInFailed(target, f"it wants a sign-in ({said}){wish}; set auth in [a2a.{agent.name}]")


def _of_redirect(response: httpx.Response, status: str) -> str:
    """Say where to; to go there is advised only where the agent stays on its host and as safe as it was."""
    place, url = response.headers.get("location", ""), response.url
    told = f"it redirects to {brief(place)} ({status})"
    with suppress(httpx.InvalidURL):
        there = url.join(place)
        if there.host == url.host and there.scheme in ("https", url.scheme):
            whose = (
                "set the agent's url to that" if _is_of_itself(response.request) else "its card should say so"
            )
            return f"{told}; {whose}"
    return f"{told}, which is not followed"


def _of_connection(error: httpx.TransportError, agent: Agent) -> str:
    if not never_reached(error):
        return f"the connection was lost during the call: {brief(str(error)) or type(error).__name__}"
    place = _place(error)
    for each in _chain(error):
        if isinstance(each, ssl.SSLError):
            return f"no secure connection to {place}: {brief(str(each))}"
        if isinstance(each, gaierror):
            return f"the name of {place} is not known: {brief(str(each))}"
        if isinstance(each, ConnectionRefusedError):
            return f"nothing listens at {place}"
        if isinstance(each, httpx.ConnectTimeout):
            return f"no connection to {place} within {agent.connect_seconds:g} seconds"
    return f"no connection to {place}: {brief(str(error))}"


def _place(error: httpx.TransportError) -> str:
    url = error.request.url
    return f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def _of_protocol(error: Exception, target: str) -> CallError:
    said = brief(str(error)) or type(error).__name__
    if isinstance(error, AgentCardResolutionError):
        return ProtocolBroken(target, f"what it serves as its card is not an agent card: {said}")
    if isinstance(error, _REFUSED_BY_PROTOCOL):
        return ProtocolBroken(target, f"it does not take what this version sends: {said}")
    if isinstance(error, A2AClientError) and not said.startswith(_OF_THE_AGENT):
        return ProtocolBroken(target, f"what it answers is not A2A: {said}")
    if isinstance(error, A2AError):
        return ToolFailed(target, said, is_over=isinstance(error, TaskNotFoundError | TaskNotCancelableError))
    return ProtocolBroken(target, f"what it answers is not A2A: {type(error).__name__}: {said}")
