"""Agents that speak JSON-RPC over a WebSocket: everything that an agent over HTTP does, and how it breaks."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from router.core.outcome import Blob, Result
from router.core.plan import Target
from router.core.query import Attachment
from router.core.settings import Agent, Auth, Tls
from router.drivers import a2a_card
from router.drivers.a2a import A2aDriver
from router.errors import (
    CallError,
    CallTimedOut,
    ProtocolBroken,
    ResultTooLarge,
    SignInFailed,
    TargetUnavailable,
    ToolFailed,
)
from router.ports import Call, Offer
from tests.agents import TEST_AGENTS, running
from tests.command import Shell
from tests.drivers.certifying import made
from tests.drivers.guarding import Kept

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def sockets() -> Iterator[str]:
    """Address of a process of agents over WebSockets, one below each path."""
    with running(sys.executable, TEST_AGENTS / "socketed.py") as url:
        yield url.replace("http:", "ws:")


@asynccontextmanager
async def driving(
    *agents: Agent, seen: Callable[[Offer], None] = lambda _: None, secrets: Kept | None = None
) -> AsyncIterator[A2aDriver]:
    driver = A2aDriver({agent.name: agent for agent in agents}, seen=seen, secrets=secrets)
    try:
        yield driver
    finally:
        await driver.aclose()


async def said(
    driver: A2aDriver, message: str = "please", heard: list[str] | None = None, **more: Any
) -> Result:
    call = Call(Target("a2a", "a"), message=message, **{"timeout_seconds": 20.0, **more})
    return await driver.call(call, lambda text: heard.append(text) if heard is not None else None)


async def failure(agent: Agent, **more: Any) -> CallError:
    async with driving(agent) as driver:
        with pytest.raises(CallError) as caught:
            await said(driver, **more)
    return caught.value


@pytest.mark.parametrize(
    "name", ["streams", "streams-asked", "streams-old", "only-old", "carded/streams", "carded/streams-old"]
)
async def test_an_answer_comes_with_its_progress(sockets: str, name: str) -> None:
    offers: list[Offer] = []
    heard: list[str] = []
    async with driving(
        Agent("a", url=f"{sockets}/{name}", description="Plain."), seen=offers.append
    ) as driver:
        result = await said(driver, heard=heard)

    assert "Hello, world" in result.text.replace("\n", "")
    assert ("thinking" in heard) is not name.endswith("asked")
    assert offers[0].protocol == ("0.3.0" if name in ("only-old", "carded/streams-old") else "1.0")
    known = [tool.name for tool in offers[0].tools]
    assert known == (["draft", "count"] if name.startswith("carded") else [])


async def test_a_question_is_answered_later(sockets: str) -> None:
    async with driving(Agent("a", url=f"{sockets}/asks")) as driver:
        question = await said(driver)
        answer = await said(driver, "the last 3", task=question.task)

    assert (question.state, question.text, answer.text) == ("waiting", "Which range?", "range the last 3")


async def test_files_go_and_come(sockets: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"12345")
    attached = (Attachment(str(tmp_path / "a.txt"), "text/plain", "a.txt"),)
    async with driving(Agent("a", url=f"{sockets}/repeats")) as driver:
        told = await said(driver, attached=attached)
    async with driving(Agent("a", url=f"{sockets}/sends-files")) as driver:
        sent = await said(driver)

    assert (told.structured["files"], told.structured["bytes"]) == ([["a.txt", "text/plain"]], [5])
    assert next(each.media_type for each in sent.content if isinstance(each, Blob)) == "image/png"


async def test_calls_share_a_connection_and_go_side_by_side(sockets: str) -> None:
    async with driving(Agent("a", url=f"{sockets}/handshakes")) as driver:
        before = int((await said(driver)).text)
        numbers: list[int] = []

        async def ask() -> None:
            numbers.append(int((await said(driver)).text))

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(ask)

    assert numbers == [before] * 20


async def test_a_slow_answer_holds_up_no_other(sockets: str) -> None:
    async with driving(Agent("a", url=f"{sockets}/never-ends")) as driver:
        async with anyio.create_task_group() as tasks:
            started = anyio.Event()
            call = Call(Target("a2a", "a"), message="work", timeout_seconds=20)
            tasks.start_soon(driver.call, call, lambda _: started.set())
            await started.wait()
            assert (await said(driver, "how many")).text == "0"
            tasks.cancel_scope.cancel()
        assert (await said(driver, "how many")).text == "1"


async def test_a_failure_of_the_agent_is_told(sockets: str) -> None:
    error = await failure(Agent("a", url=f"{sockets}/fails"))
    assert (type(error), "the printer is on fire" in str(error)) == (ToolFailed, True)


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        ("garbage", ProtocolBroken, "it sends a frame that is not JSON"),
        ("binary", ProtocolBroken, "it sends binary frames, which are no JSON-RPC"),
        ("huge", ResultTooLarge, "larger than the limit of 1,000,000 bytes"),
        ("closes", TargetUnavailable, "going down"),
        ("drops", TargetUnavailable, "the connection was lost"),
        ("without-id", ProtocolBroken, "cannot read that"),
        ("silent", CallTimedOut, "no answer within 1 seconds"),
        ("busy", TargetUnavailable, "HTTP 503 Service Unavailable"),
        ("moved", TargetUnavailable, "redirects to ws://127.0.0.2:1/"),
        ("guarded/streams", SignInFailed, "it wants a sign-in (HTTP 401 Unauthorized)"),
    ],
)
async def test_what_breaks_is_told_by_its_name(
    sockets: str, path: str, kind: type[CallError], told: str
) -> None:
    agent = Agent("a", url=f"{sockets}/{path}", limit_bytes=1_000_000)
    error = await failure(agent, timeout_seconds=1.0 if kind is CallTimedOut else 20.0)

    assert (type(error), str(error).startswith("a2a:a: ")) == (kind, True)
    assert told in str(error)


async def test_an_answer_under_a_wrong_id_is_no_answer(sockets: str) -> None:
    async with driving(Agent("a", url=f"{sockets}/wrong-id")) as driver:
        assert int((await said(driver)).text) > 0


async def test_a_connection_that_ended_is_opened_anew(sockets: str) -> None:
    async with driving(Agent("a", url=f"{sockets}/closes"), Agent("b", url=f"{sockets}/streams")) as driver:
        for _ in range(2):
            with pytest.raises(TargetUnavailable, match="going down"):
                await said(driver)
        call = Call(Target("a2a", "b"), message="please", timeout_seconds=20)
        assert "Hello" in (await driver.call(call, lambda _: None)).text


async def test_who_signs_in_is_let_in_at_the_handshake(sockets: str) -> None:
    agent = Agent("a", url=f"{sockets}/guarded/streams", auth=Auth("bearer", "env:RELEASE"))
    async with driving(agent, secrets=Kept({"env:RELEASE": "s3cret"})) as driver:
        assert "Hello" in (await said(driver)).text


async def test_nobody_there_is_told() -> None:
    error = await failure(Agent("a", url="ws://127.0.0.1:1/x"))
    assert (type(error), "nothing listens at 127.0.0.1:1" in str(error)) == (TargetUnavailable, True)
    assert isinstance(error, TargetUnavailable)
    assert not error.sent


async def test_another_machine_is_not_called_in_the_clear() -> None:
    error = await failure(Agent("a", url="ws://agents.example.com/x"))
    assert "would be called over plain ws; use wss" in str(error)


async def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router.drivers.a2a.SOCKETS_HERE", False)
    error = await failure(Agent("a", url="ws://127.0.0.1:1/x"))
    assert 'pip install "ts-router[websocket]"' in str(error)
    assert a2a_card.SOCKETS_HERE


async def test_certificates_of_the_settings_are_those_that_count(tmp_path: Path) -> None:
    made(tmp_path)
    pair = (tmp_path / "server.pem", tmp_path / "server.key")
    with running(sys.executable, TEST_AGENTS / "socketed.py", *pair) as url:
        place = url.replace("http:", "wss:")
        async with driving(
            Agent("a", url=f"{place}/streams", tls=Tls(ca=str(tmp_path / "ca.pem")))
        ) as driver:
            assert "Hello" in (await said(driver)).text
        error = await failure(Agent("a", url=f"{place}/streams"))

    assert (type(error), "certificate" in str(error)) == (TargetUnavailable, True)


@pytest.mark.slow
async def test_the_command_asks_it_as_any_other(tmp_path: Path, sockets: str) -> None:
    shell = Shell(tmp_path / "project", tmp_path / "home")
    shell.write({
        "ts.toml": f'[a2a.a]\nurl = "{sockets}/streams"\n',
        "rules/team/a.toml": '[go]\nowner = "@a"\nsay = "go"\nuse = "a2a:a"\n',
    })  # fmt: skip

    done = shell.ts("q", "go")

    assert (done.code, "Hello, world" in done.out, done.err) == (0, True, "")
