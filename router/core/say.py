"""Sentence templates: `(show|list) [the] last {n:int} commits`, read into branches and matched whole."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from router.core.plan import JSON
from router.core.slots import LONGEST_INTEGER, SLOT_TYPES, WIDENED, Entry, Slot
from router.core.text import Reading, unspaced

MOST_BRANCHES: Final = 512
"""Sentences that one template may stand for."""
MOST_NESTED: Final = 20
"""Brackets inside brackets."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A word that must be said."""

    stem: str


Element: TypeAlias = Literal | Slot
Branch: TypeAlias = tuple[Element, ...]


class TemplateError(ValueError):
    """A template that cannot be read; `offset` says where, in characters."""

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Template:
    """A template as written, and the sentences it stands for."""

    shown: str
    branches: tuple[Branch, ...]
    stems: tuple[frozenset[str], ...] = field(init=False, repr=False, compare=False)
    """The words of each sentence, for a quick no."""
    edges: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = field(init=False, repr=False, compare=False)
    """The words with which each sentence begins and ends."""

    def __post_init__(self) -> None:
        """Collect the words."""
        stems = (frozenset(each.stem for each in _literals(branch)) for branch in self.branches)
        edges = ((_first_words(branch), _first_words(branch[::-1])[::-1]) for branch in self.branches)
        object.__setattr__(self, "stems", tuple(stems))
        object.__setattr__(self, "edges", tuple(edges))

    def match(self, reading: Reading) -> dict[str, JSON] | None:
        """Return the slots' values where the whole text is one of the sentences, else None."""
        for branch, stems, (first, last) in zip(self.branches, self.stems, self.edges, strict=True):
            if not stems <= reading.stem_set or reading.stems[: len(first)] != first:
                continue
            if reading.stems[len(reading.stems) - len(last) :] != last:
                continue
            if (ends := _Search(branch, reading).way()) is not None:
                return dict(_values(branch, ends, reading))
        return None

    def slots(self) -> dict[str, Slot]:
        """Return every slot by name; one name has one type, which reading ensures."""
        return {each.name: each for branch in self.branches for each in branch if isinstance(each, Slot)}

    def almost(self, reading: Reading) -> bool:
        """Whether two or more words of one of the sentences, and all of them, are somewhere in the text."""
        return any(len(stems) > 1 and stems <= reading.stem_set for stems in self.stems)


def _first_words(branch: Branch) -> tuple[str, ...]:
    words = itertools.takewhile(lambda each: isinstance(each, Literal), branch)
    return tuple(each.stem for each in _literals(tuple(words)))


def _literals(branch: Branch) -> Iterator[Literal]:
    return (each for each in branch if isinstance(each, Literal))


class _Search:
    """Looks for a way through a branch, depth first; nothing that failed once is tried again."""

    def __init__(self, branch: Branch, reading: Reading) -> None:
        self.branch = branch
        self.reading = reading
        self._seen: set[tuple[int, int]] = set()
        self._rest_tried_from = len(reading.tokens) + 1

    def way(self) -> list[tuple[int, int]] | None:
        """Return where each element begins and ends, or None."""
        way: list[tuple[int, int]] = []
        tries = [self._tries(0, 0)]
        while tries:
            found = next(tries[-1], None)
            if found is None:
                tries.pop()
                del way[-1:]
            elif len(tries) < len(self.branch):
                way.append(found)
                tries.append(self._tries(len(way), found[1]))
            elif found[1] >= self.reading.words_end:
                return [*way, found]
        return None

    def _tries(self, place: int, start: int) -> Iterator[tuple[int, int]]:
        """Yield where an element may begin and end; it may leave out marks before it, such as a lone dot."""
        for at in range(start, len(self.reading.tokens)):
            if (place, at) in self._seen:
                return
            self._seen.add((place, at))
            for after in self._ends(place, at):
                yield at, after
            if not self.reading.tokens[at].idle:
                return

    def _ends(self, place: int, at: int) -> Iterator[int]:
        element, token = self.branch[place], self.reading.tokens[at]
        if isinstance(element, Literal):
            if token.stem == element.stem and not token.mark:
                yield at + 1
        elif element.type == "rest":
            yield from self._rest_ends(place, at)
        else:
            yield from element.ends(self.reading, at)

    def _rest_ends(self, place: int, at: int) -> Iterator[int]:
        """Yield the ends of the one `{rest}` that leave what is behind it enough, and were not tried yet."""
        tail = _longest(self.branch[place + 1 :])
        least = 0 if tail is None else self.reading.words_end - self.reading.marks - tail
        first, behind = max(at + 1, least), self._rest_tried_from
        self._rest_tried_from = min(first, behind)
        yield from range(first, behind)


