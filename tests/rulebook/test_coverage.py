"""Which rules and conditions queries exercise: counted exactly, and never rounded up."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.compile import compile
from router.core.conditions import Sight, Word
from router.core.query import Query
from router.rulebook.coverage import Coverage, RuleCoverage, cover
from tests.core.making import SETTINGS, book, query
from tests.core.worlds import queries, rulebooks
from tests.rulebook.recordings import rule, rules, words
from tests.rulebook.same import same_examples

VOCABULARY: Final = """
words.status = ["status", "where", "arrived"]
words.any = ["@status", "place"]
shapes.order = 'order (?P<order>\\d+)'
"""


def uncovered(condition: str, *asked: Query | str) -> tuple[str, ...]:
    """Return what queries leave out of a rule of that condition."""
    made = book(rules(one=rule(condition)), vocabulary=VOCABULARY)
    (found,) = cover(made, made.rules.values(), [query(q) if isinstance(q, str) else q for q in asked]).rules
    return found.uncovered


@pytest.mark.parametrize(
    ("condition", "asked", "left"),
    [
        (words("refund", "order"), ("refund order",), ()),
        (words("refund", "order"), ("refund", "order"), ("refund", "order")),
        ('when.any = ["refund", "bill", "two words"]', ("a refund", "two words"), ("bill",)),
        ('when.all = [["refund", "bill"]]', ("bills",), ("refund",)),
        ('when.all = ["@status"]', ("where",), ()),
        ('when.all = ["@any"]', ("arrived",), ()),
        ('when.all = ["@status", "order"]', ("order", "status"), ("@status", "order")),
        ('say = ["show orders", "(list|count) orders"]', ("list orders",), ('say "show orders"',)),
        ('when.modes = ["useful", "faves"]', (query("a", modes=["useful"]),), ("mode faves",)),
        ('when = { all = ["a"], facts = { env = "prod" } }', ("a",), ("a", "fact env=prod")),
        ('when.attached = ["image/*", "a/b"]', (query("a", attached=["image/png"]),), ("attached a/b",)),
        ('when.looks = "order"', ("order 12",), ()),
        ('when.looks = "order"', ("order",), ("looks like order",)),
    ],
)  # fmt: skip
def test_a_condition_is_covered_where_it_is_found_in_a_query_that_the_rule_matches(
    condition: str, asked: tuple[Query | str, ...], left: tuple[str, ...]
) -> None:
    assert uncovered(condition, *asked) == left


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (("refund",), ("none policy", "none law")),
        (("refund policy",), ("refund", "none law")),
        (("refund", "refund policy", "refund law"), ()),
        (("refund", "refund policy law"), ("none policy", "none law")),
        (("refund", "policy law", "a policy", "the law"), ("none policy", "none law")),
    ],
)
def test_a_word_of_none_is_covered_where_it_alone_keeps_the_rule_away(
    asked: tuple[str, ...], left: tuple[str, ...]
) -> None:
    assert uncovered('when = { all = ["refund"], none = ["policy", "law"] }', *asked) == left


def test_a_list_of_none_is_one_condition() -> None:
    condition = 'when = { all = ["refund"], none = ["@status", "law"] }'

    assert uncovered(condition, "refund", "refund where status") == ("none law",)
    assert uncovered(condition, "refund", "refund where law") == ("none @status", "none law")


def test_a_rule_that_loses_or_is_a_shadow_is_covered_as_well() -> None:
    made = book(
        rules(
            wide=rule(words("refund")),
            narrow=rule(words("refund", "order")),
            shadow=rule(words("refund"), 'stage = "shadow"'),
        )
    )

    found = cover(made, made.rules.values(), [query("refund order")])

    assert str(found) == "3/3 rules · 4/4 conditions · 100.0 %"


def test_only_the_rules_that_are_asked_about_are_counted() -> None:
    made = book(rules(one=rule(words("refund")), other=rule(words("order"))))

    found = cover(made, [made.rules["t.other"]], [query("refund")])

    assert found.to_dict() == {
        "queries": 1, "rules": 1, "rules_covered": 0, "conditions": 1, "conditions_covered": 0,
        "uncovered": [
            {"rule": "t.other", "at": "rules/team/t.toml:1", "matched": 0, "conditions": ["order"]}
        ],
    }  # fmt: skip


def counts(covered: int, whole: int) -> Coverage:
    """Return a coverage of one rule that matches, and so many conditions, covered or not."""
    made = book(rules(one=rule(words("refund"))))
    conditions = {str(number): number < covered - 1 for number in range(whole - 1)}
    return Coverage(1, (RuleCoverage(made.rules["t.one"], conditions, matched=1),))


@pytest.mark.parametrize(
    ("covered", "whole", "shown"),
    [(999, 1000, "99.9 %"), (9999, 10000, "99.9 %"), (1000, 1000, "100.0 %"), (2, 3, "66.6 %")],
)
def test_a_percentage_is_cut_off(covered: int, whole: int, shown: str) -> None:
    assert str(counts(covered, whole)).endswith(f" · {shown}")


@pytest.mark.parametrize(
    ("covered", "whole", "per_cent", "reached"),
    [
        (999, 1000, 100, False),
        (99_999, 100_000, 100, False),
        (1000, 1000, 100, True),
        (999, 1000, 99.9, True),
        (998, 1000, 99.9, False),
        (701, 1000, 70.1, True),
        (1001, 10_000, 10.01, True),
        (1, 3, 33.3, True),
        (1, 3, 33.34, False),
    ],
)
def test_a_threshold_is_reached_exactly(covered: int, whole: int, per_cent: float, reached: bool) -> None:
    assert counts(covered, whole).reaches(per_cent) is reached


def test_of_no_rule_there_is_nothing_to_cover() -> None:
    made = book("")

    assert str(cover(made, (), [query("a")])) == "0/0 rules · 0/0 conditions · nothing to cover"


@given(st.data())
@same_examples
def test_it_is_what_holding_every_rule_against_every_query_gives(data: st.DataObject) -> None:
    sources = data.draw(rulebooks())
    asked: list[Query] = data.draw(st.lists(queries(sources), min_size=1, max_size=8))
    made = compile(sources, SETTINGS)

    found = cover(made, made.rules.values(), asked)

    for each in found.rules:
        condition = each.rule.condition
        sights = [Sight(one, made.normaliser.read(one.text)) for one in asked]
        matching = [sight for sight in sights if condition.match(sight).full]
        assert each.matched == len(matching)
        seen = {
            (atom.listed or str(atom)) if isinstance(atom, Word) else str(atom)
            for atom in condition.atoms()
            if any(atom.find(sight) is not None for sight in matching)
        }
        without = replace(condition, none=())
        for sight in (each for each in sights if without.match(each).full):
            there = {f"none {word.listed or word}" for word in condition.none if word.find(sight) is not None}
            seen |= there if len(there) == 1 else set()
        assert {name for name, covered in each.conditions.items() if covered} == seen
    exact = Fraction(100 * (found.covered + found.rules_covered), found.conditions + len(found.rules))
    assert found.reaches(100) == (exact == 100)
