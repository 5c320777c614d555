"""The circuit breakers of targets in one SQLite file, which all processes of a person share.

A file that cannot be used means no breaker, and never a call that fails.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from router.core.settings import Breaker
from router.guard.state import State

FILE: Final = "breakers.sqlite"
"""Below the directory of state."""
VERSION: Final = 1
"""Of the table; a file of a newer version is left alone."""
PATIENCE_SECONDS: Final = 2.0
"""How long others may hold the file."""
KEPT_SECONDS: Final = 7 * 86_400.0
"""After which a failure is forgotten."""

_LONGEST_REASON: Final = 300
_TABLE: Final = (
    "CREATE TABLE breakers (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, failed REAL NOT NULL,"
    " since REAL NOT NULL, probe TEXT NOT NULL, probe_since REAL NOT NULL, probe_until REAL NOT NULL,"
    " reason TEXT NOT NULL)"
)
_FOUND: Final = (
    "SELECT failures, failed, since, probe, probe_since, probe_until, reason FROM breakers WHERE key = ?"
)
_WRITTEN: Final = "INSERT OR REPLACE INTO breakers VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_PROBED: Final = "UPDATE breakers SET probe = ?, probe_since = ?, probe_until = ? WHERE key = ?"
_RELEASED: Final = "UPDATE breakers SET probe = '' WHERE key = ? AND probe = ?"


class BreakersUnreadable(OSError):
    """The file cannot be opened, read or written; the message says why, and what would do."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a call may be made."""

    state: State = field(default_factory=State)
    """What is known of its target."""
    wait_seconds: float = 0.0
    """For how long it may not; 0 where it may."""
    probe: str = ""
    """Its name as the one call that tries whether the target is back; empty for any other."""


@dataclass(frozen=True, slots=True)
class Breakers:
    """The file of them, opened anew for each use."""

    home: Path
    """`~/.ts`."""
    clock: Callable[[], float]
    """Seconds since 1970."""

    @property
    def path(self) -> Path:
        """The file."""
        return self.home / FILE

    @property
    def is_there(self) -> bool:
        """Whether any target has failed; a look at the directory, which waits for nobody."""
        with suppress(OSError):
            return self.path.exists()
        return True

    def state(self, key: str) -> State:
        """Return what is known of a target. Raises BreakersUnreadable."""
        with self._told():
            if not self.is_there:
                return State()
            with self._opened() as connection:
                return _state(connection, key)

    def look(self, key: str, breaker: Breaker) -> Turn:
        """Return whether a call may be made, without taking it as the one that tries."""
        with suppress(BreakersUnreadable):
            state = self.state(key)
            return Turn(state, state.wait_seconds(breaker, self.clock()))
        return Turn()

    def admit(self, key: str, breaker: Breaker, lease_seconds: float) -> Turn:
        """Return whether a call may be made that takes `lease_seconds` at the most.

        Of those that come when the wait is over one is let in, to try; the others wait for what comes of
        it, which is to be told to `failed`, `answered` or `released`.
        """
        turn = self.look(key, breaker)
        if turn.wait_seconds or turn.state.mode(breaker, self.clock()) == "closed":
            return turn
        with suppress(BreakersUnreadable), self._writing() as connection:
            now, state = self.clock(), _state(connection, key)
            if wait := state.wait_seconds(breaker, now):
                return Turn(state, wait)
            if state.mode(breaker, now) == "closed":
                return Turn(state)
            probe = secrets.token_hex(8)
            connection.execute(_PROBED, (probe, now, now + lease_seconds, key))
            return Turn(state, probe=probe)
        return Turn()

    def failed(self, key: str, breaker: Breaker, reason: str, probe: str = "") -> None:
        """Count the failure of a call that was let in; that of the one that tried begins the wait anew."""
        with suppress(BreakersUnreadable), self._writing() as connection:
            now, before = self.clock(), _state(connection, key)
            is_late = before.failures >= breaker.failures and not (probe and before.probe == probe)
            since, trying = (before.since, before.probe) if is_late else (now, "")
            lease = (before.probe_since, before.probe_until)
            told = (before.failures + 1, now, since, trying, *lease, reason[:_LONGEST_REASON])
            connection.execute(_WRITTEN, (key, *told))
            connection.execute("DELETE FROM breakers WHERE failed < ?", (now - KEPT_SECONDS,))

    def answered(self, key: str) -> None:
        """Forget the failures of a target, which has answered."""
        if self.look(key, Breaker()).state.failures:
            with suppress(BreakersUnreadable), self._writing() as connection:
                connection.execute("DELETE FROM breakers WHERE key = ?", (key,))

    def released(self, key: str, probe: str) -> None:
        """Let another call try, since this one ended without telling how the target is."""
        if probe:
            with suppress(BreakersUnreadable), self._writing() as connection:
                connection.execute(_RELEASED, (key, probe))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open the file, made where it is missing, in a transaction that nobody else writes in."""
        with self._told():
            if not self.is_there:
                self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            with self._opened() as connection:
                connection.execute("PRAGMA synchronous = OFF")  # what is lost with the power is seconds old
                connection.execute("BEGIN IMMEDIATE")
                try:
                    _prepare(connection)
                    yield connection
                    connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(
            sqlite3.connect(self.path, timeout=PATIENCE_SECONDS, isolation_level=None)
        ) as connection:
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the system and SQLite raise into the one error that says what would do."""
        try:
            yield
        except BreakersUnreadable:
            raise
        except sqlite3.OperationalError as error:
            raise BreakersUnreadable(f"{self.path} cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise BreakersUnreadable(
                f"{self.path} is damaged: {error}; move it away, and a new one is begun"
            ) from error
        except OSError as error:
            raise BreakersUnreadable(f"{self.path} cannot be used: {error}") from error


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the table where it is missing, or of an older version."""
    version = _version(connection)
    if version < VERSION:
        connection.execute("DROP TABLE IF EXISTS breakers")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise sqlite3.OperationalError("a newer version of ts wrote it")
    return version


def _state(connection: sqlite3.Connection, key: str) -> State:
    if _version(connection) < VERSION:
        return State()
    row = connection.execute(_FOUND, (key,)).fetchone()
    return State(*row) if row else State()
