"""The A2A driver against agents that break the protocol or cannot be reached, over real connections."""

from __future__ import annotations

import re
import socket
from typing import Any

import httpx
import pytest

from router.core.outcome import Result, Text
from router.core.plan import Target
from router.core.settings import Agent
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
from router.ports import Call

pytestmark = pytest.mark.anyio


def drop(_: str) -> None:
    """Take progress that the test does not look at."""


TASK = "context-1/task-1"
"""Handle of the task that every faulty agent has."""


async def ask(agent: Agent, said: list[str] | None = None, message: str = "hello", **more: Any) -> Result:
    """Ask an agent once; `more` are fields of the call."""
    driver = A2aDriver({agent.name: agent}, seen=lambda _: None)
    call = Call(Target("a2a", agent.name), message=message, **{"timeout_seconds": 20.0, **more})
    try:
        return await driver.call(call, drop if said is None else said.append)
    finally:
        await driver.aclose()


async def failure(agent: Agent, **more: Any) -> CallError:
    with pytest.raises(CallError) as failed:
        await ask(agent, **more)
    assert failed.value.target == f"a2a:{agent.name}"
    return failed.value


def count(url: str, name: str, method: str = "") -> int:
    """Return how often an agent was asked a method; none is its card."""
    return int(httpx.get(f"{url}/counts", trust_env=False).json().get(f"{name} {method}", 0))


# Reasons as users read them, by the name of the faulty agent

CARDS = {
    "card-404": (TargetUnavailable, r"there is no agent card at http://127.0.0.1:\d+/card-404/\.well-known/"),
    "card-html": (ProtocolBroken, "what it serves as its card is not an agent card: .*Expecting value"),
    "card-list": (ProtocolBroken, "what it serves as its card is not an agent card: .*must be a JSON object"),
    "card-cut": (ProtocolBroken, "what it serves as its card is not an agent card: .*Unterminated string"),
    "card-empty": (ProtocolBroken, "is not an agent card: it has neither name nor interface"),
    "card-401": (
        SignInFailed,
        r"it wants a sign-in \(HTTP 401 Unauthorized\); set auth in \[a2a\.card-401\]",
    ),
    "card-503": (TargetUnavailable, "it answers HTTP 503 Service Unavailable; Retry-After: 7"),
    "card-302": (TargetUnavailable, r"it redirects to http://127.0.0.2:1/card \(HTTP 302 Found\), which"),
    "card-drop": (TargetUnavailable, "the connection was lost during the call: Server disconnected"),
    "card-huge": (ResultTooLarge, "its card is larger than 1,000,000 bytes"),
    "by-soap": (
        TargetUnavailable,
        r"its card offers SOAP 1\.0, WIRE 1\.0; this version calls JSONRPC, HTTP\+J",
    ),
    "a-registry": (
        ProtocolBroken,
        r"list of 12 agents and not the card of one: Agent 0 \(https://.*/9\) and 2 more; give each a table",
    ),
    "by-nothing": (TargetUnavailable, "its card offers no interface; this version calls JSONRPC"),
    "from-the-past": (TargetUnavailable, "its card offers JSONRPC 0.2.6; this version calls JSONRPC"),
    "from-the-future": (TargetUnavailable, "its card offers JSONRPC next; this version calls JSONRPC"),
    "at-another-host": (
        TargetUnavailable,
        "found at 127.0.0.1, says to call another host, agents.example.com",
    ),
    "at-a-plain-host": (
        TargetUnavailable,
        "agents.example.com is another machine and would be called over plain",
    ),
    "on-a-dead-port": (TargetUnavailable, "nothing listens at 127.0.0.1:1$"),
}

