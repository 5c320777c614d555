"""Tells a path in a sentence from the quotes, brackets and stops around it; it touches no file."""

from __future__ import annotations

from router.core.spans import QUOTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

BRACKETS: Final = {"(": ")", "[": "]", "{": "}", "<": ">"}
MOST_WRAPPED: Final = 4
"""Pairs of brackets around a path."""
SENTENCE_ENDS: Final = (
    ",;:!?"
    + "".join(QUOTES.values())
    + (
        "\N{IDEOGRAPHIC FULL STOP}\N{IDEOGRAPHIC COMMA}\N{DEVANAGARI DANDA}"
        "\N{ARABIC QUESTION MARK}\N{ARABIC COMMA}"
    )
)


def bare_path(piece: str) -> str:
    """Take off quotes, brackets and the punctuation of the sentence around a path."""
    closing = piece.rfind(QUOTES[piece[0]]) if piece[0] in QUOTES else 0
    if closing > 0:
        return piece[1:closing]
    bare = _unpunctuated(piece)
    for _ in range(MOST_WRAPPED):
        if not _encloses(bare):
            break
        bare = _unpunctuated(bare[1:-1])
    return bare


def _encloses(piece: str) -> bool:
    """Whether the first character is a bracket that the last one closes."""
    if BRACKETS.get(piece[:1]) != piece[-1:]:
        return False
    depth = 0
    for each in piece[:-1]:
        depth += {piece[0]: 1, piece[-1]: -1}.get(each, 0)
        if not depth:
            return False
    return True


def _unpunctuated(piece: str) -> str:
    """Take off what ends a sentence, quotes, and brackets whose other half is elsewhere."""
    opening = "".join(each for each, closing in BRACKETS.items() if closing not in piece)
    closing = "".join(each for opening, each in BRACKETS.items() if opening not in piece)
    bare = piece.lstrip(opening + "".join(QUOTES)).rstrip(closing + SENTENCE_ENDS)
    while bare.endswith(".") and bare.replace("\\", "/").rpartition("/")[2].strip("."):
        bare = bare.rstrip(".").rstrip(closing + SENTENCE_ENDS)
    return bare
