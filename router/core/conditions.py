"""Conditions of rules: clauses of alternatives, matched against a query, and what matched or lacked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, TypeAlias

from router.core.plan import JSON
from router.core.query import Query
from router.core.sentence import Template
from router.core.shapes import Shape
from router.core.text import Reading


@dataclass(frozen=True, slots=True)
class Sight:
    """What a condition may look at: the query and its text, read once."""

    query: Query
    reading: Reading


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase of `all`, `any` or `none`."""

    stems: tuple[str, ...]
    shown: str
    """As the rule or the vocabulary writes it."""
    listed: str = field(default="", compare=False)
    """The list, as `@status`, of which it is an entry."""

    def __str__(self) -> str:
        """As written."""
        return self.shown

    def find(self, sight: Sight) -> dict[str, JSON] | None:
        """Return no slots where the phrase stands in the text, else None."""
        return {} if sight.reading.has(self.stems) else None


@dataclass(frozen=True, slots=True)
class Looks:
    """A shape of `looks`."""

    shape: Shape

    def __str__(self) -> str:
        """Say what must be found."""
        return f"looks like {self.shape.name}"

    def find(self, sight: Sight) -> dict[str, JSON] | None:
        """Return the shape's groups where it is found, else None."""
        return self.shape.find(sight.reading.text)


@dataclass(frozen=True, slots=True)
class Says:
    """A template of `say`."""

    template: Template

    def __str__(self) -> str:
        """Show the template."""
        return f'say "{self.template.shown}"'

    def find(self, sight: Sight) -> dict[str, JSON] | None:
        """Return the slots where the template is the whole text, else None."""
        return self.template.match(sight.reading)


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode of `modes`."""

    name: str

    def __str__(self) -> str:
        """Name the mode."""
        return f"mode {self.name}"

    def find(self, sight: Sight) -> dict[str, JSON] | None:
        """Return no slots where the query has the mode, else None."""
        return {} if self.name in sight.query.modes else None


@dataclass(frozen=True, slots=True)
class Fact:
    """A key and value of `facts`."""

    key: str
    value: str

    def __str__(self) -> str:
        """As on the command line."""
        return f"fact {self.key}={self.value}"

    def find(self, sight: Sight) -> dict[str, JSON] | None:
        """Return no slots where the query's fact is equal, else None."""
        return {} if sight.query.facts.get(self.key) == self.value else None


@dataclass(frozen=True, slots=True)
class Attached:
    """A media type of `attached`, such as `image/*`; they compare case aside (RFC 2045, section 5.1)."""

    pattern: str
    """In small letters; `*` stands for anything."""

    def __str__(self) -> str:
        """Show the media type."""
        return f"attached {self.pattern}"

    def find(self, sight: Sight) -> dict[str, JSON] | None:
        """Return no slots where an attachment is of that type, else None."""
        types = (each.media_type.lower() for each in sight.query.attached)
        return {} if any(fnmatchcase(each, self.pattern) for each in types) else None


Atom: TypeAlias = Word | Looks | Says | Mode | Fact | Attached


@dataclass(frozen=True, slots=True)
class Clause:
    """Alternatives, one of which must be there."""

    atoms: tuple[Atom, ...]

    def __str__(self) -> str:
        """As a reader of `explain` sees it: the atom, or `one of a/b`."""
        if len(self.atoms) == 1:
            return str(self.atoms[0])
        if isinstance(self.atoms[0], Says):
            return f"one of {len(self.atoms)} sentences such as {self.atoms[0].template.shown!r}"
        return "one of " + "/".join(str(atom) for atom in self.atoms)

    def find(self, sight: Sight) -> tuple[Atom, dict[str, JSON]] | None:
        """Return the first alternative that is there, with its slots, else None."""
        for atom in self.atoms:
            if (slots := atom.find(sight)) is not None:
                return atom, slots
        return None


@dataclass(frozen=True, slots=True)
class Match:
    """How a condition and a query meet: fully, partly or not at all."""

    matched: tuple[str, ...]
    """What was found, one entry a clause."""
    missing: tuple[str, ...]
    """What was not found, and what must not be there but is."""
    slots: dict[str, JSON] = field(default_factory=dict)
    tells: bool = False
    """Whether something besides shapes was found; a shape alone may fit almost anything."""

    @property
    def full(self) -> bool:
        """Whether the condition holds."""
        return not self.missing

    @property
    def near(self) -> bool:
        """Whether all but one thing holds."""
        return self.tells and len(self.missing) == 1


NO_MATCH: Final = Match((), ("",))
"""What is said of a condition that does not hold where nobody asks what it lacks."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A conjunction of clauses, and words that must not be there."""

    clauses: tuple[Clause, ...]
    none: tuple[Word, ...] = ()

    def match(self, sight: Sight, *, near: bool = True) -> Match:
        """Hold the condition against a query; without `near` the first thing that lacks ends it."""
        matched: list[str] = []
        missing: list[str] = []
        slots: dict[str, JSON] = {}
        tells = False
        for clause in self.clauses:
            found = clause.find(sight)
            if found is None and not near:
                return NO_MATCH
            if found is None:
                missing.append(str(clause))
                almost = _almost(clause, sight)
                matched += almost
                tells |= bool(almost)
            else:
                matched.append(str(found[0]))
                slots |= found[1]
                tells |= not isinstance(found[0], Looks)
        missing += [f"without {word}" for word in self.none if word.find(sight) is not None]
        return Match(tuple(matched), tuple(missing), slots, tells)

    def says_all(self, sight: Sight) -> bool:
        """Whether every clause holds, whatever `none` says."""
        return all(clause.find(sight) is not None for clause in self.clauses)

    def atoms(self) -> Iterator[Atom]:
        """Yield every alternative of every clause."""
        for clause in self.clauses:
            yield from clause.atoms


def _almost(clause: Clause, sight: Sight) -> list[str]:
    """Say that all words of a sentence are there, though not as the sentence."""
    if any(isinstance(atom, Says) and atom.template.almost(sight.reading) for atom in clause.atoms):
        return ["the words of a sentence"]
    return []
