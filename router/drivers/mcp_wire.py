"""HTTP as MCP servers speak it, each failure told to the one call that it belongs to.

The SDK's transports end the whole connection where one request of it fails, and lose the status and
`Retry-After` of a refusal. This client answers such a request itself, with an error of JSON-RPC that names
the failure, so that the calls beside it go on. It also bounds what is read, and mends what servers are known
to write wrongly.
"""

from __future__ import annotations

import json
import re
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from socket import gaierror
from typing import Final, cast

import anyio
import httpx2
from mcp.client.auth import OAuthFlowError
from mcp_types import INTERNAL_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

from router.core.settings import Server
from router.drivers.mcp_lines import mend
from router.errors import (
    CallError,
    CallTimedOut,
    ProtocolBroken,
    ResultTooLarge,
    SignInFailed,
    TargetUnavailable,
)
from router.retry_after import seconds_of

_LONGEST_REASON: Final = 300
_REFUSAL_BYTES: Final = 65_536
_SPOKEN: Final = ("application/json", "text/event-stream")
_SESSION: Final = "mcp-session-id"
_LOST_SESSION: Final = "it no longer knows the session"
FAULT: Final = "ts-fault"
"""The header of an answer of ours that names the failure for which it stands."""


def is_lost_session(error: CallError | None) -> bool:
    """Whether the server no longer knows the session, and has not taken the call."""
    return isinstance(error, TargetUnavailable) and error.reason == _LOST_SESSION


class Faults:
    """Failures of requests, each under a name that no server can guess."""

    def __init__(self) -> None:
        self._secret = f"ts-{secrets.token_hex(8)}-"
        self._name = re.compile(rf"{self._secret}(\d+)")
        self._known: list[CallError] = []

    def name(self, fault: CallError) -> str:
        """Keep a failure and return its name, to stand in an error's text."""
        self._known.append(fault)
        return f"{self._secret}{len(self._known) - 1}"

    def named(self, text: str) -> CallError | None:
        """Return the failure that a text names; None where it names none."""
        found = self._name.search(text)
        return self._known[int(found[1])] if found else None


