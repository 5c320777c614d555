"""An MCP server with one tool that costs nothing: `echo.py stdio|http`; over HTTP it says its URL."""

from __future__ import annotations

import socket
import sys

import uvicorn
from mcp.server import MCPServer

server = MCPServer("echo")


@server.tool()
def echo(text: str) -> str:
    """Say the text again."""
    return text


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run("stdio")
    else:
        bound = socket.create_server(("127.0.0.1", 0))
        sys.stdout.write(f"http://127.0.0.1:{bound.getsockname()[1]}/mcp\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="error")).run([bound])
