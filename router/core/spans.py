"""Where words, marks and quotations stand in any text, by Unicode; what is plain ASCII seldom needs it."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

APOSTROPHES: Final = "'\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}"
QUOTES: Final = {
    '"': '"',
    "'": "'",
    "`": "`",
    "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{LEFT SINGLE QUOTATION MARK}": "\N{RIGHT SINGLE QUOTATION MARK}",
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}",
    "\N{LEFT CORNER BRACKET}": "\N{RIGHT CORNER BRACKET}",
}
"""Closing quotation marks by opening ones."""
UNSPACED: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # ideographic iteration mark, closing mark and zero
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31FF),  # Bopomofo and Katakana extensions
    (0x3400, 0x4DBF),  # Han, extension A
    (0x4E00, 0x9FFF),  # Han
    (0xF900, 0xFAFF),  # Han, compatibility
    (0x20000, 0x323AF),  # Han, extensions B to H
)
"""Scripts written without spaces between words: they match by characters."""
VARIATION_SELECTORS: Final = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))

_CLOSING: Final = frozenset(QUOTES.values())


def folded(word: str) -> str:
    """Return a word in the form in which cases, widths and layout are all one."""
    plain = unicodedata.normalize("NFKC", word.casefold())
    return "".join("'" if each in APOSTROPHES else each for each in plain if not _ignorable(each))


def normal(text: str) -> str:
    """Return a text in the form NFKC."""
    return unicodedata.normalize("NFKC", text)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of an NFKC text begin and end."""
    place = 0
    while place < len(text):
        if not text[place].isalnum():
            place += 1
            continue
        end = _end_of_character(text, place) if unspaced(text[place]) else _end_of_word(text, place)
        yield place, end
        place = end


def _end_of_character(text: str, start: int) -> int:
    end = start + 1
    while end < len(text) and (_combines(text[end]) or _ignorable(text[end])):
        end += 1
    return end


def _end_of_word(text: str, start: int) -> int:
    end = start + 1
    while end < len(text) and _continues(text, end):
        end += 1
    sign = end
    while sign < len(text) and text[sign] in "+#" and sign - end < 2:
        sign += 1
    if sign > end and text[end - 1].isalpha() and not (sign < len(text) and text[sign].isalnum()):
        return sign  # c++, f#
    return end


def _continues(text: str, place: int) -> bool:
    character = text[place]
    if character.isalnum():
        return not unspaced(character)
    if _combines(character) or _ignorable(character):
        return True
    return (
        character in APOSTROPHES
        and text[place - 1].isalpha()
        and place + 1 < len(text)
        and text[place + 1].isalpha()
    )


def _combines(character: str) -> bool:
    """Tell marks, which belong to the letter before; one without a letter, as on an emoji, is no word."""
    return character > "\x7f" and unicodedata.category(character)[0] == "M"


def _ignorable(character: str) -> bool:
    """Soft hyphens, joiners, variation selectors: there for layout, not for meaning."""
    code = ord(character)
    return unicodedata.category(character) == "Cf" or any(
        first <= code <= last for first, last in VARIATION_SELECTORS
    )


def unspaced(character: str) -> bool:
    """Whether the character is of a script that is written without spaces between words."""
    code = ord(character)
    return code >= UNSPACED[0][0] and any(first <= code <= last for first, last in UNSPACED)


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the runs between spaces begin and end; a quotation that starts a run is one piece."""
    closings = _closings(text)
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        end = place
        if closing := closings.get(QUOTES.get(text[place], "")):
            behind = bisect_right(closing, place)
            end = closing[behind] + 1 if behind < len(closing) else place
        while end < len(text) and not text[end].isspace():
            end += 1
        yield place, end
        place = end


def _closings(text: str) -> dict[str, list[int]]:
    """Return where each quotation mark may close: where no letter or digit follows."""
    found: dict[str, list[int]] = {}
    for place, character in enumerate(text):
        if character in _CLOSING and not text[place + 1 : place + 2].isalnum():
            found.setdefault(character, []).append(place)
    return found
