"""Turns come in order, as fast as the settings say, and who gives up takes nobody's."""

from __future__ import annotations

import anyio
import pytest

from router.core.settings import Peer
from router.guard.limits import Limits
from tests.guard.timing import Clock

pytestmark = pytest.mark.anyio


async def test_turns_are_evenly_spaced() -> None:
    clock = Clock(0.0)
    limits = Limits(Peer("a", rate=4.0), clock, clock.sleep)
    began: list[float] = []

    for _ in range(4):
        async with limits.turn(60.0) as came:
            assert came
            began.append(clock.time)

    assert began == [0.0, 0.25, 0.5, 0.75]


async def test_a_pause_earns_no_burst() -> None:
    clock = Clock(0.0)
    limits = Limits(Peer("a", rate=1.0), clock, clock.sleep)
    async with limits.turn(60.0):
        clock.time += 100
    for _ in range(3):
        async with limits.turn(60.0):
            pass

    assert clock.slept == [1.0, 1.0]


async def test_those_who_give_up_waiting_put_nobody_off() -> None:
    now = anyio.current_time()
    limits = Limits(Peer("a", rate=0.001), lambda: now, anyio.sleep)
    async with limits.turn(60.0):
        pass
    for _ in range(5):
        async with limits.turn(0.001) as came:
            assert not came

    assert limits._next == now + 1_000


async def test_a_place_is_given_back_by_who_got_no_turn() -> None:
    limits = Limits(Peer("a", concurrency=1, rate=0.001), anyio.current_time, anyio.sleep)
    async with limits.turn(60.0) as first:
        assert first
    async with limits.turn(0.001) as second:
        assert not second

    room = limits._room
    assert room is not None
    assert room.borrowed_tokens == 0
