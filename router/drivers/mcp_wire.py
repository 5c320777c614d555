"""HTTP as MCP servers speak it, each failure told to the one call that it belongs to.

The SDK's transports end the whole connection where one request of it fails, and lose the status and
`Retry-After` of a refusal. This client answers such a request itself, with an error of JSON-RPC that names
the failure, so that the calls beside it go on.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from socket import gaierror
from typing import Final

import anyio
import httpx2
from mcp.client.auth import OAuthFlowError
from mcp_types import JSONRPCError
from pydantic import ValidationError

from router.core.settings import Server
from router.drivers.jsonrpc import Id, id_of
from router.drivers.mcp_body import Body
from router.drivers.mcp_faults import Faults
from router.drivers.quoting import brief
from router.errors import (
    CallError,
    CallTimedOut,
    ProtocolBroken,
    ResultTooLarge,
    SignInFailed,
    TargetUnavailable,
)
from router.retry_after import seconds_of

OLD_EVENT_BYTES: Final = 1_048_576
"""Of one event over the SSE of 2024-11-05, where the SDK would end the connection at a larger one."""
_MOST_REDIRECTS: Final = 5
_REFUSAL_BYTES: Final = 65_536
_SPOKEN: Final = ("application/json", "text/event-stream")
_SESSION: Final = "mcp-session-id"
_LOST_SESSION: Final = "it no longer knows the session"
FAULT: Final = "ts-fault"
"""The header of an answer of ours that names the failure for which it stands."""


def is_lost_session(error: CallError | None) -> bool:
    """Whether the server no longer knows the session, and has not taken the call."""
    return isinstance(error, TargetUnavailable) and error.reason == _LOST_SESSION


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
                response = await self._followed(
                    await super().send(request, stream=True, follow_redirects=follow_redirects)
                )
        except TimeoutError:
            return self._answer(request, CallTimedOut(self._target, seconds=self._server.first_byte_seconds))
        except (httpx2.HTTPError, OAuthFlowError, CallError) as error:
            return self._answer(request, self._fault(error))
        if response.status_code >= 400 or response.is_redirect or not _is_spoken(response):
            return await self._refused(request, response)
        response.stream = self._body(request, response)
        if not stream:
            await response.aread()
        return response

    async def _followed(self, response: httpx2.Response) -> httpx2.Response:
        """Go where the server redirects to within its origin, some times; the SDK would do it without end."""
        for _ in range(_MOST_REDIRECTS):
            there = response.next_request
            if there is None or not _stays(response, there):
                break
            await response.aclose()
            response = await super().send(there, stream=True, follow_redirects=False)
        return response

    def _body(self, request: httpx2.Request, response: httpx2.Response) -> Body:
        number, limit_bytes, excess = _request_id(request), self._limit_bytes, self._too_large()
        if self._server.transport == "sse" and limit_bytes > OLD_EVENT_BYTES:
            limit_bytes = OLD_EVENT_BYTES
            reason = f"the result has more than the {limit_bytes:,} bytes that the older SSE can carry here"
            excess = ResultTooLarge(self._target, reason)
        return Body(response, number, limit_bytes, self._faults, excess)

    async def _refused(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        """Return the server's own error, or what stands for the refusal."""
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
        content = self._faults.answer(number, fault)
        if self.failed is not None:
            self.failed(JSONRPCError.model_validate_json(content))
            return httpx2.Response(202, request=request)
        return httpx2.Response(
            500, content=content, headers={"content-type": "application/json"}, request=request
        )

    def _fault(self, error: Exception) -> CallError:
        if isinstance(error, CallError):
            return error
        if isinstance(error, OAuthFlowError):
            return SignInFailed(self._target, f"signing in failed: {brief(str(error))}")
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            return TargetUnavailable(self._target, self._of_connection(error), sent=False)
        told = brief(str(error)) or type(error).__name__
        return TargetUnavailable(self._target, f"the connection was lost during the call: {told}")

    def _of_connection(self, error: httpx2.RequestError) -> str:
        url = error.request.url
        place = f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"
        for each in _chain(error):
            if isinstance(each, ssl.SSLError):
                return f"no secure connection to {place}: {brief(str(each))}"
            if isinstance(each, gaierror):
                return f"the name of {place} is not known: {brief(str(each))}"
            if isinstance(each, ConnectionRefusedError):
                return f"nothing listens at {place}"
        if isinstance(error, httpx2.ConnectTimeout):
            return f"no connection to {place} within {self._server.connect_seconds:g} seconds"
        return f"no connection to {place}: {brief(str(error))}"

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
            return TargetUnavailable(target, _of_redirect(response, status))
        if response.status_code == 404 and _SESSION in response.request.headers:
            return TargetUnavailable(target, _LOST_SESSION, sent=False)
        if response.status_code == 429 or response.status_code >= 500:
            wait = response.headers.get("retry-after", "")
            told = f"; Retry-After: {brief(wait)}" if wait else ""
            return TargetUnavailable(
                target, f"it answers {status}{told}", retry_after_seconds=seconds_of(wait)
            )
        kind = brief(response.headers.get("content-type", "")) or "nothing"
        told = f"answers {status}" if response.status_code >= 400 else f"sends {kind}, which is not MCP,"
        return ProtocolBroken(target, f"it {told} at {response.url}")

    def _too_large(self) -> ResultTooLarge:
        limit = f"{self._server.limit_bytes:,}"
        return ResultTooLarge(
            self._target,
            f"the result has more bytes than are read, the limit of [mcp.{self._server.name}] is {limit}",
        )


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


def _stays(response: httpx2.Response, there: httpx2.Request) -> bool:
    """Whether a redirect keeps the method and the origin."""
    if there.method != response.request.method:
        return False
    here, url = response.request.url, there.url
    return (here.scheme, here.host, here.port) == (url.scheme, url.host, url.port)


def _of_redirect(response: httpx2.Response, status: str) -> str:
    place = f"to {brief(response.headers.get('location', ''))} ({status})"
    there = response.next_request
    if there is not None and _stays(response, there):
        return f"it redirects more than {_MOST_REDIRECTS} times, last {place}"
    return f"it redirects {place}, which is not followed"


def _request_id(request: httpx2.Request) -> Id | None:
    """Return the id of the request that is posted; None where it is a notification, or no post."""
    if request.method != "POST":
        return None
    with suppress(httpx2.RequestNotRead):
        return id_of(request.content)
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
