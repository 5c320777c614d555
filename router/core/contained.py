"""Which of two flat conditions asks for everything that the other asks for, and more; it reads no query."""

from __future__ import annotations

from router.core.flat import ATTACHED, LOOKS, SAYS, WORDS
from router.core.sentence import Literal, within
from router.core.slots import Slot
from router.core.text import contains

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    from router.core.flat import FlatClause, Stored
    from router.core.sentence import Branch, Template

    class Conditioned(Protocol):
        """What has a condition: a flat rule, or the flat form of a condition alone."""

        clauses: tuple[FlatClause, ...]
        none: tuple[Any, ...]


def narrower(one: Conditioned, other: Conditioned) -> bool:
    """Whether `one` asks for everything that `other` asks for, and more.

    Positive conditions are compared; what must not be there counts only where those are equal.
    """
    if not asks_for_all(one, other):
        return False
    if not asks_for_all(other, one):
        return True
    return excludes_all(one, other) and not excludes_all(other, one)


def covers(wide: Conditioned, narrow: Conditioned) -> bool:
    """Whether every query that `narrow` matches is matched by `wide`, as far as words can tell."""
    return asks_for_all(narrow, wide) and excludes_all(narrow, wide)


def asks_for_all(one: Conditioned, other: Conditioned) -> bool:
    """Whether `one` asks for everything that `other` asks for, whatever they exclude."""
    return all(any(_clause_implies(mine, theirs) for mine in one.clauses) for theirs in other.clauses)


def excludes_all(one: Conditioned, other: Conditioned) -> bool:
    """Whether `one` excludes everything that `other` excludes."""
    return all(any(contains(theirs[0], mine[0]) for mine in one.none) for theirs in other.none)


def _clause_implies(clause: FlatClause, wanted: FlatClause) -> bool:
    if clause.kind == SAYS:
        return all(_template_implies(each, wanted) for each in clause.templates)
    if clause.kind == WORDS:
        if clause.singles is not None and wanted.singles is not None:
            return clause.singles <= wanted.singles
        return wanted.kind == WORDS and all(wanted.has_part_of(atom[0]) for atom in clause.atoms)
    return clause.kind == wanted.kind and all(
        any(_same_or_narrower(clause.kind, atom, each) for each in wanted.atoms) for atom in clause.atoms
    )


def _same_or_narrower(kind: str, atom: Stored, wanted: Stored) -> bool:
    if kind == ATTACHED:
        from fnmatch import fnmatchcase

        return fnmatchcase(atom[0], wanted[0])
    return atom[0] == wanted[0] if kind == LOOKS else atom == wanted


def _template_implies(template: Template, wanted: FlatClause) -> bool:
    lists = {name for name, slot in template.slots().items() if _list_implies(slot, wanted)}
    return all(_branch_implies(branch, lists, wanted) for branch in template.branches)


def _branch_implies(branch: Branch, lists: set[str], wanted: FlatClause) -> bool:
    if any(isinstance(each, Slot) and each.name in lists for each in branch):
        return True
    if wanted.kind == WORDS:
        return any(map(wanted.has_part_of, _said(branch)))
    return wanted.kind == SAYS and any(
        within(branch, each) for template in wanted.templates for each in template.branches
    )


def _said(branch: Branch) -> Iterator[tuple[str, ...]]:
    """Yield the runs of words of a sentence."""
    run: list[str] = []
    for each in branch:
        if isinstance(each, Literal):
            run.append(each.stem)
        elif run:
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


def _list_implies(slot: Slot, wanted: FlatClause) -> bool:
    """Whether every entry of a list slot is one of the words that the clause wants."""
    return bool(slot.entries) and all(wanted.has_part_of(each.stems) for each in slot.entries)
