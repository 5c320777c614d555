"""Where a query goes, in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.core.plan import JSON
from router.rulebook.ways import refusal, way, ways
from tests.core.making import SETTINGS, book, query
from tests.rulebook.recordings import recorded, rule, rules, words

WRITTEN = rules(
    refund=rule(words("refund")),
    order=rule(words("order"), use="mcp:git/log"),
    both=rule('when.all = ["status"]', 'args.a = "x"', use="a2a:release/notes"),
    two='when.all = ["client"]\nuse = ["mcp:ledger/get", "mcp:useful/tool"]\n',
    extra='when.all = ["status"]\nadd = ["mcp:git/trace", "mcp:useful/trace"]\n',
)


@pytest.mark.parametrize(
    ("text", "context", "line"),
    [
        ("refund", {}, "t.refund ⇒ mcp:ledger/get"),
        ("nothing of it", {}, "none"),
        ("refund order", {}, "tie ⇒ t.order, t.refund"),
        ("status", {}, "t.both ⇒ a2a:release/notes + mcp:git/trace"),
        ("status", {"modes": ["useful"]}, "t.both ⇒ a2a:release/notes + mcp:git/trace + mcp:useful/trace"),
        ("client", {}, "t.two ⇒ mcp:ledger/get"),
        ("client", {"modes": ["useful"]}, "t.two ⇒ mcp:ledger/get + mcp:useful/tool"),
        ("refund", {"words": ["code"]}, "none"),
    ],
)
def test_a_way_is_one_line(text: str, context: dict[str, JSON], line: str) -> None:
    assert str(way(book(WRITTEN), query(text, **context))) == line


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"env": "prod"}, ""),
        ({"env": "test"}, 'fact "env" has no value "test"'),
        ({"team": "a"}, 'unknown fact "team"'),
        ({"key": "anything"}, ""),
        ({"a\nb\u2028": "c"}, 'unknown fact "a b "'),
    ],
)
def test_facts_that_are_not_listed_are_refused_on_one_line(facts: dict[str, str], reason: str) -> None:
    listed = book(WRITTEN, settings=replace(SETTINGS, facts={"env": ("prod",)}))

    assert refusal(listed, query("refund", facts=facts)) == reason
    assert str(way(listed, query("refund", facts=facts))) == (
        f"refused ⇒ {reason}" if reason else "t.refund ⇒ mcp:ledger/get"
    )


def test_two_refusals_are_one_way_whatever_the_reason() -> None:
    listed = book(WRITTEN, settings=replace(SETTINGS, facts={"env": ("prod",)}))

    assert way(listed, query("refund", facts={"env": "x"})) == way(listed, query("refund", facts={"a": "b"}))


def test_ways_are_by_line_of_the_corpus() -> None:
    asked = recorded("refund", query("refund", modes=["useful"]))

    assert ways(book(WRITTEN), asked) == {
        "refund": "t.refund ⇒ mcp:ledger/get",
        "[useful] refund": "t.refund ⇒ mcp:ledger/get",
    }
