"""Calls of a client carried out, over fakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.core.plan import JSON, Target
from router.core.query import Query
from router.errors import CallTimedOut
from router.ports import Hit, Offer, Tool
from router.serve.results import ERROR, Wire
from router.serve.served import Exposing, Served
from router.testing import Answer, FakeCatalogue, FakeDriver
from tests import projects
from tests.routers import SIMPLE, over

pytestmark = pytest.mark.anyio

OFFERS = (
    Offer("a2a", "writer", (Tool("prose", "Writes."),)),
    Offer("mcp", "git", (Tool("one", "Counts."), Tool("two", "Doubles."))),
)
HITS = tuple(Hit(Target("mcp", *each), "") for each in (("git", "two"), ("time", "gone"), ("git", "one")))
ALL = Exposing()
ROUTED = Exposing(routed=True)


def served(
    directory: Path, answers: dict[str, Answer] | None = None, exposing: Exposing = ALL
) -> tuple[Served, FakeDriver]:
    book = projects.book(directory, SIMPLE)
    router, driver = over(book, answers, catalogue=FakeCatalogue(OFFERS, hits=HITS))
    return Served(router, Query, exposing), driver


async def called(served: Served, tool: str, **arguments: JSON) -> Wire:
    return await served.call(tool, arguments, lambda _: None)


def text(wire: Wire) -> str:
    return str(wire["content"][0]["text"])


async def test_a_tool_is_called_with_its_arguments_and_its_own_time(tmp_path: Path) -> None:
    server, driver = served(tmp_path, {"mcp:git/one": "three"})
    wire = await called(server, "git_one", count=3)

    assert text(wire) == "three"
    assert driver.calls[0].args == {"count": 3}
    assert driver.calls[0].timeout_seconds == 7


async def test_an_agent_is_asked_by_a_message(tmp_path: Path) -> None:
    server, driver = served(tmp_path, {"a2a:writer/prose": "Once."})
    wire = await called(server, "writer_prose", message="a tale")

    assert text(wire) == "Once."
    assert (driver.calls[0].message, driver.calls[0].args) == ("a tale", {})
    with pytest.raises(LookupError, match='"message" must be a text'):
        await called(server, "writer_prose", message=" ")


async def test_what_fails_is_told_in_the_result(tmp_path: Path) -> None:
    server, _ = served(tmp_path, {"mcp:git/one": CallTimedOut("mcp:git/one", seconds=7)})
    wire = await called(server, "git_one")

    assert wire["isError"] is True
    assert wire["_meta"][ERROR]["code"] == "timeout"


async def test_an_unknown_tool_is_named_with_the_nearest(tmp_path: Path) -> None:
    server, _ = served(tmp_path)

    with pytest.raises(LookupError, match='there is no tool "git_ones"; did you mean "git_one"'):
        await called(server, "git_ones")
    with pytest.raises(LookupError):
        await called(server, "route", query="ask 3")


async def test_hundreds_of_tools_are_not_all_named_in_an_error(tmp_path: Path) -> None:
    tools = tuple(Tool(f"tool_{number}") for number in range(300))
    router, _ = over(
        projects.book(tmp_path, SIMPLE), catalogue=FakeCatalogue((Offer("mcp", "git", tools),), hits=())
    )
    server = Served(router, Query)

    with pytest.raises(LookupError) as caught:
        await called(server, "unlike")

    assert str(caught.value.args[0]) == 'there is no tool "unlike"'


async def test_a_profile_lets_no_other_tool_be_called(tmp_path: Path) -> None:
    server, _ = served(tmp_path, {"mcp:git/two": "2"}, Exposing(patterns=("mcp:git/two",)))

    assert [each["name"] for each in server.surface.listed] == ["git_two"]
    assert text(await called(server, "git_two")) == "2"
    with pytest.raises(LookupError):
        await called(server, "git_one")


async def test_a_question_is_routed_and_carried_out(tmp_path: Path) -> None:
    server, driver = served(tmp_path, {"mcp:git/one": "three"}, ROUTED)
    wire = await called(server, "route", query="ask 3")

    assert text(wire) == "three"
    assert driver.called == ["mcp:git/one"]
    assert wire["structuredContent"]["decision"]["rule"] == "rules.one"
    assert wire["structuredContent"]["outcome"]["state"] == "done"


async def test_a_question_that_nothing_answers_is_an_error_that_says_so(tmp_path: Path) -> None:
    server, _ = served(tmp_path, exposing=ROUTED)
    wire = await called(server, "route", query="else")

    assert wire["isError"] is True
    assert wire["_meta"][ERROR]["code"] == "no-route"


@pytest.mark.parametrize(
    ("limit", "names"), [(5, ["git_two", "git_one"]), (1, ["git_two"]), ("x", ["git_two", "git_one"])]
)
async def test_tools_are_found_as_they_would_be_listed(tmp_path: Path, limit: JSON, names: list[str]) -> None:
    server, _ = served(tmp_path, exposing=ROUTED)
    wire = await called(server, "find_tools", task="double", limit=limit)

    assert wire["structuredContent"] == {"tools": [server.surface.definitions[each] for each in names]}
    assert text(wire).startswith("git_two: Doubles.")


async def test_what_was_found_is_called_by_its_name(tmp_path: Path) -> None:
    server, driver = served(tmp_path, {"mcp:git/two": "4"}, ROUTED)
    wire = await called(server, "call_tool", name="git_two", arguments={"of": 2})

    assert text(wire) == "4"
    assert driver.calls[0].args == {"of": 2}
    with pytest.raises(LookupError, match="there are route, find_tools and call_tool"):
        await called(server, "git_two")


async def test_those_of_whom_nothing_is_known_are_asked(tmp_path: Path) -> None:
    server, _ = served(tmp_path)

    assert server.unknown() == (("mcp", "time"),)
    await server.ask(server.unknown())
