"""Finds the values of a call in the text that asked for it; what cannot be told apart is not found."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from router.core.compile_rule import TEMPLATE_WORDS
from router.core.plan import JSON
from router.core.slots import Slot, resolved_day
from router.core.text import Reading
from router.core.values import ANSWER_VALUES

if TYPE_CHECKING:
    from router.core.slots import SlotType

WIDER: Final[Sequence[SlotType]] = ("int", "number", "date", "word", "path", "rest")
"""Types of slots: of two that may stand for the same value, the later takes more."""
PLAIN: Final[Sequence[SlotType]] = ("date", "int", "number", "path")
"""What is told from the words around it by its looks, also inside of a longer value."""
NAMES: Final = {"int": "n", "number": "amount", "date": "day", "path": "path"}
"""Of slots that stand for a part of a value."""

_PATH: Final = re.compile(r"[/\\]|^[~.]|\w\.[A-Za-z]\w{0,4}$")
_NOT_IN_A_NAME: Final = re.compile(r"[^a-z0-9]+")
_ZONE: Final = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}")
_NEW_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

Path = tuple[str | int, ...]
"""Keys and list indices that lead to a value of a call."""
Place: TypeAlias = "tuple[int, int, SlotType]"
"""Indices of a first token and of the one behind the last, and the type of a slot that takes them."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of the text's words that a slot takes."""

    at: int
    """Index of its first token."""
    after: int
    """Index of the token behind it."""
    name: str
    type: SlotType


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of a call, or a part of one, that the text names."""

    path: Path
    gap: Gap
    part: tuple[int, int] | None = None
    """Where it begins and ends in the value; None where it is the whole."""


def leaves(value: JSON, path: Path = ()) -> Iterator[tuple[Path, JSON]]:
    """Yield the texts and numbers in a JSON value, each with what leads to it, sorted by it."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from leaves(each, (*path, number))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, value


def spots(reading: Reading, call: JSON, time: str) -> tuple[Spot, ...]:
    """Return where the text names values of a call: whole ones first, then parts of longer ones.

    No two of the gaps share a word, and one at most takes several. A value that stands twice is left out,
    and so are those that share words without being one: what is left of one would not follow the other.
    """
    gaps: dict[tuple[int, int], Gap] = {}
    found: list[Spot] = []
    rest: list[tuple[Path, str]] = []
    places: list[tuple[Path, Place]] = []
    for path, value in leaves(call):
        place = _place(reading, value, time)
        if place is not None:
            places.append((path, place))
        elif isinstance(value, str):
            rest.append((path, value))
    for path, place in places:
        if any(_clash(place, other) for _, other in places):
            continue
        if (gap := _claimed(gaps, *place, _name(path))) is not None:
            found.append(Spot(path, gap))
    for path, text in rest:
        for part, where in _parts(reading, text, time):
            gap = _claimed(gaps, *where, NAMES[where[2]])
            if gap is not None:
                found.append(Spot(path, gap, part))
    return tuple(found)


def _clash(one: Place, other: Place) -> bool:
    """Whether two places share a word and are not the same."""
    return one != other and one[0] < other[1] and other[0] < one[1]


def _claimed(gaps: dict[tuple[int, int], Gap], at: int, after: int, kind: SlotType, name: str) -> Gap | None:
    """Return the gap at a place, a new one where it shares no word with others, or None."""
    if (at, after) in gaps:
        return gaps[at, after] if gaps[at, after].type == kind else None
    if any(at < each.after and each.at < after for each in gaps.values()):
        return None
    if kind == "rest" and any(each.type == "rest" for each in gaps.values()):
        return None
    taken = {each.name for each in gaps.values()}
    names = (name if number == 1 else f"{name}_{number}" for number in range(1, len(taken) + 2))
    gap = gaps[at, after] = Gap(at, after, next(each for each in names if each not in taken), kind)
    return gap


def _name(path: Path) -> str:
    """Return a slot's name for the value at a path: that of its argument."""
    key = next((each for each in reversed(path) if isinstance(each, str)), "")
    name = _NOT_IN_A_NAME.sub("_", _NEW_WORD.sub("_", key).lower()).strip("_")
    if not name or name[0].isdigit():
        name = f"value_{name}".rstrip("_")
    return f"{name}_value" if name in ANSWER_VALUES or name in TEMPLATE_WORDS else name


def _place(reading: Reading, value: JSON, time: str) -> Place | None:
    """Return the one place where the text names a value, and the narrowest slot that takes it there."""
    for kind in _kinds(value):
        if isinstance(value, str) and kind != "date" and value not in reading.text:
            continue
        places = {(at, after) for at, after, found in _taken(reading, kind, time) if _equal(found, value)}
        if places:
            return (*places.pop(), kind) if len(places) == 1 else None
    return None


def _kinds(value: JSON) -> Sequence[SlotType]:
    """Return the types of slots that may give a value, in the order in which they are tried."""
    if isinstance(value, str):
        if _is_zone(value):
            return ("word",)
        return ("date", "path", "word", "rest") if _PATH.search(value) else ("date", "word", "path", "rest")
    return ("int",) if isinstance(value, int) else ("number",)


def _is_zone(value: str) -> bool:
    """Whether it is the name of a time zone, which looks like a path and is none."""
    if not _ZONE.fullmatch(value):
        return False
    try:
        zoneinfo.ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # of a name that is a directory, or that nobody knows
        return False
    return True


def _equal(one: JSON, other: JSON) -> bool:
    return type(one) is type(other) and one == other


def _taken(reading: Reading, kind: SlotType, time: str) -> Iterator[tuple[int, int, JSON]]:
    """Yield every place that a slot of a type may take, with its value."""
    slot = Slot("slot", kind)
    for at in range(len(reading.tokens)):
        for after in slot.ends(reading, at):
            value = slot.value(reading, at, after)
            if kind == "date":
                try:
                    value = resolved_day(value, time)
                except (ValueError, OverflowError):
                    continue
            yield at, after, value


def _parts(reading: Reading, text: str, time: str) -> Iterator[tuple[tuple[int, int], Place]]:
    """Yield where a longer text holds what the question names once, and where the question does."""
    used: list[tuple[int, int]] = []
    for kind in PLAIN:
        values: dict[str, set[tuple[int, int]]] = {}
        for at, after, value in _taken(reading, kind, time):
            if kind != "path" or _PATH.search(value):
                values.setdefault(str(value), set()).add((at, after))
        for value, places in sorted(values.items()):
            if len(places) != 1:
                continue
            behind = r"(?![\d-])" if kind == "date" else r"(?!\w|[.,-]\w)"
            for found in re.finditer(rf"(?<![\w.,-]){re.escape(value)}{behind}", text):
                if all(found.end() <= start or end <= found.start() for start, end in used):
                    used.append(found.span())
                    yield found.span(), (*next(iter(places)), kind)
