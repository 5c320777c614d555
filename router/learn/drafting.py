"""Groups what was taught into drafts of rules: one for each call, with all that people say for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.core.book import Rulebook
from router.core.canonical import canonical
from router.core.query import Query
from router.core.text import Reading
from router.learn.gaps import WIDER
from router.learn.shaping import Sketch
from router.learn.taught import Taught

if TYPE_CHECKING:
    from router.core.slots import SlotType


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule to be: sentences that share a call, and what was taught of it."""

    sketches: tuple[Sketch, ...]
    """Of the sentences, each another; their call is one."""
    taught: tuple[Taught, ...]

    @property
    def first(self) -> Sketch:
        """What stands for all where they are alike."""
        return self.sketches[0]

    @property
    def answers(self) -> int:
        """How often it was answered so."""
        return sum(each.count for each in self.taught)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A taught text, read once."""

    sketch: Sketch
    query: Query
    reading: Reading
    call: str


def drafts(book: Rulebook, sketches: Iterable[Sketch]) -> tuple[Draft, ...]:
    """Return drafts that together give every call that was taught: those that give the most first.

    Where one draft gives what another is there for, it takes it over: constants that look like slots, and
    slots that only once looked like one.
    """
    by_use: dict[str, list[Sketch]] = {}
    for each in sketches:
        by_use.setdefault(each.taught.use, []).append(each)
    return tuple(draft for _, mine in sorted(by_use.items()) for draft in _drafts(book, mine))


def _drafts(book: Rulebook, sketches: Sequence[Sketch]) -> list[Draft]:
    asked = [
        _Asked(each, query := each.taught.query, book.normaliser.read(query.text), each.taught.call)
        for each in sketches
    ]
    groups = _groups(book, sketches)
    waiting = {
        number: [place for place, each in enumerate(asked) if _covers(book, group, each)]
        for number, group in enumerate(groups)
    }
    found: list[Draft] = []
    while waiting:
        best = max(waiting, key=lambda number: (len(waiting[number]), -number))
        mine = waiting.pop(best)
        taken = {asked[place].sketch.taught.text: asked[place] for place in mine}
        needed = tuple(each for each in groups[best] if any(_takes(each, asked[place]) for place in mine))
        found.append(Draft(needed, tuple(each.sketch.taught for each in taken.values())))
        waiting = {
            number: left
            for number, places in waiting.items()
            if (left := [place for place in places if place not in mine])
        }
    return found


def _covers(book: Rulebook, group: Sequence[Sketch], asked: _Asked) -> bool:
    return any(each.gives(book, asked.query, asked.reading) == asked.call for each in group)


def _takes(sketch: Sketch, asked: _Asked) -> bool:
    return sketch.template is not None and sketch.template.match(asked.reading) is not None


def _groups(book: Rulebook, sketches: Sequence[Sketch]) -> list[tuple[Sketch, ...]]:
    """Return sketches of the same call, each sentence once; a slot of two types gets the wider, if it can."""
    by_call: dict[str, list[Sketch]] = {}
    for each in sketches:
        by_call.setdefault(canonical([dict(each.args), each.ask]), []).append(each)
    found: list[tuple[Sketch, ...]] = []
    for _, mine in sorted(by_call.items()):
        types = _widest(mine)
        wide = [each.widened(types) for each in mine]
        if all(each.holds(book) for each in wide):
            found.append(_distinct(wide))
            continue
        by_types: dict[tuple[tuple[str, SlotType], ...], list[Sketch]] = {}
        for each in mine:
            by_types.setdefault(each.types, []).append(each)
        found += [_distinct(each) for _, each in sorted(by_types.items())]
    return found


def _widest(sketches: Sequence[Sketch]) -> dict[str, SlotType]:
    found: dict[str, SlotType] = {}
    for name, kind in (each for sketch in sketches for each in sketch.types):
        found[name] = max(found.get(name, kind), kind, key=WIDER.index)
    return found


def _distinct(sketches: Iterable[Sketch]) -> tuple[Sketch, ...]:
    """Return sketches of each sentence once: case, inflections and punctuation do not tell them apart."""
    found = {each.template.branches: each for each in sketches if each.template}
    return tuple(sorted(found.values(), key=lambda each: each.say))
