"""Sentences of templates, matched whole: literals and slots one after another; it reads no template."""

from __future__ import annotations

from router.core.light import Light
from router.core.slots import LONGEST_INTEGER, WIDENED, Slot, slot_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    from router.core.plan import JSON
    from router.core.text import Reading

    Element: TypeAlias = "Literal | Slot"
    Branch: TypeAlias = tuple[Element, ...]
    Quick: TypeAlias = tuple[Branch, frozenset[str], tuple[tuple[str, ...], tuple[str, ...]], float]
    """A sentence, its words, those with which it begins and ends, and how many it takes at most."""
else:
    Branch = tuple


class Literal(Light):
    """A word that must be said."""

    __slots__ = ("stem",)

    def __init__(self, stem: str) -> None:
        self.stem = stem

    def __hash__(self) -> int:
        """Agree with equality, quickly."""
        return hash(self.stem)


class Template(Light):
    """A template as written, and the sentences it stands for."""

    __slots__ = ("_quick", "branches", "shown")

    def __init__(self, shown: str, branches: tuple[Branch, ...]) -> None:
        self.shown = shown
        self.branches = branches
        self._quick: tuple[Quick, ...] | None = None

    def __hash__(self) -> int:
        """Agree with equality; the sentences follow from what is written and the lists."""
        return hash(self.shown)

    @property
    def quick(self) -> tuple[Quick, ...]:
        """What gives a quick no, sentence by sentence."""
        if self._quick is None:
            self._quick = tuple([_quick(each) for each in self.branches])
        return self._quick

    def match(self, reading: Reading) -> dict[str, JSON] | None:
        """Return the slots' values where the whole text is one of the sentences, else None."""
        stems, stem_set = reading.stems, reading.stem_set
        for branch, words, (first, last), most in self.quick:
            if not words <= stem_set or len(stems) > most:
                continue
            if stems[: len(first)] != first or stems[len(stems) - len(last) :] != last:
                continue
            if (ends := _Search(branch, reading).way()) is not None:
                return dict(_values(branch, ends, reading))
        return None

    def slots(self) -> dict[str, Slot]:
        """Return every slot by name; one name has one type, which reading ensures."""
        return {each.name: each for branch in self.branches for each in branch if isinstance(each, Slot)}

    def almost(self, reading: Reading) -> bool:
        """Whether two or more words of one of the sentences, and all of them, are somewhere in the text."""
        return any(len(words) > 1 and words <= reading.stem_set for _, words, _, _ in self.quick)


def template_of(shown: str, stored: tuple[tuple[Any, ...], ...]) -> Template:
    """Make a template of what was stored: in a sentence a text is a word, a tuple a slot."""
    return Template(
        shown,
        tuple(
            [
                tuple([Literal(each) if isinstance(each, str) else slot_of(*each) for each in branch])
                for branch in stored
            ]
        ),
    )


def _quick(branch: Branch) -> Quick:
    words = frozenset([each.stem for each in branch if isinstance(each, Literal)])
    longest = _longest(branch)
    edges = _first_words(branch), _first_words(branch[::-1])[::-1]
    return branch, words, edges, float("inf") if longest is None else longest


def _first_words(branch: Branch) -> tuple[str, ...]:
    found: list[str] = []
    for each in branch:
        if not isinstance(each, Literal):
            break
        found.append(each.stem)
    return tuple(found)


class _Search:
    """Looks for a way through a branch, depth first; nothing that failed once is tried again."""

    def __init__(self, branch: Branch, reading: Reading) -> None:
        self.branch = branch
        self.reading = reading
        self.tokens = reading.tokens
        self._seen: set[tuple[int, int]] = set()
        self._rest_tried_from = len(self.tokens) + 1

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
        for at in range(start, len(self.tokens)):
            if (place, at) in self._seen:
                return
            self._seen.add((place, at))
            for after in self._ends(place, at):
                yield at, after
            if not self.tokens[at].idle:
                return

    def _ends(self, place: int, at: int) -> Iterator[int]:
        element, token = self.branch[place], self.tokens[at]
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
