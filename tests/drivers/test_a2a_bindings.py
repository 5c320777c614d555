"""The A2A driver over HTTP+JSON and gRPC: the same answers, failures and limits as over JSON-RPC."""

from __future__ import annotations

from collections.abc import Iterator

import anyio
import pytest

from router.core.plan import Target
from router.errors import (
    CallError,
    CallTimedOut,
    ProtocolBroken,
    ResultTooLarge,
    TargetUnavailable,
    ToolFailed,
)
from router.ports import Call
from tests.drivers.guarding import Guarded, ask, driving, guarding, offered

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

EVERY = [
    f"{binding}{version}{way}"
    for binding in ("rpc", "rest", "grpc")
    for version in ("", "-old")
    for way in ("", "-asked")
]


@pytest.fixture(scope="module")
def process() -> Iterator[Guarded]:
    with guarding() as started:
        yield started


@pytest.fixture
def guarded(process: Guarded) -> Guarded:
    process.behave()
    return process


@pytest.mark.parametrize("name", EVERY)
async def test_an_answer_arrives(guarded: Guarded, name: str) -> None:
    said: list[str] = []
    assert (await ask(guarded.agent(name), said=said)).text == "you said hello"
    if not name.endswith("-asked"):
        assert said[0] == "thinking"
    paths = {each["path"] for each in guarded.arrived()}
    kinds = {
        "rpc": f"/{name}/",
        "rest": f"/{name}/{'v1/' if '-old' in name else ''}message:{'send' if 'asked' in name else 'stream'}",
        "grpc": (
            f"/{'a2a.v1' if '-old' in name else 'lf.a2a.v1'}.A2AService/"
            f"Send{'' if 'asked' in name else 'Streaming'}Message"
        ),
    }
    assert kinds[name.partition("-")[0]] in paths


@pytest.mark.parametrize("name", EVERY)
async def test_the_offer_is_the_same_over_every_binding(guarded: Guarded, name: str) -> None:
    offer = await offered(guarded.agent(name))
    assert [tool.name for tool in offer.tools] == ["draft"]
    assert offer.protocol.startswith("0.3" if "-old" in name else "1.0")


@pytest.mark.parametrize("name", EVERY)
async def test_a_failure_says_why(guarded: Guarded, name: str) -> None:
    with pytest.raises(ToolFailed, match="the task failed: the printer is on fire"):
        await ask(guarded.agent(name), "fail")


@pytest.mark.parametrize("name", EVERY)
async def test_an_agent_that_breaks_has_failed(guarded: Guarded, name: str) -> None:
    with pytest.raises(ToolFailed):
        await ask(guarded.agent(name), "raise")


@pytest.mark.parametrize("name", EVERY)
async def test_a_question_is_answered_in_its_task(guarded: Guarded, name: str) -> None:
    async with driving(guarded.agent(name)) as driver:

        async def say(message: str, task: str = "") -> str:
            said = await driver.call(Call(Target("a2a", "a"), message=message, task=task), print)
            assert said.state == ("done" if message == "blue" else "waiting")
            return said.text if message == "blue" else said.task

        task = await say("ask size")
        assert await say("slowly", task) == task
        assert await say("blue", task) == "you said blue"


@pytest.mark.parametrize("name", EVERY)
async def test_a_question_asked_later_is_not_the_one_before(guarded: Guarded, name: str) -> None:
    async with driving(guarded.agent(name)) as driver:
        first = await driver.call(Call(Target("a2a", "a"), message="ask size"), print)
        second = await driver.call(Call(Target("a2a", "a"), message="slowly", task=first.task), print)
    assert (first.text, second.text) == ("Which size?", "Which colour?")


@pytest.mark.parametrize("name", EVERY)
async def test_too_much_is_refused(guarded: Guarded, name: str) -> None:
    with pytest.raises(ResultTooLarge, match="the answer is larger than the limit of 60,000 bytes"):
        await ask(guarded.agent(name, limit_bytes=60_000), "much 2")
    with pytest.raises(ResultTooLarge, match="the answer is larger than the limit of 60,000 bytes"):
        await ask(guarded.agent(name, limit_bytes=60_000), "much 20")


@pytest.mark.parametrize("name", EVERY)
async def test_a_call_that_takes_too_long_is_given_up_and_canceled(guarded: Guarded, name: str) -> None:
    async with driving(guarded.agent(name)) as driver:
        await driver.offer("a")
        with pytest.raises(CallTimedOut):
            await driver.call(Call(Target("a2a", "a"), message="work", timeout_seconds=1.0), print)
    assert [each for each in guarded.arrived() if "canceled" in each]


# What gRPC answers for itself


@pytest.mark.parametrize("name", ["grpc", "grpc-asked", "grpc-old", "grpc-old-asked"])
@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        ("UNAVAILABLE", TargetUnavailable, "it answers gRPC UNAVAILABLE: not you"),
        ("RESOURCE_EXHAUSTED", TargetUnavailable, "it answers gRPC RESOURCE_EXHAUSTED: not you"),
        ("PERMISSION_DENIED", CallError, r"it wants a sign-in \(gRPC PERMISSION_DENIED: not you\)"),
        ("INTERNAL", ToolFailed, "gRPC Error INTERNAL: not you"),
        ("UNIMPLEMENTED", ProtocolBroken, "it does not take what this version sends: not you"),
    ],
)
async def test_a_status_of_grpc_is_translated(
    guarded: Guarded, name: str, status: str, kind: type[CallError], reason: str
) -> None:
    guarded.behave(grpc=status)
    with pytest.raises(kind, match=reason) as failed:
        await ask(guarded.agent(name))
    assert getattr(failed.value, "sent", True) is True


async def test_a_stream_that_grpc_cannot_do_is_asked_for(guarded: Guarded) -> None:
    guarded.behave(grpc="UNIMPLEMENTED")
    with pytest.raises(ProtocolBroken):
        await ask(guarded.agent("grpc"))
    asked = [each["path"].rpartition("/")[2] for each in guarded.arrived() if each["method"] == "GRPC"]
    assert asked == ["SendStreamingMessage", "SendMessage"]


async def test_calls_over_one_channel_do_not_wait_for_one_another(guarded: Guarded) -> None:
    answers: list[str] = []
    async with driving(guarded.agent("grpc")) as driver, anyio.create_task_group() as tasks:

        async def call(number: int) -> None:
            call = Call(Target("a2a", "a"), message=str(number))
            answers.append((await driver.call(call, lambda _: None)).text)

        for number in range(8):
            tasks.start_soon(call, number)
    assert sorted(answers) == [f"you said {number}" for number in range(8)]


async def test_a_channel_that_nobody_answers_is_given_up(guarded: Guarded) -> None:
    agent = guarded.agent("away", connect_seconds=0.01)
    with pytest.raises(TargetUnavailable, match=r"no connection to 127\.0\.0\.1:") as failed:
        await ask(agent)
    assert failed.value.sent is False
