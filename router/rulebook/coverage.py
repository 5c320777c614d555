"""Which rules and conditions the examples and recorded queries exercise; counted, never rounded.

A condition is a word, phrase, list, sentence, shape, mode, fact or media type as a rule writes it. One of
`none` is covered where it alone keeps its rule from a query, any other where it is found in a query that the
rule matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from router.core.book import Rulebook
from router.core.conditions import Atom, Sight, Word
from router.core.plan import JSON
from router.core.query import Query
from router.core.rule import Rule
from router.rulebook.formats import counted


@dataclass(slots=True)
class RuleCoverage:
    """What of one rule was exercised."""

    rule: Rule
    conditions: dict[str, bool] = field(default_factory=dict)
    """Each condition as written, and whether it was exercised."""
    matched: int = 0
    """Queries that the rule matches."""

    @property
    def uncovered(self) -> tuple[str, ...]:
        """The conditions that no query exercises."""
        return tuple(name for name, seen in self.conditions.items() if not seen)

    def to_dict(self) -> dict[str, JSON]:
        """Return what is uncovered as JSON."""
        conditions = list(self.uncovered)
        return {"rule": self.rule.id, "at": self.rule.at, "matched": self.matched, "conditions": conditions}


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was exercised of a whole rulebook."""

    queries: int
    rules: tuple[RuleCoverage, ...]

    @property
    def rules_covered(self) -> int:
        """Rules that match at least one query."""
        return sum(each.matched > 0 for each in self.rules)

    @property
    def conditions(self) -> int:
        """How many conditions there are."""
        return sum(len(each.conditions) for each in self.rules)

    @property
    def covered(self) -> int:
        """How many of them are exercised."""
        return sum(sum(each.conditions.values()) for each in self.rules)

    def reaches(self, per_cent: float) -> bool:
        """Whether so many per cent of rules and conditions together are covered; nothing is rounded."""
        whole = len(self.rules) + self.conditions
        return (self.rules_covered + self.covered) * 100 >= Fraction(str(per_cent)) * whole

    def __str__(self) -> str:
        """Give the counts on one line; a percentage is cut off, so that 100 means all."""
        whole, part = len(self.rules) + self.conditions, self.rules_covered + self.covered
        cut = f"{part * 1000 // whole / 10:.1f} %" if whole else "nothing to cover"
        rules = f"{self.rules_covered}/{counted(len(self.rules), 'rule')}"
        return f"{rules} · {self.covered}/{counted(self.conditions, 'condition')} · {cut}"

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "queries": self.queries,
            "rules": len(self.rules),
            "rules_covered": self.rules_covered,
            "conditions": self.conditions,
            "conditions_covered": self.covered,
            "uncovered": [each.to_dict() for each in self.rules if each.uncovered or not each.matched],
        }


def cover(book: Rulebook, rules: Iterable[Rule], queries: Iterable[Query]) -> Coverage:
    """Return what queries exercise of some rules."""
    found = {rule.id: RuleCoverage(rule, dict.fromkeys(_conditions(rule), False)) for rule in rules}
    count = 0
    for query in queries:
        count += 1
        sight = Sight(query, book.normaliser.read(query.text))
        for rule in book.candidates(query):
            if rule.id in found and rule.condition.says_all(sight):
                _mark(found[rule.id], sight)
    return Coverage(count, tuple(found.values()))


def _conditions(rule: Rule) -> Iterator[str]:
    yield from (_written(atom) for atom in rule.condition.atoms())
    yield from (_forbidden(word) for word in rule.condition.none)


def _mark(coverage: RuleCoverage, sight: Sight) -> None:
    condition = coverage.rule.condition
    forbidding = {_forbidden(word) for word in condition.none if word.find(sight) is not None}
    if len(forbidding) == 1:
        coverage.conditions[forbidding.pop()] = True
    elif not forbidding:
        coverage.matched += 1
        for atom in condition.atoms():
            name = _written(atom)
            if not coverage.conditions[name] and atom.find(sight) is not None:
                coverage.conditions[name] = True


def _written(atom: Atom) -> str:
    return atom.listed or str(atom) if isinstance(atom, Word) else str(atom)


def _forbidden(word: Word) -> str:
    return f"none {_written(word)}"
