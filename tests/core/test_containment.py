"""Which of two conditions is narrower, beyond what decisions show: clauses against clauses."""

from __future__ import annotations

import pytest

from router.core.conditions import Condition
from router.core.containment import narrower
from tests.core.making import book

VOCABULARY = """
[words]
few = ["one", "two"]
some = ["one", "two", "three"]
phrases = ["order status", "refund status"]
mixed = ["order status", "refund"]
[shapes]
a = 'a\\d'
b = 'a\\d'
"""


def condition(rule: str) -> Condition:
    return book(f"[r]\n{rule}", vocabulary=VOCABULARY).rules["t.r"].condition


EQUAL = [
    ('when.all = ["a", "b"]', 'when.all = ["b", "a"]'),
    ('when.all = "a"', 'when.any = "a"'),
    ('when.all = "a"', 'when.all = ["a", "a"]'),
    ('when.all = "order"', 'when.all = "orders"'),
    ('when.all = ["a", ["a", "b"]]', 'when.all = "a"'),
    ('when.all = [["a", "b"]]', 'when.any = ["b", "a"]'),
    ('say = "(a|b) c"', 'say = ["a c", "b c"]'),
    ('when = { all = "a", none = ["b", "b c"] }', 'when = { all = "a", none = "b" }'),
    ('when.attached = ["image/*", "image/png"]', 'when.attached = "image/*"'),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_conditions_that_ask_for_the_same_are_not_narrower_than_each_other(one: str, other: str) -> None:
    assert not narrower(condition(one), condition(other))
    assert not narrower(condition(other), condition(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('when.any = "@few"', 'when.any = "@some"'),
        ('say = "a (one|two)"', 'say = "a {x:@few}"'),
        ('when.attached = "image/p*"', 'when.attached = "image/*"'),
        ('when.any = "@phrases"', 'when.all = "status"'),
        ('when.any = "@phrases"', 'when.any = ["order", "refund"]'),
        ('when.any = "@mixed"', 'when.any = ["order", "refund"]'),
        ('say = "show {x:@few}"', 'when.any = "@some"'),
        ('say = "show {x:@phrases}"', 'when.all = "status"'),
        ('when = { looks = ["a", "b"] }', 'when.looks = "a"'),
        ('when = { modes = "useful", all = "x" }', 'when.modes = ["useful", "essential"]'),
        ('when = { all = "a", none = "b" }', 'when = { all = "a", none = "b c" }'),
        ('when = { all = "a", none = ["b", "c"] }', 'when = { all = "a", none = "b" }'),
        ('when = { all = ["a", "b"], none = "c" }', 'when = { all = "a", none = ["c", "d"] }'),
        ('when = { all = ["a", "b"] }', 'when = { all = "a", none = "c" }'),
        ('say = "a b"', 'say = ["a b", "c"]'),
        ('when = { all = "a", attached = "image/png" }', 'when.attached = ["image/*", "text/plain"]'),
    ],
)
def test_one_that_asks_for_more_is_narrower(one: str, other: str) -> None:
    assert narrower(condition(one), condition(other))
    assert not narrower(condition(other), condition(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('when.looks = "a"', 'when.looks = "b"'),
        ('when.any = "@mixed"', 'when.all = "status"'),
        ('say = "show {x:@mixed}"', 'when.all = "status"'),
        ('say = "order {x:word} status"', 'when.all = "order status"'),
        ('say = "show {r:rest}"', 'when.all = "order"'),
        ('say = ["order now", "list"]', 'when.all = "order"'),
        ('when.facts = { a = "1" }', 'when.facts = { a = "2" }'),
        ('when = { all = "a", none = "b" }', 'when = { all = "a", none = "c" }'),
        ('when.modes = "useful"', 'when.all = "useful"'),
    ],
)
def test_ones_that_ask_for_different_things_are_neither_narrower(one: str, other: str) -> None:
    assert not narrower(condition(one), condition(other))
    assert not narrower(condition(other), condition(one))


@pytest.mark.slow
def test_five_thousand_words_and_five_hundred_sentences_compare_in_moderate_time() -> None:
    """The test's own time limit would end a comparison of every word with every other."""
    words = ", ".join(f'"w{number} x"' for number in range(5000))
    vocabulary = f'[words]\nbig = [{words}]\nbigger = ["@big", "more"]'
    rules = """
    [narrow]
    when.any = "@big"
    [wide]
    when.any = "@bigger"
    [says]
    say = "(a|b) (c|d) (e|f) (g|h) (i|j) (k|l) (m|n) (o|p) {x:@big}"
    [also]
    say = "(b|a) (d|c) (f|e) (h|g) (j|i) (l|k) (n|m) (p|o) {x:@bigger}"
    """
    made = {rule.id: rule.condition for rule in book(rules, vocabulary=vocabulary).rules.values()}
    assert narrower(made["t.narrow"], made["t.wide"])
    assert narrower(made["t.says"], made["t.wide"])
    assert narrower(made["t.says"], made["t.also"])
    assert not narrower(made["t.also"], made["t.says"])
