"""What became of a rule between two rulebooks, in words."""

from __future__ import annotations

from typing import Final

import pytest

from tests.core.making import book, query
from tests.rulebook.recordings import compared, reasons, rule, rules, words

REFUND: Final = rules(refund=rule(words("refund")))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (words("refund", "order"), words("refund", "status"), ': without "order", with "status"'),
        (words("refund"), 'when = { all = ["refund"], none = ["x"] }', ': with not "x"'),
        ('say = "refund"', 'say = "(a|the) refund"', ': without say "refund", with say "(a|the) refund"'),
        ('when.any = ["refund", "order"]', 'when.all = ["refund", "order"]', ""),
        ('when.all = "refund"', 'when = { all = "refund", modes = "useful" }', ": with mode useful"),
        ('when.all = "refund"', 'when = { all = "refund", facts.env = "prod" }', ": with fact env=prod"),
        (
            'when.attached = "image/*"',
            'when.attached = "image/png"',
            ": without attached image/*, with attached image/png",
        ),
    ],
)
def test_a_reason_names_what_a_condition_lost_and_gained(before: str, after: str, why: str) -> None:
    old, new = book(rules(refund=rule(before))), book(rules(refund=rule(after)))
    asked = [
        query("refund"),
        query("refund order"),
        query("the refund"),
        query("refund x"),
        query("refund", attached=["image/gif"]),
    ]

    assert reasons(compared(old, new, *asked)) == [f"t.refund: condition changed{why}"]


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (rule(words("refund"), use="mcp:ledger/put"), "targets changed"),
        (rule(words("refund"), "args.a = 1"), "calls changed"),
        (rule(words("refund"), "args.a = 1", use="mcp:git/log"), "targets and calls changed"),
        (rule(words("refund"), 'answer = "yes"'), "answer changed"),
        (rule(words("refund"), 'stage = "shadow"'), "stage changed"),
        (rule(words("refund"), 'stage = "canary"', "share = 0"), "stage changed"),
        ('when.all = "refund"\nadd = "mcp:ledger/get"\n', "use/add changed"),
    ],
)
def test_a_reason_says_what_else_changed(after: str, why: str) -> None:
    assert reasons(compared(book(REFUND), book(rules(refund=after)), "refund")) == [f"t.refund: {why}"]


def test_a_reason_names_beats_and_the_layer() -> None:
    two = rules(one=rule(words("refund")), other=rule(words("order"), use="mcp:git/log"))
    beaten = two.replace('use = "mcp:git/log"', 'use = "mcp:git/log"\nbeats = "t.one"')

    assert reasons(compared(book(two), book(beaten), "refund order")) == ["t.other: beats changed"]
    old = {"team/t": REFUND, "learned/l": rules(any=rule(words("order")))}
    new = {"learned/t": REFUND, "learned/l": rules(any=rule(words("order")))}
    assert reasons(compared(book(old), book(new), "refund order")) == ["t.refund: layer changed"]


@pytest.mark.parametrize("condition", ['when.all = "@what"', 'say = "{x:@what} please"'])
def test_a_reason_names_the_words_that_a_list_lost(condition: str) -> None:
    written = rules(order=rule(condition))
    before = book(written, vocabulary='words.what = ["refund", "bill", "receipt"]')
    after = book(written, vocabulary='words.what = ["refund", "invoice"]')

    found = compared(before, after, "bill please", "refund please")

    assert reasons(found) == ['t.order: condition changed: without "bill", "receipt", with "invoice"']


def test_a_reason_names_a_few_words_and_counts_the_rest() -> None:
    found = compared(
        book(rules(refund=rule('when.any = "refund"'))),
        book(rules(refund=rule('when.any = ["a", "b", "c", "d", "e", "f", "g"]'))),
        "refund",
    )

    assert reasons(found) == ['t.refund: condition changed: without "refund", with "a", "b", "c" and 4 more']


def test_words_that_the_changed_queries_say_are_named_first() -> None:
    many = [f"word{number}" for number in range(9)]
    before = rules(one=rule(f"when.any = {[*many, 'zebra', 'refund']}"))
    after = rules(one=rule('when.any = "refund"'))

    found = compared(book(before), book(after), "a Zebra")

    assert reasons(found) == ['t.one: condition changed: without "zebra", "word0", "word1" and 7 more']
