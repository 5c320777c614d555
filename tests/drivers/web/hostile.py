"""Speaks as little MCP over HTTP as is needed to go wrong in a call; the path says how. Says its URL."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from typing import Any, Final

TOOL: Final = {"name": "go", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}
INFO: Final = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "h", "version": "1"},
}
STATUSES: Final = {
    "500": ("500 Internal Server Error", "Content-Type: text/html\r\n", b"<html>no</html>"),
    "429": ("429 Too Many Requests", "Retry-After: 7\r\n", b""),
    "503": ("503 Service Unavailable", "Retry-After: 3\r\n", b"busy"),
    "401": ("401 Unauthorized", "", b""),
    "302": ("302 Found", "Location: http://h.invalid/mcp\r\n", b""),
    "404": ("404 Not Found", "", b""),
    "200html": ("200 OK", "Content-Type: text/html\r\n", b"<html>hello</html>"),
    "gzip": ("200 OK", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", b"\x1f\x8b\x08"),
}


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    try:
        while await answer(reader, writer):
            pass
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer one request; return whether more may come."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, path, _ = head.split(" ", 2)
    length = next(
        (int(line.split(":")[1]) for line in head.lower().splitlines() if "content-length" in line), 0
    )
    told = json.loads(await reader.readexactly(length)) if length else {}
    mode = path.strip("/")
    if path == "/loop":
        plain(writer, "307 Temporary Redirect", f"Location: {path}\r\n", b"")
    elif method != "POST":
        plain(writer, "405 Method Not Allowed", "", b"")
    elif "id" not in told:
        plain(writer, "202 Accepted", "", b"")
    elif told["method"] == "server/discover":
        said(writer, {"jsonrpc": "2.0", "id": told["id"], "error": {"code": -32601, "message": "no"}})
    elif told["method"] == "initialize":
        said(writer, result(told, INFO), "Mcp-Session-Id: 1\r\n" if mode == "404" else "")
    elif told["method"] == "tools/list":
        said(writer, result(told, {"tools": [TOOL]}))
    else:
        return await wrong(mode, told, writer)
    await writer.drain()
    return True


async def wrong(mode: str, told: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
    """Do what the path says; return whether more may come."""
    whole = json.dumps(result(told, {"content": [{"type": "text", "text": "done"}]})).encode()
    if mode in STATUSES:
        plain(writer, *STATUSES[mode])
    elif mode in WAYS:
        await WAYS[mode](writer, whole)
    else:
        said_raw(writer, BODIES.get(mode, bytes)(whole))
    if not writer.transport.is_closing():
        await writer.drain()
    return not mode.startswith("half-") and mode not in ("half", "reset")


async def reset(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Go away without a word."""
    writer.transport.abort()


async def half(writer: asyncio.StreamWriter, whole: bytes) -> None:
    """Send less than is told."""
    plain(writer, "200 OK", JSON, whole[:20], len(whole))


async def half_event(writer: asyncio.StreamWriter, whole: bytes) -> None:
    """End a stream within an event."""
    events(writer, b"event: message\ndata: " + whole[:20])


async def huge(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Send 50 MB as one document."""
    plain(writer, "200 OK", JSON, b'{"a":"', 50_000_006)
    await fifty(writer)


async def huge_event(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Send 50 MB as one event."""
    events(writer, b"event: message\ndata: ")
    await fifty(writer)


async def fifty(writer: asyncio.StreamWriter) -> None:
    """Send 50 MB."""
    for _ in range(50):
        writer.write(b"x" * 1_000_000)
        await writer.drain()


async def drip(writer: asyncio.StreamWriter, whole: bytes) -> None:
    """Send a byte now and then."""
    plain(writer, "200 OK", JSON, b"", len(whole))
    for byte in whole:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.5)


async def never(_: asyncio.StreamWriter, __: bytes) -> None:
    """Send nothing."""
    await asyncio.sleep(60)


async def late(writer: asyncio.StreamWriter, whole: bytes) -> None:
    """Send the answer after a while."""
    await asyncio.sleep(0.7)
    said_raw(writer, whole)


JSON: Final = "Content-Type: application/json\r\n"
WAYS: Final = {
    "reset": reset,
    "half": half,
    "half-event": half_event,
    "huge": huge,
    "huge-event": huge_event,
    "drip": drip,
    "never": never,
    "late": late,
}
BODIES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "not-json": lambda _: b"{'single': 'quotes'}",
    "wrong-id": lambda whole: re.sub(rb'"id": \d+', b'"id": 99999', whole),
    "invalid-utf8": lambda whole: whole.replace(b"done", b"do\xffne"),
    "half-character": lambda whole: whole.replace(b"done", b"do\\ud83dne"),
}


def result(told: dict[str, Any], value: object) -> dict[str, Any]:
    """Return the answer to a request."""
    return {"jsonrpc": "2.0", "id": told["id"], "result": value}


def said(writer: asyncio.StreamWriter, message: object, headers: str = "") -> None:
    """Send a message as JSON."""
    said_raw(writer, json.dumps(message).encode(), headers)


def said_raw(writer: asyncio.StreamWriter, body: bytes, headers: str = "") -> None:
    """Send bytes as JSON."""
    plain(writer, "200 OK", f"Content-Type: application/json\r\n{headers}", body)


def plain(
    writer: asyncio.StreamWriter, status: str, headers: str, body: bytes, length: int | None = None
) -> None:
    """Send an answer, with a length that may not be true."""
    size = len(body) if length is None else length
    writer.write(f"HTTP/1.1 {status}\r\n{headers}Content-Length: {size}\r\n\r\n".encode() + body)


def events(writer: asyncio.StreamWriter, start: bytes) -> None:
    """Begin a stream of events."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + start)


async def main() -> None:
    """Serve until ended."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    sys.stdout.write(f"at http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
