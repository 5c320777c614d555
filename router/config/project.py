"""Finds a project and reads its settings, each problem with the file or variable it comes from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from router.config.making import Maker
from router.config.source import Source, holder, merge
from router.config.tables import SettingsTable
from router.config.variables import variables
from router.core.findings import Findings
from router.core.plan import JSON
from router.core.settings import Settings
from router.errors import Problem, ProjectNotFound, SettingsRefused
from router.places import HOME_VARIABLE, PERSON_FILE, PROJECT_FILE, home_of, project_above
from router.toml.read import parse_toml, read_text
from router.toml.shape import report

REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Project:
    """A project's directory and what its settings say."""

    directory: Path
    home: Path
    """`~/.ts`, or where `$TS_HOME` points."""
    settings: Settings
    references: tuple[str, ...] = ()
    """Variables of the environment that the settings name as `${NAME}`, sorted."""


def find_project(start: Path) -> Path:
    """Return the directory of the nearest `ts.toml` at or above `start`. Raises ProjectNotFound."""
    start = start.absolute()
    if not start.is_dir():
        raise ProjectNotFound(str(start), "is not a directory" if start.exists() else "does not exist")
    found = project_above(str(start))
    if found is None:
        raise ProjectNotFound(str(start))
    return Path(found)


def home_directory(environment: Mapping[str, str]) -> Path:
    """Return where state is kept: `$TS_HOME`, else `~/.ts`. Raises ProjectNotFound where there is no home."""
    found = home_of(environment)
    if found is None:
        raise ProjectNotFound(f"${HOME_VARIABLE}", "does not say where state is kept: there is no such home")
    return Path(found)


def load_project(start: Path, environment: Mapping[str, str] | None = None) -> Project:
    """Find a project and read its settings: the person's, then the project's, then the environment's.

    Raises ProjectNotFound, and SettingsRefused with every problem at once.
    """
    known = os.environ if environment is None else environment
    directory = find_project(start)
    home = home_directory(known)
    reader = _Reader(directory, known)
    text = read_text(directory / PROJECT_FILE, PROJECT_FILE, reader.findings)
    settings = reader.settings(home / PERSON_FILE, text)
    return Project(directory, home, settings, tuple(sorted(reader.references)))


def settings_with(project: Project, text: str, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that a project would have with another text in its `ts.toml`.

    Raises SettingsRefused with every problem at once.
    """
    known = os.environ if environment is None else environment
    return _Reader(project.directory, known).settings(project.home / PERSON_FILE, text)


def _by_place(problem: Problem) -> tuple[str, int, int, str]:
    return problem.file, problem.line, problem.column, problem.message


class _Reader:
    """Merges the sources of settings and remembers where each value came from."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory = directory
        self.environment = environment
        self.findings = Findings()
        self.sources: list[Source] = []
        self.references: set[str] = set()

    def settings(self, person: Path, project: str | None) -> Settings:
        """Merge the person's file, the project's text and the environment. Raises SettingsRefused."""
        settings = self._merged(person, project)
        if self.findings.problems:
            raise SettingsRefused(tuple(sorted(set(map(self.placed, self.findings.problems)), key=_by_place)))
        return settings

    def _merged(self, person: Path, project: str | None) -> Settings:
        merged: dict[str, Any] = {}
        own = read_text(person, str(person), self.findings) if person.is_file() else None
        for shown, text in ((str(person), own), (PROJECT_FILE, project)):
            if text is not None:
                self._add(Source(shown, parse_toml(text, shown, self.findings), text), merged)
        for source in variables(self.environment, merged, self.findings):
            self._add(source, merged)
        if not self.findings.problems:
            merged = self._expanded(merged, ())
        table = None if self.findings.problems else self._table(merged)
        return Maker(self.directory, self.findings).settings(table, merged) if table else Settings()

    def placed(self, problem: Problem) -> Problem:
        """Name the file or variable from which a value came, with line and column."""
        if problem.file != PROJECT_FILE or problem.line:
            return problem
        source = holder(self.sources, problem.path)
        return source.problem(problem) if source else problem

    def _add(self, source: Source, merged: dict[str, Any]) -> None:
        self.sources.append(source)
        merge(merged, source.tables)

    def _expanded(self, value: JSON, path: tuple[str | int, ...]) -> JSON:
        """Put the environment's value in the place of each `${NAME}`."""
        if isinstance(value, str):
            return REFERENCE.sub(lambda found: self._value_of(found[1], path), value)
        if isinstance(value, dict):
            return {key: self._expanded(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self._expanded(each, (*path, number)) for number, each in enumerate(value)]
        return value

    def _value_of(self, name: str, path: tuple[str | int, ...]) -> str:
        self.references.add(name)
        if name not in self.environment:
            self.findings.add(PROJECT_FILE, path, f"${{{name}}} is not set in the environment")
        return self.environment.get(name, "")

    def _table(self, merged: dict[str, Any]) -> SettingsTable | None:
        """Check the shape; a variable that reads as a number where text is wanted means text."""
        try:
            return SettingsTable.model_validate(merged)
        except ValidationError as error:
            wanted = [each["loc"] for each in error.errors() if each["type"] == "string_type"]
            meant = [each for path in wanted if (each := self._says_only(path))]
            for source in meant:
                self.sources.remove(source)
                self._add(source.as_text(), merged)
            if meant:
                return self._table(merged)
            report(error, PROJECT_FILE, (), SettingsTable, self.findings)
            return None

    def _says_only(self, path: tuple[str | int, ...]) -> Source | None:
        source = holder(self.sources, path)
        return source if source and source.variable == path else None
