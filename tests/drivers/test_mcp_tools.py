"""Which tools are offered under which names, and what is said of those that are not."""

from __future__ import annotations

import pytest

from router.core.plan import JSON, Target
from router.core.settings import ToolFilter
from router.drivers.mcp_tools import tools_of, unknown_tool
from router.ports import Offer, Tool


def wire(name: str, **more: JSON) -> dict[str, JSON]:
    return {"name": name, "inputSchema": {"type": "object"}, **more}


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (ToolFilter(), ["a", "b", "ab"]),
        (ToolFilter(allow=("a*",)), ["a", "ab"]),
        (ToolFilter(deny=("a*",)), ["b"]),
        (ToolFilter(allow=("a*",), deny=("a",)), ["ab"]),
        (ToolFilter(rename={"b": "c"}), ["a", "c", "ab"]),
        (ToolFilter(rename={"ab": "a"}), ["b", "a"]),
        (ToolFilter(rename={"a": "b", "b": "a"}), ["b", "a", "ab"]),
        (ToolFilter(rename={"a": "x", "b": "x"}), ["x", "ab"]),
        (ToolFilter(deny=("b",), rename={"b": "a"}), ["a", "ab"]),
    ],
)
def test_tools_keep_the_servers_order_and_a_new_name_goes_first(choice: ToolFilter, names: list[str]) -> None:
    tools = tools_of([wire("a"), wire("b"), wire("ab"), wire("a", description="twice")], choice)

    assert list(tools) == names
    assert [tool.name for _, tool in tools.values()] == names


def test_a_tool_tells_what_the_server_says_of_it() -> None:
    told = wire("a", title="A", outputSchema={"type": "object"}, annotations={"readOnlyHint": False})

    tool = Tool("a", "A", {"type": "object"}, {"type": "object"}, read_only=False, title="A")
    assert tools_of([told], ToolFilter()) == {"a": ("a", tool)}


def test_a_new_name_for_a_tool_that_is_not_there_misleads_nobody() -> None:
    tools = tools_of([wire("git_log")], ToolFilter(rename={"git_lgo": "git_log"}))

    assert tools["git_log"][0] == "git_log"


def test_a_renamed_tool_that_is_denied_is_told_so() -> None:
    choice = ToolFilter(deny=("echo",), rename={"echo": "say"})

    error = unknown_tool(Target("mcp", "a", "say"), Offer("mcp", "a", ()), choice)

    assert error.reason == "tools.allow and tools.deny of [mcp.a] do not let this tool through"


def test_many_tools_are_not_all_named() -> None:
    offer = Offer("mcp", "many", tuple(Tool(f"tool-{number}") for number in range(25)))

    error = unknown_tool(Target("mcp", "many"), offer, ToolFilter())

    assert error.reason.endswith("tool-18, tool-19 and 5 more")
