"""The rulebook, compiled: all that bears on a decision, under one revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from router.core.admission import Admission
from router.core.conditions import Match, Sight
from router.core.decide import decide
from router.core.decision import Decision
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

    def decide(self, query: Query | str) -> Decision:
        """Return what the rules say of a query. Raises QueryRefused for a text that cannot be one."""
        asked = Query(query) if isinstance(query, str) else query
        return decide(
            self.rules.values(), self.settings.layers, self.revision, asked, self.normaliser, self.admission
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

    def find(self, rule_id: str) -> Rule | None:
        """Return a rule by its id or an earlier one, or None."""
        return self.rules.get(self.was.get(rule_id, rule_id))
