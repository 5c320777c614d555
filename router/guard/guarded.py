"""A driver with a guard before it: limits, the breaker, further attempts of what is safe, and the cut."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic, TypeVar

import anyio

from router.core.outcome import Result
from router.core.plan import Target
from router.core.settings import Peer
from router.errors import CallError, CallTimedOut, TargetUnavailable
from router.guard.breakers import Breakers, Turn
from router.guard.cutting import cut
from router.guard.limits import Limits
from router.guard.repeating import ANSWERS, COUNTED, is_safe, may_repeat, pause_seconds, wished_seconds
from router.guard.state import key_of
from router.ports import AgentTask, Call, Driver, Offer, Progress, Tool

_T = TypeVar("_T")


class _NotCalled(Exception):
    """The target was not called at all, for the reason of the error."""

    def __init__(self, error: CallError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class _Errand(Generic[_T]):
    """Something that is wanted of a target."""

    target: Target
    peer: Peer
    seconds: float
    """For all of it."""
    act: Callable[[float], Awaitable[_T]]
    """Calls the target, which gets what is left of the seconds."""
    limits: Limits | None = None
    """None for what no limit holds back."""
    is_harmless: bool = False
    """Whether it may be done any number of times."""


@dataclass(slots=True)
class Guarded:
    """Calls through another driver; a `router.ports.Driver`."""

    scheme: str
    inner: Driver
    peers: Mapping[str, Peer]
    breakers: Breakers
    tool: Callable[[Target], Tool | None]
    """Finds a tool as last seen."""
    now: Callable[[], float] = anyio.current_time
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    _limits: dict[str, Limits] = field(default_factory=dict, init=False)

    async def offer(self, name: str) -> Offer:
        """See `router.ports.Driver`; asked for again where the other side went away, and held by no limit."""
        peer = self.peers.get(name)
        if peer is None:
            return await self.inner.offer(name)
        target = Target(self.scheme, name)

        async def act(_: float) -> Offer:
            return await self.inner.offer(name)

        errand = _Errand(target, peer, peer.timeout_seconds, act, is_harmless=True)
        return (await self._repeated(errand))[0]

    async def call(self, call: Call, progress: Progress) -> Result:
        """See `router.ports.Driver`; waiting and further attempts are part of the call's time."""
        peer = self.peers.get(call.target.name)
        if peer is None:
            return await self.inner.call(call, progress)

        async def act(seconds: float) -> Result:
            return await self.inner.call(replace(call, timeout_seconds=seconds), progress)

        errand = _Errand(call.target, peer, call.timeout_seconds, act, self._limits_of(peer))
        result, attempts = await self._repeated(errand)
        return replace(cut(result, peer.output, f"{self.scheme}.{peer.name}"), attempts=attempts)

    async def tasks(self, name: str) -> tuple[AgentTask, ...]:
        """See `router.ports.Driver`; held by no limit, and asked once."""
        return await self.inner.tasks(name)

    async def cancel(self, target: Target, task: str) -> None:
        """See `router.ports.Driver`; held by no limit, and asked once."""
        await self.inner.cancel(target, task)

    async def aclose(self) -> None:
        """See `router.ports.Driver`."""
        await self.inner.aclose()

    def _limits_of(self, peer: Peer) -> Limits | None:
        if not peer.concurrency and not peer.rate:
            return None
        if peer.name not in self._limits:
            self._limits[peer.name] = Limits(peer, self.now, self.sleep)
        return self._limits[peer.name]

    async def _repeated(self, errand: _Errand[_T]) -> tuple[_T, int]:
        """Do it, and again where that is safe and there is time; return what came and how often it took."""
        deadline = self.now() + errand.seconds
        attempts = 0
        failure: CallError | None = None
        while True:
            try:
                answer = await self._once(errand, deadline)
            except _NotCalled as refused:
                raise _counted(failure or refused.error, attempts) from None
            except CallError as error:
                attempts += 1
                failure = error
                await self._wait_to_repeat(errand, deadline, error, attempts)
            else:
                return answer, attempts + 1

    async def _wait_to_repeat(
        self, errand: _Errand[_T], deadline: float, error: CallError, attempts: int
    ) -> None:
        """Wait before the next attempt. Raises the error where there is to be none."""
        safe = errand.is_harmless or is_safe(self.tool(errand.target))
        if attempts > errand.peer.retries or not may_repeat(error, safe=safe):
            raise _counted(error, attempts) from error.__cause__
        pause, left = pause_seconds(error, errand.peer, attempts), deadline - self.now()
        if pause >= left:
            raise _counted(_too_late(error, left), attempts) from error.__cause__
        await self.sleep(pause)

    async def _once(self, errand: _Errand[_T], deadline: float) -> _T:
        """Wait for a turn and do it once. Raises _NotCalled where the target is not called at all."""
        limits = errand.limits
        if limits is None:
            return await self._tried(errand, deadline)
        if errand.peer.breaker.failures and self.breakers.is_there:
            key = key_of(self.scheme, errand.peer)
            _refuse(errand, await anyio.to_thread.run_sync(self.breakers.look, key, errand.peer.breaker))
        async with limits.turn(deadline - self.now()) as came:
            if not came:
                raise _out_of_time(errand)
            return await self._tried(errand, deadline)

    async def _tried(self, errand: _Errand[_T], deadline: float) -> _T:
        """Call the target where its breaker allows it, and tell the breaker what came of it."""
        seconds, breaker = deadline - self.now(), errand.peer.breaker
        if seconds <= 0:
            raise _out_of_time(errand)
        if not breaker.failures:
            return await errand.act(seconds)
        key = key_of(self.scheme, errand.peer)
        turn, is_blamed = Turn(), False
        if self.breakers.is_there:
            turn = await anyio.to_thread.run_sync(self.breakers.admit, key, breaker, seconds)
            _refuse(errand, turn)
        tell = partial(self.breakers.released, key, turn.probe)
        try:
            answer = await errand.act(seconds)
            tell = partial(self.breakers.answered, key)
        except COUNTED as error:
            tell = partial(self.breakers.failed, key, breaker, _first_line(error), turn.probe)
            is_blamed = True
            raise
        except ANSWERS:
            tell = partial(self.breakers.answered, key)
            raise
        else:
            return answer
        finally:
            if is_blamed or self.breakers.is_there:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(tell)


