"""An MCP server on the official SDK over HTTP; says its URL. `server.py http|json|stateless|sse [TOKEN]`.

With a token it wants `Authorization: Bearer TOKEN` of every request, and answers 401 without.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp_types import ToolAnnotations

server = MCPServer("web", instructions="Says what it is told.")


@server.tool(annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True))
def echo(text: str) -> str:
    """Say the text again."""
    return text


@server.tool()
async def count(to: int, context: Context) -> str:
    """Count, and tell how far it is."""
    for number in range(to):
        await context.report_progress(number + 1, to)
    return str(to)


@server.tool()
async def sleep(seconds: float) -> str:
    """Take time."""
    await anyio.sleep(seconds)
    return "awake"


@server.tool()
def fail() -> str:
    """Report an error."""
    raise ValueError("it did not work")


@server.tool()
def large(size: int) -> str:
    """Return so many characters."""
    return "x" * size


@server.tool()
def headers(context: Context) -> list[str]:
    """Tell the names of the headers that came along."""
    request = context.request_context.request
    return sorted(request.headers) if request is not None else []


Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


def main(kind: str, token: str = "") -> None:
    """Serve until ended."""
    inner: Any = (
        server.sse_app()
        if kind == "sse"
        else server.streamable_http_app(json_response=kind == "json", stateless_http=kind == "stateless")
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        told = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] == "http" and token and told != f"Bearer {token}".encode():
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b"no"})
            return
        await inner(scope, receive, send)

    bound = socket.create_server(("127.0.0.1", 0))
    path = "sse" if kind == "sse" else "mcp"
    sys.stdout.write(f"at http://127.0.0.1:{bound.getsockname()[1]}/{path}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run([bound])


if __name__ == "__main__":
    main(*sys.argv[1:])
