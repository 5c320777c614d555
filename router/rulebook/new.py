"""Writes a rule for a query: a table that takes it, at its place in a topic's file; no other changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import tomli_w

from router.core.book import Rulebook
from router.core.findings import Findings
from router.core.plan import JSON, Target
from router.core.query import Query
from router.core.rule import Rule
from router.core.settings import Settings
from router.core.template import strings
from router.core.values import VALUES
from router.disk import replace_file
from router.errors import Problem, QueryRefused, RulebookRefused
from router.rulebook.format import format_rules
from router.rulebook.read import RULE_NAME, Reading
from router.rulebook.schema import RULE_LINE
from router.rulebook.sentences import sentence
from router.rulebook.tree import Directory
from router.toml.positions import Positions

WORDS_IN_A_NAME: Final = 5
LONGEST_NAME: Final = 60
"""Characters of a table's name, before a number is put behind it."""
BYTE_ORDER_MARK: Final = "\ufeff".encode()
SCHEMA: Final = "schemas/rules.json"
"""Of a project; a new file names it where it is there."""
_NOT_IN_A_NAME: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule that was written."""

    id: str
    file: str
    table: str
    """Its TOML."""
    before: Rulebook
    book: Rulebook
    """The rulebook with the rule in it; another rule may still take the text."""


def write_rule(
    project: Path,
    settings: Settings,
    *,
    text: str,
    use: str,
    layer: str,
    topic: str,
    owner: str,
    recorded: Iterable[Query] = (),
) -> NewRule:
    """Write a rule that takes `text` into `rules/<layer>/<topic>.toml`, at its place by name.

    Numbers, days and paths of the text become slots; the nearest of the recorded queries and of other rules'
    examples that it does not take becomes its `no`. Raises QueryRefused for a text, layer, topic or target
    that cannot be, and RulebookRefused, with nothing written, where the rulebook does not load with the rule
    or the file cannot be written.
    """
    query = Query(text)
    target = _target(use)
    topic = topic or _name(target.name)
    _refuse_place(settings, layer, topic)
    reading = Reading(Directory(project), settings)
    before = reading.book()
    place = _Place(
        reading, project, f"rules/{layer}/{topic}.toml", layer, topic, _free_name(before, topic, text)
    )
    written = _rule(before, query, target, owner)
    book = place.book_with(written)
    if against := _nearest(book, book.rules[place.id], recorded):
        written["no"] = [against]
        book = place.book_with(written)
    place.write(written)
    return NewRule(place.id, place.file, place.table(written), before, book)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the rule will stand."""

    reading: Reading
    project: Path
    file: str
    layer: str
    topic: str
    name: str

    @property
    def id(self) -> str:
        return f"{self.topic}.{self.name}"

    def table(self, written: Mapping[str, Any]) -> str:
        return format_rules(tomli_w.dumps({self.name: written}))

    def book_with(self, written: Mapping[str, Any]) -> Rulebook:
        """Return the rulebook with the rule, which is written nowhere yet."""
        sources = self.reading.sources
        others = tuple(each for each in sources.rules if each.file != self.file)
        mine = tuple(self.reading.rule_texts(self.file, self._text_with(written), self.layer, self.topic))
        return self.reading.book(replace(sources, rules=(*others, *mine)))

    def write(self, written: Mapping[str, Any]) -> None:
        path = self.project / self.file
        try:
            mark = BYTE_ORDER_MARK if path.exists() and path.read_bytes().startswith(BYTE_ORDER_MARK) else b""
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, mark + self._text_with(written).encode())
        except OSError as error:
            problem = Problem(self.file, f"cannot be written: {error.strerror}", code="unreadable")
            raise RulebookRefused((problem,)) from error

    def _text_with(self, written: Mapping[str, Any]) -> str:
        """Return what the file will hold; a new one names its schema where the project has it."""
        old = Directory(self.project).text(self.file, Findings())
        if old is None:
            old = f"{RULE_LINE}\n" if (self.project / SCHEMA).exists() else ""
        return placed(old, self.name, self.table(written), self.file)


def _formatted(text: str, file: str) -> bool:
    """Whether a file is kept by `ts rules fmt`; one that it cannot lay out is not."""
    try:
        return format_rules(text, file) == text
    except RulebookRefused:
        return False


def _target(use: str) -> Target:
    try:
        return Target.parse(use)
    except ValueError as error:
        raise QueryRefused(str(error)) from error


def _refuse_place(settings: Settings, layer: str, topic: str) -> None:
    if layer not in settings.layers:
        raise QueryRefused(f'there is no layer "{layer}"; ts.toml lists {", ".join(settings.layers)}')
    if not RULE_NAME.fullmatch(topic):
        raise QueryRefused(f'"{topic}" is not a topic; use letters, digits, - and _')


def _rule(book: Rulebook, query: Query, target: Target, owner: str) -> dict[str, Any]:
    template, example = sentence(book, query)
    rule: dict[str, Any] = {"owner": owner} if owner else {}
    rule |= {"say": [template], "use": str(target)}
    if args := _shared_args(book, target):
        rule["args"] = args
    return rule | {"yes": [example]}


def _shared_args(book: Rulebook, target: Target) -> dict[str, JSON]:
    """Return the arguments that every other call of a target gives alike, and that read no slot or step."""
    calls = [step.args for rule in book.rules.values() for step in rule.steps if step.use == target]
    first = calls[0] if calls else {}
    return {
        name: value
        for name, value in first.items()
        if all(call.get(name) == value for call in calls)
        and all(book.templates.names(each) <= VALUES for each in strings(value))
    }


def _nearest(book: Rulebook, rule: Rule, recorded: Iterable[Query]) -> str:
    """Return the text most like the rule's own that it does not take, by the share of words in common.

    Empty where no other text has a word in common.
    """
    own = book.normaliser.read(rule.yes[0]).stem_set
    others = [Query(text) for each in book.rules.values() if each is not rule for text in each.yes]
    likeness: dict[str, float] = {}
    for query in (*recorded, *others):
        stems = book.normaliser.read(query.text).stem_set
        if own & stems and not book.match(rule, query).full:
            likeness[" ".join(query.text.split())] = len(own & stems) / len(own | stems)
    return min(likeness, key=lambda text: (-likeness[text], text), default="")


def _name(text: str) -> str:
    return _NOT_IN_A_NAME.sub("-", text.lower()).strip("-")


def _free_name(book: Rulebook, topic: str, text: str) -> str:
    words = _name(text).split("-")[:WORDS_IN_A_NAME]
    stem = "-".join(word for word in words if word)[:LONGEST_NAME] or "rule"
    names = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(book.rules) + 3))
    return next(name for name in names if book.find(f"{topic}.{name}") is None)


def placed(text: str, name: str, table: str, file: str = "text") -> str:
    """Return a file of rules with one more table: a formatted file stays so, any other keeps every line.

    In the latter the table comes behind the last one whose name is smaller, before all where there is none.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    if not text.strip() or _formatted(text, file):
        return format_rules(end.join((text.rstrip("\r\n"), "", table.replace("\n", end))))
    lines = text.split("\n")
    positions = Positions(text)
    names = positions.tables()
    place = max((number for number, each in enumerate(names, 1) if each < name), default=0)
    at = positions.table_line(names[place]) - 1 if place < len(names) else len(lines)
    while at and at < len(lines) and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    parts = ("\n".join(lines[:at]), table.replace("\n", end), "\n".join(lines[at:]))
    return (2 * end).join(part.strip("\r\n") for part in parts if part.strip()) + end
