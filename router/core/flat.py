"""Rules as the matcher reads them: plain values that can be stored and read back; filing.py makes them.

`conditions.py` says what a condition means, plainly; this says the same quickly, and tests hold it to that.
"""

from __future__ import annotations

from router.core.plan import StepSource, Target
from router.core.sentence import Literal, Template
from router.core.slots import Entry, Slot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final, TypeAlias

    from router.core.plan import JSON
    from router.core.query import Query
    from router.core.text import Reading

    Stored: TypeAlias = tuple[Any, ...]
    """Nested tuples, texts, numbers, sets of texts and dicts: what `marshal` writes."""
    Found: TypeAlias = tuple[str, Mapping[str, JSON]]
    """What was found, as `explain` shows it, and the slots that it filled."""
else:
    Stored = tuple

WORDS: Final = "words"
LOOKS: Final = "looks"
SAYS: Final = "says"
MODES: Final = "modes"
FACTS: Final = "facts"
ATTACHED: Final = "attached"
NOTHING: Final[Mapping[str, JSON]] = {}
ALMOST: Final = "the words of a sentence"


class FlatClause:
    """Alternatives, one of which must be there."""

    __slots__ = ("_longest", "_phrases", "_templates", "atoms", "kind", "shown")

    def __init__(self, stored: Stored) -> None:
        self.kind, self.shown, self.atoms = stored
        """Atoms by kind: words `(stems, shown, list)`, looks `(name, groups, written, pattern)`, says
        `(shown, sentences)`, modes `(name,)`, facts `(key, value)`, attached `(pattern,)`."""
        self._templates: tuple[Template, ...] | None = None
        self._phrases: frozenset[tuple[str, ...]] | None = None
        self._longest = 0

    @property
    def templates(self) -> tuple[Template, ...]:
        """The templates of `say`."""
        if self._templates is None:
            self._templates = tuple(Template(shown, _branches(stored)) for shown, stored in self.atoms)
        return self._templates

    def has_part_of(self, stems: tuple[str, ...]) -> bool:
        """Whether one of the words stands in the stems; as quick for five thousand words as for five."""
        if self._phrases is None:
            self._phrases = frozenset(atom[0] for atom in self.atoms) if self.kind == WORDS else frozenset()
            self._longest = max(map(len, self._phrases), default=0)
        return any(
            stems[start:end] in self._phrases
            for start in range(len(stems))
            for end in range(start + 1, min(start + self._longest, len(stems)) + 1)
        )

    def find(self, reading: Reading, query: Query) -> Found | None:
        """Return the first alternative that is there, else None."""
        if self.kind == WORDS:
            for stems, shown, _ in self.atoms:
                if reading.has(stems):
                    return shown, NOTHING
        elif self.kind == SAYS:
            for template in self.templates:
                if (slots := template.match(reading)) is not None:
                    return f'say "{template.shown}"', slots
        elif self.kind == LOOKS:
            from router.core.programs import program

            ((name, groups, written, _),) = self.atoms
            if (slots := program(written).find(reading, groups)) is not None:
                return f"looks like {name}", slots
        else:
            return self._in_context(query)
        return None

    def _in_context(self, query: Query) -> Found | None:
        for atom in self.atoms:
            if self.kind == MODES and atom[0] in query.modes:
                return f"mode {atom[0]}", NOTHING
            if self.kind == FACTS and query.facts.get(atom[0]) == atom[1]:
                return f"fact {atom[0]}={atom[1]}", NOTHING
            if self.kind == ATTACHED and query.attached and _is_attached(query, atom[0]):
                return f"attached {atom[0]}", NOTHING
        return None


class FlatRule:
    """One rule."""

    __slots__ = (
        "adds", "answer", "at", "beats", "canary", "clauses", "free", "id", "layer", "need", "none", "plain",
        "reads", "rest", "share", "slots", "stage", "steps",
    )  # fmt: skip

    def __init__(self, stored: Stored) -> None:
        (
            self.id, self.layer, self.at, self.stage, self.share, self.canary, self.adds, self.need, clauses,
            self.none, rest, steps, self.answer, self.beats, self.slots, self.reads, self.plain, self.free,
        ) = stored  # fmt: skip
        """`layer` is its place among the layers; `need` are stems without which it cannot match; `none` is
        `(stems, shown, list)` each; `slots` has types by name, empty for a shape's group; `plain` has
        templates that need no Jinja; `free` says that no mode leaves out one of its targets."""
        self.clauses = tuple([FlatClause(each) for each in clauses])
        self.rest = tuple([self.clauses[place] for place in rest])
        """The clauses that `need` does not settle."""
        self.steps = tuple(
            [
                StepSource(id_, Target(*use), args, ask, needs, later, ask_later)
                for id_, use, args, ask, needs, later, ask_later in steps
            ]
        )

    def match(self, reading: Reading, query: Query) -> Mapping[str, JSON] | None:
        """Return the slots where the rule's condition holds, else None."""
        if not self.need <= reading.stem_set:
            return None
        slots = NOTHING
        for clause in self.rest:
            found = clause.find(reading, query)
            if found is None:
                return None
            if found[1]:
                slots = {**slots, **found[1]}
        for stems, _, _ in self.none:
            if reading.has(stems):
                return None
        return slots

    def told(self, reading: Reading, query: Query) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        """Return what is there, what is lacking, and whether something besides a shape is there."""
        matched: list[str] = []
        missing: list[str] = []
        tells = False
        for clause in self.clauses:
            found = clause.find(reading, query)
            if found is not None:
                matched.append(found[0])
                tells |= clause.kind != LOOKS
                continue
            missing.append(clause.shown)
            if clause.kind == SAYS and any(each.almost(reading) for each in clause.templates):
                matched.append(ALMOST)
                tells = True
        missing += [f"without {shown}" for stems, shown, _ in self.none if reading.has(stems)]
        return tuple(matched), tuple(missing), tells


def _branches(stored: Stored) -> tuple[tuple[Literal | Slot, ...], ...]:
    """Make sentences of what was stored: a text is a word, a tuple a slot."""
    return tuple(
        tuple([Literal(each) if isinstance(each, str) else slot_of(each) for each in branch])
        for branch in stored
    )


def slot_of(stored: Stored) -> Slot:
    """Make a slot of what was stored: its name, type and list, and the list's entries."""
    name, slot_type, list_name, entries = stored
    return Slot(name, slot_type, list_name, tuple([Entry(stems, shown) for stems, shown in entries]))


def _is_attached(query: Query, pattern: str) -> bool:
    from fnmatch import fnmatchcase

    return any(fnmatchcase(each.media_type.lower(), pattern) for each in query.attached)
