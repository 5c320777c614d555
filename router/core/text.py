"""Turns text into the words that rules compare, once a query; it knows nothing of rules."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from router.core.stem import Stemmer, stemmer

NORMALISER_VERSION: Final = "1"
"""Goes into every revision; raised whenever the same text could give other words."""

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
PATH_MARKS: Final = frozenset((".", "..", "/", "~", "./", "../", "~/"))
"""Pieces without a word that a `{path}` slot may take."""
IDLE_MARKS: Final = frozenset((".", "..", "/", "~"))
"""Those that are punctuation where no slot takes them."""

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

_ASCII_WORD: Final = re.compile(
    r"[A-Za-z0-9]+(?:(?<=[A-Za-z])'(?=[A-Za-z])[A-Za-z0-9]+)*"
    r"(?:(?<=[A-Za-z])(?:[+#]{2}|[+#](?![+#]))(?![A-Za-z0-9]))?"
)
"""What `_spans` finds in a text of ASCII alone."""
_CLOSING: Final = re.compile(f"[{''.join(QUOTES.values())}](?![^\\W_])")


class Token(NamedTuple):
    """One word of a text."""

    stem: str
    """What rules compare; the piece itself for a mark."""
    start: int
    """Where it begins in the NFKC text, in characters."""
    end: int
    mark: bool = False
    """A piece such as `.` or `./` that only a path slot takes; no word."""

    @property
    def idle(self) -> bool:
        """Whether a sentence may leave it out."""
        return self.mark and self.stem in IDLE_MARKS


class Reading:
    """A text read once: NFKC text, tokens and stems."""

    def __init__(self, text: str, tokens: tuple[Token, ...]) -> None:
        self.text = text
        self.tokens = tokens
        self.stems = tuple(token.stem for token in tokens if not token.mark)

    @cached_property
    def stem_set(self) -> frozenset[str]:
        """The stems, for a quick no."""
        return frozenset(self.stems)

    @cached_property
    def words_end(self) -> int:
        """Index of the token after the last that counts; a sentence may leave out those behind."""
        return max((at + 1 for at, token in enumerate(self.tokens) if not token.idle), default=0)

    @cached_property
    def marks(self) -> int:
        """How many tokens are marks."""
        return len(self.tokens) - len(self.stems)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(token.start for token in self.tokens)

    @cached_property
    def _pieces(self) -> tuple[tuple[int, int], ...]:
        return tuple(pieces(self.text))

    @cached_property
    def _runs_after(self) -> tuple[int, ...]:
        after: list[int] = []
        for at in reversed(range(len(self.tokens))):
            gap = self.text[self.tokens[at].end : self._starts[at + 1]] if after else " "
            after.append(at + 1 if any(map(str.isspace, gap)) else after[-1])
        return tuple(reversed(after))

    @cached_property
    def _grams(self) -> dict[int, frozenset[tuple[str, ...]]]:
        return {}

    def token_after(self, end: int) -> int:
        """Return the index of the first token that begins at a place in the text or after it."""
        return bisect_left(self._starts, end)

    def run_after(self, at: int) -> int:
        """Return the index of the token after the run between spaces in which a token stands."""
        return self._runs_after[at]

    def piece_at(self, at: int) -> tuple[int, int] | None:
        """Return the run between spaces, or the quotation, that the token begins; None inside of one."""
        start = self._starts[at]
        piece = self._pieces[bisect_right(self._pieces, (start, len(self.text))) - 1]
        inside = at > 0 and self._starts[at - 1] >= piece[0]
        return None if inside else piece

    def has(self, phrase: tuple[str, ...]) -> bool:
        """Whether the stems stand in the text one after another."""
        if not self.stem_set.issuperset(phrase):
            return False
        return len(phrase) == 1 or phrase in self._phrases(len(phrase))

    def _phrases(self, length: int) -> frozenset[tuple[str, ...]]:
        """Every run of so many stems, collected once."""
        if length not in self._grams:
            starts = range(len(self.stems) - length + 1)
            self._grams[length] = frozenset(self.stems[start : start + length] for start in starts)
        return self._grams[length]


def contains(stems: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    """Whether `phrase` stands in `stems` without a gap."""
    return any(stems[start : start + len(phrase)] == phrase for start in range(len(stems) - len(phrase) + 1))


class Normaliser:
    """Reads texts in one language."""

    def __init__(self, language: str) -> None:
        self._stem: Stemmer
        self._stem, stemmer_version = stemmer(language)
        self._folded = lru_cache(maxsize=65_536)(self._fold)
        self.version = f"{NORMALISER_VERSION}/{stemmer_version}"

    def read(self, text: str) -> Reading:
        """Return the text as rules see it."""
        plain = text.isascii()
        normal = text if plain else unicodedata.normalize("NFKC", text)
        spans = (found.span() for found in _ASCII_WORD.finditer(normal)) if plain else _spans(normal)
        words = [Token(self._folded(normal[start:end]), start, end) for start, end in spans]
        if not PATH_MARKS.isdisjoint(normal.split()):
            words = sorted((*words, *_marks(normal)), key=lambda token: token.start)
        return Reading(normal, tuple(words))

    def stems(self, text: str) -> tuple[str, ...]:
        """Return the stems alone; empty where the text has no letter or digit."""
        return self.read(text).stems

    def _fold(self, word: str) -> str:
        folded = unicodedata.normalize("NFKC", word.casefold())
        plain = "".join("'" if each in APOSTROPHES else each for each in folded if not _ignorable(each))
        return self._stem(plain)


def _spans(text: str) -> Iterator[tuple[int, int]]:
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


@lru_cache(maxsize=4096)
def _ignorable(character: str) -> bool:
    """Soft hyphens, joiners, variation selectors: there for layout, not for meaning."""
    code = ord(character)
    return unicodedata.category(character) == "Cf" or any(
        first <= code <= last for first, last in VARIATION_SELECTORS
    )


@lru_cache(maxsize=65_536)
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
    for each in _CLOSING.finditer(text):
        found.setdefault(each[0], []).append(each.start())
    return found


def _marks(text: str) -> Iterator[Token]:
    for start, end in pieces(text):
        if text[start:end] in PATH_MARKS:
            yield Token(text[start:end], start, end, mark=True)
