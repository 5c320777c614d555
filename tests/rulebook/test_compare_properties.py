"""What holds of any two rulebooks that are compared: held against a comparison that anybody would write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from router.core.bind import bind
from router.core.book import Rulebook
from router.core.compile import compile
from router.core.plan import JSON
from router.core.query import Query
from router.core.settings import Server, Settings
from router.core.source import RuleText, Sources
from router.errors import RulebookRefused
from router.rulebook.compare import compare
from router.rulebook.corpus import Recorded, shown
from tests.core.making import SETTINGS, changed
from tests.core.worlds import TARGETS, conditions, permutation, queries, rarely, rulebooks
from tests.rulebook.same import same_examples

pytestmark = pytest.mark.slow

OTHERS: Final = (
    replace(SETTINGS, layers=("team", "guard", "learned")),
    replace(SETTINGS, servers={**SETTINGS.servers, "ledger": Server("ledger", modes=("useful",))}),
    replace(SETTINGS, servers={**SETTINGS.servers, "git": Server("git", tags=("refunds",))}),
    replace(SETTINGS, facts={"env": ("prod",), "team": ()}),
)


@dataclass(frozen=True, slots=True)
class Version:
    """A rulebook at one moment."""

    sources: Sources
    settings: Settings

    @property
    def book(self) -> Rulebook:
        """The sources, compiled; discards what does not load."""
        try:
            return compile(self.sources, self.settings)
        except RulebookRefused:
            assume(condition=False)
            raise


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of a rulebook, and recorded queries."""

    old: Version
    new: Version
    records: tuple[Recorded, ...]


@st.composite
def edited(draw: st.DrawFn, rule: RuleText) -> RuleText:
    """Draw a rule with one thing changed."""
    what = draw(st.sampled_from(("condition", "stage", "target", "answer", "ask", "layer", "beats", "why")))
    if what == "condition":
        blank: dict[str, JSON] = dict.fromkeys(
            ("all", "any", "none", "say", "looks", "modes", "attached"), ()
        )
        blank["facts"] = {}
        return replace(rule, **{**blank, **draw(conditions())})
    if what == "stage":
        share = draw(st.sampled_from((None, 10, 50, 100)))
        return replace(rule, stage="canary" if share else "shadow", share=share)
    if what == "target":
        return replace(rule, steps=(replace(rule.steps[0], use=draw(st.sampled_from(TARGETS))),))
    if what == "answer":
        return rule if rule.adds else replace(rule, answer=draw(st.sampled_from(("a.j2", "so {{ text }}"))))
    if what == "ask":
        return replace(rule, steps=(replace(rule.steps[0], use="a2a:release", ask="a.j2"),))
    changes: dict[str, dict[str, JSON]] = {"layer": {"layer": "learned"}, "beats": {"beats": ()}}
    return replace(rule, **changes.get(what, {"why": "because"}))


