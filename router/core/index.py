"""Which rules could match a text, by the words they cannot do without; it decides nothing.

Each rule stands under the rarest words that it needs: one word of each alternative of one clause. A rule that
asks for no word at all could match anything.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from router.core.conditions import Atom, Clause, Condition, Says, Word
from router.core.rule import Rule
from router.core.say import Branch, Literal
from router.core.slots import Slot
from router.core.text import Reading

Ways: TypeAlias = tuple[tuple[str, ...], ...]
"""The words of each alternative, all of which a text has where the alternative is there."""


class Index:
    """The rules of one rulebook by their rarest words."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_stem: dict[str, list[Rule]] = {}
        self._always: list[Rule] = []
        ways = [
            (rule, [each for clause in rule.condition.clauses if (each := _ways(clause))]) for rule in rules
        ]
        counts = Counter(stem for _, clauses in ways for clause in clauses for way in clause for stem in way)
        for rule, clauses in ways:
            if not clauses:
                self._always.append(rule)
            for stem in _rarest(clauses, counts):
                self._by_stem.setdefault(stem, []).append(rule)

    def candidates(self, reading: Reading) -> Sequence[Rule]:
        """Return every rule that matches a text of that reading, among others that do not; each once."""
        return self._under(reading.stem_set)

    def implied(self, condition: Condition) -> Sequence[Rule]:
        """Return every rule that matches whatever the condition matches, among others; each once."""
        return self._under({stem for atom in condition.atoms() for stem in _mentioned(atom)})

    def _under(self, stems: Iterable[str]) -> Sequence[Rule]:
        found = {rule.id: rule for stem in stems for rule in self._by_stem.get(stem, ())}
        return [*self._always, *found.values()]


def _rarest(clauses: Sequence[Ways], counts: Counter[str]) -> set[str]:
    """Return one word for each alternative of the clause under which fewest other rules would stand."""
    chosen = ({min(way, key=lambda stem: (counts[stem], stem)) for way in clause} for clause in clauses)
    return min(chosen, key=lambda keys: sum(counts[stem] for stem in keys), default=set())


def _ways(clause: Clause) -> Ways:
    """Return the words of each alternative; nothing where one of them needs no word."""
    ways = tuple(_all_stems(clause))
    return ways if all(ways) else ()


def _all_stems(clause: Clause) -> Iterator[tuple[str, ...]]:
    for atom in clause.atoms:
        if isinstance(atom, Word):
            yield atom.stems
        elif isinstance(atom, Says):
            for branch in atom.template.branches:
                yield from _branch_ways(branch)
        else:
            yield ()


def _mentioned(atom: Atom) -> Iterator[str]:
    """Yield every word that an alternative names."""
    if isinstance(atom, Word):
        yield from atom.stems
    elif isinstance(atom, Says):
        for element in itertools.chain.from_iterable(atom.template.branches):
            if isinstance(element, Literal):
                yield element.stem
            else:
                yield from itertools.chain.from_iterable(entry.stems for entry in element.entries)


def _branch_ways(branch: Branch) -> Iterator[tuple[str, ...]]:
    """Yield the words of a sentence, or those of each entry of its list where it has no word of its own."""
    literals = tuple(each.stem for each in branch if isinstance(each, Literal))
    lists = [each for each in branch if isinstance(each, Slot) and each.entries]
    if literals or not lists:
        yield literals
    else:
        yield from (entry.stems for entry in lists[0].entries)
