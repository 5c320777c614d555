"""Makes a sentence and a call with slots of one taught text; it renders both back before it believes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from router.core.book import Rulebook
from router.core.plan import JSON, Target
from router.core.query import Query
from router.core.say import TemplateError, parse
from router.core.sentence import Literal, Template
from router.core.text import Normaliser, Reading
from router.core.values import values
from router.errors import BindingFailed
from router.learn.days import counted_from_today, texts
from router.learn.gaps import Gap, Path, Spot, spots
from router.learn.private import holds_secret
from router.learn.taught import Taught, told_call
from router.learn.written import constant, message, named, nothing, piece
from router.rulebook.sentences import LONGEST_SENTENCE

if TYPE_CHECKING:
    from router.core.slots import SlotType

REPOSITORY: Final = "{{ repository or cwd }}"
CWD: Final = "{{ cwd }}"
"""What stands for the directory in which it was asked; the other where rules of the same target have that."""
_NO_NAME: Final = "/\\ \t\r\n\"'`,;:)]}>?&#|"
"""What may follow the name of a directory that ends there."""
_SLOT: Final = re.compile(r"\{\{.*?\}\}")
_SYNTAX: Final = re.compile(r"[(){}\[\]|]")
STOP_WORDS: Final = (
    "a an and are as at be by can could do does for from how i in into is it its just me my of off on or"
    " our out please so that the their them then there these this those to up us was we what"
    " when where which who will with would you your"
)
"""Words that tell nothing: a sentence of these alone, with a slot, would take anything."""
UNSEEN: Final = 'a line with "seen" says what day yesterday was'
PRIVATE: Final = "it holds what looks like a secret"
UNPLACED: Final = "its call holds a path of the project, and the record does not say where it was asked"


@dataclass(frozen=True)
class Sketch:
    """A sentence and a call, both with slots, that give what was taught of a text."""

    taught: Taught
    normaliser: Normaliser
    parts: tuple[str | Gap, ...]
    """Of the sentence: words, and what stands for a slot."""
    args: Mapping[str, JSON]
    """Templates of the arguments."""
    ask: str
    """Template of the message; empty for the text."""
    types: tuple[tuple[str, SlotType], ...]
    """Of the slots, sorted by name."""

    @property
    def say(self) -> str:
        """The sentence as a rule writes it."""
        types = dict(self.types)
        return " ".join(
            f"{{{each.name}:{types[each.name]}}}" if isinstance(each, Gap) else each for each in self.parts
        )

    @cached_property
    def template(self) -> Template | None:
        """The sentence, read; None where it cannot be."""
        try:
            return parse(self.say, self.normaliser.stems, lambda _: None)
        except TemplateError:
            return None

    @property
    def said(self) -> frozenset[str]:
        """The words that the sentence asks for."""
        branches = self.template.branches if self.template else ()
        return frozenset(each.stem for branch in branches for each in branch if isinstance(each, Literal))

    def widened(self, types: Mapping[str, SlotType]) -> Sketch:
        """Return it with slots of other types."""
        return replace(self, types=tuple((name, types[name]) for name, _ in self.types))

    def gives(self, book: Rulebook, query: Query, reading: Reading) -> str | None:
        """Return the call that it makes of a question, or None where it does not take it."""
        slots = self.template.match(reading) if self.template else None
        if slots is None:
            return None
        try:
            known = values(query, "", dict(self.types), slots)
            args = book.templates.value(dict(self.args), known, "args")
            message = book.templates.text(self.ask, known, "ask") if self.ask else query.text
        except BindingFailed:
            return None
        use = self.taught.use
        return told_call(use, args, message if use.startswith("a2a:") else None)

    def holds(self, book: Rulebook) -> bool:
        """Whether it gives the call that was taught, and takes the text on one line too."""
        said = Query(" ".join(self.taught.text.split()))
        query = self.taught.query
        return (
            self.gives(book, query, book.normaliser.read(query.text)) == self.taught.call
            and self.template is not None
            and self.template.match(book.normaliser.read(said.text)) is not None
        )


def sketch(book: Rulebook, taught: Taught, *, exact: bool = False) -> Sketch | str:
    """Return the most general sketch that holds, or why there is none; an `exact` one has no slots."""
    called = _call(taught)
    if any(map(holds_secret, (taught.text, *texts(called)))):
        return PRIVATE
    if taught.project and any(_is_below(each, taught.project) for each in texts(called)):
        return UNPLACED
    query = taught.query
    reading = book.normaliser.read(query.text)
    if not reading.stems:
        return "it has no letter or digit of which a rule could be made"
    if len(reading.stems) > LONGEST_SENTENCE:
        return f"it has {len(reading.stems)} words; a rule is made of at most {LONGEST_SENTENCE}"
    found = () if exact else spots(reading, called, query.time)
    telling = _telling(book.normaliser)
    for chosen in _chosen(found):
        made = _made(book, taught, reading, chosen)
        if chosen and (not made.said - telling or _stays(made, reading, chosen)):
            continue
        if made.holds(book):
            day = counted_from_today([made.ask, made.args], query.text, taught.seen)
            return _dated(day, taught) if day else made
    return "it cannot be written as a sentence of a rule"


def _telling(normaliser: Normaliser) -> frozenset[str]:
    """Return the stems of words that tell nothing."""
    return frozenset(normaliser.stems(STOP_WORDS))


def _stays(made: Sketch, reading: Reading, chosen: Sequence[Spot]) -> bool:
    """Whether the words of a slot stand in what stays as it is, which would not follow another value."""
    left = _SLOT.sub(" ", " ".join((made.ask, *texts([*made.args.values()]))))
    tokens = reading.tokens
    named = {reading.text[tokens[gap.at].start : tokens[gap.after - 1].end] for gap in _gaps(chosen)}
    return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", left) for each in named)


def _gaps(chosen: Sequence[Spot]) -> list[Gap]:
    return sorted({each.gap for each in chosen}, key=lambda gap: gap.at)


def _dated(day: str, taught: Taught) -> str:
    because = f"its call holds the day {day}, which the text does not name"
    return f"{because}; {UNSEEN}" if taught.file and not taught.seen else because


def _is_below(text: str, directory: str) -> bool:
    """Whether a text names a directory or what lies below it."""
    place = text.find(directory)
    return place >= 0 and text[place + len(directory) :][:1] in ("", *_NO_NAME)


def _call(taught: Taught) -> JSON:
    """Return what of the call may hold values of the text."""
    asked = {} if taught.message in (None, taught.text) else {"message": taught.message}
    return {"args": dict(taught.args or {}), **asked}


def _chosen(found: Sequence[Spot]) -> Iterator[Sequence[Spot]]:
    """Yield what may become slots: all, all but those of one gap, none."""
    yield found
    gaps = dict.fromkeys(each.gap for each in found)
    for gap in reversed(gaps if len(gaps) > 1 else ()):
        yield tuple(each for each in found if each.gap != gap)
    if found:
        yield ()


def _made(book: Rulebook, taught: Taught, reading: Reading, chosen: Sequence[Spot]) -> Sketch:
    by_path: dict[Path, list[Spot]] = {}
    for each in chosen:
        by_path.setdefault(each.path, []).append(each)
    filling = _Filling(by_path, _places(book, taught))
    args = {name: filling.filled(each, ("args", name)) for name, each in (taught.args or {}).items()}
    asked = None if taught.message in (None, taught.text) else taught.message
    ask = "" if asked is None else filling.text(asked, ("message",), message)
    gaps = _gaps(chosen)
    types = tuple(sorted((gap.name, gap.type) for gap in gaps))
    parts = tuple(_parts(reading, gaps))
    return Sketch(taught, book.normaliser, parts, args, ask, types)


def _places(book: Rulebook, taught: Taught) -> tuple[tuple[str, str], ...]:
    """Return directories of the question with what stands for them, the longest path first."""
    cwd, repository = (CWD, taught.cwd), (REPOSITORY, taught.repository or taught.cwd)
    both = (repository, cwd) if _asks_for_repository(book, taught.use) else (cwd, repository)
    known = ((path, here) for here, path in both if path)
    return tuple(sorted(known, key=lambda each: -len(each[0])))


def _asks_for_repository(book: Rulebook, use: str) -> bool:
    """Whether other rules give the target the repository that one stands in."""
    target = Target.parse(use)
    steps = (step for rule in book.rules.values() for step in rule.steps if step.use == target)
    return any(REPOSITORY in step.args.values() for step in steps)


@dataclass(frozen=True, slots=True)
class _Filling:
    """Puts templates into a call, in the place of what the text names."""

    found: Mapping[Path, Sequence[Spot]]
    places: Sequence[tuple[str, str]]
    """Directories of the question with what stands for them."""

    def filled(self, value: JSON, path: Path) -> JSON:
        """Return a value of the call as a rule writes it."""
        if isinstance(value, Mapping):
            return {key: self.filled(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each, (*path, number)) for number, each in enumerate(value)]
        if value is None:
            return nothing()
        if isinstance(value, str):
            return self.text(value, path, constant)
        mine = self.found.get(path)
        return named(mine[0].gap.name) if mine else value

    def text(self, text: str, path: Path, alone: Callable[[str], str]) -> str:
        """Return a text of the call as a rule writes it; `alone` writes one without slots."""
        mine = self.found.get(path, ())
        if mine and mine[0].part is None:
            return named(mine[0].gap.name)
        out, place = self.placed(text)
        if not mine:
            return out + piece(text[place:]) if place else alone(text)
        parts = sorted((each.part, each.gap.name) for each in mine if each.part)
        if parts[0][0][0] < place:
            out, place = "", 0
        for (start, end), name in parts:
            out += piece(text[place:start]) + named(name)
            place = end
        return out + piece(text[place:])

    def placed(self, text: str) -> tuple[str, int]:
        """Return what stands for the directory with which a text begins, and where that ends in it."""
        for path, here in self.places:
            rest = text.removeprefix(path)
            if rest != text and (not rest or (rest[0] in "/\\" and len(path) > 1)):
                return here, len(path)
        return "", 0


def _parts(reading: Reading, gaps: Sequence[Gap]) -> Iterator[str | Gap]:
    """Yield the sentence: words as they were typed, without the punctuation around them, and slots."""
    place = 0
    for gap in gaps:
        yield from _words(reading, place, gap.at)
        yield gap
        place = gap.after
    yield from _words(reading, place, len(reading.tokens))


def _words(reading: Reading, start: int, end: int) -> Iterator[str]:
    """Yield the runs between spaces from one token up to another."""
    at = start
    while at < end:
        after = min(reading.run_after(at), end)
        words = [token for token in reading.tokens[at:after] if not token.mark]
        if words:
            raw = reading.text[words[0].start : words[-1].end]
            yield " ".join(_SYNTAX.sub(" ", raw).split())
        at = after
