"""What of a server's tools the MCP driver offers and calls, and what a server may say beside its results."""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from router.core.outcome import Link, Text
from router.core.plan import JSON, Target
from router.core.settings import Server, ToolFilter
from router.errors import ArgumentsRefused, TargetUnavailable, TargetUnknown, ToolFailed
from router.ports import Call, Offer
from tests import servers

pytestmark = pytest.mark.anyio


async def test_an_offer_tells_what_the_server_says_of_itself(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        offer = await driver.offer("faulty")

    assert offer == Offer("mcp", "faulty", offer.tools, "Faulty Server", "Beware.", "0.0.1", "2025-11-25")
    echo = offer.tool("echo")
    assert echo is not None
    assert (echo.description, echo.read_only) == ("Does echo.", True)
    assert offer.tools[1].read_only is None


async def test_a_server_of_2026_need_not_tell_who_it_is(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty("modern")) as driver:
        offer = await driver.offer("faulty")

    assert (offer.title, offer.version, offer.protocol) == ("", "", "2026-07-28")


async def test_a_server_without_tools_offers_none(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty("no-tools")) as driver:
        assert (await driver.offer("faulty")).tools == ()
        with pytest.raises(TargetUnknown, match="the server offers no tool of that name; it offers none"):
            await servers.ask(driver, "faulty/echo")


async def test_only_the_tools_that_the_settings_let_through_are_offered_and_called(tmp_path: Path) -> None:
    choice = ToolFilter(allow=("e*", "hang"), deny=("*-line", "ex*"), rename={"echo": "say"})
    async with servers.driving(tmp_path, replace(servers.faulty(), tools=choice)) as driver:
        offer = await driver.offer("faulty")
        said = await servers.ask(driver, "faulty/say", text="hello")
        with pytest.raises(TargetUnknown, match="do not let this tool through"):
            await servers.ask(driver, "faulty/die")
        with pytest.raises(TargetUnknown) as renamed:
            await servers.ask(driver, "faulty/echo")

    assert [tool.name for tool in offer.tools] == ["say", "hang", "environment"]
    assert said.text == "hello"
    assert renamed.value.nearest == "mcp:faulty/say"


async def test_a_target_without_a_tool_is_told_which_there_are(tmp_path: Path) -> None:
    choice = ToolFilter(allow=("echo", "pid"))
    async with servers.driving(tmp_path, replace(servers.faulty(), tools=choice)) as driver:
        with pytest.raises(TargetUnknown) as unknown:
            await servers.ask(driver, "faulty")

    assert str(unknown.value) == "mcp:faulty: an MCP server is called by a tool; there are echo, pid"


async def test_a_list_that_changed_is_asked_for_anew_without_a_call(tmp_path: Path) -> None:
    again = anyio.Event()

    def see(offer: Offer) -> None:
        if offer.tool("grown0"):
            again.set()

    async with servers.driving(tmp_path, servers.faulty(), seen=see) as driver:
        await servers.ask(driver, "faulty/grow")
        with anyio.fail_after(10):
            await again.wait()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("faulti", 'mcp:faulti/echo: no MCP server is called "faulti"; did you mean mcp:faulty/echo?'),
        ("nothing-like-it", 'mcp:nothing-like-it/echo: no MCP server is called "nothing-like-it"'),
    ],
)
async def test_an_unknown_server_is_told_with_the_nearest(tmp_path: Path, name: str, told: str) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        with pytest.raises(TargetUnknown) as unknown:
            await servers.ask(driver, f"{name}/echo")

    assert str(unknown.value) == told


async def test_a_tool_that_a_server_announces_is_offered(tmp_path: Path) -> None:
    seen: list[Offer] = []
    async with servers.driving(tmp_path, servers.faulty(), seen=seen.append) as driver:
        await servers.ask(driver, "faulty/grow")
        await servers.ask(driver, "faulty/echo", text="listed anew")

    assert [offer.tool("grown0") is not None for offer in seen] == [False, True]


