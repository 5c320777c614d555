"""Compiled shapes: RE2 programs, each made once, searched without the costs of its Python wrapper."""

from __future__ import annotations

import re2

from router.core.light import Memo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from router.core.text import Reading

MOST_PROGRAMS = 20_000


class Program:
    """One pattern, case aside."""

    __slots__ = ("_groups", "_match")

    def __init__(self, written: str) -> None:
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        compiled = re2.compile(written, options)
        # The wrapper's `search` costs several times what the program's own `Match` does.
        self._match: Any = compiled._regexp.Match
        self._groups: dict[str, int] = compiled.groupindex

    def find(self, reading: Reading, groups: Iterable[str]) -> dict[str, str] | None:
        """Return the named groups of the first place in the NFKC text that fits, else None."""
        raw = reading.raw
        spans = self._match(re2._Anchor.UNANCHORED, raw, 0, len(raw))
        if spans[0][0] < 0:
            return None
        places = ((name, spans[self._groups[name]]) for name in groups)
        return {name: raw[start:end].decode() for name, (start, end) in places if start >= 0}


program: Any = Memo(Program, MOST_PROGRAMS).__getitem__
