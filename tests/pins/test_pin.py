"""What is pinned: every change of it is noticed, and the order in which JSON came is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.plan import JSON
from router.pins import pinned
from router.ports import Offer, Tool
from tests.pins.offers import ADD, GIT, SCHEMA, WRITER, any_json, any_text, any_tool, said

PARTS = {
    "description": (any_text, "description"),
    "input_schema": (any_json, "input_schema"),
    "output_schema": (any_json, "output_schema"),
    "read_only": (said, "annotations"),
    "idempotent": (said, "annotations"),
    "destructive": (said, "annotations"),
}


def turned(value: JSON) -> JSON:
    """Return the value with the keys of every object the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(each) for each in value] if isinstance(value, list) else value


def one(tool: Tool) -> Any:
    [pin] = pinned(Offer("mcp", "git", (tool,))).tools.values()
    return pin


@given(any_tool, st.sampled_from(sorted(PARTS)), st.data())
def test_any_change_of_one_part_changes_the_hash_of_that_part_alone(
    tool: Tool, part: str, data: st.DataObject
) -> None:
    strategy, key = PARTS[part]
    other = data.draw(strategy)
    before, after = one(tool), one(replace(tool, **{part: other}))

    changed = {name for name, value in after.hashes.items() if value != before.hashes[name]}

    assert changed == ({key} if getattr(before, part) != getattr(after, part) else set())
    assert (before == after) == (not changed)


@given(any_json, any_json)
def test_schemas_that_differ_are_pinned_as_different(one_schema: JSON, other: JSON) -> None:
    first, second = (one(Tool("x", input_schema=each)).input_schema for each in (one_schema, other))

    assert (first != second) or one_schema == other


@given(any_tool)
def test_the_order_of_keys_changes_nothing(tool: Tool) -> None:
    other = replace(tool, input_schema=turned(tool.input_schema), output_schema=turned(tool.output_schema))

    assert one(other) == one(tool)
    assert one(other).hashes == one(tool).hashes


def test_the_order_of_tools_changes_nothing() -> None:
    assert pinned(replace(GIT, tools=GIT.tools[::-1])) == pinned(GIT)


@pytest.mark.parametrize(
    "other",
    [
        replace(GIT, description="Others."),
        replace(GIT, tools=GIT.tools[:1]),
        replace(GIT, tools=(*GIT.tools, Tool("push"))),
        replace(GIT, tools=(replace(ADD, name="put"), *GIT.tools[1:])),
    ],
)
def test_what_a_server_says_of_itself_and_which_tools_there_are_is_pinned(other: Offer) -> None:
    assert pinned(other) != pinned(GIT)


def test_a_version_and_a_title_are_not_pinned_since_every_release_changes_them() -> None:
    assert pinned(replace(GIT, version="2", title="Other", protocol="x")) == pinned(GIT)


def test_the_card_of_an_agent_is_pinned() -> None:
    assert pinned(WRITER).card == WRITER.digest
    assert pinned(replace(WRITER, digest="cd" * 32)) != pinned(WRITER)


def test_hashes_are_those_of_canonical_json_so_that_others_can_make_them() -> None:
    hashes = one(Tool("x", "Hé", {"b": 1, "a": [True]}, read_only=True)).hashes

    assert hashes == {
        "description": "82906e3383bd4a710696a403288fc2ce918f0e951174b3ddd7801285905e32c3",
        "input_schema": "708747538ba81fd60b5aac8c646370de5e24abf70ab1872f67458a5a4f3af05d",
        "output_schema": "",
        "annotations": "17927fd699ce84cf602d4361e7727d48b38a2bc22782ffd57238e9712b03ebb5",
    }
    assert len(one(Tool("x", "y", SCHEMA)).hashes["input_schema"]) == 64


def test_half_a_character_is_kept_as_a_whole_one() -> None:
    assert one(Tool("x", "a\ud800b")).description == "a\ufffdb"
