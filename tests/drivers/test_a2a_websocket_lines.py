"""When a WebSocket to an agent is used again, and when another is opened: against a server of the library."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from router.core.plan import JSON, Target
from router.core.settings import Agent
from router.drivers.a2a import A2aDriver
from router.drivers.a2a_signin import SignIn, origin_of
from router.drivers.a2a_websocket import WebSocketTransport
from router.drivers.a2a_wire import open_http
from router.drivers.oauth import TokenSource
from router.ports import Call

pytestmark = pytest.mark.anyio

NONE: JSON = {"error": {"code": -32001, "message": "there is no such task"}}
HI: JSON = {"result": {"message": {"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": "hi"}]}}}


@dataclass
class Listening:
    """A server that answers, and what came over each of its connections."""

    connections: list[ServerConnection] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)

    async def handle(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        async for frame in connection:
            asked = json.loads(frame)
            self.methods.append(asked["method"])
            answer = NONE if asked["method"] == "GetTask" else HI
            await connection.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}))

    @property
    def signed(self) -> list[str]:
        found = [each.request for each in self.connections]
        return [each.headers.get("Authorization", "") for each in found if each is not None]


def no_card(connection: ServerConnection, request: Request) -> Response | None:
    is_handshake = "upgrade" in request.headers.get("Connection", "").lower()
    return None if is_handshake else connection.respond(HTTPStatus.NOT_FOUND, "")


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Listening, int]]:
    found = Listening()
    server: Server
    async with serve(found.handle, "127.0.0.1", 0, process_request=no_card) as server:
        yield found, next(iter(server.sockets)).getsockname()[1]


class Renewed:
    """Tokens, another each time."""

    number = 0

    async def token(self, refused: str = "") -> str:
        self.number += not refused
        return f"t{(self.number + 1) // 2}"


async def test_a_line_that_was_closed_while_idle_is_not_used_again() -> None:
    async with listening() as (there, port):
        driver = A2aDriver({"x": Agent("x", url=f"ws://127.0.0.1:{port}/")}, seen=lambda _: None)
        call = Call(Target("a2a", "x"), message="hello", timeout_seconds=20)
        try:
            first = await driver.call(call, lambda _: None)
            await there.connections[-1].close()
            await there.connections[-1].wait_closed()
            second = await driver.call(call, lambda _: None)
        finally:
            await driver.aclose()

    assert (first.text, second.text) == ("hi", "hi")
    assert len(there.connections) == 2


async def test_a_line_is_opened_anew_where_the_sign_in_is_another() -> None:
    async with listening() as (there, port):
        url = f"http://127.0.0.1:{port}/"
        agent = Agent("x", url=url)
        tokens = cast("TokenSource", Renewed())
        signing = SignIn("a2a:x", origin_of(url), {}, tokens, verify=True, private=True)
        async with open_http(agent, signing, WebSocketTransport(agent, signing)) as http:
            for number in range(4):
                await http.post(url, json={"jsonrpc": "2.0", "id": number, "method": "GetTask"})

    assert there.signed == ["Bearer t1", "Bearer t2"]
    assert there.methods == ["GetTask"] * 4
