"""Rules made of their flat form again are the rules that were compiled."""

from __future__ import annotations

import copy
from dataclasses import fields
from typing import Final

import pytest
from hypothesis import given, settings

from router.core.blocks import Blocks
from router.core.compile import Compiler
from router.core.conditions import Looks
from router.core.filed import Filed
from router.core.query import Query
from router.core.rule import Rule
from router.core.source import Sources
from router.core.thaw import Rules, thawed
from tests.core.making import SETTINGS, book, sources
from tests.core.worlds import rulebooks

ALL: Final = """
[history]
owner = "@platform"
why = "Reads only."
until = 2030-01-31
yes = ["show the last 3 commits"]
no = ["commit to a plan"]
was = ["t.old", "t.older"]
say = ["(show|list) [the] last {n:int} commits [in {path:path}]", "changes of {day:date} by {who:@people}"]
use = ["mcp:git/git_log", "mcp:git/git_show"]
args = { max_count = "{{ n or 10 }}", paths = ["{{ path }}", { deep = [1, 2.5, true, "{{ text }}"] }] }
answer = "p.j2"

[words]
when = { all = ["refund", ["order status", "@people"]], any = ["@people", "x"], none = ["y", "@people"] }
use = "a2a:release/skill"
ask = "About {{ text }}"
args = { n = 1 }
beats = ["t.old"]

[shapes]
when = { looks = ["number", "key"] }
use = "mcp:ledger"
stage = "canary"
share = 30

[context]
when = { modes = ["faves", "useful"], facts = { a = "b", c = "d" }, attached = ["image/*", "text/plain"] }
add = "mcp:useful/tool"

[shadow]
say = "{rest}"
use = "mcp:git/x"
stage = "shadow"
"""
STEPS: Final = """
[both]
say = "compare {one:word} with {other:word}"

[[both.steps]]
id = "first"
use = "mcp:git/git_show"
args = { name = "{{ one }}" }

[[both.steps]]
id = "second"
use = "a2a:release"
ask = "Compare {{ steps.first.text }} with {{ other }}"
args = { a = "{{ steps['first'].json }}", b = "{{ one }}" }
needs = ["first"]
"""
VOCABULARY: Final = """
[words]
people = ["ann", "the others", "bob the builder"]
[shapes]
number = 'order (?P<order>\\d+)|(?P<sum>\\d+) euros?'
key = '\\bref-\\w+'
"""


def both(made: Sources) -> tuple[dict[str, Rule], dict[str, Rule]]:
    """Return the rules as compiled, and as made of their flat form."""
    compiler = Compiler(made, SETTINGS)
    return dict(compiler.made), dict(Rules(Filed(Blocks(compiler.content({})))))


def written(rules: str) -> Sources:
    return sources(rules, vocabulary=VOCABULARY, prompts={"p.j2": "{{ result.text }}"})


def assert_alike(one: dict[str, Rule], other: dict[str, Rule]) -> None:
    assert list(one) == list(other)
    for id_, rule in one.items():
        for name in (each.name for each in fields(Rule)):
            mine, theirs = getattr(rule, name), getattr(other[id_], name)
            assert (id_, name, mine, type(mine)) == (id_, name, theirs, type(theirs))


@settings(max_examples=200)
@given(rulebooks())
def test_a_rule_is_the_same_read_back_as_compiled(made: Sources) -> None:
    assert_alike(*both(made))


@pytest.mark.parametrize("rules", [ALL, STEPS], ids=["all that a rule may say", "steps that read others"])
def test_every_part_of_a_rule_is_read_back(rules: str) -> None:
    assert_alike(*both(written(rules)))


def test_what_comparison_leaves_out_is_read_back_too() -> None:
    one, other = both(written(ALL))
    for id_ in one:
        for mine, theirs in zip(one[id_].condition.atoms(), other[id_].condition.atoms(), strict=True):
            assert (str(mine), getattr(mine, "listed", "")) == (str(theirs), getattr(theirs, "listed", ""))
            assert getattr(mine, "shape", theirs) == getattr(theirs, "shape", theirs)
        assert [each.listed for each in one[id_].condition.none] == [
            each.listed for each in other[id_].condition.none
        ]
        assert list(one[id_].slots) == list(other[id_].slots)
    assert [each.shape.written for each in atoms(one["t.shapes"])] == [
        each.shape.written for each in atoms(other["t.shapes"])
    ]


def atoms(rule: Rule) -> list[Looks]:
    return [each for each in rule.condition.atoms() if isinstance(each, Looks)]


def test_rules_are_a_mapping_by_id() -> None:
    compiler = Compiler(written(ALL), SETTINGS)
    rules = Rules(Filed(Blocks(compiler.content({}))))
    assert len(rules) == 5
    assert list(rules) == sorted(rules)
    assert "t.words" in rules
    assert rules.get("t.old") is None
    assert rules["t.words"] is rules["t.words"]
    assert rules == dict(compiler.made)
    with pytest.raises(KeyError, match=r"t\.old"):
        rules["t.old"]


def test_rules_that_are_whole_already_are_not_made_again() -> None:
    compiler = Compiler(written(ALL), SETTINGS)
    rules = Rules(Filed(Blocks(compiler.content({}))), compiler.made)
    assert all(rules[id_] is compiler.made[id_] for id_ in rules)


def test_only_a_present_id_has_a_rule() -> None:
    filed = Filed(Blocks(Compiler(written(ALL), SETTINGS).content({})))
    assert thawed(filed, "t.words").id == "t.words"
    for absent in ("t.old", "words", ""):
        with pytest.raises(KeyError):
            thawed(filed, absent)


def test_a_copy_of_a_decision_has_its_verdicts() -> None:
    made = book('[a]\nwhen = { all = ["refund"] }\n[b]\nwhen = { all = ["refund", "order"] }\n')
    decision = made.decide(Query("refund 3"))
    again = copy.deepcopy(decision)
    assert (again, again.verdicts, again.matches, hash(again)) == (
        decision, decision.verdicts, decision.matches, hash(decision),
    )  # fmt: skip
    assert decision != decision.to_dict()
    assert repr(decision).startswith("Decision({'id': 'd:")


def test_the_matches_of_a_decision_are_the_same_before_and_after_its_verdicts_are_read() -> None:
    made = book('[a]\nwhen = { all = ["refund"] }\n[b]\nwhen = { all = ["refund", "order"] }\n')
    decision = made.decide("refund 3")
    before = decision.matches
    assert [each.verdict for each in decision.verdicts] == ["won", "near"]
    assert decision.matches == before
    assert [each.rule for each in before] == ["t.a"]
