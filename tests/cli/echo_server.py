"""A small MCP server over stdio, on the standard library: for commands, where the wire is not the point."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TOOLS = [
    {"name": "echo", "description": "Say a text again. Nothing else.", "inputSchema": TEXT},
    {
        "name": "picture",
        "description": "Return a picture.",
        "inputSchema": {"type": "object", "properties": {}},
    },
    {"name": "slow", "description": "Never answer.", "inputSchema": {"type": "object", "properties": {}}},
]
PIXEL = base64.b64encode(b"\x89PNG pixel").decode()


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """Return the result of a request, or None for one that is never answered."""
    if method == "initialize":
        info = {"name": "echo", "version": "1"}
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": TOOLS}
    if params["name"] == "slow":
        return None
    if params["name"] == "picture":
        return {"content": [{"type": "image", "data": PIXEL, "mimeType": "image/png"}]}
    return {"content": [{"type": "text", "text": params["arguments"]["text"]}]}


def main() -> None:
    """Answer line by line until standard input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue
        if request["method"] not in ("initialize", "tools/list", "tools/call"):
            reply: dict[str, Any] = {"error": {"code": -32601, "message": "unknown method"}}
        elif (result := answer(request["method"], request.get("params", {}))) is None:
            sys.stderr.write("slow: asked\n")
            sys.stderr.flush()
            continue
        else:
            reply = {"result": result}
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": request["id"], **reply}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