def _refuse(errand: _Errand[_T], turn: Turn) -> None:
    """Raise _NotCalled where a call may not be made."""
    if not turn.wait_seconds:
        return
    state, seconds = turn.state, turn.wait_seconds
    times = f"{state.failures} failures in a row" if state.failures > 1 else "a failure"
    reason = f"left alone after {times}; it is tried again in {max(round(seconds), 1)} s: {state.reason}"
    raise _NotCalled(TargetUnavailable(str(errand.target), reason, sent=False, retry_after_seconds=seconds))


def _out_of_time(errand: _Errand[_T]) -> _NotCalled:
    reason = f"no turn within {errand.seconds:g} seconds, for other calls of this target"
    return _NotCalled(CallTimedOut(str(errand.target), reason, errand.seconds))


def _too_late(error: CallError, left: float) -> CallError:
    """Return the error, saying so where the other side wants to be asked again when it is too late."""
    if (wished := wished_seconds(error)) is None:
        return error
    later = f"; it wants to be asked again in {wished:g} s, and {max(left, 0):.0f} s are left"
    return replace(error, reason=error.reason + later)


def _counted(error: CallError, attempts: int) -> CallError:
    """Return the error with the number of attempts in it."""
    counted = replace(error, reason=f"{error.reason} ({attempts} attempts)") if attempts > 1 else error
    counted.attempts = attempts
    return counted


def _first_line(error: CallError) -> str:
    return str(error).partition("\n")[0].removeprefix(f"{error.target}: ")
