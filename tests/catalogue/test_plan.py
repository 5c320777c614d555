"""When search calls a tool unasked, and with which arguments."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.catalogue.filling import filled
from router.catalogue.store import Store
from router.core.arguments import faults
from router.core.plan import JSON
from router.core.query import Query
from router.core.settings import Agent, Server, Settings
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
MOMENT = {"type": "string", "format": "date-time"}
PATH = {"type": "string", "format": "path"}


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
        (wants(n=NUMBER, text=TEXT, required=("n",)), "the last 3 of it", {"n": 3}),
        (wants(n=NUMBER, m=NUMBER, required=("n",)), "the last 3 of it", {"n": 3}),
        (wants(n=NUMBER), "the last 3, and then 3", {"n": 3}),
        (wants(at=MOMENT), "since 2026-11-22T10:00:00Z", {"at": "2026-11-22T10:00:00Z"}),
        (wants(file=PATH), "read docs/house.md.", {"file": "docs/house.md"}),
        (wants(file=PATH), "what is in `/etc/hosts`?", {"file": "/etc/hosts"}),
        (wants(file=PATH), 'read "My Documents/a.txt"', {"file": "My Documents/a.txt"}),
        (wants(path=TEXT), "what is in /etc/hosts?", {"path": "/etc/hosts"}),
        (wants(outputDir=TEXT), "list (src/main.d)", {"outputDir": "src/main.d"}),
        (
            wants(file_name=TEXT, query=TEXT),
            'where is "x y" in docs/a.md',
            {"file_name": "docs/a.md", "query": "x y"},
        ),
        (wants(state={"enum": ["all", "open"]}), "all that are open", {"state": "open"}),
        (wants(file=PATH, n=NUMBER), "the first 3 lines of ~/notes", {"file": "~/notes", "n": 3}),
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
        ({"type": "object", "properties": {}, "required": [{"not": "a name"}]}, "3"),
        (wants(n=NUMBER, text=TEXT, required=("n",)), 'the last 3 of "x"'),
        (wants(state=CHOICE, required=()), "which are open or closed"),
        (wants(n=NUMBER), 'who said "3"'),
        (wants(n=NUMBER), "port 3 of http://a.example/4 and 5"),
        (wants(n=NUMBER), "costs $3 or 3%"),
        (wants(n=NUMBER), "9" * 5000),
        (wants(state=CHOICE), "the file open/closed"),
        (wants(one={"enum": ["1"]}, n=NUMBER), "take 1"),
        (wants(at={"type": "string", "format": "uri"}, text=TEXT), 'read "https://a.example/b"'),
        (wants(day=DATE), "on 2026-02-30"),
        (wants(at=MOMENT), "on 2026-02-22T25:00:00Z"),
        (wants(file=PATH), "read and/or write"),
        (wants(file=PATH), "read https://a.example/b.txt"),
        (wants(file=PATH), "diff a/b.txt c/d.txt"),
        (wants(file=PATH), "read s3://a/b.txt"),
        (wants(path=TEXT), 'read "it"'),
        (wants(file_content=TEXT), "read docs/a.md"),
        (wants(name=TEXT), "read docs/a.md"),
        (wants(n=NUMBER), "the last two of 2024"),
        (wants(n=NUMBER), "3 million"),
        (wants(n=NUMBER), "two commits"),
        (wants(state={"enum": ["all", "open"]}), "show all"),
        ({"type": "object", "required": "n"}, "3"),
        ({"type": "object", "properties": [], "required": ["n"]}, "3"),
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


def test_what_shares_too_little_with_the_question_is_not_called_though_it_is_alone(tmp_path: Path) -> None:
    assert store(tmp_path / "a", USAGE).plan(Query("which disk of Pink Floyd sold best")) is None
    assert store(tmp_path / "b", USAGE).plan(Query("disk usage")) is None
    assert store(tmp_path / "c", USAGE).plan(Query("show disk usage")) is not None


def test_a_skill_is_not_called_though_a_server_of_its_name_has_a_tool_of_its_name(tmp_path: Path) -> None:
    both = Settings(
        servers={"disk": Server("disk", command="x", modes=("useful",))},
        agents={"disk": Agent("disk", url="https://agent.example")},
    )
    found = Store(tmp_path, both)
    found.keep(Offer("mcp", "disk", (USAGE,)))
    found.keep(Offer("a2a", "disk", (Tool("disk_usage", "Shows how full each disk is"),)))

    assert found.nearest(Query("show the disk usage"), 1)[0].target.scheme == "a2a"
    assert found.plan(Query("show the disk usage")) is None


SOME = (
    USAGE,
    *OTHERS,
    Tool("disk_check", "Checks a disk", wants(n=NUMBER), read_only=True),
    Tool("disk_wipe", "Wipes a disk", wants(), read_only=False),
    Tool("disk_list", "Lists the disks that are open", wants(state=CHOICE, text=TEXT, required=("state",))),
    Tool("find_words", "Finds words in files", wants(text=TEXT), read_only=True),
)
asked = st.lists(
    st.sampled_from(["show", "disk", "usage", "wipe", "check", "list", "find", "words", "open", "3", '"it"']),
    max_size=5,
).map(" ".join)


@given(st.permutations(SOME), st.integers(1, len(SOME)), asked)
def test_only_what_reads_is_called_with_arguments_that_fit_in_whatever_order_tools_come(
    tools: list[Tool], kept: int, text: str
) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        plan = store(Path(one), *tools[:kept]).plan(Query(text or "disk"))
        again = store(Path(other), *reversed(tools[:kept])).plan(Query(text or "disk"))

    assert plan == again
    if plan is not None:
        (step,) = plan.steps
        (tool,) = (each for each in tools if each.name == step.use.member)
        assert (plan.source, step.use.scheme, tool.read_only) == ("search", "mcp", True)
        assert isinstance(step.args, dict)
        assert faults(tool.input_schema, step.args) == ()


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["string", "integer", "n", "open", "date"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "required", "enum", "format", "n", "open"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json, texts)
def test_no_schema_that_a_server_may_send_is_trouble(schema: JSON, text: str) -> None:
    found = filled(schema, text)
    assert found is None or faults(schema if isinstance(schema, dict) else {}, found) == ()
