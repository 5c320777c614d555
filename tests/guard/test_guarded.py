"""The guard before a driver: what is repeated and what never, how often, and what the breaker is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from router.core.outcome import Result
from router.core.plan import Target
from router.core.settings import Breaker, Server
from router.errors import (
    ArgumentsRefused,
    CallError,
    CallTimedOut,
    PinBroken,
    ProtocolBroken,
    ResultTooLarge,
    RouterError,
    SecretMissing,
    SignInFailed,
    TargetUnavailable,
    TargetUnknown,
    ToolFailed,
)
from router.guard import Breakers, Guarded, key_of
from router.ports import Call, Offer, Progress, Tool
from router.testing import FakeDriver, Scripted
from tests.guard.timing import Clock

pytestmark = pytest.mark.anyio

NAME = "mcp:a/t"
SERVER = Server("a", command="x", breaker=Breaker(0))
READS, SAME, WRITES, SILENT = (
    Tool("t", read_only=True),
    Tool("t", idempotent=True),
    Tool("t", read_only=False, idempotent=False),
    Tool("t"),
)
unsent = partial(TargetUnavailable, NAME, "down", sent=False)
cut = partial(TargetUnavailable, NAME, "cut")
busy = partial(TargetUnavailable, NAME, "busy", retry_after_seconds=7.0)


class Failing(FakeDriver):
    """A driver whose first calls fail as it is told; the others answer."""

    def __init__(self, failures: Iterable[RouterError] = (), takes: float = 0.0) -> None:
        super().__init__({NAME: "done"}, [Offer("mcp", "a", ())])
        self.failures = list(failures)
        self.takes = takes
        self.clock = Clock()
        self.asked: list[str] = []

    async def offer(self, name: str) -> Offer:
        self.asked.append(name)
        self._fail()
        return await super().offer(name)

    async def call(self, call: Call, progress: Progress) -> Result:
        if self.failures:
            self.calls.append(call)
            self.clock.time += self.takes
            self._fail()
        return await super().call(call, progress)

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


@dataclass
class World:
    """A guard with all that it is made of, and a clock that it waits by."""

    home: Path
    inner: FakeDriver
    server: Server = SERVER
    tool: Tool | None = None
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        if isinstance(self.inner, Failing):
            self.inner.clock = self.clock
        self.breakers = Breakers(self.home, self.clock)
        self.guard = Guarded(
            "mcp",
            self.inner,
            {"a": self.server},
            self.breakers,
            lambda _: self.tool,
            self.clock,
            self.clock.sleep,
        )

    async def ask(self, seconds: float = 60.0, name: str = "a") -> Result:
        call = Call(Target("mcp", name, "t"), timeout_seconds=seconds)
        return await self.guard.call(call, lambda _: None)

    async def failure(self, seconds: float = 60.0) -> CallError:
        """Ask what must fail, and return the error."""
        with pytest.raises(CallError) as caught:
            await self.ask(seconds)
        return caught.value

    @property
    def known(self) -> tuple[int, str]:
        """Return how many failures in a row are known, and how the breaker is."""
        state = self.breakers.state(key_of("mcp", self.server))
        return state.failures, state.mode(self.server.breaker, self.clock())


OTHERS = (
    ToolFailed, ArgumentsRefused, TargetUnknown, SignInFailed, PinBroken, ResultTooLarge, ProtocolBroken,
    CallTimedOut, CallError,
)  # fmt: skip


@pytest.mark.parametrize("retries", [0, 1, 4])
@pytest.mark.parametrize(
    ("error", "tool", "repeated"),
    [
        *((kind, tool, True) for kind in (unsent, busy) for tool in (None, SILENT, READS, SAME, WRITES)),
        *((cut, tool, True) for tool in (READS, SAME)),
        *((cut, tool, False) for tool in (None, SILENT, WRITES)),
        *((partial(kind, NAME, "no"), READS, False) for kind in OTHERS),
    ],
)
async def test_what_is_safe_alone_is_repeated(
    tmp_path: Path, error: Callable[[], CallError], tool: Tool | None, repeated: bool, retries: int
) -> None:
    inner = Failing(error() for _ in range(9))
    world = World(tmp_path, inner, replace(SERVER, retries=retries), tool)

    failure = await world.failure()

    calls = 1 + retries * repeated
    assert (len(inner.calls), failure.attempts) == (calls, calls)
    assert failure.reason == error().reason + (f" ({calls} attempts)" if calls > 1 else "")
    assert failure == replace(error(), reason=failure.reason)


async def test_a_later_attempt_that_succeeds_is_an_answer_that_tells_how_often_it_was_asked(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, Failing([unsent(), unsent()]), replace(SERVER, retries=5))

    result = await world.ask()

    assert (result.text, result.attempts) == ("done", 3)


async def test_pauses_grow_up_to_a_minute_and_none_is_longer_than_it_says(tmp_path: Path) -> None:
    inner = Failing(unsent() for _ in range(99))
    world = World(tmp_path, inner, replace(SERVER, retries=9, delay_seconds=2.0))

    await world.failure(10_000.0)

    longest = [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert all(most / 2 <= slept <= most for slept, most in zip(world.clock.slept, longest, strict=True))


async def test_each_attempt_gets_the_time_that_is_left(tmp_path: Path) -> None:
    inner = Failing([unsent(), unsent()], takes=10.0)
    world = World(tmp_path, inner, replace(SERVER, retries=5, delay_seconds=0.0))

    await world.ask(60.0)

    assert [each.timeout_seconds for each in inner.calls] == [60, 50, 40]


async def test_nothing_is_repeated_when_the_time_is_over(tmp_path: Path) -> None:
    inner = Failing([unsent() for _ in range(9)], takes=25.0)
    world = World(tmp_path, inner, replace(SERVER, retries=9, delay_seconds=0.0))

    failure = await world.failure(60.0)

    assert (len(inner.calls), failure.reason) == (3, "down (3 attempts)")


async def test_who_asks_to_come_again_is_waited_for_as_long_as_it_says(tmp_path: Path) -> None:
    world = World(tmp_path, Failing([busy()]), replace(SERVER, retries=1))

    assert (await world.ask()).attempts == 2
    assert world.clock.slept == [7.0]


async def test_who_asks_to_come_again_too_late_is_told_at_once(tmp_path: Path) -> None:
    inner = Failing([busy(), busy()])
    world = World(tmp_path, inner, replace(SERVER, retries=5))

    failure = await world.failure(5.0)

    assert failure.reason == "busy; it wants to be asked again in 7 s, and 5 s are left"
    assert (len(inner.calls), world.clock.slept) == (1, [])


async def test_an_offer_is_asked_for_again_whatever_became_of_it_and_waits_for_no_limit(
    tmp_path: Path,
) -> None:
    inner = Failing([cut(), unsent()])
    world = World(tmp_path, inner, replace(SERVER, retries=2, delay_seconds=0.0, rate=0.001))

    assert await world.guard.offer("a") == Offer("mcp", "a", ())
    assert await world.guard.offer("a") == Offer("mcp", "a", ())
    assert (inner.asked, world.clock.slept) == (["a"] * 4, [])


async def test_who_is_not_in_the_settings_is_left_to_the_driver(tmp_path: Path) -> None:
    world = World(tmp_path, Failing())

    with pytest.raises(TargetUnknown):
        await world.guard.offer("b")
    with pytest.raises(TargetUnknown):
        await world.ask(name="b")


async def test_closing_closes_the_driver(tmp_path: Path) -> None:
    world = World(tmp_path, Failing())

    await world.guard.aclose()

    assert world.inner.is_closed


BROKEN = replace(SERVER, breaker=Breaker(2, 30.0))


async def test_a_target_that_fails_again_and_again_is_left_alone_and_then_tried(tmp_path: Path) -> None:
    inner = Failing([cut(), cut(), cut()])
    world = World(tmp_path, inner, BROKEN)
    for _ in range(2):
        await world.failure()
    world.clock.time += 10

    refused = await world.failure()

    assert isinstance(refused, TargetUnavailable)
    assert str(refused) == f"{NAME}: left alone after 2 failures in a row; it is tried again in 20 s: cut"
    assert (refused.sent, refused.retry_after_seconds, refused.attempts) == (False, 20.0, 0)
    assert len(inner.calls) == 2

    world.clock.time += 20
    assert (await world.failure()).reason == "cut"
    assert (await world.failure()).reason.startswith("left alone after 3 failures in a row")
    world.clock.time += 30
    assert (await world.ask()).text == "done"
    assert world.known == (0, "closed")


async def test_who_is_left_alone_after_one_failure_is_told_so(tmp_path: Path) -> None:
    world = World(tmp_path, Failing([cut()]), replace(SERVER, breaker=Breaker(1, 30.0)))
    await world.failure()

    assert (await world.failure()).reason == "left alone after a failure; it is tried again in 30 s: cut"


async def test_a_refused_call_is_not_repeated_and_the_failure_before_is_what_is_told(tmp_path: Path) -> None:
    inner = Failing(unsent() for _ in range(9))
    world = World(tmp_path, inner, replace(BROKEN, retries=5, delay_seconds=0.0))

    assert (await world.failure()).reason == "down (2 attempts)"
    refused = await world.failure()
    assert (refused.attempts, refused.reason[:10]) == (0, "left alone")
    assert (len(inner.calls), world.clock.slept) == (2, [])


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (cut(), (2, "open")),
        (CallTimedOut(NAME), (2, "open")),
        (ProtocolBroken(NAME, "no"), (2, "open")),
        (ToolFailed(NAME, "no"), (0, "closed")),
        (ResultTooLarge(NAME, "no"), (0, "closed")),
        (ArgumentsRefused(NAME, "no"), (1, "closed")),
        (TargetUnknown(NAME, "no"), (1, "closed")),
        (SignInFailed(NAME, "no"), (1, "closed")),
        (PinBroken(NAME, "no"), (1, "closed")),
        (SecretMissing("keyring:a", "no"), (1, "closed")),
    ],
    ids=lambda each: type(each).__name__,
)
async def test_what_counts_as_a_failure_of_a_target(
    tmp_path: Path, error: RouterError, then: tuple[int, str]
) -> None:
    world = World(tmp_path, Failing([cut(), error]), BROKEN)
    await world.failure()

    with pytest.raises(type(error)):
        await world.ask()

    assert world.known == then


@pytest.mark.parametrize("error", [SignInFailed(NAME, "no"), SecretMissing("keyring:a", "no")])
async def test_one_that_tries_and_tells_nothing_lets_another_try(tmp_path: Path, error: RouterError) -> None:
    world = World(tmp_path, Failing([cut(), cut(), error]), BROKEN)
    for _ in range(2):
        await world.failure()
    world.clock.time += 30
    with pytest.raises(type(error)):
        await world.ask()

    assert world.known == (2, "half-open")
    assert (await world.ask()).text == "done"


async def test_one_that_is_cancelled_while_it_tries_lets_another_try(tmp_path: Path) -> None:
    inner = FakeDriver({NAME: Scripted("late", after=anyio.Event())})
    world = World(tmp_path, inner, BROKEN)
    key = key_of("mcp", BROKEN)
    for _ in range(2):
        world.breakers.failed(key, BROKEN.breaker, "down")
    world.clock.time += 30

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.ask)
        await inner.wait_for(NAME)
        assert world.known == (2, "probing")
        assert (await world.failure()).attempts == 0
        tasks.cancel_scope.cancel()

    assert world.known == (2, "half-open")


async def test_a_breaker_that_is_switched_off_keeps_no_file(tmp_path: Path) -> None:
    world = World(tmp_path, Failing([cut()] * 9))
    for _ in range(9):
        await world.failure()

    assert not world.breakers.path.exists()


async def test_calls_that_wait_for_their_turn_run_one_after_another(tmp_path: Path) -> None:
    gate = anyio.Event()
    inner = FakeDriver({NAME: Scripted("done", after=gate)})
    world = World(tmp_path, inner, replace(SERVER, concurrency=2))
    told: list[str] = []

    async def ask() -> None:
        told.append((await world.ask()).text)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        running = len(inner.calls)
        gate.set()

    assert (running, told) == (2, ["done"] * 5)


@pytest.mark.parametrize("settings", [{"concurrency": 1}, {"rate": 0.001}])
async def test_who_gets_no_turn_in_time_is_told_and_nobody_is_blamed(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    inner = FakeDriver({NAME: Scripted("done", after=anyio.Event())})
    server = replace(SERVER, breaker=Breaker(1, 30.0), **settings)
    guard = Guarded("mcp", inner, {"a": server}, Breakers(tmp_path, Clock()), lambda _: None)
    call = Call(Target.parse(NAME), timeout_seconds=0.02)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(guard.call, replace(call, timeout_seconds=60.0), lambda _: None)
        await inner.wait_for(NAME)
        with pytest.raises(CallTimedOut) as caught:
            await guard.call(call, lambda _: None)
        tasks.cancel_scope.cancel()

    assert caught.value.reason == "no turn within 0.02 seconds, for other calls of this target"
    assert (caught.value.seconds, caught.value.attempts, len(inner.calls)) == (0.02, 0, 1)
    assert not (tmp_path / "breakers.sqlite").exists()


async def test_a_turn_that_comes_when_the_time_is_over_is_not_taken(tmp_path: Path) -> None:
    inner = Failing()
    world = World(tmp_path, inner, replace(SERVER, rate=0.01))
    await world.ask()

    failure = await world.failure(60.0)

    assert (type(failure), failure.attempts, len(inner.calls)) == (CallTimedOut, 0, 1)


async def test_who_is_left_alone_is_refused_without_waiting_for_a_turn(tmp_path: Path) -> None:
    inner = Failing([cut(), cut()])
    world = World(tmp_path, inner, replace(BROKEN, rate=1_000.0))
    for _ in range(2):
        await world.failure()
    slept = len(world.clock.slept)

    assert (await world.failure()).attempts == 0
    assert len(world.clock.slept) == slept


async def test_waiting_for_a_turn_is_part_of_the_calls_time(tmp_path: Path) -> None:
    inner = Failing()
    world = World(tmp_path, inner, replace(SERVER, rate=0.1))

    for _ in range(3):
        await world.ask(60.0)

    assert [each.timeout_seconds for each in inner.calls] == [60, 50, 50]
    assert world.clock.slept == [10, 10]


async def test_further_attempts_wait_for_their_turn_too(tmp_path: Path) -> None:
    world = World(tmp_path, Failing([unsent()]), replace(SERVER, retries=1, delay_seconds=0.0, rate=0.1))

    assert (await world.ask()).attempts == 2
    assert world.clock.slept == [10]