CALLS = {
    "call-401": (
        SignInFailed,
        r"it wants a sign-in \(HTTP 401 Unauthorized\); its card asks for HTTP Bearer; set auth in \[a2a\.",
    ),
    "call-403": (SignInFailed, r"it wants a sign-in \(HTTP 403 Forbidden\)"),
    "call-404": (ProtocolBroken, r"it answers HTTP 404 Not Found at http://127.0.0.1:\d+/call-404$"),
    "call-429": (TargetUnavailable, "it answers HTTP 429 Too Many Requests; Retry-After: 30"),
    "call-502": (TargetUnavailable, "it answers HTTP 502 Bad Gateway$"),
    "call-503": (TargetUnavailable, "it answers HTTP 503 Service Unavailable; Retry-After: 7"),
    "call-html": (ProtocolBroken, "what it answers is not A2A: JSON Decode Error"),
    "call-list": (ProtocolBroken, "what it answers is not A2A: .*expected an object, got list"),
    "call-empty": (ProtocolBroken, "what it answers is not A2A: .*neither task nor message"),
    "call-gzip": (ProtocolBroken, "it answers compressed, which it was asked not to do"),
    "call-drop": (TargetUnavailable, "the connection was lost during the call: Server disconnected"),
    "call-huge": (ResultTooLarge, "the answer is larger than the limit of 1,000,000 bytes"),
    "call-refused": (ToolFailed, "the message is too odd"),
    "call-odd-error": (ToolFailed, "out of paper"),
    "call-old-version": (ProtocolBroken, "it does not take what this version sends: speak 2.0"),
    "time-odd": (ProtocolBroken, "what it answers is not A2A: ParseError: .*timestamp"),
    "stream-endless": (ResultTooLarge, "the answer is larger than the limit of 1,000,000 bytes"),
    "stream-empty": (ProtocolBroken, "it ended its answer without a message or a task"),
    "stream-garbage": (ProtocolBroken, "what it answers is not A2A: ParseError"),
    "stream-error": (ToolFailed, "it broke"),
    "stream-given-up": (ToolFailed, "no more"),
    "stream-torn-early": (TargetUnavailable, "the connection was lost during the call: peer closed"),
    "task-lost": (ToolFailed, "no such task"),
    "task-fails-silently": (ToolFailed, "the task failed without saying why"),
}


@pytest.mark.parametrize("name", CARDS)
async def test_a_fault_of_the_card_says_what_is_wrong(faulty_agents: str, name: str) -> None:
    error = await failure(Agent(name, url=f"{faulty_agents}/{name}"))
    kind, reason = CARDS[name]
    assert type(error) is kind
    assert re.search(reason, error.reason)
    asked = 2 if name in ("card-404", "a-registry") else 1  # what is at the url itself, for a list of cards
    assert count(faulty_agents, name) == asked
    assert getattr(error, "sent", False) is False


@pytest.mark.parametrize("name", CALLS)
async def test_a_fault_of_the_answer_says_what_is_wrong_and_is_sent_once(
    faulty_agents: str, name: str
) -> None:
    agent = Agent(name, url=f"{faulty_agents}/{name}", retries=3, delay_seconds=0, limit_bytes=1_000_000)
    error = await failure(agent)
    kind, reason = CALLS[name]
    assert type(error) is kind
    assert re.search(reason, error.reason)
    method = "SendStreamingMessage" if name.startswith("stream-") else "SendMessage"
    assert count(faulty_agents, name, method) == 1


async def test_when_the_agent_wants_to_be_asked_again_is_known(faulty_agents: str) -> None:
    error = await failure(Agent("call-429", url=f"{faulty_agents}/call-429"))
    assert isinstance(error, TargetUnavailable)
    assert (error.sent, error.retry_after_seconds) == (True, 30.0)


async def test_no_error_of_a_library_comes_out_alone(faulty_agents: str) -> None:
    error = await failure(Agent("call-503", url=f"{faulty_agents}/call-503"))
    assert error.__cause__ is not None
    assert type(error.__cause__).__module__.startswith("a2a.")


# Streams that end before the task does


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stream-cut", ["I began", "half way"]),
        ("stream-torn", ["I began"]),
        ("stream-silent", ["I began"]),
        ("stream-not-really", []),
        ("stream-unknown-events", []),
    ],
)
async def test_a_stream_that_is_cut_leaves_the_task_to_be_looked_at(
    faulty_agents: str, name: str, said: list[str]
) -> None:
    heard: list[str] = []
    result = await ask(Agent(name, url=f"{faulty_agents}/{name}"), heard)
    assert result == Result((Text("the end"),))
    assert heard == said
    assert count(faulty_agents, name, "SendStreamingMessage") == 1


async def test_a_stream_that_is_cut_is_taken_up_again_and_nothing_said_twice(faulty_agents: str) -> None:
    heard: list[str] = []
    result = await ask(Agent("a", url=f"{faulty_agents}/stream-taken-up"), heard)
    assert result == Result((Text("the very end"),))
    assert heard == ["I began", "the ", "half way", "ve", "almost", "ry end"]
    asked = ("SendStreamingMessage", "SubscribeToTask", "GetTask", "CancelTask")
    assert [count(faulty_agents, "stream-taken-up", each) for each in asked] == [1, 2, 3, 0]


async def test_what_was_said_while_a_stream_was_cut_is_in_the_answer(faulty_agents: str) -> None:
    result = await ask(Agent("a", url=f"{faulty_agents}/stream-with-a-gap"))
    assert result == Result((Text("the very end"),))


