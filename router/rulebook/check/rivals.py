"""Which rules of a layer lose to which, whatever is asked; it compares rules and decides no query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from router.core.book import Rulebook
from router.core.rule import Rule


@dataclass
class Rivals:
    """The rules of one rulebook that compete, each with those over it and those below it."""

    book: Rulebook

    @cached_property
    def over(self) -> dict[str, frozenset[str]]:
        """By the id of each rule the rules of its layer to which it loses wherever both match."""
        over: dict[str, set[str]] = {id_: set() for id_ in self.book.rules}
        for rule in self._competing:
            for other in self.below[rule.id]:
                over[other].add(rule.id)
        return {id_: frozenset(each) for id_, each in over.items()}

    @cached_property
    def below(self) -> dict[str, frozenset[str]]:
        """By the id of each rule the rules of its layer that lose to it wherever both match."""
        return {rule.id: frozenset(self._losers(rule)) for rule in self._competing}

    @cached_property
    def named(self) -> frozenset[str]:
        """The rules that some rule names in `beats`."""
        return frozenset(id_ for rule in self.book.rules.values() for id_ in rule.beats)

    @cached_property
    def _competing(self) -> tuple[Rule, ...]:
        return tuple(each for each in self.book.rules.values() if _competes(each))

    def _losers(self, rule: Rule) -> set[str]:
        wider = self.book.implied(rule.condition)
        asked = {
            each.id
            for each in wider
            if each.layer == rule.layer and _competes(each) and self.book.narrower(rule, each)
        }
        return asked | {id_ for id_ in rule.beats if _competes(self.book.rules[id_])}


def _competes(rule: Rule) -> bool:
    return not rule.adds and rule.stage != "shadow"


def makes_ring(book: Rulebook, rule: Rule, others: Sequence[Rule]) -> bool:
    """Whether a rule that beat others would lose to itself by way of them, so that nothing would load.

    Only rules that `beats` names or that name others matter on the way: containment alone makes no ring.
    """
    linked = {id_ for each in book.rules.values() if each.beats for id_ in (each.id, *each.beats)}
    between = [book.rules[id_] for id_ in sorted(linked) if book.rules[id_].layer == rule.layer]
    seen: set[str] = set()
    waiting = list(others)
    while waiting:
        each = waiting.pop()
        if book.wins_over(each, rule):
            return True
        if each.id not in seen:
            seen.add(each.id)
            waiting += [third for third in between if book.wins_over(each, third)]
    return False
