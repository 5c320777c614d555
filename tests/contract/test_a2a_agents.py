"""One suite over A2A agents on the implementations of others, in every binding and version that they have.

Every agent repeats what it is told, at work with the words "thinking" before, but for some words: "ask" makes
it ask for a colour, "fail" fail, "files" give back files backwards and data one level deeper, "work" work
until it is canceled or told to "go on", and "canceled" tell the ids of the tasks that were.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import pytest

from router.core.outcome import Blob, Result, Text
from router.core.plan import Target
from router.core.query import Attachment
from router.core.settings import Agent
from router.drivers.a2a import A2aDriver
from router.errors import TargetUnavailable, TargetUnknown, ToolFailed
from router.ports import Call
from tests import servers
from tests.agents import TEST_AGENTS, running, running_script
from tests.contract.cutting import cutting

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

HERE: Final = Path(__file__).parent / "agents"
GONE: Final = r"^a2a:far: (nothing listens at|no connection to) 127\.0\.0\.1:\d+( by gRPC)?$"
Start = Callable[[], AbstractContextManager[str]]


def javascript() -> AbstractContextManager[str]:
    return running(servers.node(), HERE / "parrot.cjs", servers.agents())


def fasta2a() -> AbstractContextManager[str]:
    return running_script(TEST_AGENTS / "foreign.py")


def old_sdk() -> AbstractContextManager[str]:
    return running_script(HERE / "old_sdk.py")


def adk() -> AbstractContextManager[str]:
    return running_script(HERE / "adk.py")


@dataclass(frozen=True)
class Row:
    """An agent of an implementation, and what differs in it, with the reason."""

    start: Start
    path: str
    protocol: str
    streams: bool = True
    tells_why: bool = True
    """False where a status has no message: a failure says no reason then."""
    goes_on: bool = True
    """False where every message opens a task of its own, a follow-up in the context of the one before."""
    no_waiting: str = ""
    """Why its tasks do not wait for an answer in words; empty where they do."""
    no_files: str = ""
    """Why files do not come through; empty where they do."""


NO_FILES: Final = (
    "over HTTP+JSON and gRPC of A2A 0.3 the SDK for Python writes the bytes of a file in base64 once more, "
    "and @a2a-js/sdk does not"
)


def rows() -> Iterator[Row]:
    for binding in ("rpc", "rest", "grpc"):
        for way in ("", "-asked"):
            yield Row(javascript, f"/{binding}{way}", "1.0", streams=not way)
            no_files = "" if binding == "rpc" else NO_FILES
            yield Row(javascript, f"/{binding}-old{way}", "0.3", streams=not way, no_files=no_files)
            yield Row(old_sdk, f"/{binding}{way}", "0.3.0", streams=not way)
    yield Row(
        adk, "", "1.0", no_waiting="a task of ADK waits for the result of a function, in data of ADK's own"
    )
    # fasta2a keeps the messages of an agent in the task's history alone, and has JSON-RPC alone.
    yield Row(fasta2a, "", "1.0", tells_why=False, goes_on=False)


ROWS: Final = {f"{row.start.__name__}{row.path}": row for row in rows()}
EVERY: Final = pytest.mark.parametrize("name", ROWS)


@pytest.fixture(scope="module")
def at_hand() -> Iterator[Callable[[Start], str]]:
    """Give the URL of an implementation's process, which is started when first asked for."""
    urls: dict[Start, str] = {}
    with ExitStack() as started:

        def url(start: Start) -> str:
            if start not in urls:
                urls[start] = started.enter_context(start())
            return urls[start]

        yield url


@dataclass(frozen=True)
class Speaking:
    """A driver that knows one agent, as `far`."""

    driver: A2aDriver
    heard: list[str]

    async def say(self, message: str, skill: str = "", *, task: str = "", **more: object) -> Result:
        fields = {"timeout_seconds": 30.0, **more}
        call = Call(Target("a2a", "far", skill), message=message, task=task, **fields)  # type: ignore[arg-type]
        return await self.driver.call(call, self.heard.append)


@asynccontextmanager
async def speaking(url: str) -> AsyncIterator[Speaking]:
    driver = A2aDriver({"far": Agent("far", url=url)}, seen=lambda _: None)
    try:
        yield Speaking(driver, [])
    finally:
        await driver.aclose()


def whole(result: Result) -> str:
    """Return the text, which comes in two parts where a task is looked at that was done bit by bit."""
    return "".join(each.text for each in result.content if isinstance(each, Text))


@EVERY
async def test_an_agent_says_what_it_offers(at_hand: Callable[[Start], str], name: str) -> None:
    row = ROWS[name]
    async with speaking(at_hand(row.start) + row.path) as agent:
        offer = await agent.driver.offer("far")
    assert ([tool.name for tool in offer.tools], offer.protocol) == (["repeat"], row.protocol)


