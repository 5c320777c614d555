"""Writes proposals that hold, on trial, and makes a rule live that is on trial."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from router.core.book import Rulebook
from router.core.canonical import digest
from router.core.findings import Findings, nearest_or_all
from router.core.query import Query
from router.core.rule import Rule
from router.disk import replace_file
from router.errors import Problem, QueryRefused, RulebookRefused
from router.learn.offered import Offered
from router.learn.proposing import Proposal
from router.planner.alone import alone
from router.ports import Offer
from router.rulebook.compare import Comparison, compare
from router.rulebook.corpus import Recorded, shown
from router.rulebook.format import FormattedFile, format_rules, write_formatted
from router.rulebook.new import BYTE_ORDER_MARK, SCHEMA, placed
from router.rulebook.read import Reading
from router.rulebook.schema import RULE_LINE
from router.rulebook.tree import Directory
from router.toml.positions import Positions
from router.toml.read import parse_toml

SHADOW: Final = re.compile(
    r"""[ \t]*(?:[\w-]+[ \t]*\.[ \t]*)?(?:stage|"stage"|'stage')[ \t]*=[ \t]*["']shadow["'][ \t]*(\#.*)?"""
)
"""A line that says so and nothing else, a comment aside."""
FOLDER: Final = "learning"
"""Below the directory of state: a lock for each project."""

Done = TypeVar("Done")


def land(project: Path, proposals: Iterable[Proposal]) -> tuple[str, ...]:
    """Write the proposals that hold into their files, each at its place, and return the files.

    Raises RulebookRefused where a file cannot be read or written.
    """
    texts: dict[str, str] = {}
    for each in proposals:
        if each.holds:
            old = texts[each.file] if each.file in texts else _text(project, each.file)
            texts[each.file] = placed(old, each.name, each.table, each.file)
    for file, text in texts.items():
        _write(project / file, file, text)
    return tuple(texts)


def _text(project: Path, file: str) -> str:
    """Return what a file holds; a new one names its schema where the project has it."""
    findings = Findings()
    old = Directory(project).text(file, findings)
    if findings.problems:
        raise RulebookRefused(tuple(findings.problems))
    if old is None:
        return f"{RULE_LINE}\n" if (project / SCHEMA).exists() else ""
    return old


def _write(path: Path, file: str, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mark = BYTE_ORDER_MARK if path.exists() and path.read_bytes().startswith(BYTE_ORDER_MARK) else b""
        replace_file(path, mark + text.encode())
    except OSError as error:
        problem = Problem(file, f"cannot be written: {error.strerror}", code="unreadable")
        raise RulebookRefused((problem,)) from error


@dataclass(frozen=True, slots=True)
class Promotion:
    """A rule on trial as it would be live, and what that changes."""

    rule: Rule
    comparison: Comparison
    file: FormattedFile
    changes: bool | None = None
    """Whether a call of it may change things; None where the catalogue does not know a server of it."""

    def write(self) -> None:
        """Make it live. Raises RulebookRefused where its file cannot be written."""
        write_formatted(self.file)


async def alone_in(home: Path, project: Path, work: Callable[[], Done]) -> Done:
    """Do something to the learned rules of a project while no other process of the person does."""
    async with alone(home / FOLDER / f"{digest(str(project))}.lock"):
        return work()


def promote(
    project: Path, reading: Reading, name: str, records: Sequence[Recorded], offers: Iterable[Offer] = ()
) -> Promotion:
    """Return what becomes of a rule on trial once it is live; its examples are compared with the records.

    Raises QueryRefused for a rule that there is not, that is not on trial, or of which `offers` say that it
    cannot be carried out, and RulebookRefused where its file says so in a way that only a person can change.
    """
    before = reading.book()
    rule = _on_trial(before, name)
    texts = tuple(
        replace(each, stage="live") if each.id == rule.id else each for each in reading.sources.rules
    )
    after = reading.book(replace(reading.sources, rules=texts))
    offered = Offered(offers)
    if found := offered.faults(after, after.rules[rule.id]):
        raise QueryRefused("\n".join(f"{rule.id} stays in shadow: {each}" for each in found))
    own = (Recorded(query := Query(each), shown(query)) for each in (*rule.yes, *rule.no))
    asked = {each.shown: each for each in (*own, *records)}
    comparison = compare(before, after, tuple(asked.values()))
    old = reading.texts[rule.file]
    file = FormattedFile(rule.file, project / rule.file, old, _enabled(old, rule))
    return Promotion(rule, comparison, file, _changes(offered, rule))


def _changes(offered: Offered, rule: Rule) -> bool | None:
    """Whether one of a rule's calls may change things; None where that of one is not known, and of none."""
    found = [offered.changes(step.use) for step in rule.steps]
    return True if True in found else None if None in found else False


def _on_trial(book: Rulebook, name: str) -> Rule:
    trials = [each.id for each in book.rules.values() if each.stage == "shadow"]
    rule = book.find(name)
    hint = nearest_or_all(name, trials)
    if rule is None:
        raise QueryRefused(f'no rule "{name}" is in shadow; {hint}')
    if rule.stage != "shadow":
        raise QueryRefused(f"{rule.id} is {rule.stage} and not in shadow; {hint}")
    return rule


def _enabled(text: str, rule: Rule) -> str:
    """Return a file without the line that keeps a rule in shadow; every comment stays."""
    table = rule.id.partition(".")[2]
    place = Positions(text).places.get((table, "stage"))
    lines = text.split("\n")
    found = SHADOW.fullmatch(lines[place.key[0] - 1].rstrip("\r")) if place else None
    if place is None or found is None:
        hint = "take it out of the table"
        problem = Problem(
            rule.file,
            f"the stage of {rule.id} does not stand on a line of its own",
            hint,
            (table,),
            rule.line,
            1,
        )
        raise RulebookRefused((problem,))
    at = place.key[0] - 1
    end = "\r" if lines[at].endswith("\r") else ""
    made = "\n".join((*lines[:at], *([found[1] + end] if found[1] else []), *lines[at + 1 :]))
    if _formatted(text, rule.file):
        made = format_rules(made, rule.file)
    _refuse_other(text, made, table, rule)
    return made


def _formatted(text: str, file: str) -> bool:
    try:
        return format_rules(text, file) == text
    except RulebookRefused:
        return False


def _refuse_other(old: str, new: str, table: str, rule: Rule) -> None:
    """Refuse a text that would change anything else."""
    wanted, found = parse_toml(old, rule.file, Findings()), parse_toml(new, rule.file, Findings())
    wanted = {**wanted, table: {key: each for key, each in wanted[table].items() if key != "stage"}}
    if wanted != found:
        problem = Problem(rule.file, f"{rule.id} cannot be made live without changing more")
        raise RulebookRefused((problem,))
