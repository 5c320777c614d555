"""Which characters a text must have for a shape to be found in it, for a no without the engine.

It reads patterns as RE2 does (https://github.com/google/re2/wiki/Syntax), as far as it is sure; where it is
not, nothing is necessary.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

DIGIT: Final = "0"
"""Stands for any decimal digit."""
_PIECE: Final = re.compile(
    r"\\[pP](?:\{[^}]*\}|.)|\\x(?:\{[^}]*\}|..)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]"
    r"|\((?:\?(?:P?<\w+>|[a-zA-Z-]*:))?|\(|.",
    re.DOTALL,
)
_REPEATED: Final = re.compile(r"(?:([*?])|\+|\{(\d+)(?:,\d*)?\})[?+]?")
_LITERAL: Final = frozenset("!\"#%&',-/:;<=>@_`~ ")
"""Characters that mean themselves; letters are left out, since cases are one, and digits stand for any."""
_ESCAPED: Final = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ")


class _UnsureError(Exception):
    """A construct that is not known."""


@lru_cache(maxsize=4096)
def necessary(pattern: str) -> frozenset[str]:
    """Return the characters that every text has in which the pattern is found; `DIGIT` for any digit."""
    try:
        found, end = _alternatives(pattern, 0)
    except _UnsureError:
        return frozenset()
    return found if end == len(pattern) else frozenset()


def _alternatives(pattern: str, place: int) -> tuple[frozenset[str], int]:
    """Read up to a closing bracket or the end; what is necessary is so in every alternative."""
    every: list[frozenset[str]] = []
    here: frozenset[str] = frozenset()
    while place < len(pattern) and pattern[place] != ")":
        if pattern[place] == "|":
            every.append(here)
            here, place = frozenset(), place + 1
            continue
        needed, place = _element(pattern, place)
        repeated = _REPEATED.match(pattern, place)
        if repeated:
            place = repeated.end()
            if repeated[1] or repeated[2] == "0":
                needed = frozenset()
        here |= needed
    return frozenset.intersection(*every, here), place


def _element(pattern: str, place: int) -> tuple[frozenset[str], int]:
    found = next(_PIECE.finditer(pattern, place))
    piece, end = found[0], found.end()
    if piece[0] == "(":
        if piece == "(" and pattern[end : end + 1] == "?":
            raise _UnsureError
        needed, end = _alternatives(pattern, end)
        if pattern[end : end + 1] != ")":
            raise _UnsureError
        return needed, end + 1
    if piece in ("*", "+", "?", "{"):
        raise _UnsureError
    return _character(piece), end


def _character(piece: str) -> frozenset[str]:
    if piece in (r"\d", "[0-9]", r"[\d]") or piece in "0123456789":
        return frozenset(DIGIT)
    if piece in _LITERAL:
        return frozenset(piece)
    if len(piece) == 2 and piece[0] == "\\" and piece[1] in _ESCAPED:
        return frozenset(piece[1])
    if piece[:2] == r"\Q" or (piece[0] == "\\" and piece[1:].isdigit()):
        raise _UnsureError
    return frozenset()
