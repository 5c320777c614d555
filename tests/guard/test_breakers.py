"""Breakers against a plain model of them, and where their file cannot be used."""

from __future__ import annotations

import sqlite3
import stat
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from router.core.settings import Breaker
from router.guard import Breakers, BreakersUnreadable, State, breakers
from router.guard.breakers import Turn
from tests.guard.timing import Clock

KEY = "k"
BREAKER = Breaker(2, 10.0)
LEASE = 25.0
TRYING = Breaker(1, 10.0)


@dataclass
class Going:
    """A call that was let in."""

    probe: str
    until: float = 0.0
    """Until when nobody else tries; 0 for one that does not try itself."""


class Alike(RuleBasedStateMachine):
    """A breaker does what is said here in plain words, whatever happens in whichever order."""

    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.breakers = Breakers(Path(self.home.name), self.clock)
        self.failures = 0
        self.is_open = False
        self.opened = 0.0
        self.trying: Going | None = None
        self.tried = 0.0

    @initialize()
    def nothing_happened(self) -> None:
        assert self.breakers.state(KEY) == State()

    def _is_refused(self) -> bool:
        now = self.clock.time
        waits = self.opened <= now < self.opened + BREAKER.seconds
        tries = self.trying is not None and self.tried <= now < self.trying.until
        return self.is_open and (waits or tries)

    @rule(target=calls)
    def begin(self) -> Going:
        refused = self._is_refused()
        turn = self.breakers.admit(KEY, BREAKER, LEASE)
        assert bool(turn.wait_seconds) == refused
        assert turn.wait_seconds <= BREAKER.seconds
        assert bool(turn.probe) == (self.is_open and not refused)
        going = Going(turn.probe, self.clock.time + LEASE if turn.probe else 0.0)
        if turn.probe:
            self.trying, self.tried = going, self.clock.time
        return going

    @rule(call=consumes(calls))
    def fail(self, call: Going) -> None:
        self.breakers.failed(KEY, BREAKER, "down", call.probe)
        self.failures += 1
        if not self.is_open or (call.probe and call is self.trying):
            self.is_open, self.opened = self.failures >= BREAKER.failures, self.clock.time
            self.trying = None

    @rule(call=consumes(calls))
    def answer(self, call: Going) -> None:
        assert call is not None
        self.breakers.answered(KEY)
        self.failures, self.is_open, self.trying = 0, False, None

    @rule(call=consumes(calls))
    def tell_nothing(self, call: Going) -> None:
        self.breakers.released(KEY, call.probe)
        if call is self.trying:
            self.trying = None

    @rule(call=consumes(calls))
    def die(self, call: Going) -> None:
        """Its process is gone: nobody tells anything."""
        assert call is not None

    @rule(seconds=st.sampled_from([0.5, 3.0, 9.9, 10.0, 26.0]))
    def pass_time(self, seconds: float) -> None:
        self.clock.time += seconds

    @rule(seconds=st.sampled_from([1.0, 86_400.0]))
    def set_clock_back(self, seconds: float) -> None:
        self.clock.time -= seconds

    @invariant()
    def the_count_is_known(self) -> None:
        assert self.breakers.state(KEY).failures == self.failures

    @invariant()
    def looking_tells_the_same_and_takes_nothing(self) -> None:
        turn = self.breakers.look(KEY, BREAKER)
        assert (bool(turn.wait_seconds), turn.probe) == (self._is_refused(), "")

    def teardown(self) -> None:
        self.home.cleanup()


TestAlike = Alike.TestCase
TestAlike.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def opened(home: Path, clock: Clock | None = None) -> Breakers:
    """Return breakers whose one target failed just now, so that it is left alone."""
    made = Breakers(home, clock or Clock())
    made.failed(KEY, TRYING, "down")
    return made


def test_a_clock_that_is_set_back_holds_nobody_for_long(tmp_path: Path) -> None:
    clock = Clock()
    kept = opened(tmp_path, clock)
    assert kept.admit(KEY, TRYING, LEASE).wait_seconds == 10

    clock.time -= 86_400

    assert kept.admit(KEY, TRYING, LEASE).probe


def test_one_that_tries_for_long_is_the_only_one(tmp_path: Path) -> None:
    clock = Clock()
    kept = opened(tmp_path, clock)
    clock.time += 11
    assert kept.admit(KEY, TRYING, 600.0).probe

    clock.time += 599
    assert kept.admit(KEY, TRYING, 600.0).wait_seconds == 1
    clock.time += 1
    assert kept.admit(KEY, TRYING, 600.0).probe