def _longest(branch: Branch) -> int | None:
    """Return how many words the elements take at most, or None where there is no such limit."""
    lengths = [1 if isinstance(each, Literal) else each.longest for each in branch]
    return None if None in lengths else sum(each for each in lengths if each)


def _values(branch: Branch, ends: list[tuple[int, int]], reading: Reading) -> Iterator[tuple[str, JSON]]:
    for element, (at, after) in zip(branch, ends, strict=True):
        if isinstance(element, Slot):
            yield element.name, element.value(reading, at, after)


def within(narrow: Branch, wide: Branch) -> bool:
    """Whether each element of `wide` takes one of `narrow` (a `{rest}` more), so that it matches too."""
    if len(narrow) < len(wide) or not (_is_rest(wide[0]) or _admits(wide[0], narrow[0])):
        return False
    rest = next((place for place, each in enumerate(wide) if _is_rest(each)), None)
    if rest is None:
        return len(narrow) == len(wide) and all(map(_admits, wide, narrow))
    behind = len(wide) - rest - 1
    return all(map(_admits, wide[:rest], narrow[:rest])) and all(
        map(_admits, wide[len(wide) - behind :], narrow[len(narrow) - behind :])
    )


def _is_rest(element: Element) -> bool:
    return isinstance(element, Slot) and element.type == "rest"


def _admits(wide: Element, narrow: Element) -> bool:
    if isinstance(wide, Literal):
        return wide == narrow
    if isinstance(narrow, Literal):
        return _admits_word(wide, narrow.stem)
    if wide.type == "list":
        return narrow.type == "list" and narrow.shown.keys() <= wide.shown.keys()
    if narrow.type == "list" and wide.type in ("word", "path"):
        return narrow.longest == 1
    return wide.type == narrow.type or wide.type in WIDENED[narrow.type]


def _admits_word(wide: Slot, stem: str) -> bool:
    if wide.type == "list":
        return (stem,) in wide.shown
    if wide.type in ("int", "number"):
        return stem.isdecimal() and len(stem) <= LONGEST_INTEGER
    return wide.type != "date"


Stems = Callable[[str], tuple[str, ...]]
Entries = Callable[[str], tuple[Entry, ...] | None]


def parse(text: str, stems: Stems, entries: Entries) -> Template:
    """Read a template; `stems` normalises words and `entries` looks a list up, None where it is unknown.

    Raises TemplateError with what is wrong and where.
    """
    reader = _Reader(text, stems, entries)
    branches = reader.sequence(closing="")
    if any(not branch for branch in branches):
        raise TemplateError("a template must require at least one word or slot", 0)
    if any(len(set(names := _slot_names(each))) != len(names) for each in branches):
        raise TemplateError("a slot stands twice in one sentence", 0)
    return Template(text, tuple(dict.fromkeys(branches)))


def _slot_names(branch: Branch) -> list[str]:
    return [each.name for each in branch if isinstance(each, Slot)]


def _joined(left: list[Branch], right: list[Branch], place: int) -> list[Branch]:
    if len(left) * len(right) > MOST_BRANCHES:
        raise TemplateError(
            f"the template stands for more than {MOST_BRANCHES} sentences",
            place,
            "split it, or use a list slot such as {x:@list}",
        )
    return [first + second for first in left for second in right]