@EVERY
async def test_an_answer_arrives_whole_and_its_progress_before(
    at_hand: Callable[[Start], str], name: str
) -> None:
    row = ROWS[name]
    async with speaking(at_hand(row.start) + row.path) as agent:
        results = [await agent.say("hello", "repeat"), await agent.say("good bye")]
    assert [(whole(each), each.state) for each in results] == [
        ("you said hello", "done"),
        ("you said good bye", "done"),
    ]
    if row.streams:
        assert len(results[0].content) == 1
        assert agent.heard.count("thinking") == 2
    assert agent.heard.count("thinking") <= 2


@EVERY
async def test_data_goes_in_and_comes_out(at_hand: Callable[[Start], str], name: str) -> None:
    row = ROWS[name]
    args = {"tag": "v1", "deep": [True, None, 2, {"share": 0.5}]}
    async with speaking(at_hand(row.start) + row.path) as agent:
        result = await agent.say("files", args=args)
    assert result == Result((), {"got": args})


@EVERY
async def test_files_go_in_and_come_out(at_hand: Callable[[Start], str], name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    if row.no_files:
        pytest.skip(row.no_files)
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x00")
    attached = (Attachment(str(tmp_path / "a.png"), "image/png", "a.png"),)
    async with speaking(at_hand(row.start) + row.path) as agent:
        result = await agent.say("files", attached=attached)
    assert result == Result((Blob(b"\x00\n\rGNP\x89", "image/png", "a.png"),))


@EVERY
async def test_a_task_that_waits_is_gone_on_with(at_hand: Callable[[Start], str], name: str) -> None:
    row = ROWS[name]
    if row.no_waiting:
        pytest.skip(row.no_waiting)
    async with speaking(at_hand(row.start) + row.path) as agent:
        asked = await agent.say("ask")
        again = await agent.say("ask", task=asked.task)
        answer = await agent.say("blue", task=again.task)
    assert [(each.text, each.state) for each in (asked, again)] == [("Which colour?", "waiting")] * 2
    assert (whole(answer), answer.state) == ("you said blue", "done")
    assert (again.task == asked.task) is row.goes_on
    assert again.task.partition("/")[0] == asked.task.partition("/")[0]


@EVERY
async def test_a_failure_is_told(at_hand: Callable[[Start], str], name: str) -> None:
    row = ROWS[name]
    why = "the task failed: the printer is on fire" if row.tells_why else "the task failed without saying why"
    async with speaking(at_hand(row.start) + row.path) as agent:
        with pytest.raises(ToolFailed, match=f"a2a:far: {why}$"):
            await agent.say("fail")


@EVERY
async def test_an_unknown_skill_is_not_sent(at_hand: Callable[[Start], str], name: str) -> None:
    row = ROWS[name]
    async with speaking(at_hand(row.start) + row.path) as agent:
        with pytest.raises(TargetUnknown, match='the agent has no skill "repeal"') as failed:
            await agent.say("hello", "repeal")
    assert failed.value.nearest == "a2a:far/repeat"


@EVERY
async def test_a_call_that_is_given_up_is_canceled_at_the_agent(
    at_hand: Callable[[Start], str], name: str
) -> None:
    row = ROWS[name]
    async with speaking(at_hand(row.start) + row.path) as agent:
        before = (await agent.say("canceled")).text.split()
        with anyio.CancelScope() as scope:
            call = Call(Target("a2a", "far"), message="work", timeout_seconds=30)

            def hear(said: str) -> None:
                assert said == "on it"
                scope.cancel()

            await agent.driver.call(call, hear)
        after = (await agent.say("canceled")).text.split()
    assert scope.cancelled_caught
    assert (after[:-1], len(after)) == (before, len(before) + 1)


@pytest.mark.parametrize(
    "name", [name for name, row in ROWS.items() if row.streams and "grpc" not in row.path]
)
async def test_a_stream_that_is_cut_is_taken_up_again(at_hand: Callable[[Start], str], name: str) -> None:
    row = ROWS[name]
    url = at_hand(row.start)
    results: list[Result] = []
    async with (
        cutting(url, cut_at=b"on it", awaited=b"ubscribe") as (between, cutter),
        speaking(between + row.path) as agent,
        speaking(url + row.path) as other,
        anyio.create_task_group() as tasks,
    ):

        async def work() -> None:
            results.append(await agent.say("work"))

        tasks.start_soon(work)
        await cutter.seen.wait()
        await other.say("go on")
    assert (cutter.cut, [each.text for each in results]) == (True, ["worth the wait"])
    assert agent.heard.count("on it") == 1


STARTS: Final = {row.start.__name__: row.start for row in ROWS.values()}


@pytest.mark.parametrize("implementation", STARTS)
async def test_an_agent_that_is_gone_is_told(implementation: str) -> None:
    start = STARTS[implementation]
    async with AsyncExitStack() as drivers:
        with start() as url:
            agents = [
                await drivers.enter_async_context(speaking(url + row.path))
                for row in ROWS.values()
                if row.start is start
            ]
            for agent in agents:
                await agent.driver.offer("far")
        for agent in agents:
            with pytest.raises(TargetUnavailable, match=GONE) as failed:
                await agent.say("hello")
            assert failed.value.sent is False
