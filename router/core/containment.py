"""Which of two rules asks for everything that the other asks for, and more, for whole rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from router.core import contained
from router.core.conditions import Condition
from router.core.filing import FlatCondition
from router.core.rule import Rule


@dataclass(slots=True)
class Containment:
    """Which rules of one rulebook ask for more than which others; each pair is compared once."""

    known: dict[tuple[str, str], bool] = field(default_factory=dict)
    _flat: dict[str, FlatCondition] = field(default_factory=dict)

    def narrower(self, one: Rule, other: Rule) -> bool:
        """Whether the first rule asks for everything that the other asks for, and more."""
        pair = (one.id, other.id)
        if pair not in self.known:
            self.known[pair] = contained.narrower(self._of(one), self._of(other))
        return self.known[pair]

    def _of(self, rule: Rule) -> FlatCondition:
        if rule.id not in self._flat:
            self._flat[rule.id] = FlatCondition(rule.condition)
        return self._flat[rule.id]


def narrower(one: Condition, other: Condition) -> bool:
    """Whether the first condition asks for everything that the other asks for, and more."""
    return contained.narrower(FlatCondition(one), FlatCondition(other))


def covers(wide: Condition, narrow: Condition) -> bool:
    """Whether every query that `narrow` matches is matched by `wide`, as far as words can tell."""
    return contained.covers(FlatCondition(wide), FlatCondition(narrow))