class _Reader:
    """Reads a template from left to right."""

    def __init__(self, text: str, stems: Stems, entries: Entries) -> None:
        self.text = text
        self.stems = stems
        self.entries = entries
        self.place = 0
        self.depth = 0
        self.types: dict[str, str] = {}

    def sequence(self, closing: str) -> list[Branch]:
        """Read up to the closing bracket, or to a `|` inside one, or to the end."""
        branches: list[Branch] = [()]
        while self.place < len(self.text):
            character = self.text[self.place]
            if character in (closing or None, "|" if closing else None):
                return branches
            start = self.place
            branches = _joined(branches, self._part(character), start)
        if closing:
            raise TemplateError(f'a "{closing}" is missing', len(self.text))
        return branches

    def _part(self, character: str) -> list[Branch]:
        if character == "(":
            return self._alternatives(")")
        if character == "[":
            return [*self._alternatives("]"), ()]
        if character == "{":
            return [(self._slot(),)]
        if character in ")]}|":
            raise TemplateError(f'a "{character}" stands alone', self.place)
        return [self._words()]

    def _alternatives(self, closing: str) -> list[Branch]:
        opening = self.place
        self._set_off(opening - 1)
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise TemplateError(f"brackets are nested more than {MOST_NESTED} deep", opening)
        found: list[Branch] = []
        while True:
            self.place += 1
            found += self.sequence(closing)
            if self.text[self.place] == closing:
                break
        self.place += 1
        self.depth -= 1
        self._set_off(self.place)
        if any(not branch for branch in found):
            raise TemplateError(f"an alternative in {self.text[opening]}…{closing} is empty", opening)
        return found

    def _set_off(self, place: int) -> None:
        """Words and brackets are set off by a space: `commit[s]` would not do what it looks like."""
        beside = self.text[place : place + 1] if place >= 0 else ""
        if (beside.isalnum() and not unspaced(beside)) or beside in tuple("'_-"):
            raise TemplateError(
                "a bracket is glued to a word", place, "put a space between them; endings need no bracket"
            )

    def _words(self) -> Branch:
        start = self.place
        while self.place < len(self.text) and self.text[self.place] not in "()[]{}|":
            self.place += 1
        return tuple(Literal(stem) for stem in self.stems(self.text[start : self.place]))

    def _slot(self) -> Slot:
        start = self.place
        end = self.text.find("}", start)
        if end < 0:
            raise TemplateError('a "}" is missing', start)
        self._set_off(start - 1)
        self.place = end + 1
        self._set_off(self.place)
        name, colon, kind = (part.strip() for part in self.text[start + 1 : end].partition(":"))
        if not colon and name in SLOT_TYPES:
            kind = name
        if not (name.isidentifier() and name.islower()):
            raise TemplateError(f'"{name}" is not a slot name', start, "use small letters, digits and _")
        if self.types.get(name, kind) != kind:
            raise TemplateError(f'slot "{name}" has two types, {self.types[name]} and {kind}', start)
        slot = self._typed(name, kind, start)
        self.types[name] = kind
        return slot

    def _typed(self, name: str, kind: str, start: int) -> Slot:
        if kind.startswith("@"):
            found = self.entries(kind[1:])
            if found is None:
                raise TemplateError(f'unknown list "{kind}"', start, kind)
            return Slot(name, "list", kind[1:], found)
        if kind == "rest" and name not in self.types and "rest" in self.types.values():
            raise TemplateError("a template has at most one slot of type rest", start)
        for known in SLOT_TYPES:
            if kind == known:
                return Slot(name, known)
        types = ", ".join(SLOT_TYPES)
        message = f'slot "{name}" has no type' if not kind else f'unknown slot type "{kind}"'
        raise TemplateError(message, start, f"the types are {types} and @list")
