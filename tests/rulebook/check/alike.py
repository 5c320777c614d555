"""Generates rulebooks with rules that are alike, contain or beat each other, where rules are often idle."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from router.core.book import Rulebook
from router.core.compile import compile
from router.core.query import Query
from router.core.source import RuleText, Sources
from router.errors import RulebookRefused
from tests.core.making import SETTINGS
from tests.core.worlds import narrowed, queries, rarely, rulebooks

same = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""The same examples every time."""
SLOT = re.compile(r"\{(\w+):")


@dataclass(frozen=True, slots=True)
class Alike:
    """A rulebook's sources, and queries of which several match more than one rule."""

    sources: Sources
    queries: tuple[Query, ...]

    @property
    def book(self) -> Rulebook:
        """The sources, compiled."""
        return compiled(self.sources)

    def with_beats(self, rule_id: str, beats: tuple[str, ...]) -> Sources:
        """Return the sources with other `beats` of one rule."""
        rules = (replace(each, beats=beats) if each.id == rule_id else each for each in self.sources.rules)
        return replace(self.sources, rules=tuple(rules))


def compiled(sources: Sources) -> Rulebook:
    """Compile against the settings of the core's tests."""
    return compile(sources, SETTINGS)


def without(sources: Sources, rule_id: str) -> Sources:
    """Return sources without a rule, which no other beats any more."""
    kept = (each for each in sources.rules if each.id != rule_id)
    return replace(sources, rules=tuple(no_longer_beating(each, rule_id) for each in kept))


def no_longer_beating(rule: RuleText, rule_id: str) -> RuleText:
    """Return a rule without one entry of its `beats`."""
    return replace(rule, beats=tuple(each for each in rule.beats if each != rule_id))


@st.composite
def variants(draw: st.DrawFn, number: int, before: tuple[RuleText, ...]) -> RuleText:
    """Draw a rule like an earlier one: it may do something else, ask for more, or ask in another order."""
    rule = draw(st.sampled_from(before))
    other = draw(st.sampled_from(before))
    made = replace(
        rule,
        name=f"r{number}",
        line=number + 1,
        steps=draw(st.sampled_from((rule.steps, rule.steps, other.steps, rule.steps[:1]))),
        say=draw(st.sampled_from((rule.say, rule.say[::-1]))),
        all=draw(st.sampled_from((rule.all, rule.all[::-1]))),
        stage="live",
        share=None,
        beats=(),
    )
    return replace(made, **draw(narrowed(made))) if draw(rarely(2)) else made


def reading_slots(rule: RuleText, place: int) -> RuleText:
    """Return a rule whose first step takes one of the slots that its sentences fill, if they fill any."""
    slots = sorted({name for template in rule.say for name in SLOT.findall(template)})
    if not slots:
        return rule
    first, *others = rule.steps
    args = {"value": f"{{{{ {slots[place % len(slots)]} }}}}"}
    return replace(rule, steps=(replace(first, args=args), *others))


@st.composite
def beating(draw: st.DrawFn, sources: Sources) -> Sources:
    """Draw further entries of `beats`, as far as they make no ring."""
    for _ in range(draw(st.integers(0, 4))):
        rules = list(sources.rules)
        place = draw(st.integers(0, len(rules) - 1))
        rule = rules[place]
        able = [
            each.id
            for each in rules
            if each.layer == rule.layer and each.id != rule.id and not each.adds and each.id not in rule.beats
        ]
        if rule.adds or not able:
            continue
        rules[place] = replace(rule, beats=(*rule.beats, draw(st.sampled_from(able))))
        made = replace(sources, rules=tuple(rules))
        sources = made if loads(made) else sources
    return sources


def loads(sources: Sources) -> bool:
    """Whether sources compile."""
    try:
        compiled(sources)
    except RulebookRefused:
        return False
    return True


@st.composite
def alike(draw: st.DrawFn, asked: int = 8) -> Alike:
    """Draw a rulebook of few kinds of rules and queries that they may match."""
    plain = draw(rulebooks(most=3))
    rules = plain.rules
    for number in range(len(rules), len(rules) + draw(st.integers(2, 5))):
        rules = (*rules, draw(variants(number, rules)))
    if draw(st.booleans()):
        rules = tuple(reading_slots(each, draw(st.integers(0, 3))) for each in rules)
    made = replace(plain, rules=rules)
    made = draw(beating(made if loads(made) else plain))
    return Alike(made, tuple(draw(queries(made)) for _ in range(asked)))
