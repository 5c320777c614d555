"""Turns text into the words that rules compare, once a query; it knows nothing of rules."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from router.core.light import Light, WordMemo
from router.core.stem import stemmer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

NORMALISER_VERSION: Final = "1"
"""Goes into every revision; raised whenever the same text could give other words."""

PATH_MARKS: Final = frozenset((".", "..", "/", "~", "./", "../", "~/"))
"""Pieces without a word that a `{path}` slot may take."""
IDLE_MARKS: Final = frozenset((".", "..", "/", "~"))
"""Those that are punctuation where no slot takes them."""

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

    _tokens: tuple[Token, ...] | None = None
    _characters: frozenset[str] | None = None
    _raw: bytes | None = None
    _words_end = -1
    _starts: tuple[int, ...] = ()
    _pieces: tuple[tuple[int, int], ...] = ()
    _after_runs: tuple[int, ...] = ()
    _grams: dict[int, frozenset[tuple[str, ...]]] | None = None

    def __init__(self, text: str, stems: tuple[str, ...]) -> None:
        self.text = text
        self.stems = stems
        self.stem_set = frozenset(stems)
        """The stems, for a quick no."""

    @property
    def characters(self) -> frozenset[str]:
        """The characters of the text, `0` for any digit; RE2 knows some beyond U+FFFF that Python may not."""
        if self._characters is None:
            found = frozenset(self.text)
            digits = any(each.isdecimal() or each > "\uffff" for each in found)
            self._characters = found | {"0"} if digits else found
        return self._characters

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
            words = list(map(Token, self.stems, *zip(*_places(self.text), strict=True))) if self.stems else []
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
            from router.core.spans import pieces

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
        self._folded = WordMemo(self._fold)
        self._parted = WordMemo(self._part)
        self.version = f"{NORMALISER_VERSION}/{stemmer_version}"

    def read(self, text: str) -> Reading:
        """Return the text as rules see it."""
        if not text.isascii():
            from router.core.spans import normal, spans

            text = normal(text)
            return Reading(text, tuple([self._folded[text[start:end]] for start, end in spans(text)]))
        raw = text.encode()
        words = raw.translate(_SEPARATED).split()
        folded = self._folded
        if _SIGNS[0] in raw or _SIGNS[1] in raw or _SIGNS[2] in raw:
            parted = self._parted
            return Reading(text, tuple([stem for word in words for stem in parted[word]]))
        return Reading(text, tuple([folded[word] for word in words]))

    def _part(self, word: bytes) -> tuple[str, ...]:
        """Take the signs off a word of ASCII that do not belong to it, which may leave several words."""
        from router.core.spans import spans

        text = word.decode()
        return tuple(self._folded[text[start:end]] for start, end in spans(text))

    def stems(self, text: str) -> tuple[str, ...]:
        """Return the stems alone; empty where the text has no letter or digit."""
        if not text.isascii() or "'" in text or "+" in text or "#" in text:
            return self.read(text).stems
        folded = self._folded
        return tuple([folded[word] for word in text.encode().translate(_SEPARATED).split()])

    def _fold(self, word: str | bytes) -> str:
        if isinstance(word, bytes):
            return self._stem(word.decode().lower())
        from router.core.spans import folded

        return self._stem(folded(word))


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text begin and end."""
    raw = text.encode() if text.isascii() else b"'"
    if _SIGNS[0] in raw or _SIGNS[1] in raw or _SIGNS[2] in raw:
        from router.core.spans import spans

        yield from spans(text)
        return
    end = 0
    for word in raw.translate(_SEPARATED).split():
        start = raw.index(word, end)
        end = start + len(word)
        yield start, end


def _marks(text: str) -> Iterator[Token]:
    from router.core.spans import pieces

    for start, end in pieces(text):
        if text[start:end] in PATH_MARKS:
            yield Token(text[start:end], start, end, mark=True)
