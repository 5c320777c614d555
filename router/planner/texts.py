"""A cache of texts on disk that runs nothing it reads; made of diskcache, which is opened late."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol

FILE: Final = "cache.db"
"""As diskcache calls it."""
PATIENCE_SECONDS: Final = 0.5
"""How long others may hold the file."""
_INLINE_BYTES: Final = 2**30
"""Below which a text stays in the one file; files of their own would not be their owner's alone."""
_PASSING: Final = ("locked", "busy", "readonly", "unable to open", "full", "disk I/O")
"""Words of SQLite's for what is no fault of the file's content."""
_OTHERS_MAY_WRITE: Final = 0o022
_KEPT: Final = (
    "SELECT key, value FROM Cache WHERE typeof(key) = 'text' AND typeof(value) = 'text'"
    " AND (expire_time IS NULL OR expire_time > ?) ORDER BY rowid"
)
_COUNTS: Final = "SELECT key, value FROM Settings WHERE key IN ('hits', 'misses')"


class Texts(Protocol):
    """What is used of diskcache's `Cache`."""

    def get(self, key: str) -> object:
        """Return what is kept under a key, or None; it is then the one that was used last."""
        ...

    def set(self, key: str, value: str, expire: float) -> bool:
        """Keep a text for some seconds."""
        ...

    def delete(self, key: str) -> bool:
        """Keep it no longer."""
        ...

    def clear(self) -> int:
        """Keep nothing; return how much was kept."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """All that a cache holds, looked at without counting it as used."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """Those that are not too old, by key."""
    bytes: int = 0
    """Of the files."""
    hits: int = 0
    """How often something was found."""
    misses: int = 0


class Unusable(Exception):
    """The cache cannot be used; the message says why."""


class Damaged(Unusable):
    """The file is ours and is no cache; it may be taken away."""


def opened(directory: Path, limit_bytes: int) -> Texts:
    """Return the cache in a directory, which is made. Raises Unusable, and what diskcache raises."""
    _make(directory)
    _refuse_held(directory / FILE)
    diskcache = import_module("diskcache")
    cache: Texts = diskcache.Cache(
        str(directory),
        timeout=PATIENCE_SECONDS,
        disk=_text_disk(diskcache.Disk),
        size_limit=limit_bytes,
        eviction_policy="least-recently-used",
        statistics=1,
        disk_min_file_size=_INLINE_BYTES,
        sqlite_mmap_size=0,
    )
    return cache


def kept(directory: Path) -> Kept:
    """Return all that a cache holds, nothing where there is none.

    Raises Unusable, OSError and sqlite3.Error.
    """
    if not is_there(directory):
        return Kept()
    _refuse_foreign(directory)
    path = directory / FILE
    with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS)) as connection:
        rows = connection.execute(_KEPT, (time.time(),)).fetchall()
        counts = dict(connection.execute(_COUNTS).fetchall())
    size = sum(each.stat().st_size for each in directory.glob(f"{FILE}*"))
    return Kept(dict(rows), size, int(counts.get("hits", 0)), int(counts.get("misses", 0)))


def is_there(directory: Path) -> bool:
    """Whether there is a cache, or what stands in its place. Raises OSError."""
    try:
        (directory / FILE).lstat()
    except FileNotFoundError:
        return False
    return True


def take_away(directory: Path) -> None:
    """Remove the files of a cache. Raises OSError."""
    for name in (FILE, f"{FILE}-wal", f"{FILE}-shm"):
        (directory / name).unlink(missing_ok=True)


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file is no cache, and not that it cannot be used just now."""
    if isinstance(error, sqlite3.OperationalError):
        return not any(word in str(error) for word in _PASSING)
    return isinstance(error, sqlite3.DatabaseError | TypeError | ValueError | AttributeError | AssertionError)


def _make(directory: Path) -> None:
    """Make the directory and an empty file, both for their owner alone. Raises Unusable."""
    for each in (directory.parent, directory):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / FILE
    if not is_there(directory):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    _refuse_foreign(directory)


def _refuse_foreign(directory: Path) -> None:
    """Refuse what others own or may write to. Windows tells no owner: a person's folders are trusted."""
    for each in (directory, directory / FILE):
        found = each.lstat()
        if stat.S_ISLNK(found.st_mode):
            raise Unusable(f"{each} is a symbolic link")
        if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or found.st_mode & _OTHERS_MAY_WRITE):
            raise Unusable(f"{each} is not its owner's alone")


def _refuse_held(path: Path) -> None:
    """Refuse a file that is no database or that another holds: diskcache would wait for it for minutes."""
    with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("ROLLBACK")


def _text_disk(above: type) -> type:
    """Return a kind of diskcache's `Disk` that knows texts alone, so that nothing is ever unpickled."""

    def get(_disk: object, key: object, raw: object) -> str:
        return key if raw and isinstance(key, str) else ""

    def fetch(_disk: object, _mode: object, _filename: object, value: object, _read: object) -> str | None:
        return value if isinstance(value, str) else None

    def remove(_disk: object, _path: object) -> None:
        """Remove nothing: no text has a file of its own."""

    return type("TextDisk", (above,), {"get": get, "fetch": fetch, "remove": remove})
