"""The table of faults: each way to break an answer over each transport, beside two targets that are well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from router.errors import CallError, CallTimedOut, ProtocolBroken, ResultTooLarge, TargetUnavailable
from tests.faults import trying
from tests.faults.trying import Footprint

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TRANSPORTS: Final = ("stdio", "http", "events", "sse", "a2a", "a2a-stream")
LONG_SECONDS: Final = 60.0
SHORT_SECONDS: Final = 1.0

Told = tuple[type[CallError], str] | str
"""The class of the error and a part of what it says, or the text of the answer that came all the same."""

LOST: Final = (TargetUnavailable, "the connection was lost during the call")
LATE: Final = (CallTimedOut, "no answer within 1 seconds")
NOT_ASKED: Final = (ProtocolBroken, "it answers request 99999, which was not asked here")
KILLED: Final = (TargetUnavailable, "the server was ended by SIGKILL during the call")
UNREADABLE: Final = (ProtocolBroken, "the answer cannot be read: Invalid JSON")
FULL: Final = (ResultTooLarge, "the limit of [mcp.bad] is 100,000")
FULL_OF_AGENT: Final = (ResultTooLarge, "the answer is larger than the limit of 100,000 bytes")
CRASHED: Final = (TargetUnavailable, "the server ended with exit code 3 during the call")
MOVED: Final = (
    TargetUnavailable,
    "it redirects to /rpc (HTTP 307 Temporary Redirect); its card should say so",
)
NOBODY: Final = (TargetUnavailable, "nothing listens at 127.0.0.1:")
ONE_ANSWER: Final = {"http": NOT_ASKED, "a2a": NOT_ASKED, "a2a-stream": NOT_ASKED}
MENDED: Final = "do\N{REPLACEMENT CHARACTER}ne"


def over_network(told: Told) -> dict[str, Told]:
    """Return what every transport over a network makes of a fault."""
    return dict.fromkeys(TRANSPORTS[1:], told)


def everywhere(told: Told) -> dict[str, Told]:
    """Return what every transport makes of a fault."""
    return dict.fromkeys(TRANSPORTS, told)


FAULTS: Final[dict[str, dict[str, Told]]] = {
    "well": everywhere("done"),
    "killed-before": {**everywhere(LOST), "stdio": KILLED},
    "killed-during": {
        **everywhere(LOST),
        "stdio": KILLED,
        "a2a-stream": NOBODY,  # when its task is taken up again
    },
    "killed-after": everywhere("done"),
    "half": {**everywhere(LOST), "stdio": UNREADABLE, "a2a-stream": "done"},  # the task is taken up again
    "half-silence": everywhere(LATE),
    "huge": {
        **everywhere(FULL),
        "sse": (ResultTooLarge, "more than the 1,048,576 bytes that the older SSE can carry"),
        "a2a": FULL_OF_AGENT,
        "a2a-stream": FULL_OF_AGENT,
    },
    "no-utf8": everywhere(MENDED),
    "wrong-id": {**everywhere(LATE), **ONE_ANSWER},  # where more may come, it is waited for
    "wrong-id-first": {**everywhere("done"), **ONE_ANSWER},
    "late": everywhere(LATE),
    "drip": everywhere(LATE),
    "forks": {**everywhere(LATE), "stdio": CRASHED},
    "status-500": over_network((TargetUnavailable, "HTTP 500 Internal Server Error")),
    "status-429": over_network((TargetUnavailable, "HTTP 429 Too Many Requests; Retry-After: 7")),
    "status-503": over_network((TargetUnavailable, "HTTP 503 Service Unavailable; Retry-After: 3")),
    "redirects": {
        **over_network((TargetUnavailable, "it redirects more than 5 times, last to /")),
        "a2a": MOVED,
        "a2a-stream": MOVED,
    },
    "tls-name": over_network((TargetUnavailable, "certificate is not valid for 'localhost'")),
}  # fmt: skip
TABLE: Final = [(fault, transport, told) for fault, row in FAULTS.items() for transport, told in row.items()]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep breakers, ledger and catalogue of a test to itself."""
    monkeypatch.setenv("TS_HOME", str(tmp_path / "home"))
    yield
    trying.end(trying.forked(tmp_path))


@pytest.fixture(scope="module")
def agent(speaking_agents: str) -> str:
    """Return the agent that is well."""
    return f"{speaking_agents}/streams"


def seconds_for(told: Told) -> float:
    """Return a time that is short only where it is to run out."""
    return SHORT_SECONDS if told is LATE else LONG_SECONDS


def check(found: CallError | str, told: Told, transport: str) -> None:
    """Hold what a step came to against the table."""
    if isinstance(told, str):
        assert found == told
        return
    kind, part = told
    assert type(found) is kind, found
    assert found.target == trying.target_of(transport)
    assert str(found).startswith(f"{trying.target_of(transport)}: ")
    assert part in str(found)


@pytest.mark.parametrize(("fault", "transport", "told"), TABLE)
async def test_a_fault_is_told_of_its_target_and_stays_there(
    tmp_path: Path, agent: str, fault: str, transport: str, told: Told
) -> None:
    with trying.broken(transport, fault, tmp_path) as place:
        before = Footprint.now()
        async with trying.routing(tmp_path, transport, place, agent, seconds_for(told)) as router:
            outcome = await router.ask("all")

        assert await before.settled() == before
    check(trying.told(outcome, "broken"), told, transport)
    assert trying.told(outcome, "echo") == "still here"
    assert trying.told(outcome, "agent") == "Hello, world\n# Title\nbody"
    if transport == "stdio":
        assert trying.alive(trying.forked(tmp_path)) == []


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_an_answer_after_the_time_is_not_that_of_the_next_call(
    tmp_path: Path, agent: str, transport: str
) -> None:
    with trying.broken(transport, "late", tmp_path) as place:
        async with trying.routing(tmp_path, transport, place, agent, SHORT_SECONDS) as router:
            first = await router.ask("again")
            second = await router.ask("again")

    (step,) = first.steps
    assert step.error is not None
    assert step.error["code"] == "timeout"
    assert second.steps[0].result.text == "done"


async def test_a_program_that_died_after_its_answer_is_started_again(tmp_path: Path, agent: str) -> None:
    with trying.broken("stdio", "killed-after", tmp_path) as place:
        async with trying.routing(tmp_path, "stdio", place, agent, LONG_SECONDS) as router:
            texts = [(await router.ask("again")).steps[0].result.text for _ in range(3)]

    assert texts == ["done"] * 3


@pytest.mark.parametrize("transport", TRANSPORTS[1:])
async def test_a_server_that_died_after_its_answer_is_named_by_the_next_call(
    tmp_path: Path, agent: str, transport: str
) -> None:
    with trying.broken(transport, "killed-after", tmp_path) as place:
        before = Footprint.now()
        async with trying.routing(tmp_path, transport, place, agent, LONG_SECONDS) as router:
            assert (await router.ask("again")).steps[0].result.text == "done"
            outcome = await router.ask("all")

        assert await before.settled() == before
    check(trying.told(outcome, "broken"), (TargetUnavailable, ""), transport)
    assert trying.told(outcome, "echo") == "still here"