async def test_arguments_that_do_not_fit_are_told_all_at_once_and_not_sent(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        with pytest.raises(ArgumentsRefused) as refused:
            await servers.ask(driver, "faulty/big", bytes="many", ordr="id-last")

    assert refused.value.reason == (
        '"bytes" must be an integer, not "many"; '
        '"ordr" is not an argument of this tool; did you mean "order"?'
    )


async def test_a_message_for_a_tool_is_refused(tmp_path: Path) -> None:
    call = Call(Target.parse("mcp:faulty/pid"), message="please")
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        with pytest.raises(ArgumentsRefused, match="a tool takes arguments and no message"):
            await driver.call(call, lambda _: None)


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (
            Server("far", url="http://h.invalid/mcp", transport="http"),
            "h.invalid is another machine and would be called over plain http; use https; nothing was sent",
        ),
        (
            Server("far", url="https://a:b@h.invalid/mcp", transport="sse"),
            "the address of h.invalid holds a user name or password; take them out of it; nothing was sent",
        ),
        (Server("far", url="http://127.0.0.1:1/mcp", transport="http"), "nothing listens at 127.0.0.1:1"),
        (Server("far", url="http://127.0.0.1:1/sse", transport="sse"), "nothing listens at 127.0.0.1:1"),
        (
            replace(servers.faulty(name="far"), cwd="/no/such/directory"),
            "there is no directory /no/such/directory to run it in; set cwd in [mcp.far]",
        ),
    ],
    ids=["plain", "user", "http", "sse", "cwd"],
)
async def test_settings_that_cannot_be_applied_are_told_and_nothing_is_started(
    tmp_path: Path, server: Server, told: str
) -> None:
    async with servers.driving(tmp_path, server) as driver:
        with pytest.raises(TargetUnavailable) as caught:
            await driver.offer("far")

    assert str(caught.value) == f"mcp:far: {told}"
    assert not (tmp_path / "logs").exists()


async def test_what_a_tool_logs_is_told_as_progress(tmp_path: Path) -> None:
    told: list[str] = []
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        await servers.ask(driver, "faulty/tell", progress=told.append)

    assert told == ["warming up", '{"step": 2}']


async def test_a_tool_that_asks_for_input_waits_with_the_question(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty("modern")) as driver:
        result = await servers.ask(driver, "faulty/ask")

    question, schema, other = result.content
    assert result.state == "waiting"
    assert question == Text("Delete everything?")
    assert isinstance(schema, Text)
    assert json.loads(schema.text)["properties"] == {"sure": {"type": "boolean"}}
    assert other == Text("the server asks for roots/list, which is not offered")


async def test_a_tool_that_wants_to_be_called_again_with_its_state_is(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty("modern")) as driver:
        result = await servers.ask(driver, "faulty/ask", again=True)

    assert (result.state, result.text) == ("done", "done with state s1")


async def test_a_tool_that_asks_for_a_sign_in_waits_with_the_link(tmp_path: Path) -> None:
    asked = {
        "mode": "url",
        "message": "Sign in first.",
        "url": "https://example.com/in",
        "elicitationId": "1",
    }
    data: JSON = {"elicitations": [asked]}
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        result = await servers.ask(driver, "faulty/refuse", code=-32042, data=data)
        with pytest.raises(ToolFailed, match="refused"):
            await servers.ask(driver, "faulty/refuse", code=-32042)

    assert result.state == "waiting"
    assert result.content == (Text("Sign in first."), Link("https://example.com/in"))


def test_the_sdk_is_known_to_the_session_and_what_carries_it_alone() -> None:
    drivers = servers.PROJECT / "router" / "drivers"

    def imported(file: Path) -> set[str]:
        nodes = list(ast.walk(ast.parse(file.read_text())))
        plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
        return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}

    def knows_sdk(file: Path) -> bool:
        return any(name.partition(".")[0] in ("mcp", "mcp_types") for name in imported(file))

    assert [file.name for file in sorted(drivers.glob("*.py")) if knows_sdk(file)] == [
        "mcp_http.py",
        "mcp_lines.py",
        "mcp_lists.py",
        "mcp_login.py",
        "mcp_session.py",
        "mcp_signin.py",
        "mcp_stdio.py",
        "mcp_wire.py",
    ]


async def test_the_rooms_beside_the_sdks_door_load_without_it() -> None:
    script = (
        "import sys\n"
        "import router.core.arguments, router.drivers.mcp_content, router.drivers.mcp_heard\n"
        "import router.drivers.mcp_held, router.drivers.mcp_program, router.drivers.mcp_tools\n"
        "print(sorted(set(sys.modules) & {'mcp', 'mcp_types', 'pydantic', 'httpx', 'httpx2'}))\n"
    )

    done = await anyio.run_process([sys.executable, "-c", script], cwd=servers.PROJECT)

    assert done.stdout.decode() == "[]\n"
