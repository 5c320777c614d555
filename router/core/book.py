"""The rulebook, compiled: all that bears on a decision, under one revision.

What a decision needs is read when it is needed; whole rules, prompts and settings when they are looked at.
"""

from __future__ import annotations

from router.core.admission import Admission
from router.core.keys import context_keys
from router.core.matcher import Matcher
from router.core.query import Query
from router.core.terms import Terms
from router.core.text import Normaliser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from router.core.conditions import Condition, Match
    from router.core.decision import Decision
    from router.core.filed import Filed
    from router.core.flat import FlatRule
    from router.core.rule import Rule, Stage
    from router.core.settings import Settings
    from router.core.template import Templates

NO_STAGES: Mapping[str, Stage] = {}


class Rulebook:
    """Rules, vocabulary, prompts and the settings that bear on a decision."""

    __slots__ = (
        "_filed",
        "_matcher",
        "_rules",
        "_settings",
        "_templates",
        "_was",
        "normaliser",
        "revision",
        "terms",
    )

    def __init__(
        self,
        filed: Filed,
        settings: Callable[[], Settings] | None = None,
        rules: Mapping[str, Rule] | None = None,
    ) -> None:
        meta = filed.meta
        self.revision = filed.revision
        """`r:` and a hash of all of it and of the normaliser's version."""
        self.normaliser = Normaliser(meta["language"])
        self.terms = Terms(filed.layers, meta["ambiguous"], meta["fallback"], meta["facts"], meta["plans"])
        self._filed = filed
        self._matcher = Matcher(
            filed, self.normaliser, Admission(self.normaliser, meta["modes"], meta["labels"])
        )
        self._settings: Settings | Callable[[], Settings] | None = settings
        self._rules = rules
        self._templates: Templates | None = None
        self._was: Mapping[str, str] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Send the bytes and the settings to another process."""
        return _again, (self._filed.content(), self.settings)

    @property
    def rules(self) -> Mapping[str, Rule]:
        """By id, sorted."""
        if self._rules is None:
            from router.core.thaw import Rules

            self._rules = Rules(self._filed)
        return self._rules

    @property
    def was(self) -> Mapping[str, str]:
        """Present ids by earlier ids."""
        if self._was is None:
            self._was = self._filed.earlier()
        return self._was

    @property
    def settings(self) -> Settings:
        """The whole settings, targets with all."""
        if self._settings is None:
            raise LookupError("the rulebook was opened without its settings")
        if callable(self._settings):
            self._settings = self._settings()
        return self._settings

    @property
    def templates(self) -> Templates:
        """The prompts, and what renders templates."""
        return self.open_templates()

    @property
    def admission(self) -> Admission:
        """Which targets a query's modes and words leave."""
        return self._matcher.admission

    def open_templates(self) -> Templates:
        """Return what renders templates that are not plain."""
        if self._templates is None:
            from router.core.template import Templates

            self._templates = Templates(self._filed.prompts())
        return self._templates

    def decide(self, query: Query | str) -> Decision:
        """Return what the rules say of a query; its id and verdicts are worked out when they are read.

        Raises QueryRefused for a text that cannot be a query, and for facts that the settings do not list.
        """
        return self.staged(query, NO_STAGES)

    def staged(self, query: Query | str, stages: Mapping[str, Stage]) -> Decision:
        """Decide with other stages than the rules' own, by id."""
        asked = Query(query) if isinstance(query, str) else query
        if asked.facts:
            self.terms.refuse_facts(asked)
        return self._matcher.decide(asked, stages)

    def fallback(self, decision: Decision, *, planner: bool) -> str | None:
        """Return who would be asked first about what no rule decides; None where nobody would be."""
        fails = decision.kind == "tie" and self.terms.ambiguous == "error"
        if decision.kind == "rule" or fails:
            return None
        return self.terms.first_fallback(planner=planner)

    def flat(self, rule_id: str) -> FlatRule:
        """Return a rule by its present id as decisions read it. Raises KeyError."""
        rule = self._filed.find(rule_id)
        if rule is None:
            raise KeyError(rule_id)
        return rule

    def find(self, rule_id: str) -> Rule | None:
        """Return a rule by its id or an earlier one, or None."""
        return self.rules.get(self.was.get(rule_id, rule_id))

    def match(self, rule: Rule, query: Query) -> Match:
        """Hold one rule's condition against a query, and say what it lacks."""
        from router.core.conditions import Sight

        return rule.condition.match(Sight(query, self.normaliser.read(query.text)))

    def candidates(self, query: Query) -> Sequence[Rule]:
        """Return every rule that matches, among others that do not; each once."""
        reading = self.normaliser.read(query.text)
        return self._whole((*reading.stem_set, *context_keys(query)))

    def implied(self, condition: Condition) -> Sequence[Rule]:
        """Return every rule that matches whatever the condition matches, among others; each once."""
        from router.core.filing import FlatCondition, mentioned

        return self._whole([key for clause in FlatCondition(condition).clauses for key in mentioned(clause)])

    def _whole(self, keys: Sequence[str]) -> Sequence[Rule]:
        return [self.rules[each.id] for each in self._matcher.under(keys)]

    def narrower(self, one: Rule, other: Rule) -> bool:
        """Whether the first rule asks for everything that the other asks for, and more."""
        return self._matcher.narrower(self.flat(one.id), self.flat(other.id))

    def wins_over(self, one: Rule, other: Rule) -> bool:
        """Whether a rule is preferred to another of its layer where both match and compete."""
        return other.id in one.beats or self.narrower(one, other)


def _again(content: bytes, settings: Settings) -> Rulebook:
    from router.core.blocks import Blocks
    from router.core.filed import Filed

    return Rulebook(Filed(Blocks(content)), lambda: settings)