class HttpClient(httpx2.AsyncClient):
    """A client of one server, for the SDK's transports."""

    def __init__(
        self,
        server: Server,
        faults: Faults,
        limit_bytes: int,
        *,
        headers: dict[str, str],
        auth: httpx2.Auth | None,
        verify: ssl.SSLContext | bool,
        trust_env: bool,
    ) -> None:
        """Take what goes along with each request; reading never ends by itself, since the caller times it."""
        super().__init__(
            headers={"Accept-Encoding": "identity", "User-Agent": "ts-router", **headers},
            auth=auth,
            verify=verify,
            trust_env=trust_env,
            timeout=httpx2.Timeout(None, connect=server.connect_seconds),
            follow_redirects=False,
        )
        self.failed: Callable[[JSONRPCError], None] | None = None
        """Takes the error of a request whose answer comes by another way, as over SSE."""
        self._server = server
        self._target = f"mcp:{server.name}"
        self._faults = faults
        self._limit_bytes = limit_bytes

    async def send(  # type: ignore[override]
        self,
        request: httpx2.Request,
        *,
        stream: bool = False,
        follow_redirects: bool = False,
    ) -> httpx2.Response:
        """Send a request; where that fails, or the server refuses it, return an answer that says why."""
        try:
            with anyio.fail_after(
                self._server.first_byte_seconds or None if request.method == "POST" else None
            ):
                response = await super().send(request, stream=True, follow_redirects=follow_redirects)
        except TimeoutError:
            return self._answer(request, CallTimedOut(self._target, seconds=self._server.first_byte_seconds))
        except (httpx2.HTTPError, OAuthFlowError, CallError) as error:
            return self._answer(request, self._fault(error))
        if response.status_code >= 400 or response.is_redirect or not _is_spoken(response):
            return await self._refused(request, response)
        bound = _Body(response, self._limit_bytes, self._faults, self._too_large())
        response.stream = bound
        if not stream:
            await response.aread()
        return response

    async def _refused(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        """Return the server's own error, a redirect that may be followed, or what stands for the refusal."""
        if response.is_redirect and _stays(response):
            return response
        body = b""
        with suppress(httpx2.HTTPError):
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _REFUSAL_BYTES:
                    break
        await response.aclose()
        if _is_error(body):
            return httpx2.Response(
                response.status_code,
                content=body,
                headers={"content-type": "application/json"},
                request=request,
            )
        return self._answer(request, self._of_status(response))

    def _answer(self, request: httpx2.Request, fault: CallError) -> httpx2.Response:
        number = _request_id(request)
        if number is None:
            return httpx2.Response(500, headers={FAULT: self._faults.name(fault)}, request=request)
        error = JSONRPCError(
            jsonrpc="2.0", id=number, error=ErrorData(code=INTERNAL_ERROR, message=self._faults.name(fault))
        )
        if self.failed is not None:
            self.failed(error)
            return httpx2.Response(202, request=request)
        content = error.model_dump_json(by_alias=True).encode()
        return httpx2.Response(
            500, content=content, headers={"content-type": "application/json"}, request=request
        )

    def _fault(self, error: Exception) -> CallError:
        if isinstance(error, CallError):
            return error
        if isinstance(error, OAuthFlowError):
            return SignInFailed(self._target, f"signing in failed: {_brief(str(error))}")
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            return TargetUnavailable(self._target, self._of_connection(error), sent=False)
        told = _brief(str(error)) or type(error).__name__
        return TargetUnavailable(self._target, f"the connection was lost during the call: {told}")

    def _of_connection(self, error: httpx2.RequestError) -> str:
        url = error.request.url
        place = f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"
        for each in _chain(error):
            if isinstance(each, ssl.SSLError):
                return f"no secure connection to {place}: {_brief(str(each))}"
            if isinstance(each, gaierror):
                return f"the name of {place} is not known: {_brief(str(each))}"
            if isinstance(each, ConnectionRefusedError):
                return f"nothing listens at {place}"
        if isinstance(error, httpx2.ConnectTimeout):
            return f"no connection to {place} within {self._server.connect_seconds:g} seconds"
        return f"no connection to {place}: {_brief(str(error))}"

    def _of_status(self, response: httpx2.Response) -> CallError:
        status = f"HTTP {response.status_code} {response.reason_phrase}".rstrip()
        target, name = self._target, self._server.name
        if response.status_code in (401, 403):
            signed = self._server.auth is not None
            told = f"refuses the sign-in of [mcp.{name}]" if signed else "wants a sign-in"
            return SignInFailed(
                target, f"it {told} ({status})" + ("" if signed else f"; set auth in [mcp.{name}]")
            )
        if response.is_redirect:
            place = _brief(response.headers.get("location", ""))
            return TargetUnavailable(target, f"it redirects to {place} ({status}), which is not followed")
        if response.status_code == 404 and _SESSION in response.request.headers:
            return TargetUnavailable(target, _LOST_SESSION, sent=False)
        if response.status_code == 429 or response.status_code >= 500:
            wait = response.headers.get("retry-after", "")
            told = f"; Retry-After: {_brief(wait)}" if wait else ""
            return TargetUnavailable(
                target, f"it answers {status}{told}", retry_after_seconds=seconds_of(wait)
            )
        kind = _brief(response.headers.get("content-type", "")) or "nothing"
        told = f"answers {status}" if response.status_code >= 400 else f"sends {kind}, which is not MCP,"
        return ProtocolBroken(target, f"it {told} at {response.url}")

    def _too_large(self) -> ResultTooLarge:
        limit = f"{self._server.limit_bytes:,}"
        return ResultTooLarge(
            self._target,
            f"the result has more bytes than are read, the limit of [mcp.{self._server.name}] is {limit}",
        )


class _Body(httpx2.AsyncByteStream):
    """The body of an answer, mended, of which no line or document is longer than the limit."""

    def __init__(
        self, response: httpx2.Response, limit_bytes: int, faults: Faults, excess: ResultTooLarge
    ) -> None:
        self._inner = cast("httpx2.AsyncByteStream", response.stream)
        self._streamed = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        self._limit_bytes = limit_bytes
        self._faults = faults
        self._excess = excess
        self._target = excess.target

    async def __aiter__(self) -> AsyncIterator[bytes]:
        unended, size = b"", 0
        try:
            async for chunk in self._inner:
                size = len(unended) + len(chunk) if self._streamed else size + len(chunk)
                *lines, unended = (unended + chunk).split(b"\n")
                if size > self._limit_bytes:
                    raise self._excessive()
                for line in lines:
                    yield mend(line) + b"\n"
        except httpx2.TransportError as error:
            if self._streamed:
                raise
            told = _brief(str(error)) or type(error).__name__
            fault = TargetUnavailable(self._target, f"the connection was lost during the call: {told}")
            raise httpx2.StreamError(self._faults.name(fault)) from error
        yield mend(unended)

    def _excessive(self) -> Exception:
        """Return what the SDK takes for the end of this answer alone."""
        name = self._faults.name(self._excess)
        return httpx2.SSEError(name) if self._streamed else httpx2.StreamError(name)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _is_spoken(response: httpx2.Response) -> bool:
    """Whether an answer is of a kind that MCP knows; what has no content need not be."""
    if response.headers.get("content-encoding", "identity") != "identity":
        return False
    kind = response.headers.get("content-type", "").lower()
    return kind.startswith(_SPOKEN) or response.status_code in (202, 204) or "json" in kind


def _is_error(body: bytes) -> bool:
    with suppress(ValidationError):
        JSONRPCError.model_validate_json(body)
        return True
    return False


def _stays(response: httpx2.Response) -> bool:
    """Whether a redirect keeps the method and the origin, so that the SDK follows it."""
    there = response.next_request
    if there is None or there.method != response.request.method:
        return False
    here, url = response.request.url, there.url
    return (here.scheme, here.host, here.port) == (url.scheme, url.host, url.port)


def _request_id(request: httpx2.Request) -> int | str | None:
    """Return the id of the request that is posted; None where it is a notification, or no post."""
    if request.method != "POST":
        return None
    with suppress(ValueError, httpx2.RequestNotRead):
        told = json.loads(request.content)
        if isinstance(told, dict) and "method" in told:
            number = told.get("id")
            return number if isinstance(number, int | str) else None
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else line[:_LONGEST_REASON] + "…"
