"""Agents over WebSockets: those of `speaking`, carried frame by frame, and some that break what was agreed.

The path says which: `/asks` is the one of `speaking`, `/carded/asks` has a card besides, `/guarded/asks`
wants a token. With a certificate and its key as arguments it speaks TLS.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

sys.path.insert(0, str(Path(__file__).parent.parent.parent.parent))
from tests.drivers.agents.speaking import application

CARD = "/.well-known/agent-card.json"
LET_IN = "Bearer s3cret"
handshakes: list[str] = []


class Bridge:
    """Carries frames to agents over HTTP and their answers back."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def talk(self, connection: ServerConnection) -> None:
        """Answer every frame, several at a time."""
        path = connection.request.path if connection.request else ""
        name = path.rstrip("/").rpartition("/")[2]
        behave = FAULTY.get(name)
        async with asyncio.TaskGroup() as tasks:
            async for frame in connection:
                call = json.loads(frame)
                if behave:
                    work = behave(connection, call)
                elif name == "only-old" and call["method"][0].isupper():
                    work = unknown(connection, call)
                else:
                    work = self.carried(connection, name.replace("only-old", "streams-old"), call)
                tasks.create_task(work)

    async def carried(self, connection: ServerConnection, name: str, call: dict[str, Any]) -> None:
        """Post a call to the agent and send back what comes."""
        streams = call["method"] in ("SendStreamingMessage", "SubscribeToTask", "message/stream")
        version = {"A2A-Version": "1.0"} if call["method"][0].isupper() else {}
        async with self.http.stream("POST", f"/{name}/", json=call, headers=version) as answer:
            if streams and "event-stream" in answer.headers["content-type"]:
                async for line in answer.aiter_lines():
                    if line.startswith("data:"):
                        await connection.send(line.removeprefix("data:").strip())
            else:
                await connection.send((await answer.aread()).decode())

    async def process(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer what opens no WebSocket."""
        path = request.path
        if path.startswith("/carded") and path.endswith(CARD):
            card = await self.http.get(path.removeprefix("/carded"))
            return connection.respond(HTTPStatus.OK, card.text)
        if "Upgrade" not in request.headers:
            return None
        handshakes.append(request.headers.get("Authorization", ""))
        if path == "/busy":
            answer = connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "later")
            answer.headers["Retry-After"] = "7"
            return answer
        if path == "/moved":
            answer = connection.respond(HTTPStatus.FOUND, "")
            answer.headers["Location"] = "ws://127.0.0.2:1/"
            return answer
        if path.startswith("/guarded") and handshakes[-1] != LET_IN:
            return connection.respond(HTTPStatus.UNAUTHORIZED, "who are you")
        return None


async def unknown(connection: ServerConnection, call: dict[str, Any]) -> None:
    """Say that there is no such method."""
    error = {"code": -32601, "message": "Method not found"}
    await connection.send(json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": error}))


async def tell_handshakes(connection: ServerConnection, call: dict[str, Any]) -> None:
    """Answer with the number of handshakes so far."""
    message = {"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": str(len(handshakes))}]}
    await connection.send(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": {"message": message}}))


async def wrong_id(connection: ServerConnection, call: dict[str, Any]) -> None:
    """Answer under another id, then under the right one."""
    await tell_handshakes(connection, {"id": "another"})
    await tell_handshakes(connection, call)


async def without_id(connection: ServerConnection, _: dict[str, Any]) -> None:
    """Say that a request could not be read."""
    error = {"code": -32700, "message": "cannot read that"}
    await connection.send(json.dumps({"jsonrpc": "2.0", "id": None, "error": error}))


def sends(frame: str | bytes) -> Callable[[ServerConnection, dict[str, Any]], Awaitable[None]]:
    """Return what answers with a frame, whatever was asked."""

    async def send(connection: ServerConnection, _: dict[str, Any]) -> None:
        await connection.send(frame)

    return send


async def close(connection: ServerConnection, _: dict[str, Any]) -> None:
    """Close with a reason."""
    await connection.close(1011, "going down")


async def drop(connection: ServerConnection, _: dict[str, Any]) -> None:
    """End the connection without a word."""
    connection.transport.abort()


async def be_silent(_: ServerConnection, __: dict[str, Any]) -> None:
    """Never answer."""


FAULTY: dict[str, Any] = {
    "handshakes": tell_handshakes,
    "wrong-id": wrong_id,
    "without-id": without_id,
    "garbage": sends("hello"),
    "binary": sends(b"\xff\x00"),
    "huge": sends("x" * 50_000_000),
    "closes": close,
    "drops": drop,
    "silent": be_silent,
}


async def main() -> None:
    """Serve until the process is ended."""
    secure = None
    if len(sys.argv) > 1:
        secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secure.load_cert_chain(*sys.argv[1:3])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        inner = uvicorn.Server(uvicorn.Config(application(url), log_level="critical", lifespan="off"))
        running = asyncio.create_task(inner.serve(sockets=[listening]))
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
            bridge = Bridge(http)
            served = await serve(
                bridge.talk, "127.0.0.1", 0, process_request=bridge.process, ssl=secure, max_size=None
            )
            async with served:
                port = served.sockets[0].getsockname()[1]
                sys.stdout.write(f"http://127.0.0.1:{port}\n")
                sys.stdout.flush()
                await running


if __name__ == "__main__":
    logging.disable()
    asyncio.run(main())
