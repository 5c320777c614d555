"""The A2A driver against agents that behave, in a process of their own on the official SDK's server."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from router.core.outcome import Blob, Link, Result, Text
from router.core.plan import Target
from router.core.query import Attachment
from router.core.settings import Agent
from router.drivers import a2a_parts
from router.drivers.a2a import A2aDriver
from router.errors import (
    ArgumentsRefused,
    CallError,
    CallTimedOut,
    ResultTooLarge,
    TargetUnavailable,
    TargetUnknown,
    ToolFailed,
)
from router.ports import Call, Driver, Offer, Tool

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def driving(*agents: Agent, seen: Callable[[Offer], None] = lambda _: None) -> AsyncIterator[A2aDriver]:
    driver = A2aDriver({agent.name: agent for agent in agents}, seen=seen)
    try:
        yield driver
    finally:
        await driver.aclose()


def drop(_: str) -> None:
    """Take progress that the test does not look at."""


async def ask(
    url: str, name: str, message: str = "please", skill: str = "", said: list[str] | None = None, **more: Any
) -> Result:
    """Ask one agent once; `more` are fields of the Call."""
    call = Call(Target("a2a", name, skill), message=message, **{"timeout_seconds": 20.0, **more})
    async with driving(Agent(name, url=f"{url}/{name}")) as driver:
        return await driver.call(call, drop if said is None else said.append)


# What an agent offers


async def test_an_offer_is_what_the_card_says(speaking_agents: str) -> None:
    offers: list[Offer] = []
    async with driving(Agent("a", url=f"{speaking_agents}/streams"), seen=offers.append) as driver:
        offer = await driver.offer("a")
    assert re.fullmatch("[0-9a-f]{64}", offer.digest)
    assert replace(offer, digest="") == Offer(
        scheme="a2a",
        name="a",
        tools=(
            Tool("draft", "Drafts notes.", tags=("git", "notes")),
            Tool("count", "Counts things"),
        ),
        title="The streams agent",
        description="An agent of the tests.",
        version="1.2.3",
        protocol="1.0",
    )
    assert offers == [offer]


async def test_the_url_may_be_the_card_itself(speaking_agents: str) -> None:
    url = f"{speaking_agents}/streams/.well-known/agent-card.json"
    async with driving(Agent("a", url=url)) as driver:
        assert (await driver.offer("a")).title == "The streams agent"


async def test_an_agent_of_0_3_is_offered_as_such(speaking_agents: str) -> None:
    async with driving(Agent("a", url=f"{speaking_agents}/streams-old/")) as driver:
        assert (await driver.offer("a")).protocol == "0.3.0"


async def test_a_card_is_read_once_for_several_calls_and_told_once(speaking_agents: str) -> None:
    offers: list[Offer] = []
    results: list[str] = []
    async with driving(Agent("a", url=f"{speaking_agents}/message"), seen=offers.append) as driver:

        async def one() -> None:
            results.append(
                (await driver.call(Call(Target("a2a", "a"), message="hello"), results.append)).text
            )

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(one)
    assert results == ["just a message"] * 5
    assert len(offers) == 1


async def test_the_driver_is_a_driver() -> None:
    driver: Driver = A2aDriver({}, seen=lambda _: None)
    await driver.aclose()


# What an agent answers: streamed, asked and polled, and of A2A 0.3

EVERY_WAY = ("", "-asked", "-old", "-old-asked")


async def test_streamed_chunks_go_on_unbroken_and_to_progress(speaking_agents: str) -> None:
    said: list[str] = []
    result = await ask(speaking_agents, "streams", said=said)
    assert result.content == (Text("Hello, world"), Text("# Title", "text/markdown"), Text("body"))
    assert said == ["thinking", "Hello, ", "wor", "ld", "# Title", "body"]
    assert (result.state, result.task) == ("done", "")


async def test_an_artifact_sent_again_replaces_the_first(speaking_agents: str) -> None:
    assert (await ask(speaking_agents, "replaces")).text == "final"


@pytest.mark.parametrize("way", EVERY_WAY)
async def test_a_long_task_is_followed_to_its_end(speaking_agents: str, way: str) -> None:
    said: list[str] = []
    assert (await ask(speaking_agents, f"takes-its-time{way}", said=said)).text == "worth the wait"
    assert [each for each in said if each.startswith("step")] == ["step 1", "step 2"]


@pytest.mark.parametrize("way", ["", "-asked"])
async def test_a_message_without_a_task_is_an_answer(speaking_agents: str, way: str) -> None:
    assert await ask(speaking_agents, f"message{way}") == Result((Text("just a message"),), 3)


@pytest.mark.parametrize("way", ["", "-asked"])
async def test_an_answer_in_the_status_alone_is_an_answer(speaking_agents: str, way: str) -> None:
    assert (await ask(speaking_agents, f"answers-in-status{way}")).text == "it is in the status"


@pytest.mark.parametrize("way", ["", "-asked"])
async def test_what_was_said_on_the_way_answers_where_nothing_else_does(
    speaking_agents: str, way: str
) -> None:
    assert (await ask(speaking_agents, f"answers-on-the-way{way}")).text == "first half\nsecond half"


@pytest.mark.parametrize("way", EVERY_WAY)
async def test_files_links_and_data_arrive_as_such(speaking_agents: str, way: str) -> None:
    result = await ask(speaking_agents, f"sends-files{way}")
    assert result.content == (
        Blob(b"\x89PNG", "image/png", "chart.png"),
        Blob(b"raw"),
        Link("https://files.example.com/a.pdf", "a.pdf", "application/pdf"),
    )
    assert result.structured == {"rows": 2, "share": 0.5, "names": ["a", None], "big": 1e300}
    assert isinstance(result.structured["rows"], int)


async def test_several_data_parts_are_a_list(speaking_agents: str) -> None:
    assert (await ask(speaking_agents, "sends-two-data-parts")).structured == [{"a": 1}, [2]]


@pytest.mark.parametrize(
    ("skill", "modes"), [("", "text/plain"), ("draft", "text/plain"), ("count", "application/json")]
)
async def test_what_the_agent_can_answer_in_is_welcome(speaking_agents: str, skill: str, modes: str) -> None:
    assert (await ask(speaking_agents, "tells-modes", skill=skill)).text == modes


# Questions, and what went wrong at the agent


@pytest.mark.parametrize("way", EVERY_WAY)
async def test_a_question_waits_with_a_handle_of_the_task(speaking_agents: str, way: str) -> None:
    result = await ask(speaking_agents, f"asks{way}")
    assert (result.state, result.text) == ("waiting", "Which range?")
    context_id, slash, task_id = result.task.partition("/")
    assert context_id
    assert slash
    assert task_id


async def test_a_wish_for_sign_in_waits(speaking_agents: str) -> None:
    result = await ask(speaking_agents, "wants-sign-in")
    assert (result.state, result.text) == ("waiting", "Sign in at https://agents.example.com")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fails", "the task failed: the printer is on fire"),
        ("fails-asked", "the task failed: the printer is on fire"),
        ("fails-old", "the task failed: the printer is on fire"),
        ("fails-by-artifact", "the task failed: no paper"),
        ("rejects", "the agent rejected the task: not my job"),
        ("gives-up", "the task was canceled: never mind"),
        ("raises", "a bug in the agent"),
        ("raises-asked", "the task failed without saying why"),
    ],
)
async def test_a_failure_of_the_agent_says_why(speaking_agents: str, name: str, reason: str) -> None:
    with pytest.raises(ToolFailed) as failed:
        await ask(speaking_agents, name)
    assert str(failed.value) == f"a2a:{name}: {reason}"


# Going on with a task


@pytest.mark.parametrize("way", EVERY_WAY)
async def test_a_question_is_answered_in_its_task(speaking_agents: str, way: str) -> None:
    agent = Agent("a", url=f"{speaking_agents}/asks{way}")
    said: list[str] = []
    async with driving(agent) as driver:
        question = await driver.call(Call(Target("a2a", "a"), message="please"), drop)
        again = Call(Target("a2a", "a"), message="please", task=question.task)
        assert (await driver.call(again, drop)).task == question.task
        answer = await driver.call(
            Call(Target("a2a", "a"), message="v1..v2", task=question.task), said.append
        )
    assert (answer.state, answer.text.splitlines()[-1]) == ("done", "range v1..v2")
    assert "Which range?" not in said


@pytest.mark.parametrize(
    ("task", "kind", "reason"),
    [
        ("no-slash", ArgumentsRefused, '"no-slash" is not the handle of a task, which is its context id, a'),
        ("context/", ArgumentsRefused, '"context/" is not the handle of a task'),
        ("context/gone", ToolFailed, "Task not found"),
    ],
)
async def test_a_task_that_is_none_is_said(
    speaking_agents: str, task: str, kind: type[CallError], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        await ask(speaking_agents, "asks", task=task)


# An agent that nobody here wrote


async def test_an_agent_of_another_framework_answers(foreign_agent: str) -> None:
    async with driving(Agent("parrot", url=foreign_agent)) as driver:
        assert (await driver.offer("parrot")).title == "Parrot"
        result = await driver.call(Call(Target("a2a", "parrot"), message="hello"), drop)
        assert result == Result((Text("you said hello"),))
        with pytest.raises(ToolFailed, match="the task failed without saying why"):
            await driver.call(Call(Target("a2a", "parrot"), message="fail"), drop)


# What is sent


@pytest.mark.parametrize("way", EVERY_WAY)
async def test_text_arguments_files_and_the_skill_are_sent(
    speaking_agents: str, way: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.md").write_bytes(b"# Notes")
    result = await ask(
        speaking_agents,
        f"repeats{way}",
        "look at this",
        "draft",
        args={"tag": "v1", "deep": [True, None, 2]},
        attached=(Attachment(str(tmp_path / "notes.md"), "text/markdown", "notes.md"),),
    )
    assert result.structured == {
        "metadata": {"skill": "draft"},
        "texts": ["look at this"],
        "data": [{"tag": "v1", "deep": [True, None, 2]}],
        "files": [["notes.md", "text/markdown"]],
        "bytes": [7],
    }


async def test_a_plain_question_names_no_skill(speaking_agents: str) -> None:
    result = await ask(speaking_agents, "repeats", "hello")
    assert result.structured["metadata"] == {}
    assert result.structured["texts"] == ["hello"]


async def test_arguments_alone_are_enough(speaking_agents: str) -> None:
    assert (await ask(speaking_agents, "repeats", "", args={"a": 1})).structured["texts"] == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "there is nothing to send: no message, no arguments, no file"),
        ({"args": {"a": float("nan")}}, "the arguments are not JSON: Out of range float values"),
        ({"args": {"a": object()}}, "the arguments are not JSON: Object of type object"),
        (
            {"attached": (Attachment("/no/such", "text/plain", "x"),)},
            "/no/such cannot be attached: it is not a file",
        ),
    ],
)
async def test_what_cannot_be_sent_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ArgumentsRefused, match=reason):
        await ask("http://127.0.0.1:1", "nobody", "", **fields)


async def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path, __: str) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "secret").write_text("x")
    monkeypatch.setattr(Path, "open", denied)
    attached = (Attachment(str(tmp_path / "secret"), "text/plain", "secret"),)
    with pytest.raises(ArgumentsRefused, match="secret cannot be attached: Permission denied"):
        await ask("http://127.0.0.1:1", "nobody", attached=attached)


async def test_attached_files_are_limited_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(a2a_parts, "LARGEST_ATTACHED_BYTES", 10)
    (tmp_path / "a").write_bytes(b"123456")
    files = (Attachment(str(tmp_path / "a"), "text/plain", "a"),) * 2
    with pytest.raises(ArgumentsRefused, match="the attached files have more than 10 bytes together"):
        await ask("http://127.0.0.1:1", "nobody", attached=files)


# Whom it goes to


async def test_an_unknown_agent_is_named_with_the_nearest() -> None:
    async with driving(Agent("release-notes", url="http://127.0.0.1:1")) as driver:
        with pytest.raises(TargetUnknown) as unknown:
            await driver.offer("release-note")
        with pytest.raises(TargetUnknown) as stranger:
            await driver.call(Call(Target("a2a", "weather"), message="?"), drop)
    assert "did you mean a2a:release-notes?" in str(unknown.value)
    assert str(stranger.value) == 'a2a:weather: no agent is called "weather"'


async def test_an_unknown_skill_is_named_with_the_nearest_after_a_second_look(speaking_agents: str) -> None:
    offers: list[Offer] = []
    async with driving(Agent("a", url=f"{speaking_agents}/repeats"), seen=offers.append) as driver:
        await driver.call(Call(Target("a2a", "a", "draft"), message="hello"), drop)
        with pytest.raises(TargetUnknown) as unknown:
            await driver.call(Call(Target("a2a", "a", "drafts"), message="hello"), drop)
        with pytest.raises(TargetUnknown) as stranger:
            await driver.call(Call(Target("a2a", "a", "x"), message="hello"), drop)
    assert str(unknown.value) == 'a2a:a/drafts: the agent has no skill "drafts"; did you mean a2a:a/draft?'
    assert str(stranger.value) == 'a2a:a/x: the agent has no skill "x"'
    assert len(offers) == 3


async def test_a_closed_driver_sends_nothing(speaking_agents: str) -> None:
    async with driving(Agent("a", url=f"{speaking_agents}/message")) as driver:
        await driver.offer("a")
        await driver.aclose()
        await driver.aclose()
        with pytest.raises(TargetUnavailable, match="the driver is closed; the call was not sent"):
            await driver.offer("a")


# Limits of size and time


async def test_an_answer_over_the_limit_is_refused(speaking_agents: str) -> None:
    agent = Agent("a", url=f"{speaking_agents}/sends-much", limit_bytes=1000)
    async with driving(agent, replace(agent, name="b", url=f"{agent.url}-asked")) as driver:
        assert len((await driver.call(Call(Target("a2a", "a"), message="1000"), drop)).text) == 1000
        for name, size in (("a", "1001"), ("b", "1001"), ("a", "200000"), ("b", "200000")):
            with pytest.raises(ResultTooLarge, match="the answer is larger than the limit of 1,000 bytes"):
                await driver.call(Call(Target("a2a", name), message=size), drop)


@pytest.mark.parametrize("way", ["", "-asked"])
async def test_a_task_that_takes_too_long_is_canceled(speaking_agents: str, way: str) -> None:
    before = int((await ask(speaking_agents, f"never-ends{way}", "how many")).text)
    with pytest.raises(CallTimedOut) as late:
        await ask(speaking_agents, f"never-ends{way}", timeout_seconds=0.5)
    assert str(late.value) == f"a2a:never-ends{way}: no answer within 0.5 seconds"
    assert int((await ask(speaking_agents, f"never-ends{way}", "how many")).text) == before + 1


@pytest.mark.parametrize("way", ["", "-asked"])
async def test_a_cancelled_call_cancels_the_task(speaking_agents: str, way: str) -> None:
    before = int((await ask(speaking_agents, f"never-ends{way}", "how many")).text)
    agent = Agent("a", url=f"{speaking_agents}/never-ends{way}")
    async with driving(agent) as driver, anyio.create_task_group() as tasks:
        await driver.call(Call(Target("a2a", "a"), message="work"), lambda _: tasks.cancel_scope.cancel())
    assert int((await ask(speaking_agents, f"never-ends{way}", "how many")).text) == before + 1


# Connections


async def test_an_agent_that_starts_late_is_reached_by_the_next_call(
    start_faulty_agents: Callable[[socket.socket], AbstractContextManager[str]],
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/stream-lingers"
        call = Call(Target("a2a", "late"), message="hello")
        async with driving(Agent("late", url=url, retries=3)) as driver:
            with pytest.raises(TargetUnavailable) as early:
                await driver.call(call, drop)
            with start_faulty_agents(bound):
                assert (await driver.call(call, drop)).text == "done"
    assert early.value.sent is False
