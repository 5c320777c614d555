"""Turns text into the words that rules compare, once a query; it knows nothing of rules."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right

from router.core.light import Light, Memo
from router.core.stem import stemmer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

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

_CLOSING: Final = frozenset(QUOTES.values())
_SEPARATED: Final = bytes(
    code if chr(code).isalnum() or chr(code) in "'+#" else 0x20 for code in range(0x80)
) + bytes(0x80)
"""Takes ASCII apart at everything that never belongs to a word."""
_SIGNS: Final = (b"'", b"+", b"#")
"""What belongs to a word in some places and not in others."""


class Token(Light):
    """One word of a text."""

    __slots__ = ("end", "mark", "start", "stem")

    def __init__(self, stem: str, start: int, end: int, *, mark: bool = False) -> None:
        self.stem = stem
        """What rules compare; the piece itself for a mark."""
        self.start = start
        """Where it begins in the NFKC text, in characters."""
        self.end = end
        self.mark = mark
        """A piece such as `.` or `./` that only a path slot takes; no word."""

    @property
    def idle(self) -> bool:
        """Whether a sentence may leave it out."""
        return self.mark and self.stem in IDLE_MARKS


class Reading:
    """A text read once: NFKC text and stems; where its words stand is found when a sentence asks."""

    __slots__ = (
        "_after_runs", "_grams", "_pieces", "_raw", "_starts", "_tokens", "_words_end", "stem_set",
        "stems", "text",
    )  # fmt: skip

    def __init__(self, text: str, stems: tuple[str, ...]) -> None:
        self.text = text
        self.stems = stems
        self.stem_set = frozenset(stems)
        """The stems, for a quick no."""
        self._tokens: tuple[Token, ...] | None = None
        self._raw: bytes | None = None
        self._words_end = -1
        self._starts: tuple[int, ...] = ()
        self._pieces: tuple[tuple[int, int], ...] = ()
        self._after_runs: tuple[int, ...] = ()
        self._grams: dict[int, frozenset[tuple[str, ...]]] | None = None

    @property
    def raw(self) -> bytes:
        """The text in UTF-8."""
        if self._raw is None:
            self._raw = self.text.encode()
        return self._raw

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The words, and the marks between them, with their places."""
        if self._tokens is None:
            words = [Token(stem, *span) for stem, span in zip(self.stems, _spans(self.text), strict=True)]
            if not PATH_MARKS.isdisjoint(self.text.split()):
                words = sorted((*words, *_marks(self.text)), key=lambda token: token.start)
            self._tokens = tuple(words)
            self._starts = tuple(token.start for token in words)
        return self._tokens

    @property
    def words_end(self) -> int:
        """Index of the token after the last that counts; a sentence may leave out those behind."""
        if self._words_end < 0:
            counted = (at + 1 for at, token in enumerate(self.tokens) if not token.idle)
            self._words_end = max(counted, default=0)
        return self._words_end

    @property
    def marks(self) -> int:
        """How many tokens are marks."""
        return len(self.tokens) - len(self.stems)

    def token_after(self, end: int) -> int:
        """Return the index of the first token that begins at a place in the text or after it."""
        return bisect_left(self._starts, end) if self.tokens else 0

    def run_after(self, at: int) -> int:
        """Return the index of the token after the run between spaces in which a token stands."""
        if not self._after_runs:
            after: list[int] = []
            for here in reversed(range(len(self.tokens))):
                gap = self.text[self.tokens[here].end : self._starts[here + 1]] if after else " "
                after.append(here + 1 if any(map(str.isspace, gap)) else after[-1])
            self._after_runs = tuple(reversed(after))
        return self._after_runs[at]

    def piece_at(self, at: int) -> tuple[int, int] | None:
        """Return the run between spaces, or the quotation, that the token begins; None inside of one."""
        if not self._pieces:
            self._pieces = tuple(pieces(self.text))
        start = self.tokens[at].start
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
        if self._grams is None:
            self._grams = {}
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
        self._stem, stemmer_version = stemmer(language)
        self._folded = Memo(self._fold)
        self._parted = Memo(self._part)
        self.version = f"{NORMALISER_VERSION}/{stemmer_version}"

    def read(self, text: str) -> Reading:
        """Return the text as rules see it."""
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
            return Reading(text, tuple(self._folded[text[start:end]] for start, end in _spans(text)))
        raw = text.encode()
        words = raw.translate(_SEPARATED).split()
        folded = self._folded
        if _SIGNS[0] in raw or _SIGNS[1] in raw or _SIGNS[2] in raw:
            parted = self._parted
            return Reading(text, tuple([stem for word in words for stem in parted[word]]))
        return Reading(text, tuple([folded[word] for word in words]))

    def _part(self, word: bytes) -> tuple[str, ...]:
        """Take the signs off a word of ASCII that do not belong to it, which may leave several words."""
        text = word.decode()
        return tuple(self._folded[text[start:end]] for start, end in _spans(text))

    def stems(self, text: str) -> tuple[str, ...]:
        """Return the stems alone; empty where the text has no letter or digit."""
        return self.read(text).stems

    def _fold(self, word: str | bytes) -> str:
        if isinstance(word, bytes):
            return self._stem(word.decode().lower())
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


def _marks(text: str) -> Iterator[Token]:
    for start, end in pieces(text):
        if text[start:end] in PATH_MARKS:
            yield Token(text[start:end], start, end, mark=True)
