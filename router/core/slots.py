"""The typed slots of sentence templates: what each takes from a text, and with which value."""

from __future__ import annotations

from router.core.light import Light
from router.core.paths import bare_path
from router.core.spans import unspaced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Final, Literal, TypeAlias

    from router.core.plan import JSON
    from router.core.text import Reading

    SlotType = Literal["int", "number", "word", "path", "date", "rest", "list"]
    Taken: TypeAlias = tuple[int, JSON]
    """Index of the token after, and the value."""

SLOT_TYPES: Final = ("int", "number", "word", "path", "date", "rest")
"""What may stand behind the colon of a slot, beside `@list`."""
RELATIVE_DAYS: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}
"""Days from the query's own time, which `bind` adds."""

LENGTH_OF_DAY: Final = 10
LONGEST_INTEGER: Final = 18
"""Digits; a longer number is a name, and is taken as a word."""
REACH: Final = 8
"""Words of a `word` or `path` at most where the sentence goes on without a space: `{a:word},{b:word}`."""
WIDENED: Final = {
    "int": ("number", "word", "path", "rest"),
    "number": ("word", "path", "rest"),
    "date": ("word", "path", "rest"),
    "list": ("rest",),
    "word": ("path", "rest"),
    "path": ("rest",),
    "rest": (),
}
"""For each type the types that take whatever it takes; containment reads it."""

LONGEST_VALUE: Final = 3
"""Tokens of a number such as `1.5e-3` or a date at most."""
PATH_STARTS: Final = frozenset("/\\~.-_@*")
"""What may stand before the first letter of a path."""
SEPARATORS: Final = frozenset(",;:=|&<>()[]{}\"'")
"""Where a run between spaces is cut first, if it has to be."""


class Entry(Light):
    """One entry of a word list, as stems and as written."""

    __slots__ = ("shown", "stems")

    def __init__(self, stems: tuple[str, ...], shown: str) -> None:
        self.stems = stems
        self.shown = shown


