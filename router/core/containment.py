"""Which of two conditions asks for everything that the other asks for, and more; it looks at no query."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from router.core.conditions import Atom, Attached, Clause, Condition, Looks, Says, Word
from router.core.rule import Rule
from router.core.say import Branch, Literal, within
from router.core.slots import Slot
from router.core.text import contains


@dataclass(slots=True)
class Containment:
    """Which rules of one rulebook ask for more than which others; each pair is compared once."""

    known: dict[tuple[str, str], bool] = field(default_factory=dict)

    def narrower(self, one: Rule, other: Rule) -> bool:
        """Whether the first rule asks for everything that the other asks for, and more."""
        pair = (one.id, other.id)
        if pair not in self.known:
            self.known[pair] = narrower(one.condition, other.condition)
        return self.known[pair]


def narrower(one: Condition, other: Condition) -> bool:
    """Whether `one` asks for everything that `other` asks for, and more.

    Positive conditions are compared; what must not be there counts only where those are equal.
    """
    if not _asks_for_all(one, other):
        return False
    if not _asks_for_all(other, one):
        return True
    return _excludes_all(one, other) and not _excludes_all(other, one)


def covers(wide: Condition, narrow: Condition) -> bool:
    """Whether every query that `narrow` matches is matched by `wide`, as far as words can tell."""
    return _asks_for_all(narrow, wide) and _excludes_all(narrow, wide)


def _asks_for_all(one: Condition, other: Condition) -> bool:
    return all(any(_clause_implies(mine, theirs) for mine in one.clauses) for theirs in other.clauses)


def _excludes_all(one: Condition, other: Condition) -> bool:
    return all(any(contains(theirs.stems, mine.stems) for mine in one.none) for theirs in other.none)


def _clause_implies(clause: Clause, wanted: Clause) -> bool:
    return all(_atom_implies(atom, wanted) for atom in clause.atoms)


def _atom_implies(atom: Atom, wanted: Clause) -> bool:
    if isinstance(atom, Says):
        lists = {name for name, slot in atom.template.slots().items() if _list_implies(slot, wanted)}
        return all(_branch_implies(branch, lists, wanted) for branch in atom.template.branches)
    if isinstance(atom, Word):
        return wanted.has_part_of(atom.stems)
    return any(_same_or_narrower(atom, each) for each in wanted.atoms)


def _same_or_narrower(atom: Atom, wanted: Atom) -> bool:
    if isinstance(atom, Attached) and isinstance(wanted, Attached):
        return fnmatchcase(atom.pattern, wanted.pattern)
    if isinstance(atom, Looks) and isinstance(wanted, Looks):
        return atom.shape.name == wanted.shape.name
    return atom == wanted


def _branch_implies(branch: Branch, lists: set[str], wanted: Clause) -> bool:
    if any(isinstance(each, Slot) and each.name in lists for each in branch):
        return True
    runs = itertools.groupby(branch, key=lambda each: isinstance(each, Literal))
    said = (tuple(each.stem for each in run if isinstance(each, Literal)) for literal, run in runs if literal)
    if any(map(wanted.has_part_of, said)):
        return True
    templates = (atom.template for atom in wanted.atoms if isinstance(atom, Says))
    return any(within(branch, each) for template in templates for each in template.branches)


def _list_implies(slot: Slot, wanted: Clause) -> bool:
    """Whether every entry of a list slot is one of the words that the clause wants."""
    return bool(slot.entries) and all(wanted.has_part_of(each.stems) for each in slot.entries)
