"""Plans on disk, by the exact question; whatever is wrong with the disk costs a request and nothing else."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from router.core.canonical import canonical, digest
from router.core.plan import JSON
from router.core.settings import PlanCache
from router.planner.alone import alone
from router.planner.texts import (
    Damaged,
    Kept,
    Texts,
    Unusable,
    is_damage,
    is_there,
    kept,
    opened,
    take_away,
)

FOLDER: Final = "plans"
"""Below the directory of state."""

_LOCKS: Final = "asking"
_FORMAT: Final = 1
_DAY_SECONDS: Final = 86_400.0
_MEGABYTE: Final = 1_000_000
_LONGEST: Final = 1_000_000
"""Characters of a plan that is worth keeping."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Entry:
    """One plan that is remembered."""

    key: str
    made_at: float
    """Seconds since 1970."""
    stored: Mapping[str, JSON]
    """As the planner keeps it."""

    @property
    def text(self) -> str:
        """What was asked."""
        return str(self.stored.get("text", ""))

    @property
    def model(self) -> str:
        """Who made the plan."""
        return str(self.stored.get("model", ""))

    @property
    def targets(self) -> tuple[str, ...]:
        """What its steps call."""
        plan = self.stored.get("plan")
        steps = plan.get("steps") if isinstance(plan, dict) else None
        listed = steps if isinstance(steps, list) else []
        return tuple(str(each["use"]) for each in listed if isinstance(each, dict) and "use" in each)


@dataclass(frozen=True, slots=True)
class Stats:
    """How much is remembered, and how often it was of use."""

    entries: int = 0
    bytes: int = 0
    hits: int = 0
    misses: int = 0
    oldest: float | None = None
    """Seconds since 1970, as are all such times."""
    newest: float | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """The plans of all projects of a person: `find`, `keep`, `drop` and `asking` raise nothing at all."""

    directory: Path
    """`~/.ts/plans`."""
    cache: PlanCache

    def find(self, key: str) -> Mapping[str, JSON] | None:
        """Return what is kept under a key, or None."""
        with suppress(Unusable):
            found = self._done(lambda texts: _entry(key, texts.get(key)), missing=None)
            if found is not None and self._is_young(found):
                return found.stored
        return None

    def keep(self, key: str, stored: Mapping[str, JSON]) -> None:
        """Keep something under a key, for as long as the settings say."""
        with suppress(Unusable, ValueError, TypeError, RecursionError):
            text = canonical({"format": _FORMAT, "made_at": time.time(), "stored": dict(stored)})
            seconds = self.cache.days * _DAY_SECONDS
            if len(text) <= _LONGEST:
                self._done(lambda texts: texts.set(key, text, expire=seconds), missing=None, makes=True)

    def drop(self, key: str) -> None:
        """Keep it no longer."""
        with suppress(Unusable):
            self._done(lambda texts: texts.delete(key), missing=False)

    def asking(self, key: str) -> AbstractAsyncContextManager[None]:
        """Wait while anybody else, in any process, is within; then look again before asking."""
        return alone(self.directory / _LOCKS / f"{digest(key)}.lock")

    def stats(self) -> Stats:
        """Return how much is remembered. Raises OSError where the cache cannot be used."""
        found = self._kept()
        times = [entry.made_at for entry in self._entries(found)]
        oldest, newest = min(times, default=None), max(times, default=None)
        return Stats(len(times), found.bytes, found.hits, found.misses, oldest, newest)

    def entries(self) -> list[Entry]:
        """Return all that is remembered, the newest first. Raises OSError where the cache cannot be used."""
        return sorted(self._entries(self._kept()), key=lambda each: (-each.made_at, each.key))

    def show(self, prefix: str) -> list[Entry]:
        """Return those whose keys begin so. Raises OSError where the cache cannot be used."""
        return [each for each in self.entries() if each.key.startswith(prefix)]

    def clear(self) -> int:
        """Forget everything, a damaged file too, and return how many plans were known. Raises OSError."""
        try:
            return self._done(lambda texts: texts.clear(), missing=0)
        except Damaged:
            return 0  # the file was taken away
        except Unusable as error:
            raise OSError(str(error)) from error

    def _is_young(self, entry: Entry) -> bool:
        """Whether it is to be used under today's settings; a clock that was turned back makes nothing old."""
        return time.time() - entry.made_at < self.cache.days * _DAY_SECONDS

    def _entries(self, found: Kept) -> list[Entry]:
        entries = (_entry(key, text) for key, text in found.texts.items())
        return [each for each in entries if each is not None and self._is_young(each)]

    def _kept(self) -> Kept:
        try:
            return kept(self.directory)
        except NotADirectoryError as error:
            raise OSError(self._in_the_way) from error
        except (Unusable, sqlite3.Error, OSError, ValueError, TypeError) as error:
            raise OSError(
                f"the cache {self.directory} cannot be read: {error}; ts cache clear begins a new one"
            ) from error

    @property
    def _in_the_way(self) -> str:
        return f"the cache {self.directory} cannot be used: it is no directory; move it away"

    def _done(self, action: Callable[[Texts], Found], *, missing: Found, makes: bool = False) -> Found:
        """Do something with the cache; a damaged one is taken away. Raises Unusable.

        Where there is none the answer is `missing`, or one that `makes` makes one.
        """
        try:
            return self._tried(action, missing, makes=makes)
        except Damaged as damage:
            try:
                take_away(self.directory)
            except OSError as error:
                raise Unusable(str(damage)) from error
            if not makes:
                raise
            return self._tried(action, missing, makes=makes)

    def _tried(self, action: Callable[[Texts], Found], missing: Found, *, makes: bool) -> Found:
        try:
            if not makes and not is_there(self.directory):
                return missing
            texts = opened(self.directory, round(self.cache.megabytes * _MEGABYTE))
            try:
                return action(texts)
            finally:
                texts.close()
        except Unusable:
            raise
        except NotADirectoryError as error:
            raise Unusable(self._in_the_way) from error
        except Exception as error:  # of diskcache, which has many ways to meet a bad file
            kind = Damaged if is_damage(error) else Unusable
            raise kind(f"the cache {self.directory} cannot be used: {error}") from error


def _entry(key: str, text: object) -> Entry | None:
    """Return the entry that a text holds, or None where it holds none."""
    try:
        told = json.loads(text) if isinstance(text, str) else None
        if isinstance(told, dict) and told["format"] == _FORMAT:
            return Entry(key, float(told["made_at"]), dict(told["stored"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return None
