"""The decision snapshot: sorted, a line for each query, the same everywhere, and what differs from it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.compile import compile
from router.core.query import Query
from router.errors import CorpusRefused
from router.rulebook.snapshot import (
    Changed,
    decisions_of,
    differences,
    has_markers,
    recorded_queries,
    same,
    snapshot,
)
from router.rulebook.tree import Directory
from tests.core.making import SETTINGS, book, query, written
from tests.core.worlds import queries, rulebooks, shuffled
from tests.rulebook.recordings import recorded, rule, rules, words
from tests.rulebook.same import same_examples

ARROW: Final = "\N{RIGHTWARDS DOUBLE ARROW}"
BOOK: Final = book(rules(refund=rule(words("refund"))))


def test_lines_are_sorted_and_end_with_a_line_feed() -> None:
    asked = recorded("refund b", "Refund", "refund", query("refund", modes=["useful"]), "größe", "a refund")

    text = snapshot(BOOK, asked)

    assert (
        text.splitlines()
        == sorted(text.splitlines())
        == [
            "Refund ⇒ t.refund ⇒ mcp:ledger/get",
            "[useful] refund ⇒ t.refund ⇒ mcp:ledger/get",
            "a refund ⇒ t.refund ⇒ mcp:ledger/get",
            "größe ⇒ none",
            "refund b ⇒ t.refund ⇒ mcp:ledger/get",
            "refund ⇒ t.refund ⇒ mcp:ledger/get",
        ]
    )
    assert text.endswith("\n")


@pytest.mark.parametrize(
    "text",
    [
        "refund ⇒ none",
        "a\u2028refund\x85b",
        "  refund\t\n x ",
        "[useful] refund",
        "# refund",
        "refund \\u21d2",
    ],
)
def test_whatever_a_query_holds_its_line_is_one_and_is_split_at_its_arrow(text: str) -> None:
    asked = recorded(text)

    (line,) = snapshot(BOOK, asked).splitlines()

    assert line == f"{asked[0].shown} {ARROW} t.refund {ARROW} mcp:ledger/get"
    assert list(differences("", f"{line}\n")) == [Changed(asked[0].shown, "", "t.refund ⇒ mcp:ledger/get")]


OLD: Final = "a ⇒ none\nb ⇒ t.b ⇒ mcp:x/y\nc ⇒ tie ⇒ t.a, t.b\n"


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (OLD, []),
        (OLD.replace("a ⇒ none", "a ⇒ t.a ⇒ mcp:x/y"), ["- a ⇒ none\n+ a ⇒ t.a ⇒ mcp:x/y"]),
        (OLD + "d ⇒ none\n", ["+ d ⇒ none"]),
        (OLD.replace("a ⇒ none\n", ""), ["- a ⇒ none"]),
        ("", ["- a ⇒ none", "- b ⇒ t.b ⇒ mcp:x/y", "- c ⇒ tie ⇒ t.a, t.b"]),
    ],
)
def test_differences_are_the_lines_that_would_read_otherwise(new: str, told: list[str]) -> None:
    assert [str(each) for each in differences(OLD, new)] == told


def test_of_two_lines_for_one_query_the_wrong_one_is_a_difference() -> None:
    twice = "a ⇒ t.old ⇒ mcp:x/y\n" + OLD

    assert [str(each) for each in differences(twice, OLD)] == ["- a ⇒ t.old ⇒ mcp:x/y\n+ a ⇒ none"]
    assert list(differences(OLD + "a ⇒ none\n", OLD)) == []


def test_a_line_that_is_none_is_a_difference() -> None:
    assert [str(each) for each in differences(OLD + "what is this\n\n", OLD)] == ["- what is this ⇒ ?"]


def test_markers_of_a_conflict_are_seen_and_queries_that_look_like_them_are_not() -> None:
    conflict = f"<<<<<<< HEAD\n{OLD}=======\n>>>>>>> feature\n"

    assert has_markers(conflict)
    assert has_markers("a ⇒ none\r\n=======\r\n")
    assert not has_markers("======= what ⇒ none\n<<<<<<< is ⇒ none\n")
    assert len(list(differences(conflict, OLD))) == 3


def test_ends_of_lines_make_no_difference_and_the_order_does() -> None:
    assert same(OLD.replace("\n", "\r\n"), OLD)
    assert list(differences(OLD.replace("\n", "\r\n"), OLD)) == []
    assert not same("b ⇒ none\na ⇒ none\n", "a ⇒ none\nb ⇒ none\n")


@pytest.mark.parametrize(
    ("queries", "decisions"),
    [
        ("corpus/queries.txt", "corpus/decisions.txt"),
        ("queries.txt", "decisions.txt"),
        ("corpus/incidents.txt", "corpus/incidents.decisions.txt"),
        ("a/b.jsonl", "a/b.decisions.txt"),
    ],
)
def test_decisions_stand_beside_their_queries(queries: str, decisions: str) -> None:
    assert decisions_of(queries) == decisions


@pytest.mark.parametrize("text", [None, "", "# none yet\n"])
def test_a_snapshot_of_no_query_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        written(tmp_path, {"corpus/queries.txt": text})

    with pytest.raises(
        CorpusRefused, match=r"corpus/queries.txt: no query is recorded; write queries as people"
    ):
        recorded_queries(Directory(tmp_path))


@given(st.data())
@same_examples
def test_no_order_bears_on_a_snapshot(data: st.DataObject) -> None:
    sources = data.draw(rulebooks())
    asked: list[Query] = data.draw(st.lists(queries(sources), min_size=1, max_size=8))
    seed = data.draw(st.integers(0, 1000))

    text = snapshot(compile(sources, SETTINGS), recorded(*asked))

    assert text == snapshot(compile(shuffled(sources, seed), SETTINGS), recorded(*reversed(asked)))
    assert text.splitlines() == sorted(set(text.splitlines()))
    assert len(text.splitlines()) == len({each.shown for each in recorded(*asked)})
    assert list(differences(text, text)) == []
