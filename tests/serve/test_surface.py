"""What a client sees: names, definitions, and what is left out."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.admission import Admission
from router.core.plan import JSON, Target
from router.core.query import Query
from router.core.settings import Agent, Server, Settings
from router.core.text import Normaliser
from router.ports import Offer, Tool
from router.serve.surface import CALL, FIND, ROUTE, ROUTED, Surface, surface

SETTINGS = Settings(
    servers={
        "git": Server("git", command="git"),
        "far-shop": Server("far-shop", command="shop", modes=("faves",)),
    },
    agents={name: Agent(name, url="http://127.0.0.1:1") for name in ("writer", "silent")},
)
LOG = Tool("git_log", "Log.", {"required": ["n"]}, {"type": "object"}, read_only=True, open_world=False,
           title="The log", meta={"a/b": 1})  # fmt: skip
OFFERS = (
    Offer("a2a", "silent", (), description="Says nothing."),
    Offer("a2a", "writer", (Tool("prose", "Writes."),)),
    Offer("mcp", "far-shop", (Tool("get-item"),)),
    Offer("mcp", "git", (LOG, Tool("status", ""))),
)
OBJECT = {"type": "object", "properties": {}}


def seen(
    *patterns: str, query: Query | None = None, routed: bool = False, offers: tuple[Offer, ...] = OFFERS
) -> Surface:
    admission = Admission.of(SETTINGS, Normaliser("none"))
    return surface(offers, SETTINGS, admission, query or Query("x"), patterns or ("*",), routed=routed)


def test_a_tool_is_listed_with_all_that_its_server_says() -> None:
    assert seen().definitions["git_git_log"] == {
        "name": "git_git_log",
        "title": "The log",
        "description": "Log.",
        "inputSchema": {"type": "object", "properties": {}, "required": ["n"]},
        "outputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True, "openWorldHint": False},
        "_meta": {"a/b": 1},
    }


def test_a_tool_that_says_nothing_is_listed_as_strict_clients_need_it() -> None:
    assert seen().definitions["git_status"] == {
        "name": "git_status",
        "description": "A tool of git.",
        "inputSchema": OBJECT,
    }


def test_an_agent_and_its_skills_are_tools_that_take_a_message() -> None:
    found = seen()

    assert found.targets["writer_prose"] == Target("a2a", "writer", "prose")
    assert found.targets["silent"] == Target("a2a", "silent")
    assert found.definitions["silent"]["description"] == "Says nothing."
    jsonschema.validate({"message": "hello"}, found.definitions["silent"]["inputSchema"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, found.definitions["writer_prose"]["inputSchema"])


def test_what_the_modes_or_words_do_not_admit_is_not_there() -> None:
    assert "far_shop_get_item" not in seen().targets
    assert "far_shop_get_item" in seen(query=Query("x", modes=frozenset({"faves"}))).targets
    assert list(seen(query=Query("x", words=frozenset({"git"}))).targets) == ["git_git_log", "git_status"]


def test_patterns_choose_and_names_stay() -> None:
    offers = (Offer("mcp", "git", (Tool("a-b"), Tool("a_b"))),)
    every, one = seen(offers=offers), seen("mcp:git/a-b", offers=offers)

    assert list(seen("mcp:git/*", "a2a:writer/*").targets) == ["git_git_log", "git_status", "writer_prose"]
    assert len(one.targets) == 1
    assert set(one.targets) < set(every.targets)


def test_three_tools_stand_for_all() -> None:
    found = seen(routed=True)

    assert [each["name"] for each in found.listed] == [ROUTE, FIND, CALL]
    assert found.targets == seen().targets
    for each in ROUTED:
        jsonschema.Draft202012Validator.check_schema(each["inputSchema"])


@given(st.none() | st.booleans() | st.dictionaries(st.sampled_from(["type", "required", "x"]), st.integers()))
def test_every_listed_schema_is_an_object_with_properties(schema: JSON) -> None:
    offers = (Offer("mcp", "git", (Tool("any", input_schema=schema),)),)
    listed = seen(offers=offers).listed[0]["inputSchema"]

    assert listed["properties"] == {}
    assert "type" in listed
