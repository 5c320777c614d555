"""Makes whole rules of the flat form again, for what looks at more than decisions do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from router.core.conditions import Atom, Attached, Clause, Condition, Fact, Looks, Mode, Says, Word
from router.core.filed import Filed
from router.core.flat import ATTACHED, FACTS, LOOKS, MODES, SAYS, FlatClause
from router.core.plan import StepSource
from router.core.rule import Rule
from router.core.shapes import Shape
from router.core.slots import Slot

REST: Final = ("was", "owner", "why", "until", "yes", "no")
"""What of a rule bears on no decision, in the order in which it is stored."""


class Rules(Mapping[str, Rule]):
    """The rules of a compiled rulebook by id, each made when it is first looked at."""

    def __init__(self, filed: Filed, made: Mapping[str, Rule] | None = None) -> None:
        """`made` are rules that are whole already."""
        self._filed = filed
        self._names = dict.fromkeys(filed.names())
        self._made = dict(made or {})

    def __getitem__(self, rule_id: str) -> Rule:
        if rule_id not in self._made:
            if rule_id not in self._names:
                raise KeyError(rule_id)
            self._made[rule_id] = thawed(self._filed, rule_id)
        return self._made[rule_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def thawed(filed: Filed, rule_id: str) -> Rule:
    """Return a rule by its present id. Raises KeyError."""
    flat = filed.find(rule_id)
    if flat is None:
        raise KeyError(rule_id)
    condition = Condition(
        tuple(Clause(tuple(_atoms(clause))) for clause in flat.clauses),
        tuple(Word(*each) for each in flat.none),
    )
    slots: dict[str, Slot | None] = dict.fromkeys(flat.slots)
    for clause in flat.clauses:
        if clause.kind == SAYS:
            for template in clause.templates:
                slots |= template.slots()
    return Rule(
        id=flat.id,
        layer=filed.layers[flat.layer],
        at=flat.at,
        condition=condition,
        steps=tuple(StepSource(each.id, each.use, each.args, each.ask, each.needs) for each in flat.steps),
        adds=flat.adds,
        answer=flat.answer,
        stage=flat.stage,
        share=flat.share,
        beats=frozenset(flat.beats),
        slots=slots,
        reads=frozenset(flat.reads),
        **dict(zip(REST, filed.rest(rule_id), strict=True)),
    )


def _atoms(clause: FlatClause) -> Iterator[Atom]:
    if clause.kind == SAYS:
        yield from map(Says, clause.templates)
        return
    kinds: dict[str, Any] = {MODES: Mode, FACTS: Fact, ATTACHED: Attached, LOOKS: _looks}
    for atom in clause.atoms:
        yield kinds.get(clause.kind, Word)(*atom)


def _looks(name: str, groups: tuple[str, ...], written: str, pattern: str, _: frozenset[str]) -> Looks:
    return Looks(Shape(name, pattern, groups, written))
