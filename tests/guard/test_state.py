"""What follows of what is known of a target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.core.settings import Agent, Breaker, Peer, Server
from router.guard import State, key_of

BREAKER = Breaker(3, 30.0)
OPEN = State(3, failed=100.0, since=100.0)
PROBED = replace(OPEN, probe="a", probe_since=140.0, probe_until=150.0)
LONG = replace(PROBED, probe_until=1_000.0)
SERVER = Server("a", command="x")


@pytest.mark.parametrize(
    ("state", "now", "mode", "wait"),
    [
        (State(), 0.0, "closed", 0.0),
        (State(2, 100.0, 100.0), 101.0, "closed", 0.0),
        (OPEN, 100.0, "open", 30.0),
        (OPEN, 112.0, "open", 18.0),
        (OPEN, 130.0, "half-open", 0.0),
        (OPEN, 99.0, "half-open", 0.0),  # the clock was set back
        (OPEN, -5.0, "half-open", 0.0),
        (PROBED, 140.0, "probing", 10.0),
        (PROBED, 150.0, "half-open", 0.0),  # its process died
        (PROBED, 139.0, "half-open", 0.0),
        (LONG, 141.0, "probing", 30.0),
    ],
)
def test_a_target_is_left_alone_for_a_time_and_then_tried_by_one(
    state: State, now: float, mode: str, wait: float
) -> None:
    assert (state.mode(BREAKER, now), state.wait_seconds(BREAKER, now)) == (mode, wait)


def test_a_breaker_that_is_switched_off_leaves_nothing_alone() -> None:
    assert OPEN.mode(Breaker(0, 30.0), 101.0) == "closed"


@pytest.mark.parametrize(
    "other",
    [
        replace(SERVER, name="b"),
        replace(SERVER, command="y"),
        replace(SERVER, args=("y",)),
        replace(SERVER, env={"A": "1"}),
        replace(SERVER, cwd="/a"),
        Server("a", url="https://h", transport="http"),
        Server("a", url="https://h", transport="sse"),
        Agent("a", url="https://h"),
        Agent("a", url="https://i"),
    ],
    ids=str,
)
def test_a_target_that_is_elsewhere_is_another(other: Peer) -> None:
    schemes = {Server: "mcp", Agent: "a2a"}
    assert key_of(schemes[type(other)], other) != key_of("mcp", SERVER)


def test_how_patiently_a_target_is_called_makes_no_other() -> None:
    assert key_of("mcp", replace(SERVER, retries=9, timeout_seconds=1.0)) == key_of("mcp", SERVER)


def test_a_key_tells_nothing_of_what_it_is_made_of() -> None:
    key = key_of("mcp", Server("a", command="x", env={"TOKEN": "very-secret"}))

    assert len(key) == 32
    assert int(key, 16)
