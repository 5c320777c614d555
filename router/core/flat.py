"""Rules as the matcher reads them: plain values that can be stored and read back; filing.py makes them.

`conditions.py` says what a condition means, plainly; this says the same quickly, and tests hold it to that.
"""

from __future__ import annotations

from router.core.plan import StepSource, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Final, TypeAlias

    from router.core.plan import JSON
    from router.core.query import Query
    from router.core.sentence import Template
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

    __slots__ = (
        "_longest", "_phrases", "_singles", "_singles_known", "_templates", "atoms", "kind", "shown",
    )  # fmt: skip

    def __init__(self, stored: Stored) -> None:
        self.kind, self.shown, self.atoms = stored
        """Atoms by kind: words `(stems, shown, list)`, looks `(name, groups, written, pattern,
        necessary characters)`, says
        `(shown, sentences)`, modes `(name,)`, facts `(key, value)`, attached `(pattern,)`."""
        self._templates: tuple[Template, ...] | None = None
        self._singles: frozenset[str] | None = None
        self._singles_known = False
        self._phrases: frozenset[tuple[str, ...]] | None = None
        self._longest = 0

    @property
    def templates(self) -> tuple[Template, ...]:
        """The templates of `say`."""
        if self._templates is None:
            from router.core.sentence import template_of

            self._templates = tuple([template_of(*atom) for atom in self.atoms])
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

    @property
    def singles(self) -> frozenset[str] | None:
        """The words of a clause that has no phrase, else None."""
        if not self._singles_known:
            alone = self.kind == WORDS and all(len(stems) == 1 for stems, _, _ in self.atoms)
            self._singles = frozenset([stems[0] for stems, _, _ in self.atoms]) if alone else None
            self._singles_known = True
        return self._singles

    def asks(self) -> frozenset[Stored]:
        """Return what each alternative asks for, however it is written and whatever its slots are called."""
        if self.kind == SAYS:
            return frozenset(
                [tuple(map(_asked, branch)) for _, branches in self.atoms for branch in branches]
            )
        if self.kind in (WORDS, LOOKS):
            return frozenset([(atom[0],) for atom in self.atoms])
        return frozenset(self.atoms)

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
            ((name, groups, written, _, necessary),) = self.atoms
            if not necessary <= reading.characters:
                return None
            from router.core.programs import program

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
        "_asks", "_has_lists", "_requires", "_shuns", "_shuns_known", "adds", "answer", "at", "beats",
        "canary", "clauses", "deed", "free", "id", "layer", "need", "none", "plain", "reads", "rest", "share",
        "slots", "stage", "steps",
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
        self.deed: str | None = None
        """What all its steps would carry out, kept once it was written where no template reads a slot."""
        self._asks: frozenset[Stored] | None = None
        self._requires: frozenset[str] | None = None
        self._shuns: frozenset[str] | None = None
        self._shuns_known = False
        self._has_lists: bool | None = None
        self.rest = tuple([self.clauses[place] for place in rest])
        """The clauses that `need` does not settle."""
        self.steps = tuple(
            [
                StepSource(id_, Target(*use), args, ask, needs, later, ask_later)
                for id_, use, args, ask, needs, later, ask_later in steps
            ]
        )

    @property
    def asks(self) -> frozenset[Stored]:
        """What is asked for, however it is written and whatever its slots are called."""
        if self._asks is None:
            self._asks = frozenset([(each.kind, each.asks()) for each in self.clauses])
        return self._asks

    @property
    def requires(self) -> frozenset[str]:
        """What a rule must need too that asks for all that this one asks for, lists aside."""
        if self._requires is None:
            context = [
                f"\0{each.kind}\0{each.atoms[0]}" for each in self.clauses if each.kind in (LOOKS, FACTS)
            ]
            self._requires = self.need.union(context)
        return self._requires

    @property
    def shuns(self) -> frozenset[str] | None:
        """The stems that it excludes; None where it excludes a phrase."""
        if not self._shuns_known:
            singles = frozenset([stems[0] for stems, _, _ in self.none if len(stems) == 1])
            self._shuns = singles if all(len(stems) == 1 for stems, _, _ in self.none) else None
            self._shuns_known = True
        return self._shuns

    @property
    def has_lists(self) -> bool:
        """Whether a sentence has a list, whose entries may be words that another rule asks for."""
        if self._has_lists is None:
            self._has_lists = any(
                not isinstance(element, str) and bool(element[3])
                for clause in self.clauses
                if clause.kind == SAYS
                for _, branches in clause.atoms
                for branch in branches
                for element in branch
            )
        return self._has_lists

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

    def told(self, reading: Reading, query: Query) -> tuple[str, ...]:
        """Return what of a rule that matches is there, one entry a clause."""
        found = [clause.find(reading, query) for clause in self.clauses]
        return tuple([each[0] for each in found if each is not None])

    def near(self, reading: Reading, query: Query) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Return what is there and the one thing that is lacking, else None; shapes are looked for last."""
        missing = [f"without {shown}" for stems, shown, _ in self.none if reading.has(stems)]
        if len(missing) > 1:
            return None
        there: list[str] = [""] * len(self.clauses)
        tells = False
        for place, clause in self._quickest():
            found = clause.find(reading, query)
            if found is not None:
                there[place] = found[0]
                tells |= clause.kind != LOOKS
                continue
            missing.append(clause.shown)
            if len(missing) > 1:
                return None
            if clause.kind == SAYS and any(each.almost(reading) for each in clause.templates):
                there[place] = ALMOST
                tells = True
        return (tuple([each for each in there if each]), tuple(missing)) if missing and tells else None

    def _quickest(self) -> Iterator[tuple[int, FlatClause]]:
        """Yield the clauses with their places, shapes last."""
        for last in (False, True):
            for place, clause in enumerate(self.clauses):
                if (clause.kind == LOOKS) is last:
                    yield place, clause


def _asked(element: str | Stored) -> Stored:
    """Return what a word or a slot of a sentence takes."""
    return (
        (element,) if isinstance(element, str) else (*element[1:3], tuple([each[0] for each in element[3]]))
    )


def _is_attached(query: Query, pattern: str) -> bool:
    from fnmatch import fnmatchcase

    return any(fnmatchcase(each.media_type.lower(), pattern) for each in query.attached)
