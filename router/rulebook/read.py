"""Reads the rules, vocabulary and prompts of a project into a rulebook; it starts nothing and asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from router.core.book import Rulebook
from router.core.compile import compile
from router.core.findings import Findings, nearest_or_all
from router.core.settings import Settings
from router.core.source import RuleText, Sources
from router.errors import Problem, RulebookRefused
from router.rulebook.tables import VocabularyTable, read_rule
from router.toml.positions import Positions
from router.toml.read import parse_toml, read_text
from router.toml.shape import report

VOCABULARY: Final = "rules/vocab.toml"
RULE_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def read_rulebook(project: Path, settings: Settings) -> Rulebook:
    """Return the compiled rulebook of a project's directory.

    Raises RulebookRefused with every problem at once, each with file, line and column.
    """
    reading = _Reading(project, settings)
    sources = reading.sources()
    problems = list(reading.findings.problems)
    book: Rulebook | None = None
    try:
        # Without a vocabulary every rule that names a list would be wrong as well, which helps nobody.
        if not any(each.file == VOCABULARY for each in problems):
            book = compile(sources, settings)
    except RulebookRefused as error:
        problems += error.problems
    if book is None or problems:
        raise RulebookRefused(tuple(sorted(set(map(reading.placed, problems)), key=_by_place)))
    return book


def _by_place(problem: Problem) -> tuple[str, int, int, str]:
    return problem.file, problem.line, problem.column, problem.message


@dataclass
class _Reading:
    """The files of one project, and what was wrong in them."""

    project: Path
    settings: Settings
    findings: Findings = field(default_factory=Findings)
    texts: dict[str, str] = field(default_factory=dict)
    positions: dict[str, Positions] = field(default_factory=dict)

    def sources(self) -> Sources:
        vocabulary = self._vocabulary()
        return Sources(
            rules=tuple(self._rules()),
            words={name: tuple(words) for name, words in vocabulary.words.items()},
            shapes=vocabulary.shapes,
            prompts=dict(self._prompts()),
            vocabulary=VOCABULARY,
        )

    def placed(self, problem: Problem) -> Problem:
        """Give a problem its line and column."""
        text = self.texts.get(problem.file)
        if text is None or not problem.path or not problem.file.endswith(".toml"):
            return problem
        return self._positions(problem.file).put(problem)

    def _positions(self, shown: str) -> Positions:
        if shown not in self.positions:
            self.positions[shown] = Positions(self.texts[shown])
        return self.positions[shown]

    def _line(self, shown: str, name: str) -> int:
        """Return the line of a table's header, or of the first key that makes the table."""
        place = self._positions(shown).of((name,))
        return place.key[0] if place else 1

    def _toml(self, path: Path) -> tuple[str, dict[str, Any]]:
        shown = path.relative_to(self.project).as_posix()
        text = read_text(path, shown, self.findings)
        if text is None:
            return shown, {}
        self.texts[shown] = text
        return shown, parse_toml(text, shown, self.findings)

    def _vocabulary(self) -> VocabularyTable:
        path = self.project / VOCABULARY
        if path.exists():
            shown, tables = self._toml(path)
            try:
                return VocabularyTable.model_validate(tables)
            except ValidationError as error:
                report(error, shown, (), VocabularyTable, self.findings)
        return VocabularyTable()

    def _rules(self) -> Iterator[RuleText]:
        for path in sorted((self.project / "rules").rglob("*.toml")):
            layer = self._layer(path)
            if layer is not None:
                yield from self._rules_of(path, layer)

    def _layer(self, path: Path) -> str | None:
        """Return the layer of a rule file; a file that no layer reads is a problem, not a silence."""
        parts = path.relative_to(self.project / "rules").parts
        shown = path.relative_to(self.project).as_posix()
        if shown == VOCABULARY:
            return None
        if len(parts) != 2:
            self.findings.add(
                shown, (), "no layer reads this file", "rules live in rules/<layer>/<topic>.toml"
            )
            return None
        if parts[0] not in self.settings.layers:
            hint = nearest_or_all(parts[0], self.settings.layers)
            self.findings.add(shown, (), f'layer "{parts[0]}" is not among the layers of ts.toml', hint)
            return None
        return parts[0]

    def _rules_of(self, path: Path, layer: str) -> Iterator[RuleText]:
        shown, tables = self._toml(path)
        for name, raw in tables.items():
            if not RULE_NAME.fullmatch(name) or not RULE_NAME.fullmatch(path.stem):
                message = f'"{path.stem}.{name}" is not a rule id'
                self.findings.add(shown, (name,), message, "use letters, digits, - and _", key=True)
                continue
            rule = read_rule(
                raw, file=shown, layer=layer, topic=path.stem, name=name, line=self._line(shown, name),
                findings=self.findings,
            )  # fmt: skip
            if rule is not None:
                yield rule

    def _prompts(self) -> Iterator[tuple[str, str]]:
        root = self.project / "prompts"
        for path in sorted(root.rglob("*.j2")):
            shown = path.relative_to(self.project).as_posix()
            text = read_text(path, shown, self.findings)
            if text is not None:
                yield path.relative_to(root).as_posix(), text
