"""Opens the one SQLite file that a person's processes share; it knows its tables and no rows."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "ledger"
"""Below the directory of state."""
FILE: Final = "ledger.sqlite"
VERSION: Final = 3
"""Of the tables; a file of a newer version is left alone."""
PATIENCE_SECONDS: Final = 5.0
"""How long others may hold the file."""

_PAUSE_SECONDS: Final = 0.01
_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS asked (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        time TEXT NOT NULL,
        project TEXT NOT NULL,
        query TEXT NOT NULL,
        decision_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        decision TEXT NOT NULL,
        source TEXT NOT NULL DEFAULT '',
        plan TEXT,
        model TEXT NOT NULL DEFAULT '',
        shown INTEGER NOT NULL DEFAULT 0,
        known INTEGER NOT NULL DEFAULT 0,
        usage TEXT,
        cost_nano INTEGER NOT NULL DEFAULT 0,
        warnings TEXT,
        failures TEXT,
        state TEXT NOT NULL DEFAULT '',
        ended TEXT NOT NULL DEFAULT '',
        steps TEXT,
        cwd TEXT NOT NULL DEFAULT '',
        repository TEXT NOT NULL DEFAULT '',
        task TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX IF NOT EXISTS asked_when ON asked (project, time)",
    """CREATE TABLE IF NOT EXISTS spent (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        time TEXT NOT NULL,
        month TEXT NOT NULL,
        pool TEXT NOT NULL,
        way TEXT NOT NULL,
        model TEXT NOT NULL,
        provider TEXT NOT NULL,
        text TEXT NOT NULL,
        requests INTEGER NOT NULL,
        tokens_in INTEGER NOT NULL,
        tokens_out INTEGER NOT NULL,
        cost_nano INTEGER NOT NULL,
        estimated INTEGER NOT NULL,
        failure TEXT NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS spent_month ON spent (month, pool, cost_nano)",
    """CREATE TABLE IF NOT EXISTS tasks (
        project TEXT NOT NULL,
        target TEXT NOT NULL,
        handle TEXT NOT NULL,
        number INTEGER NOT NULL,
        time TEXT NOT NULL,
        state TEXT NOT NULL,
        question TEXT NOT NULL,
        PRIMARY KEY (project, target, handle)
    )""",
    "CREATE TABLE IF NOT EXISTS admitted (one INTEGER PRIMARY KEY CHECK (one = 1), time TEXT NOT NULL)",
)
_ADDED: Final = {
    "cwd": "ALTER TABLE asked ADD COLUMN cwd TEXT NOT NULL DEFAULT ''",
    "repository": "ALTER TABLE asked ADD COLUMN repository TEXT NOT NULL DEFAULT ''",
    "task": "ALTER TABLE asked ADD COLUMN task TEXT NOT NULL DEFAULT ''",
}
"""Columns of `asked` that tables of older versions lack."""


class LedgerUnreadable(OSError):
    """The file cannot be opened, read or written; the message says why, and what would do."""


@dataclass(frozen=True, slots=True)
class Database:
    """The file, opened anew for each use: what is asked comes seconds apart, from many processes."""

    home: Path
    """`~/.ts`."""

    @property
    def folder(self) -> Path:
        """The directory that holds it."""
        return self.home / FOLDER

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / FILE

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """Open the file, or give None where there is none yet. Raises LedgerUnreadable."""
        if not self._is_there():
            yield None
            return
        with self._told(), closing(self._opened()) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open the file, made where it is missing, in a transaction that nobody else writes in.

        Raises LedgerUnreadable; then nothing is written.
        """
        with self._told():
            self._make()
            with closing(self._opened()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")

    def _is_there(self) -> bool:
        with self._told():
            try:
                return self.path.stat().st_size > 0
            except FileNotFoundError:
                return False

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the system and SQLite raise into the one error that says what would do."""
        try:
            yield
        except LedgerUnreadable:
            raise
        except sqlite3.OperationalError as error:
            raise LedgerUnreadable(f"the ledger {self.path} cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise LedgerUnreadable(
                f"the ledger {self.path} is damaged: {error};"
                " move it and its -wal file away, and a new one is begun"
            ) from error
        except OSError as error:
            raise LedgerUnreadable(f"the ledger {self.path} cannot be used: {error}") from error

    def _make(self) -> None:
        """Make the directory and an empty file, both for their owner alone."""
        for each in (self.home, self.folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.exists():
            return
        with suppress(PermissionError):  # of others; writing tells whether it matters
            self.folder.chmod(0o700)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))

    def _opened(self) -> sqlite3.Connection:
        """Open the file with its tables made.

        SQLite does not wait by itself where a writer is the first or the last to use the file.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            connection = sqlite3.connect(self.path, timeout=PATIENCE_SECONDS, isolation_level=None)
            try:
                _prepare(connection)
            except BaseException as error:
                connection.close()
                if not _is_busy(error) or time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Set what a connection needs, and bring the tables up to date."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise sqlite3.OperationalError("a newer version of ts wrote it")
    connection.execute("PRAGMA synchronous = NORMAL")
    if version == VERSION:
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in _TABLES:
            connection.execute(statement)
        there = {row[1] for row in connection.execute("PRAGMA table_info(asked)")}
        for name, statement in _ADDED.items():
            if name not in there:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and any(
        word in str(error) for word in ("locked", "busy")
    )