class Slot(Light):
    """A typed gap in a sentence."""

    __slots__ = ("_lengths", "_shown", "entries", "list_name", "name", "type")

    def __init__(
        self, name: str, slot_type: SlotType, list_name: str = "", entries: tuple[Entry, ...] = ()
    ) -> None:
        self.name = name
        self.type = slot_type
        self.list_name = list_name
        self.entries = entries
        """Of the list, the longest first."""
        self._shown: dict[tuple[str, ...], str] | None = None
        self._lengths: tuple[int, ...] = ()

    def __hash__(self) -> int:
        """Agree with equality; a list of thousands of words is not read for it."""
        return hash((self.name, self.type, self.list_name))

    @property
    def shown(self) -> Mapping[tuple[str, ...], str]:
        """Entries as written, by their stems."""
        if self._shown is None:
            self._shown = {each.stems: each.shown for each in self.entries}
        return self._shown

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many stems entries have, the most first."""
        if not self._lengths:
            self._lengths = tuple(sorted({len(each.stems) for each in self.entries}, reverse=True))
        return self._lengths

    def __str__(self) -> str:
        """As it is written in a template."""
        return f"{{{self.name}:{'@' + self.list_name if self.list_name else self.type}}}"

    @property
    def longest(self) -> int | None:
        """Tokens that it takes at most; None where a run between spaces or more is the limit."""
        if self.type in ("word", "path", "rest"):
            return None
        return max(self.lengths, default=0) if self.type == "list" else LONGEST_VALUE

    def ends(self, reading: Reading, at: int) -> Iterator[int]:
        """Yield the indices of the token after the slot if it begins at token `at`, preferred first."""
        if self.type == "rest":
            yield from range(at + 1, len(reading.tokens) + 1)
        elif self.type == "list":
            for length in self.lengths:
                if _stems(reading, at, at + length) in self.shown:
                    yield at + length
        elif self.type == "path":
            yield from _path_ends(reading, at)
        elif self.type == "word":
            yield from _word_ends(reading, at)
        elif found := TAKERS[self.type](reading, at):
            yield found[0]

    def value(self, reading: Reading, at: int, end: int) -> JSON:
        """Return the value of the slot between two tokens, which `ends` gave."""
        if self.type == "rest":
            return _as_typed(reading, at, end)
        if self.type == "list":
            return self.shown[_stems(reading, at, end)]
        if self.type == "path":
            return _path(reading, at, end)
        if self.type == "word":
            return reading.text[reading.tokens[at].start : reading.tokens[end - 1].end]
        found = TAKERS[self.type](reading, at)
        return found and found[1]


def slot_of(
    name: str, slot_type: SlotType, list_name: str, entries: tuple[tuple[tuple[str, ...], str], ...]
) -> Slot:
    """Make a slot of what was stored."""
    return Slot(name, slot_type, list_name, tuple([Entry(stems, shown) for stems, shown in entries]))


def _stems(reading: Reading, at: int, end: int) -> tuple[str, ...]:
    return tuple(token.stem for token in reading.tokens[at:end])


def resolved_day(value: str, time: str) -> str:
    """Return a date slot's value as an ISO date, counting `today` and the like from an ISO 8601 time.

    Raises ValueError where the time is needed and missing.
    """
    if value not in RELATIVE_DAYS:
        return value
    if not time:
        raise ValueError(f'"{value}" needs the time of the query, which is not given')
    import datetime as dt

    day = dt.datetime.fromisoformat(time).date()
    return (day + dt.timedelta(days=RELATIVE_DAYS[value])).isoformat()


def _digits_end(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end].isdecimal():
        end += 1
    return end


def _decimal_end(text: str, start: int) -> int:
    """Return where a number such as `12`, `1.5`, `.5` or `1.5e-3` ends; its start where there is none."""
    end = _digits_end(text, start)
    if text[end : end + 1] == ".":
        fraction = _digits_end(text, end + 1)
        end = fraction if fraction > end + 1 else end
    if end == start or text[end : end + 1] not in ("e", "E"):
        return end
    signed = end + 2 if text[end + 1 : end + 2] in ("+", "-") else end + 1
    exponent = _digits_end(text, signed)
    return exponent if exponent > signed else end


def _number_end(reading: Reading, at: int, end_of: Callable[[str, int], int]) -> tuple[str, int] | None:
    """Return the number that begins at a token, sign included, if nothing that belongs to it is cut off."""
    text, start = reading.text, reading.tokens[at].start
    if start and text[start - 1] == "." and not (start > 1 and text[start - 2].isalnum()):
        start -= 1
    end = end_of(text, start)
    if end == start or end <= reading.tokens[at].start:
        return None
    before = text[start - 1] if start else " "
    signed = before in "+-" and (start < 2 or text[start - 2].isspace() or text[start - 2] in "([{")
    if not _whole(reading, 0 if signed else start, end):
        return None
    return (before if signed else "") + text[start:end], end


def _whole(reading: Reading, start: int, end: int) -> bool:
    """Whether a number or date ends with a token and nothing glued to it changes what it says."""
    text = reading.text
    before, after, beyond = text[start - 1 : start], text[end : end + 1], text[end + 1 : end + 2]
    cut_before = (before.isalnum() and not unspaced(before)) or before in tuple(".,:/-_")
    cut_after = after in tuple(".,:/-_") and beyond.isalnum()
    return not cut_before and not cut_after and reading.tokens[reading.token_after(end) - 1].end == end


def _integer(reading: Reading, at: int) -> Taken | None:
    found = _number_end(reading, at, _digits_end)
    if not found or len(found[0].lstrip("+-")) > LONGEST_INTEGER:
        return None
    return reading.token_after(found[1]), int(found[0])


def _number(reading: Reading, at: int) -> Taken | None:
    found = _number_end(reading, at, _decimal_end)
    if not found:
        return None
    if found[0].lstrip("+-").isdecimal():
        return _integer(reading, at)
    value = float(found[0])
    return (reading.token_after(found[1]), value) if abs(value) < float("inf") else None


def _word_ends(reading: Reading, at: int) -> Iterator[int]:
    """Prefer the run between spaces, then what stands in it before a comma or `=`, then its first words."""
    if reading.tokens[at].mark:
        return
    run = reading.run_after(at)
    yield run
    inside = range(min(run - 1, at + REACH), at, -1)
    apart = [end for end in inside if _set_apart(reading, end)]
    yield from reversed(apart)
    yield from (end for end in inside if end not in apart)


def _set_apart(reading: Reading, at: int) -> bool:
    """Whether a comma or the like stands before a token."""
    return any(
        each in SEPARATORS for each in reading.text[reading.tokens[at - 1].end : reading.tokens[at].start]
    )


def _path_ends(reading: Reading, at: int) -> Iterator[int]:
    """Prefer the run or the quotation as it stands, then what a word would take."""
    piece = reading.piece_at(at)
    if piece and bare_path(reading.text[slice(*piece)]):
        yield reading.token_after(piece[1])
    yield from _word_ends(reading, at)


def _path(reading: Reading, at: int, end: int) -> str:
    piece = reading.piece_at(at)
    if piece and reading.token_after(piece[1]) == end and (bare := bare_path(reading.text[slice(*piece)])):
        return bare
    left, right = reading.tokens[at].start, reading.tokens[end - 1].end
    floor = reading.tokens[at - 1].end if at else 0
    while left > floor and reading.text[left - 1] in PATH_STARTS:
        left -= 1
    while reading.text[right : right + 1] in ("/", "\\"):
        right += 1
    return reading.text[left:right]


def _date(reading: Reading, at: int) -> Taken | None:
    token = reading.tokens[at]
    word = reading.text[token.start : token.end].casefold()
    if word in RELATIVE_DAYS:
        return at + 1, word
    day = reading.text[token.start : token.start + LENGTH_OF_DAY]
    end = token.start + LENGTH_OF_DAY
    if not _is_day(day) or not _whole(reading, token.start, end):
        return None
    return reading.token_after(end), day


def _is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, such as 2027-06-30."""
    digits = text[:4] + text[5:7] + text[8:]
    if len(text) != LENGTH_OF_DAY or text[4] + text[7] != "--" or not (digits.isascii() and digits.isdigit()):
        return False
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    leaps = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leaps else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return year > 0 and 0 < month <= len(days) and 0 < day <= days[month - 1]


def _as_typed(reading: Reading, at: int, end: int) -> str:
    """Return the text of the tokens with the punctuation that clings to them."""
    left, right = reading.tokens[at].start, reading.tokens[end - 1].end
    floor = reading.tokens[at - 1].end if at else 0
    ceiling = reading.tokens[end].start if end < len(reading.tokens) else len(reading.text)
    while left > floor and not reading.text[left - 1].isspace():
        left -= 1
    while right < ceiling and not reading.text[right].isspace():
        right += 1
    return reading.text[left:right]


TAKERS: Final[dict[str, Callable[[Reading, int], Taken | None]]] = {
    "int": _integer,
    "number": _number,
    "date": _date,
}
