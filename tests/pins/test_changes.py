"""What differs is named, and shown so that a person can judge it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from router.pins import changes, pinned
from router.pins.pin import PeerPin
from router.ports import Offer, Tool
from tests.pins.offers import ADD, GIT, WRITER, any_offer


def told(before: Offer | None, after: Offer | None) -> list[str]:
    """Return what differs, each change with its lines."""
    pins: list[PeerPin | None] = [None if each is None else pinned(each) for each in (before, after)]
    found = []
    for each in changes(*pins):
        found += [f"{each.member}: {each}", *each.lines()]
    return found


def with_add(**parts: Any) -> Offer:
    return replace(GIT, tools=(replace(ADD, **parts), *GIT.tools[1:]))


@given(any_offer)
def test_what_is_the_same_has_no_changes(offer: Offer) -> None:
    assert told(offer, offer) == []


@given(any_offer, any_offer)
def test_there_are_changes_wherever_pins_differ_and_no_line_hides_anything(one: Offer, other: Offer) -> None:
    lines = told(one, other)

    assert bool(lines) == (pinned(one) != pinned(other))
    assert all(each.isprintable() for line in lines[1:] if line[:2] in ("+ ", "- ") for each in line)


def test_a_description_is_shown_line_by_line() -> None:
    assert told(GIT, with_add(description="Add files.\nSome\u200b of them.")) == [
        "add: its description changed",
        "- All of them.",
        "+ Some\\u200b of them.",
    ]


def test_a_schema_is_shown_key_by_key() -> None:
    schema = {"type": "object", "properties": {"path": {"type": "string"}, "note": {"type": "string"}}}

    assert told(GIT, with_add(input_schema=schema)) == [
        "add: its input schema changed",
        "- properties.deep.enum.0: 1",
        "- properties.deep.enum.1: null",
        '+ properties.note.type: "string"',
        '- properties.path.description: "Where."',
        '- required.0: "path"',
    ]


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        ({}, "+ all of it: {}"),
        (True, "+ all of it: true"),
        ({"a\x1b": []}, "+ a\\u001b: []"),
        ({"a": "\u200b"}, '+ a: "\\u200b"'),
    ],
)
def test_a_schema_where_there_was_none_is_shown(schema: object, line: str) -> None:
    assert told(with_add(output_schema=None), with_add(output_schema=schema)) == [
        "add: its output schema changed",
        line,
    ]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"read_only": True}, "it says now that it is read-only"),
        ({"read_only": None}, "it says no longer whether it is read-only"),
        ({"idempotent": False}, "it says now that repeating it may change more"),
        ({"destructive": True}, "it says now that it may delete or overwrite"),
        ({"destructive": None}, "it says no longer whether it may delete or overwrite"),
    ],
)
def test_what_it_says_of_its_effects_is_named(parts: dict[str, object], words: str) -> None:
    assert told(GIT, with_add(**parts)) == [f"add: {words}"]


def test_tools_that_come_and_go_are_named() -> None:
    assert told(GIT, replace(GIT, tools=(*GIT.tools[1:], Tool("push", "Send.")))) == [
        "add: is gone",
        "- Add files.",
        "- All of them.",
        "push: is new",
        "+ Send.",
    ]


def test_a_server_that_comes_or_goes_is_named_with_its_tools() -> None:
    assert told(None, WRITER) == [": is new", "draft: is new", "+ Draft a text."]
    assert told(WRITER, None) == [": is gone", "draft: is gone", "- Draft a text."]


def test_what_a_server_or_an_agent_says_of_itself_is_named() -> None:
    assert told(GIT, replace(GIT, description="More.")) == [
        ": its description changed",
        "- Tools for git.",
        "+ More.",
    ]
    assert told(WRITER, replace(WRITER, digest="cd" * 32)) == [": its card changed"]
