"""Signs a person in to an MCP server: the authorization-code flow with PKCE, over a loopback redirect."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import anyio
from anyio.abc import SocketListener, SocketStream
from mcp.client.auth import AuthorizationCodeResult, OAuthFlowError

from router.core.settings import Server
from router.drivers.mcp_http import HttpSession
from router.drivers.mcp_signin import TOKENS, TokenFile, Visitor, sign_in
from router.errors import CallError, SignInFailed
from router.ports import Host, Secrets

_MOST_BYTES: Final = 65_536
_DONE: Final = b"You are signed in and may close this page.\n"
_REFUSED: Final = b"The sign-in was refused; the terminal says why. You may close this page.\n"


async def log_in(server: Server, secrets: Secrets | None, state: Path, show: Callable[[str], None]) -> Path:
    """Sign a person in anew and return the directory in `state` where the token is kept.

    `show` gets the address that the person is to open. Raises CallError where it fails.
    """
    target = f"mcp:{server.name}"
    if server.auth is None or server.auth.type != "login" or not server.url:
        wanted = f'write auth = {{ type = "login" }} in [mcp.{server.name}], which needs a url'
        raise SignInFailed(target, wanted)
    tokens = state / TOKENS
    TokenFile(tokens, server).forget()
    failure: CallError | None = None
    async with _browsing(show) as visitor, anyio.create_task_group() as tasks:
        session = HttpSession(
            server, Host(lambda _: None), partial(sign_in, server, secrets, tokens, visitor)
        )
        tasks.start_soon(session.live)
        try:
            await session.ready(target)
        except CallError as error:
            failure = error  # raised after the groups, which would wrap it
        finally:
            session.stop()
    if failure is not None:
        raise failure
    return tokens


@asynccontextmanager
async def _browsing(show: Callable[[str], None]) -> AsyncIterator[Visitor]:
    """Give a visitor whose browser comes back to a port of this machine."""
    came_to, came = anyio.create_memory_object_stream[AuthorizationCodeResult | OAuthFlowError](1)

    async def handle(stream: SocketStream) -> None:
        async with stream:
            head = b""
            with anyio.move_on_after(10):
                while b"\r\n\r\n" not in head and len(head) < _MOST_BYTES:
                    head += await stream.receive()
            told = _told(head.decode(errors="replace"))
            if told is None:
                await stream.send(_page(b"404 Not Found", b""))
                return
            refused = isinstance(told, OAuthFlowError)
            await stream.send(
                _page(b"400 Bad Request" if refused else b"200 OK", _REFUSED if refused else _DONE)
            )
            with came_to.clone() as sender:
                sender.send_nowait(told)

    async def shown(url: str) -> None:
        show(url)

    async def wait() -> AuthorizationCodeResult:
        told = await came.receive()
        if isinstance(told, OAuthFlowError):
            raise told
        return told

    bound = socket.create_server(("127.0.0.1", 0))
    port = bound.getsockname()[1]
    listener = await SocketListener.from_socket(bound)
    async with listener, came_to, came, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        yield Visitor(f"http://127.0.0.1:{port}/callback", shown, wait)
        tasks.cancel_scope.cancel()


def _told(head: str) -> AuthorizationCodeResult | OAuthFlowError | None:
    """Return what the browser brings, or None where it asks for something else."""
    words = head.split(" ", 2)
    url = urlsplit(words[1] if len(words) > 1 else "")
    if words[0] != "GET" or url.path != "/callback":
        return None
    told = {name: values[0] for name, values in parse_qs(url.query).items()}
    if "code" not in told:
        said = told.get("error_description") or told.get("error") or "it says nothing"
        return OAuthFlowError(f"the authorization server refuses: {said}")
    return AuthorizationCodeResult(code=told["code"], state=told.get("state"), iss=told.get("iss"))


def _page(status: bytes, text: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (status, len(text)) + text
