"""Each condition, what it asks of a query, and what is said where one thing lacks."""

from __future__ import annotations

import pytest

from router.core.decision import Verdict
from router.core.plan import JSON
from tests.core.making import book, query

VOCABULARY = r"""
[words]
status = ["status", "where", "arrived"]
[shapes]
order = 'order\s+#?(?P<order>\d{3,8})'
key = '(?P<key>[A-Z]+-\d+)'
"""


def winner(rules: str | dict[str, str], text: str, **context: JSON) -> str | None:
    made = book(rules, vocabulary=VOCABULARY).decide(query(text, **context))
    return made.rule


@pytest.mark.parametrize(
    ("condition", "text", "context", "holds"),
    [
        ('all = "refund"', "my REFUNDS!", {}, True),
        ('all = "refund"', "return", {}, False),
        ('all = ["refund", "order"]', "refund the order", {}, True),
        ('all = ["refund", "order"]', "refund", {}, False),
        ('all = "refund order"', "the refund order", {}, True),
        ('all = "refund order"', "order a refund", {}, False),
        ('all = [["revert", "rollback"], "ledger"]', "rollback the ledger", {}, True),
        ('all = [["revert", "roll back"], "ledger"]', "roll the ledger back", {}, False),
        ('all = ["refund", "@status"]', "where is my refund", {}, True),
        ('all = ["refund", "@status"]', "refund me", {}, False),
        ('all = [["@status", "news"]]', "news?", {}, True),
        ('any = ["refund", "order status"]', "order status please", {}, True),
        ('any = ["refund", "order status"]', "status of order", {}, False),
        ('any = ["@status", ["a b", "c"]]', "c", {}, True),
        ('all = "refund", none = "policy"', "refund", {}, True),
        ('all = "refund", none = "policy"', "refund policies", {}, False),
        ('all = "refund", none = [["@status", "policy"]]', "refund arrived", {}, False),
        ('all = "refund", none = "order status"', "refund order and status", {}, True),
        ('looks = "order"', "About Order #1183", {}, True),
        ('looks = "order"', "order 12", {}, False),
        ('looks = ["order", "key"]', "order 123 abc-1", {}, True),
        ('looks = ["order", "key"]', "order 123", {}, False),
        ('modes = "useful"', "x", {"modes": ["useful"]}, True),
        ('modes = ["faves", "useful"]', "x", {"modes": ["useful", "essential"]}, True),
        ('modes = "useful"', "x", {}, False),
        ('modes = "useful"', "x", {"modes": ["faves"]}, False),
        ('facts = { env = "prod" }', "x", {"facts": {"env": "prod", "a": "b"}}, True),
        ('facts = { env = "prod" }', "x", {"facts": {"env": "PROD"}}, False),
        (
            'facts = { env = "prod", n = 3, ok = true, v = 2.5 }',
            "x",
            {"facts": {"env": "prod", "n": "3", "ok": "true", "v": "2.5"}},
            True,
        ),
        ('facts = { env = "prod", n = 3 }', "x", {"facts": {"env": "prod"}}, False),
        ('attached = "image/*"', "x", {"attached": ["image/png"]}, True),
        ('attached = "image/*"', "x", {"attached": ["text/plain", "IMAGE/PNG"]}, True),
        ('attached = "Image/PNG"', "x", {"attached": ["image/png"]}, True),
        ('attached = ["text/plain", "image/*"]', "x", {"attached": ["image/gif"]}, True),
        ('attached = "image/*"', "x", {}, False),
        ('all = "c++"', "in C++ please", {}, True),
        ('all = "c++"', "in C please", {}, False),
        ('all = "STRASSE"', "Straße", {}, True),
        ('all = "退款"', "我要退款", {}, True),
        ('all = "退款"', "退我款", {}, False),
        ('all = "สวัสดี"', "สวัสดีครับ", {}, True),
    ],
)
def test_a_condition_holds_or_it_does_not(
    condition: str, text: str, context: dict[str, JSON], holds: bool
) -> None:
    assert winner(f"[r]\nwhen = {{ {condition} }}", text, **context) == ("t.r" if holds else None)


def test_a_sentence_and_words_must_both_hold() -> None:
    rules = '[r]\nsay = "(show|list) {r:rest}"\nwhen.all = "refund"'
    assert winner(rules, "show my refund") == "t.r"
    assert winner(rules, "show my order") is None
    assert winner(rules, "please show my refund") is None


def test_an_empty_rulebook_decides_nothing() -> None:
    decision = book("").decide("anything")
    assert (decision.kind, decision.rule, decision.layer, decision.verdicts) == ("none", None, None, ())


@pytest.mark.parametrize(
    ("rule", "text", "missing", "matched"),
    [
        ('when.all = ["refund", "order"]', "refund", ("order",), ("refund",)),
        ('when.all = [["revert", "rollback"], "ledger"]', "ledger", ("one of revert/rollback",), ("ledger",)),
        ('when = { all = "refund", none = "policy" }', "refund policy", ("without policy",), ("refund",)),
        ('when = { all = "refund", looks = "order" }', "refund", ("looks like order",), ("refund",)),
        ('when = { all = "refund", modes = "useful" }', "refund", ("mode useful",), ("refund",)),
        (
            'when = { all = "refund", modes = ["useful", "faves"] }',
            "refund",
            ("one of mode useful/mode faves",),
            ("refund",),
        ),
        ('when = { all = "refund", facts = { env = "prod" } }', "refund", ("fact env=prod",), ("refund",)),
        ('when = { all = "refund", attached = "image/*" }', "refund", ("attached image/*",), ("refund",)),
        (
            'say = "show order status"',
            "order status show",
            ('say "show order status"',),
            ("the words of a sentence",),
        ),
        (
            'say = ["show order status", "list it"]',
            "order status show",
            ("one of 2 sentences such as 'show order status'",),
            ("the words of a sentence",),
        ),
    ],
)
def test_a_rule_that_lacks_one_thing_is_near_and_says_which(
    rule: str, text: str, missing: tuple[str, ...], matched: tuple[str, ...]
) -> None:
    decision = book(f"[r]\n{rule}", vocabulary=VOCABULARY).decide(text)
    assert decision.verdicts == (Verdict("t.r", "near", "", "", matched, missing),)


@pytest.mark.parametrize("text", ["refund", "something else"])
def test_a_rule_that_lacks_more_or_has_nothing_is_not_near(text: str) -> None:
    assert book('[r]\nwhen.all = ["refund", "order", "status"]').decide(text).verdicts == ()


def test_every_alternative_of_every_clause_can_be_listed() -> None:
    made = book('[r]\nwhen = { all = ["a", ["b", "c"]], modes = "useful" }\nsay = "a b"')
    atoms = made.rules["t.r"].condition.atoms()
    assert [str(atom) for atom in atoms] == ["a", "b", "c", 'say "a b"', "mode useful"]


def test_a_shape_alone_does_not_make_a_rule_near() -> None:
    made = book('[r]\nwhen = { all = "refund", looks = "digits" }', vocabulary="[shapes]\ndigits = '\\d+'")
    assert made.decide("order 5").verdicts == ()
    assert [each.verdict for each in made.decide("refund").verdicts] == ["near"]
