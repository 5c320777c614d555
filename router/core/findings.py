"""Collects everything that is wrong in what users wrote, so that all of it is said at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from router.errors import Problem

Path = tuple[str | int, ...]


class Findings:
    """Problems so far, of one file at a time."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(
        self,
        file: str,
        path: Path,
        message: str,
        hint: str = "",
        *,
        code: str = "bad-value",
        key: bool = False,
        offset: int = 0,
        line: int = 0,
    ) -> None:
        """Note one problem at the value (or the key) that `path` leads to, or at a line that is known."""
        self.problems.append(Problem(file, message, hint, path, line, 1 if line else 0, key, offset, code))


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return `did you mean "…"?` for the closest choice, or the empty string where none is close."""
    found = difflib.get_close_matches(word, sorted(choices), n=1, cutoff=0.6)
    return f'did you mean "{found[0]}"?' if found else ""


def nearest_or_all(word: str, choices: Iterable[str]) -> str:
    """Return the closest choice as `nearest` does, or all of them where none is close."""
    known = sorted(choices)
    return nearest(word, known) or (f"there are {', '.join(known)}" if known else "there are none")
