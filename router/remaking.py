"""Makes the rulebook of a project, of what was compiled before as far as that still holds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from router.compiled.shelf import Shelf
from router.compiled.signs import Signs, program, signs
from router.config import Project, load_project
from router.core.book import Rulebook
from router.core.canonical import canonical
from router.core.compile import Compiler, bearing
from router.core.findings import Findings
from router.core.settings import Settings
from router.core.text import Normaliser
from router.core.written import digest
from router.errors import Problem, RulebookRefused
from router.rulebook.read import Reading
from router.rulebook.still import Still
from router.rulebook.tree import VOCABULARY, Directory, Tree

CHANGED: Final = "the compiled rulebook is damaged, and its rules have changed since"


def remade(project: Project, environment: Mapping[str, str]) -> Rulebook:
    """Return the rulebook of a project as it is on disk now. Raises RulebookRefused."""
    taken_ns = time.time_ns()
    found = _signs(project, environment)
    making = _of(project)
    book = making.book()
    if making.key and found is not None:
        making.shelf.saw(found, taken_ns, project.references, making.key)
    return book


def again(project: Project, key: str) -> bytes:
    """Return the bytes of a project's rulebook anew, those on disk being damaged. Raises RulebookRefused."""
    making = _of(project)
    making.key = key
    return making.again()


def _of(project: Project) -> Making:
    return Making(Shelf(project.home, project.directory), Directory(project.directory), project.settings)


def _signs(project: Project, environment: Mapping[str, str]) -> Signs | None:
    """Return the signs of a project; None where there are none, or where they are not of these settings."""
    try:
        found = signs(str(project.directory), str(project.home), environment, project.references)
    except OSError:
        return None
    return found if load_project(project.directory, environment).settings == project.settings else None


@dataclass
class Making:
    """The making of one rulebook."""

    shelf: Shelf
    tree: Tree
    settings: Settings
    findings: Findings = field(default_factory=Findings)
    """What is wrong already."""
    key: str = field(init=False, default="")
    """Of the rulebook's content; empty where it is not kept."""

    def book(self) -> Rulebook:
        """Return the rulebook, opened or made. Raises RulebookRefused."""
        still = Still(self.tree)
        if still.problems or self.findings.problems:
            return Reading(self.tree, self.settings, findings=self.findings).book()
        surroundings, self.key = self._keys(still)
        filed = self.shelf.open(self.key, self.again)
        if filed is not None:
            return Rulebook(filed, lambda: self.settings)
        compiler = self._compiled(still, surroundings)
        return compiler.book(self._kept(compiler, still, surroundings))

    def _compiled(self, still: Still, surroundings: str) -> Compiler:
        """Compile the files that are new or were changed; all of them where something is wrong."""
        former = self.shelf.former(surroundings)
        same = {each for each in still.digests().items() if each in former}
        if same:
            reading = Reading(still, self.settings, frozenset(name for name, _ in same))
            try:
                return reading.compiler(reading.sources, [rule for each in same for rule in former[each]])
            except RulebookRefused:
                pass  # whose places are in files that were not read
        reading = Reading(still, self.settings)
        return reading.compiler(reading.sources)

    def _kept(self, compiler: Compiler, still: Still, surroundings: str) -> bytes:
        rules = {name: each for name, each in still.digests().items() if name.startswith("rules/")}
        content = compiler.content({"key": self.key, "surroundings": surroundings}, rules)
        self.shelf.keep(self.key, content)
        return content

    def again(self) -> bytes:
        """Make the bytes anew where those on disk are damaged. Raises RulebookRefused where rules changed."""
        still = Still(self.tree)
        surroundings, key = self._keys(still)
        if key != self.key or still.problems:
            damaged = Problem(f"compiled/{self.key}", CHANGED, "load it again", code="unreadable")
            raise RulebookRefused((damaged,))
        reading = Reading(still, self.settings)
        return self._kept(reading.compiler(reading.sources), still, surroundings)

    def _keys(self, still: Still) -> tuple[str, str]:
        """Return a digest of all that every rule was compiled with, and one of the rules as well."""
        digests = still.digests()
        shared = {name: each for name, each in digests.items() if name == VOCABULARY or not _is_rules(name)}
        settings = [
            bearing(self.settings),
            self.settings.fallback,
            bool(self.settings.planning.ways),
            Normaliser(self.settings.language).version,
        ]
        surroundings = digest(canonical([program(), settings, shared]))
        return surroundings, digest(surroundings, canonical(digests))


def _is_rules(name: str) -> bool:
    return name.startswith("rules/")
