"""The reasons, as a document and as a page."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from router.core import explain
from router.core.bind import bind
from router.core.plan import JSON
from tests.core.making import SETTINGS, book, query

NARROWER = "t.narrow asks for everything it asks for, and more"


def page(rules: str | dict[str, str], text: str, fallback: str | None = None, **context: JSON) -> str:
    made, asked = book(rules), query(text, **context)
    decision = made.decide(asked)
    shown = explain.page(decision, bind(made, decision, asked), fallback)
    return shown.replace(decision.id, "d:ID").replace(decision.revision, "r:REVISION")


SIMPLE = """
[wide]
when.all = "refund"
[narrow]
say = "refund order {n:int}"
use = "mcp:ledger/get_refund"
args = { order_id = "{{ n }}" }
[useful]
when.all = "refund"
use = "mcp:useful/tool"
[quiet]
when.all = "refund"
stage = "shadow"
[trace]
when.all = "refund"
add = "a2a:release"
[almost]
when.all = ["refund", "policy"]
"""


def test_a_page_says_who_won_and_why_and_why_not_the_others() -> None:
    rules = {"team/t": SIMPLE, "learned/l": '[late]\nwhen.all = "refund"'}
    assert page(rules, "Refund order 1183").splitlines() == [
        "rule t.narrow  (rules/team/t.toml:1, layer team)",
        '  matched  say "refund order {n:int}"',
        "  slots    n = 1183",
        "plan from rule",
        "  1  mcp:ledger/get_refund",
        "       order_id = 1183",
        "  t.trace:1  a2a:release",
        "       message = 'Refund order 1183'",
        "lost     t.wide: t.narrow asks for everything it asks for, and more",
        "adds     t.trace",
        "shadow   t.quiet: stage shadow",
        "filtered t.useful: its targets are left out by modes (-f/-u/-e)",
        "late     l.late: layer team decides first",
        "near     t.almost: lacks policy; has refund",
        "decision d:ID  revision r:REVISION",
    ]


def test_a_page_on_a_tie_says_how_to_settle_it() -> None:
    assert page('[a]\nwhen.all = "x"\n[b]\nwhen.all = "y"', "x y", "planner").splitlines() == [
        "tie in layer team: t.a, t.b",
        "  none of them asks for everything that another asks for; to settle it, give one a condition",
        '  that the others lack, or say in it: beats = ["t.b"]',
        "  planner would be asked",
        "tied     t.a",
        "tied     t.b",
        "decision d:ID  revision r:REVISION",
    ]


@pytest.mark.parametrize(
    ("fallback", "line"),
    [("search", "  search would be asked"), ("", "  nobody would be asked: `ts q` fails")],
)
def test_a_page_on_none_says_what_would_be_asked(fallback: str | None, line: str) -> None:
    assert page("", "x", fallback).splitlines()[:2] == ["no rule matches", line]


def test_a_page_that_is_not_told_of_fallbacks_says_nothing_of_them() -> None:
    assert "asked" not in page("", "x", None)


def test_a_page_says_beats_and_agreement_and_words() -> None:
    rules = """
    [a]
    when.all = "x"
    beats = "t.b"
    use = "mcp:ledger/get"
    [b]
    when.all = "x"
    [c]
    when.all = "money"
    use = "mcp:ledger/get"
    [d]
    when.all = "x"
    use = "mcp:git/log"
    """
    lines = page(rules, "x money", words=["money"]).splitlines()
    assert "won      t.c: would do the same as t.a" in lines
    assert "lost     t.b: t.a names it in beats" in lines
    assert "filtered t.d: its targets are left out by words (-w)" in lines


def test_a_page_shows_steps_that_wait_and_the_nearest_misses_only() -> None:
    rules = """
    [r]
    when.all = "x"
    steps = [
      { id = "a", use = "mcp:git/log" },
      { id = "b", use = "mcp:ledger/get", args = { q = "{{ steps.a.text }}" } },
      { id = "c", use = "a2a:release", ask = "{{ steps.b.text }}" },
    ]
    """ + "".join(f'[n{number}]\nwhen.all = ["x", "w{number}"]\n' for number in range(7))
    lines = page(rules, "x").splitlines()
    assert lines[3:8] == [
        "  a  mcp:git/log",
        "  b  mcp:ledger/get  after a",
        "       q = '{{ steps.a.text }}'",
        "  c  a2a:release  after b",
        "       message = '{{ steps.b.text }}'",
    ]
    assert lines[-2] == "         and 2 more near misses (--json has them all)"


def test_a_page_without_a_plan_has_no_plan() -> None:
    made = book('[r]\nwhen.all = "x"')
    assert explain.page(made.decide("x")).splitlines()[2].startswith("decision ")


def test_a_document_holds_query_decision_plan_and_verdicts() -> None:
    made, asked = book(SIMPLE), query("refund order 7")
    decision = made.decide(asked)
    plan = bind(made, decision, asked)
    found = explain.document(asked, decision, plan, "search")
    assert list(found) == ["query", "decision", "plan", "verdicts"]
    assert found["plan"]["from"] == "rule"
    assert found["verdicts"][0] == {
        "rule": "t.narrow",
        "verdict": "won",
        "matched": ['say "refund order {n:int}"'],
    }
    none = made.decide("hello")
    for fallback in ("search", None):
        assert explain.document(asked, none, None, fallback)["plan"] == {"from": fallback, "steps": []}
    assert explain.document(asked, decision, None, None)["plan"] == {"from": "rule", "steps": []}


def test_what_nothing_decides_is_told_with_the_tie_or_the_nearest_misses() -> None:
    made = book(SIMPLE + '[policy]\nwhen.all = ["policy", "x"]')
    assert list(explain.unrouted(made.decide("policy"), 1)) == [
        "near     t.almost: lacks refund; has policy",
        "         and 1 more near misses (--json has them all)",
    ]
    tie = made.decide("refund policy x")
    assert tie.kind == "tie"
    assert next(explain.unrouted(tie, 1)) == "tie in layer team: t.almost, t.policy"


@pytest.mark.parametrize(
    ("ambiguous", "text", "planner", "asked"),
    [
        ("planner", "x", True, None),
        ("planner", "q", True, "planner"),
        ("planner", "x y", True, "planner"),
        ("error", "x y", True, None),
        ("error", "q", False, "search"),
    ],
)
def test_a_rulebook_knows_who_is_asked_where_no_rule_decides(
    ambiguous: Literal["planner", "error"], text: str, planner: bool, asked: str | None
) -> None:
    rules = '[a]\nwhen.all = "x"\n[b]\nwhen.all = "y"'
    made = book(rules, settings=replace(SETTINGS, ambiguous=ambiguous))
    assert made.fallback(made.decide(text), planner=planner) == asked


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (
            "t.narrow",
            ["t.narrow  (rules/team/t.toml:1, layer team): won", '  has    say "refund order {n:int}"'],
        ),
        (
            "t.wide",
            [
                f"t.wide  (rules/team/t.toml:1, layer team): lost: {NARROWER}",
                "  has    refund",
            ],
        ),
        (
            "t.almost",
            ["t.almost  (rules/team/t.toml:1, layer team): near", "  has    refund", "  lacks  policy"],
        ),
    ],
)
def test_one_rule_is_held_against_the_query_clause_by_clause(rule: str, lines: list[str]) -> None:
    made, asked = book(SIMPLE), query("refund order 7")
    assert list(explain.wanted(made, asked, made.decide(asked), rule)) == lines


def test_a_rule_that_does_not_match_at_all_says_so_and_an_unknown_one_is_a_key_error() -> None:
    made, asked = book(SIMPLE), query("hello")
    decision = made.decide(asked)
    assert list(explain.wanted(made, asked, decision, "t.wide")) == [
        "t.wide  (rules/team/t.toml:1, layer team): does not match",
        "  lacks  refund",
    ]
    with pytest.raises(KeyError, match=r"t\.zzz"):
        list(explain.wanted(made, asked, decision, "t.zzz"))