@st.composite
def versions(draw: st.DrawFn, sources: Sources) -> Version:
    """Draw what became of a rulebook: rules gone, edited, prompts and settings changed."""
    rules = [draw(edited(each)) if draw(rarely(3)) else each for each in sources.rules if not draw(rarely(5))]
    ids = {each.id: each.layer for each in rules}
    kept = [
        replace(each, beats=tuple(other for other in each.beats if ids.get(other) == each.layer))
        for each in rules
    ]
    prompts = {**sources.prompts, "a.j2": draw(st.sampled_from(("please {{ text }}",) * 2 + ("other",)))}
    settings = draw(st.sampled_from((SETTINGS,) * 4 + OTHERS))
    return Version(replace(sources, rules=tuple(kept), prompts=prompts), settings)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Draw two versions of one rulebook and queries that its rules may match."""
    sources = draw(rulebooks(most=7))
    asked = draw(st.lists(queries(sources), min_size=1, max_size=8))
    return Pair(draw(versions(sources)), draw(versions(sources)), recorded(asked))


def recorded(asked: list[Query]) -> tuple[Recorded, ...]:
    return tuple({shown(each): Recorded(each, shown(each)) for each in asked}.values())


def outcome(book: Rulebook, query: Query) -> JSON:
    """Return what anybody can see of a decision: the rule or the tie, the calls, and how the answer reads."""
    if any(book.terms.unknown_fact(*fact)[0] for fact in query.facts.items()):
        return "refused"
    decision = book.decide(query)
    plan = bind(book, decision, changed(query, time="2026-11-22T10:00:00+00:00"))
    if plan is None:
        return [decision.kind, list(decision.tied)]
    steps = [step.to_dict() for step in plan.steps]
    return [decision.rule, list(decision.added), steps, book.templates.source(plan.answer or "")]


@given(pairs())
@same_examples
def test_the_changed_queries_are_those_whose_outcome_differs(pair: Pair) -> None:
    old, new = pair.old.book, pair.new.book

    changed = {each.query.shown for each in compare(old, new, pair.records).changes}

    assert changed == {
        each.shown for each in pair.records if outcome(old, each.query) != outcome(new, each.query)
    }


@given(pairs())
@same_examples
def test_nothing_differs_from_itself(pair: Pair) -> None:
    for version in (pair.old, pair.new):
        assert compare(version.book, version.book, pair.records).changes == ()


@given(pairs())
@same_examples
def test_a_comparison_turned_round_is_its_mirror(pair: Pair) -> None:
    old, new = pair.old.book, pair.new.book

    there, back = compare(old, new, pair.records).changes, compare(new, old, pair.records).changes

    assert [(each.query, each.before, each.after, each.causes, each.what) for each in there] == [
        (each.query, each.after, each.before, each.causes, each.what) for each in back
    ]


@given(pairs())
@same_examples
def test_each_change_has_a_cause_that_differs(pair: Pair) -> None:
    found = compare(pair.old.book, pair.new.book, pair.records)

    differing = differences(pair)
    for each in found.changes:
        assert each.causes
        assert set(each.causes) <= differing
    for group in found.groups:
        assert len(group.reasons) == len(group.causes)
        assert "unchanged" not in group.reasons
    assert sum(len(group.changes) for group in found.groups) == len(found.changes)


def differences(pair: Pair) -> set[str]:
    """Return the rules that are written otherwise, or read a prompt that is, and the settings if they are."""
    old, new = ({each.id: each for each in version.sources.rules} for version in (pair.old, pair.new))
    found = {id_ for id_ in old.keys() | new.keys() if old.get(id_) != new.get(id_)}
    if pair.old.sources.prompts != pair.new.sources.prompts:
        reading = (
            each for each in (*old.values(), *new.values()) if "a.j2" in (each.answer, each.steps[0].ask)
        )
        found |= {each.id for each in reading}
    return found | ({"ts.toml"} if pair.old.settings != pair.new.settings else set())


@given(st.data())
@same_examples
def test_what_alone_differs_is_the_cause(data: st.DataObject) -> None:
    sources = data.draw(rulebooks(most=7))
    records = recorded(data.draw(st.lists(queries(sources), min_size=1, max_size=8)))
    place = data.draw(st.integers(0, len(sources.rules) - 1))
    rules = list(sources.rules)
    rules[place] = data.draw(edited(rules[place]))
    pair = Pair(Version(sources, SETTINGS), Version(replace(sources, rules=tuple(rules)), SETTINGS), records)

    for each in compare(pair.old.book, pair.new.book, records).changes:
        assert each.causes == (rules[place].id,)


@given(st.data())
@same_examples
def test_renaming_rules_changes_nothing(data: st.DataObject) -> None:
    sources = data.draw(rulebooks(most=7))
    records = recorded(data.draw(st.lists(queries(sources), min_size=1, max_size=6)))
    order = permutation(len(sources.rules), data.draw(st.integers(0, 20)))
    renamed = data.draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    rules = [
        replace(rule, name=f"n{place}", was=(rule.id,)) if changed else rule
        for rule, place, changed in zip(sources.rules, order, renamed, strict=True)
    ]

    old = compile(sources, SETTINGS)
    new = compile(replace(sources, rules=tuple(rules)), SETTINGS)

    assert compare(old, new, records).changes == ()
    assert compare(new, old, records).changes == ()
