"""Which rules could match a query, or nearly, by what they cannot do without; it decides nothing.

Each rule stands under the rarest keys that it needs: a word of each alternative of one clause, or a mode or
fact. For near misses it stands under a second clause as well: where one clause fails, the other one holds.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from router.core.conditions import Atom, Attached, Clause, Condition, Fact, Looks, Mode, Says, Sight, Word
from router.core.rule import Rule
from router.core.say import Branch, Literal
from router.core.slots import Slot

Key: TypeAlias = str | tuple[str, ...]
"""A stem, or what a query's context has: `("mode", "useful")`, `("fact", "env", "prod")`, `("attached",)`."""
Ways: TypeAlias = tuple[tuple[Key, ...], ...]
"""The keys of each alternative of a clause, all of which a query has where the alternative is there."""


class Index:
    """The rules of one rulebook by their rarest keys."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._first: dict[Key, list[Rule]] = {}
        self._second: dict[Key, list[Rule]] = {}
        self._always: list[Rule] = []
        self._always_near: list[Rule] = []
        ways = {rule.id: (rule, [_ways(clause) for clause in rule.condition.clauses]) for rule in rules}
        counts = Counter(
            key for _, clauses in ways.values() for clause in clauses for way in clause for key in way
        )
        for rule, clauses in ways.values():
            self._add(rule, clauses, counts)

    def _add(self, rule: Rule, clauses: Sequence[Ways], counts: Mapping[Key, int]) -> None:
        keyed = [_rarest(each, counts) for each in clauses if each]
        keyed.sort(key=lambda keys: sum(counts[key] for key in keys))
        if not keyed:
            self._always.append(rule)
        for keys, index in zip(keyed, (self._first, self._second), strict=False):
            for key in keys:
                index.setdefault(key, []).append(rule)
        unkeyed = (clause for clause, each in zip(rule.condition.clauses, clauses, strict=True) if not each)
        if len(keyed) == 1 and any(
            not isinstance(atom, Looks) for clause in unkeyed for atom in clause.atoms
        ):
            self._always_near.append(rule)

    def candidates(self, sight: Sight) -> Sequence[Rule]:
        """Return every rule that matches, among others that do not; each once."""
        found = _under(self._first, _keys(sight))
        return [*self._always, *found.values()]

    def near(self, sight: Sight) -> Sequence[Rule]:
        """Return every rule that matches or all but matches, among others that do not; each once."""
        keys = tuple(_keys(sight))
        found = _under(self._first, keys) | _under(self._second, keys)
        found |= {rule.id: rule for rule in self._always_near}
        return [*self._always, *found.values()]

    def implied(self, condition: Condition) -> Sequence[Rule]:
        """Return every rule that matches whatever the condition matches, among others; each once."""
        keys = {key for atom in condition.atoms() for key in _mentioned(atom)}
        return [*self._always, *_under(self._first, keys).values()]


def _keys(sight: Sight) -> Iterator[Key]:
    """Yield the keys that a query has."""
    yield from sight.reading.stem_set
    yield from (("mode", mode) for mode in sight.query.modes)
    yield from (("fact", *fact) for fact in sight.query.facts.items())
    if sight.query.attached:
        yield ("attached",)


def _under(index: Mapping[Key, Sequence[Rule]], keys: Iterable[Key]) -> dict[str, Rule]:
    return {rule.id: rule for key in keys for rule in index.get(key, ())}


def _rarest(ways: Ways, counts: Mapping[Key, int]) -> set[Key]:
    """Return one key for each alternative, that under which fewest other rules would stand."""
    return {min(way, key=lambda key: (counts[key], str(key))) for way in ways}


def _ways(clause: Clause) -> Ways:
    """Return the keys of each alternative; nothing where one of them needs no key."""
    ways = tuple(way for atom in clause.atoms for way in _atom_ways(atom))
    return ways if all(ways) else ()


def _atom_ways(atom: Atom) -> Iterator[tuple[Key, ...]]:
    if isinstance(atom, Word):
        yield atom.stems
    elif isinstance(atom, Says):
        for branch in atom.template.branches:
            yield from _branch_ways(branch)
    else:
        yield _context(atom)


def _branch_ways(branch: Branch) -> Iterator[tuple[Key, ...]]:
    """Yield the words of a sentence, or those of each entry of its list where it has no word of its own."""
    literals = tuple(each.stem for each in branch if isinstance(each, Literal))
    lists = [each for each in branch if isinstance(each, Slot) and each.entries]
    if literals or not lists:
        yield literals
    else:
        yield from (entry.stems for entry in lists[0].entries)


def _context(atom: Atom) -> tuple[Key, ...]:
    """Return the key of a mode, fact or attachment; nothing for a shape, which may be found in any text."""
    if isinstance(atom, Mode):
        return (("mode", atom.name),)
    if isinstance(atom, Fact):
        return (("fact", atom.key, atom.value),)
    return (("attached",),) if isinstance(atom, Attached) else ()


def _mentioned(atom: Atom) -> Iterator[Key]:
    """Yield every key that an alternative names."""
    if isinstance(atom, Word):
        yield from atom.stems
    elif isinstance(atom, Says):
        for element in itertools.chain.from_iterable(atom.template.branches):
            if isinstance(element, Literal):
                yield element.stem
            else:
                yield from itertools.chain.from_iterable(entry.stems for entry in element.entries)
    else:
        yield from _context(atom)
