"""Keeps compiled rulebooks: one file for each content, written whole, shared by all who have that content."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from router.compiled.opening import BOOK, FOLDER, SEEN, book_path, open_book, read_seen, seen_path
from router.compiled.signs import Signs, program
from router.core.blocks import DamagedError, block
from router.core.filed import Filed
from router.core.indexing import CompiledRule, rules_by_file
from router.disk import replace_file

MOST_BOOKS: Final = 16
MOST_SEEN: Final = 256
"""Files of each kind that are kept; the oldest go first."""
LEFT_OVER_SECONDS: Final = 3600
PRIVATE: Final = 0o700


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is kept for one project."""

    home: Path
    project: Path

    def open(self, key: str, mend: Callable[[], bytes]) -> Filed | None:
        """Open the rulebook of a key; None where there is none, or none that can be trusted."""
        try:
            filed = open_book(str(self.home), key, mend)
        except (OSError, ValueError, DamagedError):
            return None
        return filed

    def keep(self, key: str, content: bytes) -> None:
        """Keep the bytes of a rulebook, where they can be written."""
        self._write(Path(book_path(str(self.home), key)), content)

    def saw(self, signs: Signs, taken_ns: int, references: Iterable[str], key: str) -> None:
        """Remember of which rulebook these were the signs, and when they were taken."""
        content = block((signs, taken_ns, tuple(references), key))
        self._write(Path(seen_path(str(self.home), str(self.project))), content)

    def former(self, surroundings: str) -> dict[tuple[str, str], tuple[CompiledRule, ...]]:
        """Return the rules of the project's last rulebook by name and digest of their files.

        It is empty where that was compiled under other settings, words, prompts, or by another program.
        """
        try:
            seen = read_seen(str(self.home), str(self.project))
            if seen is None or seen[0][1] != program():  # another program may lay out blocks otherwise
                return {}
            filed = open_book(str(self.home), seen[3])
            return rules_by_file(filed) if filed.meta["surroundings"] == surroundings else {}
        except (OSError, ValueError, DamagedError):
            return {}

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file that can be made again, so that it is no fault where that cannot be done."""
        with suppress(OSError):
            self.home.parent.mkdir(parents=True, exist_ok=True)
            self.home.mkdir(mode=PRIVATE, exist_ok=True)
            path.parent.mkdir(mode=PRIVATE, exist_ok=True)
            path.parent.chmod(PRIVATE)
            replace_file(path, content, private=True)
            for old in (*self._oldest(BOOK, MOST_BOOKS), *self._oldest(SEEN, MOST_SEEN), *self._left_over()):
                with suppress(OSError):  # on Windows a file that a process has mapped stays
                    old.unlink()

    def _left_over(self) -> Iterator[Path]:
        """Yield what processes left that were ended while they wrote."""
        for each in (self.home / FOLDER).glob(".*.tmp"):
            with suppress(FileNotFoundError):
                if time.time() - each.stat().st_mtime > LEFT_OVER_SECONDS:
                    yield each

    def _oldest(self, suffix: str, most: int) -> Iterator[Path]:
        found = list((self.home / FOLDER).glob(f"*{suffix}"))
        if len(found) > most:
            with suppress(FileNotFoundError):
                found.sort(key=lambda each: each.stat().st_mtime_ns)
                yield from found[:-most]
