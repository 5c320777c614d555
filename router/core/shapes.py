r"""Shapes: regular expressions of rules, on RE2, which answers in time linear in the text.

RE2 knows `\b`, `\w`, `\d` and `\s` for ASCII only (https://github.com/google/re2/wiki/Syntax), so they are
written out for Unicode before it compiles a pattern. A shape is searched anywhere, case aside.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Final

import re2

from router.core.light import Memo

WORD: Final = r"\p{L}\p{M}\p{N}_"
DIGIT: Final = r"\p{Nd}"
SPACE: Final = r"\s\x0b\x85\p{Z}"
CLASSES: Final = {"w": WORD, "d": DIGIT, "s": SPACE}
START: Final = f"(?:^|[^{WORD}])"
END: Final = f"(?:$|[^{WORD}])"

_GROUP: Final = re.compile(r"\?P?<(?![=!])([^>]*)>")
_PIECE: Final = re.compile(r"\\.|\[\^?\]?|\]|.", re.DOTALL)


class ShapeError(ValueError):
    """A pattern that cannot be a shape; `offset` says where, in characters."""

    def __init__(self, message: str, offset: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Shape:
    """A named pattern of the vocabulary."""

    name: str
    pattern: str
    """As written."""
    groups: tuple[str, ...]
    """Names of the groups: the slots."""
    written: str = field(compare=False, repr=False)
    """As RE2 gets it."""

    def find(self, text: str) -> dict[str, str] | None:
        """Return the named groups of the first place in the NFKC text that fits, else None."""
        found = _searcher[self.written].search(text)
        if found is None:
            return None
        return {name: value for name in self.groups if (value := found.group(name)) is not None}


def compile_shape(name: str, pattern: str) -> Shape:
    """Compile a pattern. Raises ShapeError with what is wrong."""
    normal = unicodedata.normalize("NFC", pattern)
    if unicodedata.normalize("NFKC", normal) != normal:
        raise ShapeError(
            "the pattern holds characters that no text has after NFKC", 0, "write their plain forms"
        )
    written, groups = _for_unicode(normal)
    try:
        program = _searcher[written]
    except re2.error as error:
        raise ShapeError(_reason(error), 0, _engine_hint(normal)) from error
    if program.search(""):
        raise ShapeError("the pattern fits the empty text, so it fits everything")
    return Shape(name, pattern, tuple(groups), written)


def _compiled(written: str) -> Any:  # noqa: ANN401 - the wrapper has no types
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    return re2.compile(written, options)


_searcher: Final = Memo(_compiled)


def _reason(error: Exception) -> str:
    told = error.args[0] if error.args else "not a regular expression"
    return told.decode() if isinstance(told, bytes) else str(told)


def _engine_hint(pattern: str) -> str:
    if re.search(r"\(\?<?[=!]|\\[1-9]", pattern):
        return "look-around and back-references are not regular and are not supported"
    return ""


def _for_unicode(pattern: str) -> tuple[str, list[str]]:
    r"""Write ASCII classes out for Unicode, `\b` at an end as what may stand there, and find groups."""
    out: list[str] = []
    groups: list[str] = []
    inside, depth = False, 0
    for found in _PIECE.finditer(pattern):
        piece, place = found[0], found.start()
        if piece[0] == "\\":
            piece = _class_escape(piece, place) if inside else _escape(piece, pattern, place, depth)
        elif inside:
            inside = piece != "]"
            if piece[0] == "[":
                raise ShapeError(
                    'a "[" inside [ ] must be written \\[', place, "for classes use \\d, \\w or \\p{…}"
                )
        else:
            inside = piece[0] == "["
            depth += {"(": 1, ")": -1}.get(piece, 0)
            if piece == "(" and (name := _GROUP.match(pattern, place + 1)):
                groups.append(_group(name[1], groups, name.start(1)))
        out.append(piece)
    return "".join(out), groups


def _group(name: str, before: list[str], place: int) -> str:
    if name in before:
        raise ShapeError(f'group "{name}" stands twice', place)
    if not (name.isidentifier() and name.islower()):
        raise ShapeError(f'"{name}" is not a slot name', place, "use small letters, digits and _")
    return name


def _class_escape(piece: str, place: int) -> str:
    letter = piece[1:]
    if letter in CLASSES:
        return CLASSES[letter]
    if letter.lower() in CLASSES:
        raise ShapeError(f"{piece} cannot stand inside [ ]", place, "write the characters out")
    return piece


def _escape(piece: str, pattern: str, place: int, depth: int) -> str:
    letter = piece[1:]
    if letter in CLASSES:
        return f"[{CLASSES[letter]}]"
    if letter and letter.lower() in CLASSES:
        return f"[^{CLASSES[letter.lower()]}]"
    if letter == "b":
        return _boundary(pattern, place, depth)
    if letter in ("B", "C", "Q"):
        raise ShapeError(f"{piece} is not supported", place)
    return piece


def _boundary(pattern: str, place: int, depth: int) -> str:
    r"""Write `\b` as the character beside it, so it may only stand where nothing else could want that."""
    before, after = pattern[:place], pattern[place + 2 :]
    if depth == 0 and (not before or before.endswith("|")):
        return START
    if depth == 0 and (not after or after.startswith("|")):
        return END
    raise ShapeError(
        r"\b may stand only at the start or the end of a shape, outside brackets", place, "leave it out here"
    )
