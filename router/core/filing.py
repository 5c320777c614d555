"""Takes compiled rules to the flat form that is matched and stored, and finds the keys they stand under."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from router.core.admission import Admission
from router.core.conditions import Atom, Attached, Clause, Condition, Fact, Looks, Mode, Says, Word
from router.core.flat import ATTACHED, FACTS, LOOKS, MODES, SAYS, WORDS, FlatClause, Stored
from router.core.keys import ATTACHED_KEY, fact_key, mode_key
from router.core.necessity import necessary
from router.core.plan import JSON, StepSource
from router.core.rendering import PROMPT, Program, is_template
from router.core.rule import Rule
from router.core.sentence import Branch, Literal
from router.core.slots import Slot
from router.core.template import Templates, strings

Ways: TypeAlias = tuple[tuple[str, ...], ...]
"""The keys of each alternative of a clause, all of which a query has where the alternative is there."""
CLAUSES: Final = 8
"""Where the clauses stand in the flat form of a rule."""
_CHEAPEST_FIRST: Final = (MODES, FACTS, ATTACHED, WORDS, SAYS, LOOKS)


class FlatCondition:
    """A condition alone, in the flat form."""

    def __init__(self, condition: Condition) -> None:
        self.clauses = tuple(FlatClause(stored_clause(each)) for each in condition.clauses)
        self.none = _none(condition)


def stored_rule(
    rule: Rule, beats: tuple[str, ...], layer: int, admission: Admission, templates: Templates
) -> Stored:
    """Return a rule in the flat form, as `FlatRule` takes it; what it `beats` stays as it is written."""
    clauses = tuple(stored_clause(each) for each in rule.condition.clauses)
    need = frozenset().union(*map(_needed, clauses))
    rest = [at for at, each in enumerate(clauses) if not _settled(each, need)]
    rest.sort(key=lambda at: (_CHEAPEST_FIRST.index(clauses[at][0]), at))
    free = not any((step.use.scheme, step.use.name) in admission.modes for step in rule.steps)
    return (
        rule.id, layer, rule.at, rule.stage, rule.share, (*rule.was, rule.id)[0], rule.adds, need, clauses,
        _none(rule.condition), tuple(rest), tuple(_step(each, templates) for each in rule.steps), rule.answer,
        beats, {name: slot.type if slot else "" for name, slot in rule.slots.items()},
        tuple(sorted(rule.reads)), dict(_plain(rule, templates)), free,
    )  # fmt: skip


def stored_clause(clause: Clause) -> Stored:
    """Return a clause in the flat form, as `FlatClause` takes it."""
    return KINDS[type(clause.atoms[0])], str(clause), tuple(_atom(each) for each in clause.atoms)


KINDS: Final[dict[type[Atom], str]] = {
    Word: WORDS, Looks: LOOKS, Says: SAYS, Mode: MODES, Fact: FACTS, Attached: ATTACHED,
}  # fmt: skip
"""Alternatives of one clause are all of one kind, which `compile` sees to."""


def _atom(atom: Atom) -> Stored:
    if isinstance(atom, Word):
        return atom.stems, atom.shown, atom.listed
    if isinstance(atom, Looks):
        shape = atom.shape
        return shape.name, shape.groups, shape.written, shape.pattern, necessary(shape.pattern)
    if isinstance(atom, Says):
        return atom.template.shown, tuple(map(_branch, atom.template.branches))
    if isinstance(atom, Mode):
        return (atom.name,)
    return (atom.key, atom.value) if isinstance(atom, Fact) else (atom.pattern,)


def _branch(branch: Branch) -> Stored:
    return tuple(each.stem if isinstance(each, Literal) else _slot(each) for each in branch)


def _slot(slot: Slot) -> Stored:
    entries = tuple((entry.stems, entry.shown) for entry in slot.entries)
    return slot.name, slot.type, slot.list_name, entries


def _none(condition: Condition) -> Stored:
    return tuple((word.stems, word.shown, word.listed) for word in condition.none)


def _needed(clause: Stored) -> frozenset[str]:
    """Return the stems that are in the text whichever alternative of a clause is there."""
    kind, _, atoms = clause
    if kind == WORDS:
        ways: Iterable[Iterable[str]] = (stems for stems, _, _ in atoms)
    elif kind == SAYS:
        ways = ([each for each in branch if isinstance(each, str)] for _, all_ in atoms for branch in all_)
    else:
        return frozenset()
    return frozenset.intersection(*map(frozenset, ways))


def _settled(clause: Stored, need: frozenset[str]) -> bool:
    """Whether the clause holds wherever the stems that the rule needs are in the text."""
    kind, _, atoms = clause
    return kind == WORDS and any(len(stems) == 1 and stems[0] in need for stems, _, _ in atoms)


def _step(step: StepSource, templates: Templates) -> Stored:
    later = tuple(name for name, value in step.args.items() if _reads_steps(templates, strings(value)))
    ask_later = bool(step.ask) and _reads_steps(templates, (step.ask,))
    use = (step.use.scheme, step.use.name, step.use.member)
    return step.id, use, _copied(step.args), step.ask, step.needs, later, ask_later


def _reads_steps(templates: Templates, written: Iterable[str]) -> bool:
    return any("steps" in templates.names(each) for each in written)


def _copied(value: JSON) -> JSON:
    """Return JSON as plain dicts and lists."""
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list | tuple) else value


def _plain(rule: Rule, templates: Templates) -> Iterator[tuple[str, Program]]:
    for step in rule.steps:
        for template in dict.fromkeys((*strings(step.args), step.ask)):
            if template and (program := templates.plain(template)) is not None:
                yield template if is_template(template) else PROMPT + template, program


def ways(clause: Stored) -> Ways:
    """Return the keys of each alternative; nothing where one of them needs no key."""
    kind, _, atoms = clause
    found: list[tuple[str, ...]] = []
    for atom in atoms:
        found += _sentence_ways(atom[1]) if kind == SAYS else (_atom_keys(kind, atom),)
    return tuple(found) if all(found) else ()


def _atom_keys(kind: str, atom: Stored) -> tuple[str, ...]:
    if kind == WORDS:
        stems: tuple[str, ...] = atom[0]
        return stems
    if kind == LOOKS:  # a shape may be found in any text
        return ()
    if kind == MODES:
        return (mode_key(atom[0]),)
    return (fact_key(*atom) if kind == FACTS else ATTACHED_KEY,)


def _sentence_ways(branches: Stored) -> Iterator[tuple[str, ...]]:
    """Yield the words of each sentence, or those of each entry of its list where it has no word."""
    for branch in branches:
        literals = tuple(each for each in branch if isinstance(each, str))
        lists = [each[3] for each in branch if not isinstance(each, str) and each[3]]
        if literals or not lists:
            yield literals
        else:
            yield from (stems for stems, _ in lists[0])


def mentioned(clause: FlatClause) -> Iterator[str]:
    """Yield every key that a clause names."""
    kind, atoms = clause.kind, clause.atoms
    if kind != SAYS:
        for atom in atoms:
            yield from _atom_keys(kind, atom)
        return
    for _, branches in atoms:
        for each in (element for branch in branches for element in branch):
            if isinstance(each, str):
                yield each
            else:
                yield from (stem for stems, _ in each[3] for stem in stems)
