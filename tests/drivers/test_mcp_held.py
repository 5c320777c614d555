"""What is held open: opened once, given up by the last who waits, opened anew when it is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from router.drivers import mcp_held
from router.drivers.mcp_held import Held, Pool
from router.errors import TargetUnavailable

pytestmark = pytest.mark.anyio


class Door(Held):
    """Opens when it is let, fails when it is locked, and takes its time to close."""

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__()
        self.let = anyio.Event()
        self.may_close = anyio.Event()
        self.may_close.set()
        self.locked = locked

    async def _hold(self) -> None:
        if self.locked:
            raise TargetUnavailable("door", "it is locked") from OSError("no key")
        try:
            await self.let.wait()
            self._opened()
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await self.may_close.wait()


@asynccontextmanager
async def pooling() -> AsyncIterator[Pool[Door]]:
    async with anyio.create_task_group() as tasks:
        pool: Pool[Door] = Pool(tasks)
        yield pool
        await pool.aclose()


async def test_the_same_door_is_given_until_it_is_over() -> None:
    async with pooling() as pool:
        first = await pool.latest("front", Door, "a")
        first.let.set()
        await first.ready("a")
        assert await pool.latest("front", Door, "b") is first
        first.stop()
        second = await pool.latest("front", Door, "c")

    assert second is not first
    assert first.is_over


async def test_a_door_is_opened_anew_only_when_nothing_is_left_of_the_last() -> None:
    async with pooling() as pool, anyio.create_task_group() as tasks:
        first = await pool.latest("front", Door, "a")
        first.let.set()
        await first.ready("a")
        first.may_close = anyio.Event()
        first.stop()
        found: list[Door] = []

        async def look() -> None:
            found.append(await pool.latest("front", Door, "b"))

        tasks.start_soon(look)
        tasks.start_soon(look)
        await anyio.wait_all_tasks_blocked()
        assert found == []
        first.may_close.set()

    assert found[0] is found[1]
    assert found[0] is not first


async def test_a_locked_door_tells_each_who_waits_by_the_name_that_it_asked_for() -> None:
    async with pooling() as pool:
        door = await pool.latest("front", lambda: Door(locked=True), "a")
        for target in ("a", "b"):
            with pytest.raises(TargetUnavailable) as caught:
                await door.ready(target)

            assert caught.value == TargetUnavailable(target, "it is locked")
            assert isinstance(caught.value.__cause__, OSError)


async def test_a_door_that_does_not_close_is_left_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_held, "CLOSE_SECONDS", 0.01)
    async with pooling() as pool:
        door = await pool.latest("front", Door, "a")
        door.may_close = anyio.Event()
        await anyio.wait_all_tasks_blocked()
        await pool.aclose()

        assert not door.ended.is_set()
        door.may_close.set()


async def test_a_door_that_nobody_waits_for_any_more_is_given_up() -> None:
    async with pooling() as pool:
        door = await pool.latest("front", Door, "a")
        with anyio.CancelScope() as scope:
            scope.cancel()
            await door.ready("a")

        assert door.is_over
        assert await pool.latest("front", Door, "b") is not door


async def test_a_door_is_opened_on_for_those_who_still_wait() -> None:
    async with pooling() as pool, anyio.create_task_group() as tasks:
        door = await pool.latest("front", Door, "a")
        tasks.start_soon(door.ready, "a")
        await anyio.wait_all_tasks_blocked()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await door.ready("b")

        assert not door.is_over
        door.let.set()


async def test_closing_refuses_those_who_wait_and_those_who_come_after() -> None:
    async with pooling() as pool, anyio.create_task_group() as tasks:
        door = await pool.latest("front", Door, "a")

        async def wait() -> None:
            with pytest.raises(TargetUnavailable, match="the connection was closed while it was opened"):
                await door.ready("a")

        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await pool.aclose()
        with pytest.raises(TargetUnavailable, match="all connections are closed"):
            await pool.latest("front", Door, "b")
