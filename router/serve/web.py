"""The way in over HTTP: MCP's streamable HTTP on this machine, with pages for those that look after it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from router.serve.door import Door
from router.serve.served import Served

PATH: Final = "/mcp"
_GRACE_SECONDS: Final = 2


async def over_http(served: Served, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve clients at an address of this machine until interrupted; `tell` is given the URL once it is up.

    Raises OSError where the address cannot be had.
    """
    door = Door(served)
    app = door.server.streamable_http_app(
        streamable_http_path=PATH,
        host=host,
        custom_starlette_routes=[Route("/healthz", _healthy), Route("/readyz", _healthy)],
    )
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=_GRACE_SECONDS
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    try:
        shown = f"[{host}]" if ":" in host else host
        tell(f"http://{shown}:{listening.getsockname()[1]}{PATH}")
        async with door.open():
            await uvicorn.Server(config).serve([listening])
    finally:
        listening.close()


async def _healthy(_: Request) -> JSONResponse:
    """Say that requests are answered; nobody behind is asked, since each is called when it is needed."""
    return JSONResponse({"status": "ok"})