async def test_a_stream_that_is_cut_again_at_once_is_left_for_looking_at_the_task(faulty_agents: str) -> None:
    heard: list[str] = []
    result = await ask(Agent("a", url=f"{faulty_agents}/stream-cut-again"), heard)
    assert (result, heard) == (Result((Text("the end"),)), ["I began", "half way"])
    assert count(faulty_agents, "stream-cut-again", "SubscribeToTask") == 1


async def test_a_task_that_ends_between_two_streams_is_not_waited_for(faulty_agents: str) -> None:
    assert await ask(Agent("a", url=f"{faulty_agents}/stream-missed")) == Result((Text("the end"),))


async def test_a_stream_that_was_taken_up_and_says_nothing_is_not_relied_on(
    faulty_agents: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.drivers.a2a_exchange.LONGEST_PAUSE_SECONDS", 0.01)
    assert await ask(Agent("a", url=f"{faulty_agents}/stream-mute")) == Result((Text("the end"),))


async def test_too_much_is_too_much_in_a_stream_that_was_taken_up(faulty_agents: str) -> None:
    error = await failure(Agent("a", url=f"{faulty_agents}/stream-too-long", limit_bytes=1_000_000))
    assert type(error) is ResultTooLarge


async def test_a_stream_that_stays_open_after_the_answer_is_left(faulty_agents: str) -> None:
    result = await ask(Agent("a", url=f"{faulty_agents}/stream-lingers"))
    assert result.text == "done"


@pytest.mark.parametrize("name", ["time-zoneless", "stream-zoneless"])
async def test_a_time_without_a_zone_does_not_lose_the_answer(faulty_agents: str, name: str) -> None:
    assert (await ask(Agent("a", url=f"{faulty_agents}/{name}"))).text == "well"


# Tasks without words


async def test_words_in_the_history_alone_are_found(faulty_agents: str) -> None:
    assert (await ask(Agent("a", url=f"{faulty_agents}/task-in-history"))).text == "told you"


async def test_a_question_in_the_history_alone_is_found(faulty_agents: str) -> None:
    result = await ask(Agent("a", url=f"{faulty_agents}/task-asks-in-history"))
    assert (result.text, result.state) == ("told you", "waiting")


async def test_a_reason_in_the_history_alone_is_found(faulty_agents: str) -> None:
    error = await failure(Agent("task-fails-in-history", url=f"{faulty_agents}/task-fails-in-history"))
    assert error.reason == "the task failed: told you"


async def test_a_task_done_without_words_is_done(faulty_agents: str) -> None:
    assert await ask(Agent("a", url=f"{faulty_agents}/task-without-words")) == Result()


async def test_a_silent_question_is_put_in_words(faulty_agents: str) -> None:
    result = await ask(Agent("a", url=f"{faulty_agents}/task-asks-silently"))
    assert result.text == "The agent asks for more input, without saying what."
    assert (result.state, result.task) == ("waiting", "context-1/task-1")


async def test_a_question_in_a_task_of_its_own_is_no_repetition(faulty_agents: str) -> None:
    result = await ask(Agent("a", url=f"{faulty_agents}/task-elsewhere"), task=TASK)
    assert (result.text, result.state, result.task) == ("what?", "waiting", "context-1/task-2")


# Tasks that are known already


async def test_a_call_without_a_message_follows_the_task(faulty_agents: str) -> None:
    heard: list[str] = []
    result = await ask(Agent("a", url=f"{faulty_agents}/stream-followed"), heard, message="", task=TASK)
    assert (result, heard) == (Result((Text("the very end"),)), ["the ", "very end"])
    assert count(faulty_agents, "stream-followed", "SendStreamingMessage") == 0


async def test_a_task_that_is_followed_too_long_is_left_as_it_is(faulty_agents: str) -> None:
    agent = Agent("stream-followed-for-long", url=f"{faulty_agents}/stream-followed-for-long")
    error = await failure(agent, message="", task=TASK, timeout_seconds=1.0)
    assert type(error) is CallTimedOut
    assert count(faulty_agents, agent.name, "CancelTask") == 0


async def give_up(url: str, name: str) -> None:
    driver = A2aDriver({name: Agent(name, url=f"{url}/{name}", timeout_seconds=0.5)}, seen=lambda _: None)
    try:
        await driver.cancel(Target("a2a", name), TASK)
    finally:
        await driver.aclose()


async def test_a_task_is_given_up(faulty_agents: str) -> None:
    await give_up(faulty_agents, "task-given-up")
    assert count(faulty_agents, "task-given-up", "CancelTask") == 1


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("task-not-given-up", ToolFailed, "a2a:task-not-given-up: too late"),
        ("task-given-up-slowly", CallTimedOut, "a2a:task-given-up-slowly: no answer within 0.5 seconds"),
    ],
)
async def test_a_task_that_cannot_be_given_up_is_told(
    faulty_agents: str, name: str, kind: type[CallError], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        await give_up(faulty_agents, name)


# Time


@pytest.mark.parametrize("name", ["card-hang", "call-hang"])
async def test_silence_ends_with_the_time_of_the_call(faulty_agents: str, name: str) -> None:
    error = await failure(Agent(name, url=f"{faulty_agents}/{name}"), timeout_seconds=0.2)
    assert error == CallTimedOut(f"a2a:{name}", seconds=0.2)


@pytest.mark.parametrize("name", ["card-hang", "call-hang"])
async def test_an_answer_must_begin_in_time_where_the_settings_say_so(faulty_agents: str, name: str) -> None:
    agent = Agent(name, url=f"{faulty_agents}/{name}", first_byte_seconds=0.2)
    error = await failure(agent, timeout_seconds=20)
    assert error == CallTimedOut(f"a2a:{name}", seconds=0.2)


async def test_a_card_that_does_not_come_ends_with_the_time_of_the_agent(faulty_agents: str) -> None:
    agent = Agent("a", url=f"{faulty_agents}/card-hang", timeout_seconds=0.2)
    driver = A2aDriver({"a": agent}, seen=lambda _: None)
    with pytest.raises(CallTimedOut, match=r"a2a:a: no answer within 0\.2 seconds"):
        await driver.offer("a")
    await driver.aclose()


async def test_a_task_in_no_known_state_is_a_broken_protocol(
    faulty_agents: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.drivers.a2a_exchange.FAREWELL_SECONDS", 0.1)
    error = await failure(Agent("task-astray", url=f"{faulty_agents}/task-astray"), timeout_seconds=0.3)
    assert type(error) is ProtocolBroken
    assert error.reason == "its task is in no state of A2A 1.0 or 0.3, still after 0.3 seconds"
    assert count(faulty_agents, "task-astray", "CancelTask") == 1


# Places


async def test_an_interface_on_all_addresses_of_this_machine_is_called(faulty_agents: str) -> None:
    error = await failure(Agent("a", url=f"{faulty_agents}/at-all-addresses"))
    assert (type(error), error.reason) == (ToolFailed, "the message is too odd")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "http://agents.example.com/release",
            "agents.example.com is another machine and would be called over plain",
        ),
        ("ftp://127.0.0.1/", '"ftp://127.0.0.1/" is not an http or https address'),
        ("release", '"release" is not an http or https address'),
        ("http://127.0.0.1:port/", '"http://127.0.0.1:port/" is not an address: '),
        ("https://me:secret@agents.example.com", "agents.example.com holds a user name or password"),
        ("https://agents.example.com/?agent=1", "has a query or fragment"),
    ],
)
async def test_an_address_that_is_refused_is_never_called(url: str, reason: str) -> None:
    error = await failure(Agent("a", url=url))
    assert type(error) is TargetUnavailable
    assert reason in error.reason
    assert error.reason.endswith("; the call was not sent")
    assert "secret" not in error.reason


