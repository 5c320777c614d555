"""Brings rule files into one layout and keeps their comments and what they mean; it judges no rule."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from router.core.findings import Findings
from router.disk import replace_file
from router.errors import Problem, RulebookRefused
from router.rulebook.format_cut import Uncut, comments, cut
from router.rulebook.format_layout import lay_out
from router.rulebook.format_order import RULES, VOCABULARY, Order
from router.rulebook.tree import VOCABULARY as VOCABULARY_FILE
from router.rulebook.tree import Directory
from router.toml.read import parse_toml

_BOM: Final = "\ufeff"
_WHERE: Final = f"rule files are rules/<layer>/<topic>.toml and {VOCABULARY_FILE}"
_REPORT: Final = "it is left as it was; please report it"


@dataclass(frozen=True, slots=True)
class FormattedFile:
    """A rule file as it is on disk and as it would be."""

    file: str
    """Relative to the project, with `/`."""
    path: Path
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after


def format_rules(text: str, file: str = "text") -> str:
    """Return a file of rules in the one layout: tables by name, keys in order, every comment kept.

    `file` is what problems are told of. Byte-order mark and kind of line ends stay. Raises RulebookRefused
    where the text is not TOML.
    """
    return _formatted(text, file, RULES)


def format_vocabulary(text: str, file: str = VOCABULARY_FILE) -> str:
    """Return a vocabulary in the one layout: words, then shapes, each by name. Raises as `format_rules`."""
    return _formatted(text, file, VOCABULARY)


def format_project(project: Path, only: Sequence[Path] = ()) -> tuple[FormattedFile, ...]:
    """Return every rule file of a project, or those at or below some paths, formatted; write nothing.

    Raises RulebookRefused with every problem at once: a path that is no rule file, a file that is not TOML.
    """
    findings = Findings()
    made: list[FormattedFile] = []
    for name in _chosen(project, only, findings):
        try:
            text = Directory(project).text(name, findings)
            if text is not None:
                form = format_vocabulary if name == VOCABULARY_FILE else format_rules
                made.append(FormattedFile(name, project / name, text, form(text, name)))
        except RulebookRefused as error:
            findings.problems += error.problems
    if findings.problems:
        raise RulebookRefused(tuple(findings.problems))
    return tuple(made)


def write_formatted(file: FormattedFile) -> None:
    """Put a formatted file in the place of the old one in one step, with its permissions.

    Raises RulebookRefused, with the file as it was, where it cannot be written.
    """
    path = file.path.resolve()  # a link stays a link
    try:
        mark = _BOM if path.read_bytes().startswith(_BOM.encode()) else ""
        replace_file(path, (mark + file.after).encode())
    except OSError as error:
        raise RulebookRefused((Problem(file.file, f"cannot be written: {error.strerror}"),)) from error


def _chosen(project: Path, only: Sequence[Path], findings: Findings) -> Iterator[str]:
    """Yield the rule files that are asked for; a path without one is a problem."""
    names = {(project / name).resolve(): name for name in Directory(project).names("rules")}
    names = {path: name for path, name in names.items() if name.endswith(".toml")}
    wanted = dict.fromkeys(names.values(), not only)
    for asked in only:
        there = asked.resolve()
        found = [name for path, name in names.items() if path.is_relative_to(there)]
        if not found:
            reason = "is no rule file of this project" if asked.exists() else "does not exist"
            findings.add(str(asked), (), reason, _WHERE)
        wanted |= dict.fromkeys(found, True)
    return (name for name, asked_for in wanted.items() if asked_for)


def _formatted(text: str, file: str, order: Order) -> str:
    mark = _BOM if text.startswith(_BOM) else ""
    first_line = text.partition("\n")[0]
    plain = text.removeprefix(_BOM).replace("\r\n", "\n")
    findings = Findings()
    tables = parse_toml(plain, file, findings)
    if findings.problems:
        raise RulebookRefused(tuple(findings.problems))
    made = _laid_out(plain, file, order, tables)
    return mark + (made.replace("\n", "\r\n") if first_line.endswith("\r") else made)


def _laid_out(text: str, file: str, order: Order, tables: dict[str, object]) -> str:
    try:
        parts = cut(text)
        made = lay_out(parts, order)
        safe = made == text or _same(tables, parts.comments, made)
    except RecursionError as error:
        raise RulebookRefused((Problem(file, "is nested too deeply to be formatted"),)) from error
    except Uncut as error:
        problem = Problem(file, "is TOML that the formatter cannot read", _REPORT, line=error.line, column=1)
        raise RulebookRefused((problem,)) from error
    if not safe:
        raise RulebookRefused((Problem(file, "would not mean the same if it were formatted", _REPORT),))
    return made


def _same(tables: dict[str, object], kept: list[str], made: str) -> bool:
    """Whether a new text has the same data, but for the order of tables, and the same comments."""
    try:
        now = tomllib.loads(made)
    except ValueError:
        return False
    same = now == tables or _canonical(now) == _canonical(tables)
    return same and sorted(comments(made)) == sorted(kept)


def _canonical(tables: dict[str, object]) -> str:
    """Return data as one text, in which nan too is equal to itself."""
    return json.dumps(tables, sort_keys=True, default=repr)
