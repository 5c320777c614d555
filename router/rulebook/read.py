"""Reads the rules, vocabulary and prompts of a project into a rulebook; it starts nothing and asks nobody."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from pydantic import ValidationError

from router.core.book import Rulebook
from router.core.compile import Compiler
from router.core.findings import Findings, nearest_or_all
from router.core.indexing import CompiledRule
from router.core.settings import Settings
from router.core.source import RuleText, Sources
from router.errors import Problem, RulebookRefused
from router.rulebook.tables import VocabularyTable, read_rule
from router.rulebook.tree import VOCABULARY, Tree
from router.toml.positions import Positions
from router.toml.read import parse_toml
from router.toml.shape import report

RULE_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def read_rulebook(tree: Tree, settings: Settings) -> Rulebook:
    """Return the compiled rulebook of a project.

    Raises RulebookRefused with every problem at once, each with file, line and column.
    """
    return Reading(tree, settings).book()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put off the collection of garbage, which would walk all that was read again and again and find none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled and not gc.get_freeze_count():
            gc.freeze()  # and back: all of it grows old at once, and need not be walked for that either
            gc.unfreeze()
        if enabled:
            gc.enable()


def _by_place(problem: Problem) -> tuple[str, int, int, str]:
    return problem.file, problem.line, problem.column, problem.message


@dataclass
class Reading:
    """The files of one project as read, and what was wrong in them."""

    tree: Tree
    settings: Settings
    compiled: frozenset[str] = frozenset()
    """Rule files that need not be read, since their rules are compiled."""
    findings: Findings = field(default_factory=Findings)
    texts: dict[str, str] = field(default_factory=dict)
    """Of the TOML files, by name."""
    sources: Sources = field(init=False)
    unread: tuple[str, ...] = field(init=False)
    """Files beside rules and prompts that nothing reads and that are no plain documentation."""
    positions: dict[str, Positions] = field(default_factory=dict)

    @_uncollected()
    def __post_init__(self) -> None:
        """Read everything once."""
        names = {folder: tuple(self.tree.names(folder)) for folder in ("rules", "prompts")}
        vocabulary = self._vocabulary()
        self.sources = Sources(
            rules=tuple(self._rules(each for each in names["rules"] if each.endswith(".toml"))),
            words={name: tuple(words) for name, words in vocabulary.words.items()},
            shapes=vocabulary.shapes,
            prompts=dict(self._prompts(each for each in names["prompts"] if each.endswith(".j2"))),
            vocabulary=VOCABULARY,
        )
        self.unread = tuple(_unread(names["rules"], ".toml")) + tuple(_unread(names["prompts"], ".j2"))

    @_uncollected()
    def book(self, sources: Sources | None = None) -> Rulebook:
        """Compile what was read, or other sources in its place. Raises RulebookRefused."""
        return self.compiler(sources or self.sources).book()

    @_uncollected()
    def compiler(self, sources: Sources, kept: Sequence[CompiledRule] = ()) -> Compiler:
        """Compile sources, with rules that were compiled before beside them. Raises RulebookRefused."""
        problems = list(self.findings.problems)
        compiler: Compiler | None = None
        try:
            # Without a vocabulary every rule that names a list would be wrong as well, which helps nobody.
            if not any(each.file == VOCABULARY for each in problems):
                compiler = Compiler(sources, self.settings, kept)
        except RulebookRefused as error:
            problems += error.problems
        if compiler is None or problems:
            raise RulebookRefused(tuple(sorted(set(map(self.placed, problems)), key=_by_place)))
        return compiler

    def placed(self, problem: Problem) -> Problem:
        """Give a problem its line and column."""
        text = self.texts.get(problem.file)
        if text is None or not problem.path or not problem.file.endswith(".toml"):
            return problem
        return self._positions(problem.file).put(problem)

    def rule_texts(self, name: str, text: str, layer: str, topic: str) -> Iterator[RuleText]:
        """Yield the rules of a file's text; what is wrong goes to the findings."""
        self.texts[name] = text
        self.positions.pop(name, None)
        for table, raw in parse_toml(text, name, self.findings).items():
            if not RULE_NAME.fullmatch(table) or not RULE_NAME.fullmatch(topic):
                message = f'"{topic}.{table}" is not a rule id'
                self.findings.add(name, (table,), message, "use letters, digits, - and _", key=True)
                continue
            line = self._positions(name).table_line(table)
            rule = read_rule(
                raw, file=name, layer=layer, topic=topic, name=table, line=line, findings=self.findings
            )
            if rule is not None:
                yield rule

    def _positions(self, name: str) -> Positions:
        if name not in self.positions:
            self.positions[name] = Positions(self.texts[name])
        return self.positions[name]

    def _vocabulary(self) -> VocabularyTable:
        text = self.tree.text(VOCABULARY, self.findings)
        if text is None:
            return VocabularyTable()
        self.texts[VOCABULARY] = text
        tables: dict[str, Any] = parse_toml(text, VOCABULARY, self.findings)
        try:
            return VocabularyTable.model_validate(tables)
        except ValidationError as error:
            report(error, VOCABULARY, (), VocabularyTable, self.findings)
            return VocabularyTable()

    def _rules(self, names: Iterator[str]) -> Iterator[RuleText]:
        for name in names:
            layer = None if name in self.compiled else self._layer(name)
            text = None if layer is None else self.tree.text(name, self.findings)
            if layer is not None and text is not None:
                yield from self.rule_texts(name, text, layer, PurePosixPath(name).stem)

    def _layer(self, name: str) -> str | None:
        """Return the layer of a rule file; a file that no layer reads is a problem, not a silence."""
        if name == VOCABULARY:
            return None
        _, *folders, _ = name.split("/")
        if len(folders) != 1:
            hint = "rules live in rules/<layer>/<topic>.toml"
            self.findings.add(name, (), "no layer reads this file", hint, code="unread-file")
            return None
        if folders[0] not in self.settings.layers:
            message = f'layer "{folders[0]}" is not among the layers of ts.toml'
            hint = nearest_or_all(folders[0], self.settings.layers)
            self.findings.add(name, (), message, hint, code="unread-file")
            return None
        return folders[0]

    def _prompts(self, names: Iterator[str]) -> Iterator[tuple[str, str]]:
        for name in names:
            text = self.tree.text(name, self.findings)
            if text is not None:
                yield name.removeprefix("prompts/"), text


def _unread(names: tuple[str, ...], suffix: str) -> Iterator[str]:
    """Yield files of another suffix; a README and what begins with a dot are nobody's mistake."""
    for name in names:
        last = PurePosixPath(name).name
        if not name.endswith(suffix) and not last.startswith((".", "README")):
            yield name
