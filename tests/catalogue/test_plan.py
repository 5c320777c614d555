"""When search calls a tool unasked, and with which arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.catalogue.filling import filled
from router.catalogue.search import Index
from router.catalogue.store import Store
from router.core.arguments import faults
from router.core.plan import JSON
from router.core.query import Query
from router.core.settings import Server, Settings
from router.ports import Offer, Tool


def wants(*, required: tuple[str, ...] | None = None, **properties: JSON) -> JSON:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties if required is None else required),
    }


NUMBER = {"type": "integer", "minimum": 1}
CHOICE = {"enum": ["open", "closed"]}
DATE = {"type": "string", "format": "date"}
TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "text", "args"),
    [
        (None, "what is the disk usage", {}),
        (wants(), "what is the disk usage", {}),
        (wants(n=NUMBER), "the last 3 commits", {"n": 3}),
        (wants(n={"type": "number"}), "at 2.5 bar", {"n": 2.5}),
        (wants(state=CHOICE), "which are Closed?", {"state": "closed"}),
        (wants(day=DATE), "what was on 2026-11-22?", {"day": "2026-11-22"}),
        (
            wants(who={"type": "string", "format": "email"}),
            "tell ann.b@example.com of it",
            {"who": "ann.b@example.com"},
        ),
        (
            wants(at={"type": "string", "format": "uri"}),
            "read https://a.example/b?c=1.",
            {"at": "https://a.example/b?c=1"},
        ),
        (wants(text=TEXT), 'who wrote "to be or not"', {"text": "to be or not"}),
        (wants(n=NUMBER, state=CHOICE), "3 open ones", {"n": 3, "state": "open"}),
        (wants(n=NUMBER, text=TEXT, required=("n",)), 'the last 3 of "x"', {"n": 3}),
    ],
)
def test_arguments_are_filled_that_the_text_tells_without_doubt(schema: JSON, text: str, args: JSON) -> None:
    assert filled(schema, text) == args


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (wants(n=NUMBER), "the last commits"),
        (wants(n=NUMBER), "3 or 4 commits"),
        (wants(n=NUMBER), "0 commits"),
        (wants(n=NUMBER), "on 2026-11-22"),
        (wants(n=NUMBER), "version 1.2.3 of v4"),
        (wants(n=NUMBER), "2.5 commits"),
        (wants(n=NUMBER, m=NUMBER), "3 commits"),
        (wants(state=CHOICE), "open or closed"),
        (wants(state=CHOICE), "reopened"),
        (wants(state={"enum": [1, 2]}), "1"),
        (wants(text=TEXT), "who wrote it"),
        (wants(text=TEXT), 'from "a" to "b"'),
        (wants(text=TEXT, other=TEXT), 'who wrote "it"'),
        (wants(text={"type": "string", "format": "ipv4"}), '"1.2.3.4"'),
        (wants(items={"type": "array"}), "[1]"),
        (wants(anything=True), "anything"),
        (wants(required=("unknown",)), "unknown 3"),
        ({"type": "object", "required": "n"}, "3"),
    ],
)
def test_what_is_in_doubt_is_not_filled(schema: JSON, text: str) -> None:
    assert filled(schema, text) is None


kinds = st.sampled_from([NUMBER, CHOICE, DATE, TEXT, {"type": "number"}, {"type": "string", "format": "uri"}])
texts = st.lists(
    st.sampled_from(["3", "-4.5", '"it"', "2026-02-30", "2026-11-22", "open", "http://x.y/z", "'"])
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5)
).map(" ".join)


@given(st.dictionaries(st.sampled_from("abc"), kinds, max_size=3), texts)
def test_what_is_filled_fits_and_is_all_that_is_required(properties: dict[str, JSON], text: str) -> None:
    schema = wants(**properties)
    found = filled(schema, text)
    if found is not None:
        assert faults(schema, found) == ()
        assert found.keys() == properties.keys()


def store(directory: Path, *tools: Tool, **settings: JSON) -> Store:
    found = Store(directory, Settings(servers={"disk": Server("disk", command="x", **settings)}))
    found.keep(Offer("mcp", "disk", tools))
    return found


USAGE = Tool("disk_usage", "Shows how full each disk is", wants(), read_only=True)
OTHERS = (
    Tool("list_users", "Lists the people who may sign in"),
    Tool("send_mail", "Sends a letter to people"),
)


def test_a_tool_that_is_far_ahead_safe_and_complete_is_called(tmp_path: Path) -> None:
    plan = store(tmp_path, USAGE, *OTHERS).plan(Query("show the disk usage"))

    assert plan is not None
    assert plan.to_dict() == {
        "from": "search",
        "steps": [{"id": "1", "use": "mcp:disk/disk_usage", "args": {}, "needs": []}],
    }


@pytest.mark.parametrize("read_only", [None, False])
def test_a_tool_that_does_not_say_that_it_only_reads_is_not_called(
    tmp_path: Path, read_only: bool | None
) -> None:
    tool = Tool("disk_usage", "Shows how full each disk is", wants(), read_only=read_only)
    assert store(tmp_path, tool, *OTHERS).plan(Query("show the disk usage")) is None


def test_a_tool_whose_arguments_are_not_told_is_not_called(tmp_path: Path) -> None:
    tool = Tool("disk_usage", "Shows how full each disk is", wants(path=TEXT), read_only=True)
    assert store(tmp_path, tool, *OTHERS).plan(Query("show the disk usage")) is None


def test_of_two_that_are_alike_none_is_called(tmp_path: Path) -> None:
    twin = Tool("disk_use", "Shows how full each disk is", wants(), read_only=True)
    assert store(tmp_path, USAGE, twin, *OTHERS).plan(Query("how full is the disk")) is None


def test_nothing_is_called_where_nothing_is_like_the_question_or_modes_leave_it_out(tmp_path: Path) -> None:
    assert store(tmp_path / "a", USAGE, *OTHERS).plan(Query("sing")) is None
    assert store(tmp_path / "b", USAGE, modes=("useful",)).plan(Query("show the disk usage")) is None
    assert store(tmp_path / "c", USAGE).plan(Query("show the disk usage", words=frozenset({"mail"}))) is None


@given(st.permutations([USAGE, *OTHERS, Tool("disk_check", "Checks a disk", read_only=True)]), texts)
def test_the_order_of_tools_does_not_matter_and_only_what_reads_is_called(
    tools: list[Tool], text: str
) -> None:
    settings = Settings(servers={"disk": Server("disk", command="x")})
    query = Query(f"disk {text}")
    found = Index([Offer("mcp", "disk", tuple(tools))], settings).decisive(query)
    assert found == Index(
        [Offer("mcp", "disk", tuple(sorted(tools, key=lambda each: each.name)))], settings
    ).decisive(query)
