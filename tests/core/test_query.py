"""Queries: what is refused and what is said, what bears on a decision, and equality."""

from __future__ import annotations

import pytest

from router.core.plan import JSON
from router.core.query import LONGEST_TEXT, MOST_MARKS, Attachment, Query
from router.errors import QueryRefused
from tests.core.making import query

ACUTE = "\N{COMBINING ACUTE ACCENT}"
ALLOWED = "more than the 65,536 allowed; attach long material as a file"
LIGATURE = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the query is empty"),
        (" \n\t", "the query is empty"),
        (
            "x" * (LONGEST_TEXT + 1),
            f"the query has 65,537 characters, {ALLOWED}",
        ),
        (
            LIGATURE * 4000,
            f"the query has 72,000 characters in the form NFKC, {ALLOWED}",
        ),
        ("ab\0c", "the query holds a NUL character at position 3"),
        ("ab\ud800", "the query is not valid Unicode at position 3: it holds half a character"),
        ("ab" + ACUTE * 65, "the query holds more than 64 combining marks in a row at position 67"),
    ],
)
def test_a_text_that_cannot_be_a_query_is_refused(text: str, reason: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        Query(text)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        (
            {"modes": ["fast", "brief", "useful"]},
            "unknown mode brief, fast; there are faves, useful, essential",
        ),
        ({"words": ["a", "?"]}, 'the word "?" to filter by has no letter or digit'),
        (
            {"words": ["\ud800"]},
            "a word to filter by is not valid Unicode at position 1: it holds half a character",
        ),
        (
            {"facts": {"k": "\udfff"}},
            "fact 'k' is not valid Unicode at position 1: it holds half a character",
        ),
        (
            {"facts": {"\udfff": "k"}},
            "fact '\\udfff' is not valid Unicode at position 1: it holds half a character",
        ),
        (
            {"attached": ["a/\ud800"]},
            "attachment 'file0' is not valid Unicode at position 3: it holds half a character",
        ),
    ],
)
def test_a_context_that_cannot_be_decided_on_is_refused(context: dict[str, JSON], reason: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        query("x", **context)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "text", ["x" * LONGEST_TEXT, "e" + ACUTE * MOST_MARKS, "👩‍👩‍👧", "\u200b", "é" * 100]
)
def test_a_text_up_to_the_limits_is_a_query(text: str) -> None:
    assert Query(text).text == text


def test_what_bears_on_a_decision_is_in_one_order() -> None:
    asked = query(
        "x",
        modes=["useful", "faves"],
        words=["b", "a"],
        facts={"z": "1", "a": "2"},
        attached=["text/plain", "image/png"],
        cwd="/x",
        time="2026-01-01",
    )
    assert asked.to_dict() == {
        "text": "x",
        "modes": ["faves", "useful"],
        "words": ["a", "b"],
        "facts": {"a": "2", "z": "1"},
        "attached": ["image/png", "text/plain"],
    }
    assert list(asked.facts) == ["a", "z"]


def test_equal_queries_have_equal_hashes_and_facts_cannot_be_changed() -> None:
    one, other = query("x", facts={"a": "1", "b": "2"}), query("x", facts={"b": "2", "a": "1"})
    assert one == other
    assert len({one, other, query("x")}) == 2
    with pytest.raises(TypeError):
        one.facts["a"] = "3"  # type: ignore[index]


def test_attachments_sort_by_path() -> None:
    assert sorted([Attachment("b", "x/y", "b"), Attachment("a", "z/z", "a")])[0].path == "a"
