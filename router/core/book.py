"""The rulebook, compiled: all that bears on a decision, under one revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from router.core.admission import Admission
from router.core.conditions import Match, Sight
from router.core.containment import Containment
from router.core.decide import decide
from router.core.decision import Decision
from router.core.index import Index
from router.core.query import Query
from router.core.rule import Rule
from router.core.settings import Settings
from router.core.template import Templates
from router.core.text import Normaliser


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules, vocabulary, prompts and the settings that bear on a decision."""

    revision: str
    """`r:` and a hash of all of it and of the normaliser's version."""
    rules: Mapping[str, Rule]
    """By id."""
    was: Mapping[str, str]
    """Present ids by earlier ids."""
    settings: Settings
    templates: Templates
    normaliser: Normaliser
    admission: Admission
    index: Index = field(init=False, repr=False, compare=False)
    containment: Containment = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make what decisions look up."""
        object.__setattr__(self, "index", Index(self.rules.values()))
        object.__setattr__(self, "containment", Containment())

    def decide(self, query: Query | str, *, near: bool = True) -> Decision:
        """Return what the rules say of a query; without `near` the verdicts leave out near misses.

        Raises QueryRefused for a text that cannot be a query, and for facts that the settings do not list.
        """
        return self.staged(query, {}, near=near)

    def staged(self, query: Query | str, instead: Mapping[str, Rule], *, near: bool = False) -> Decision:
        """Decide with other stages: `instead` has rules by id that differ in their stage alone."""
        asked = Query(query) if isinstance(query, str) else query
        self.settings.refuse_facts(asked)
        sight = Sight(asked, self.normaliser.read(asked.text))
        rules = self.index.near(sight) if near else self.index.candidates(sight)
        if instead:
            rules = [instead.get(each.id, each) for each in rules]
        return decide(
            rules, sight, self.settings.layers, self.revision, self.admission, self.containment, near=near
        )

    def fallback(self, decision: Decision, *, planner: bool) -> str | None:
        """Return who would be asked first about what no rule decides; None where nobody would be."""
        fails = decision.kind == "tie" and self.settings.ambiguous == "error"
        if decision.kind == "rule" or fails:
            return None
        return self.settings.first_fallback(planner=planner)

    def match(self, rule: Rule, query: Query) -> Match:
        """Hold one rule's condition against a query."""
        return rule.condition.match(Sight(query, self.normaliser.read(query.text)))

    def wins_over(self, one: Rule, other: Rule) -> bool:
        """Whether a rule is preferred to another of its layer where both match and compete."""
        return other.id in one.beats or self.containment.narrower(one, other)

    def find(self, rule_id: str) -> Rule | None:
        """Return a rule by its id or an earlier one, or None."""
        return self.rules.get(self.was.get(rule_id, rule_id))