async def test_nothing_listening_is_said_with_the_place() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        error = await failure(Agent("a", url=f"http://localhost:{port}", retries=2, delay_seconds=0))
    assert error == TargetUnavailable("a2a:a", f"nothing listens at localhost:{port}", sent=False)


async def test_a_name_that_nobody_knows_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    error = await failure(Agent("a", url="https://no-such-host.invalid"))
    assert error.reason.startswith("the name of no-such-host.invalid:443 is not known: ")


async def test_plain_http_where_tls_is_expected_is_said(speaking_agents: str) -> None:
    error = await failure(Agent("a", url=speaking_agents.replace("http:", "https:")))
    assert re.match(r"no secure connection to 127\.0\.0\.1:\d+: ", error.reason)


async def test_a_connection_that_does_not_come_about_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        place = listening.getsockname()
        # A full queue: the kernel then leaves further connections without an answer.
        with socket.create_connection(place):
            agent = Agent("a", url=f"http://127.0.0.1:{place[1]}", connect_seconds=0.1)
            error = await failure(agent)
    assert error.reason == f"no connection to 127.0.0.1:{place[1]} within 0.1 seconds"


async def test_after_a_failure_the_card_is_read_again(faulty_agents: str) -> None:
    agent = Agent("a", url=f"{faulty_agents}/call-502/")
    driver = A2aDriver({"a": agent}, seen=lambda _: None)
    before = count(faulty_agents, "call-502")
    for _ in range(2):
        with pytest.raises(TargetUnavailable):
            await driver.call(Call(Target("a2a", "a"), message="hello"), drop)
    await driver.aclose()
    assert count(faulty_agents, "call-502") == before + 2
