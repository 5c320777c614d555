"""Writes a rule for a query: a table that takes it, appended to a topic's file. It changes no other table."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tomli_w

from router.core.book import Rulebook
from router.core.plan import Target
from router.core.query import Query
from router.core.say import Template, TemplateError, parse
from router.core.settings import Settings
from router.errors import Problem, QueryRefused, RulebookRefused
from router.rulebook.read import RULE_NAME, read_rulebook
from router.rulebook.tree import Directory

LONGEST_SENTENCE: Final = 200
"""Words of a text of which a rule is made at most; nobody asks a longer one twice."""
WORDS_IN_A_NAME: Final = 5
LONGEST_NAME: Final = 60
"""Characters of a table's name, before a number is put behind it."""
SLOTS: Final = ("n", "m", "k", "i", "j")
"""Names for the numbers of a text; further ones stay as they are."""
_SYNTAX: Final = re.compile(r"[(){}\[\]|]")
_NUMBER: Final = re.compile(r"(?<![\w.,:/'-])\d{1,18}(?![\w.,:/'\u2019-]*\w)")
_NOT_IN_A_NAME: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule that was written."""

    id: str
    file: str
    table: str
    """The TOML that was appended."""
    book: Rulebook
    """The rulebook with the rule in it; another rule may still take the text."""


def write_rule(
    project: Path, settings: Settings, *, text: str, use: str, layer: str, topic: str, owner: str
) -> NewRule:
    """Append a rule that takes `text` to `rules/<layer>/<topic>.toml`.

    Numbers of the text become slots. Raises QueryRefused for a text, layer, topic or target that cannot be,
    and RulebookRefused, with the file as it was, where the rulebook does not load with the rule or the file
    cannot be written.
    """
    query = Query(text)
    target = _target(use)
    topic = topic or _name(target.name)
    _refuse_place(settings, layer, topic)
    before = read_rulebook(Directory(project), settings)
    name = _free_name(before, topic, text)
    table = tomli_w.dumps({name: _rule(before, query, use, owner)})
    path = project / "rules" / layer / f"{topic}.toml"
    old = path.read_bytes() if path.exists() else None
    try:
        _append(path, old, table)
        book = read_rulebook(Directory(project), settings)
    except BaseException as error:
        _restore(path, old)
        if isinstance(error, OSError):
            file = path.relative_to(project).as_posix()
            raise RulebookRefused((Problem(file, f"cannot be written: {error.strerror}"),)) from error
        raise
    return NewRule(f"{topic}.{name}", path.relative_to(project).as_posix(), table, book)


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


def _append(path: Path, old: bytes | None, table: str) -> None:
    """Write the table behind what is there, byte for byte, with the line ends of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    old = old or b""
    end = "\r\n" if b"\r\n" in old else "\n"
    gap = "" if not old.strip() else end if old.endswith(b"\n") else 2 * end
    with path.open("ab") as file:
        file.write((gap + table.replace("\n", end)).encode())


def _restore(path: Path, old: bytes | None) -> None:
    """Take off what was appended; the rest was never touched."""
    if path.exists() and old is None:
        path.unlink()
    elif old is not None and path.stat().st_size > len(old):
        os.truncate(path, len(old))


def _rule(book: Rulebook, query: Query, use: str, owner: str) -> dict[str, Any]:
    """Return a rule whose sentence is the text, with slots for its numbers where that takes the text."""
    reading = book.normaliser.read(query.text)
    if not reading.stems:
        raise QueryRefused("the text has no letter or digit of which a rule could be made")
    if len(reading.stems) > LONGEST_SENTENCE:
        count = len(reading.stems)
        raise QueryRefused(f"the text has {count} words; a rule is made of at most {LONGEST_SENTENCE}")
    example = " ".join(query.text.split())
    readings = (reading, book.normaliser.read(example))
    for template in _templates(" ".join(_SYNTAX.sub(" ", query.text).split())):
        parsed = _parsed(book, template)
        if parsed is not None and all(parsed.match(each) is not None for each in readings):
            rule: dict[str, Any] = {"owner": owner} if owner else {}
            return rule | {"say": [template], "use": use, "yes": [example]}
    raise QueryRefused("the text cannot be written as a sentence of a rule: leave out what is no word")


def _templates(said: str) -> Iterator[str]:
    """Yield sentences for a text, the most general first; one that is nothing but numbers stays as it is."""
    slots = iter(SLOTS)
    if any(each.isalpha() for each in said):
        yield _NUMBER.sub(lambda found: f"{{{slot}:int}}" if (slot := next(slots, "")) else found[0], said)
    yield said


def _parsed(book: Rulebook, template: str) -> Template | None:
    try:
        return parse(template, book.normaliser.stems, lambda _: None)
    except TemplateError:
        return None


def _name(text: str) -> str:
    return _NOT_IN_A_NAME.sub("-", text.lower()).strip("-")


def _free_name(book: Rulebook, topic: str, text: str) -> str:
    words = _name(text).split("-")[:WORDS_IN_A_NAME]
    stem = "-".join(word for word in words if word)[:LONGEST_NAME] or "rule"
    names = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(book.rules) + 3))
    return next(name for name in names if book.find(f"{topic}.{name}") is None)