def test_a_late_failure_neither_puts_the_wait_off_nor_ends_the_try(tmp_path: Path) -> None:
    clock = Clock()
    kept = opened(tmp_path, clock)
    clock.time += 9
    kept.failed(KEY, TRYING, "late")
    clock.time += 1
    probe = kept.admit(KEY, TRYING, LEASE).probe
    kept.failed(KEY, TRYING, "later")

    state = kept.state(KEY)
    assert (state.failures, state.reason, state.probe) == (3, "later", probe)
    assert kept.admit(KEY, TRYING, LEASE).wait_seconds > 0


class Overtaken(Breakers):
    """Breakers between whose look and turn another call does something."""

    def look(self, key: str, breaker: Breaker) -> Turn:
        turn = super().look(key, breaker)
        other = Breakers(self.home, self.clock)
        other.answered(key) if turn.state.reason == "up" else other.admit(key, breaker, LEASE)
        return turn


@pytest.mark.parametrize(("reason", "waits"), [("up", False), ("down", True)])
def test_who_is_overtaken_between_looking_and_its_turn_takes_no_try(
    tmp_path: Path, reason: str, waits: bool
) -> None:
    clock = Clock()
    kept = Overtaken(tmp_path, clock)
    kept.failed(KEY, TRYING, reason)
    clock.time += 11

    turn = kept.admit(KEY, TRYING, LEASE)

    assert (bool(turn.wait_seconds), turn.probe) == (waits, "")


def test_failures_of_a_week_ago_are_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    kept = opened(tmp_path, clock)
    clock.time += breakers.KEPT_SECONDS + 1

    kept.failed("other", TRYING, "down")

    assert kept.state(KEY) == State()


def garbage(path: Path) -> None:
    path.write_bytes(b"no database " * 100)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 1000")


def half(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE breakers")


@pytest.mark.parametrize(
    ("hinder", "said"),
    [
        (garbage, "is damaged: .*; move it away, and a new one is begun"),
        (directory, "cannot be used: "),
        (newer, "cannot be used: a newer version of ts wrote it"),
        (half, "cannot be used: no such table"),
    ],
)
def test_a_file_that_cannot_be_used_holds_no_call_and_is_told_where_it_is_read(
    tmp_path: Path, hinder: Callable[[Path], None], said: str
) -> None:
    kept = opened(tmp_path)
    assert kept.look(KEY, TRYING).wait_seconds
    hinder(kept.path)

    kept.failed(KEY, TRYING, "down")
    kept.released(KEY, "a")
    kept.answered(KEY)

    assert kept.admit(KEY, TRYING, LEASE).wait_seconds == 0
    with pytest.raises(BreakersUnreadable, match=said):
        kept.state(KEY)


def test_a_home_that_cannot_be_made_holds_no_call(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    kept = Breakers(tmp_path / "home", Clock())

    kept.failed(KEY, TRYING, "down")

    assert kept.admit(KEY, TRYING, LEASE).wait_seconds == 0


def test_a_file_that_cannot_be_written_holds_calls_no_longer_than_it_says(tmp_path: Path) -> None:
    clock = Clock()
    kept = opened(tmp_path, clock)
    content = bytearray(kept.path.read_bytes())
    content[18] = 3  # the write version of SQLite's file format: one that it can only read
    kept.path.write_bytes(content)

    kept.failed(KEY, TRYING, "down")
    kept.answered(KEY)

    assert kept.state(KEY).failures == 1
    assert kept.admit(KEY, TRYING, LEASE).wait_seconds == 10
    clock.time += 11
    assert [kept.admit(KEY, TRYING, LEASE).wait_seconds for _ in range(2)] == [0, 0]


def test_a_file_that_another_holds_holds_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakers, "PATIENCE_SECONDS", 0.02)
    kept = opened(tmp_path)

    with closing(sqlite3.connect(kept.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        kept.failed(KEY, TRYING, "down")
        assert kept.admit(KEY, TRYING, LEASE).wait_seconds == 0

    assert kept.state(KEY).failures == 1


def test_tables_of_before_are_replaced(tmp_path: Path) -> None:
    path = Breakers(tmp_path, Clock()).path
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE breakers (key TEXT PRIMARY KEY)")

    assert Breakers(tmp_path, Clock()).state(KEY) == State()
    assert opened(tmp_path).state(KEY).failures == 1


def test_the_file_is_its_owners_alone_and_is_made_by_the_first_failure(tmp_path: Path) -> None:
    kept = Breakers(tmp_path / "home", Clock())
    kept.answered(KEY)
    kept.released(KEY, "")
    assert not kept.admit(KEY, TRYING, LEASE).wait_seconds
    assert not kept.path.exists()

    kept.failed(KEY, TRYING, "down " * 1_000)

    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert len(kept.state(KEY).reason) == 300
