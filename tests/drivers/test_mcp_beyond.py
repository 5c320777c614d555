"""Resources are read and prompts got as tools are called, as far as the settings let them."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from mcp import ClientSession, MCPError
from mcp_types import (
    METHOD_NOT_FOUND,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    ResourcesCapability,
    ServerCapabilities,
    ToolsCapability,
)
from mcp_types import Resource as MCPResource

from router.core.outcome import Blob, Text
from router.core.settings import Server, ToolFilter
from router.drivers.mcp_beyond import tools_beyond
from router.drivers.mcp_lists import Lists
from router.errors import ArgumentsRefused, TargetUnknown, ToolFailed
from router.ports import Argument, Prompt, Resource
from tests import servers

PAGE = Resource("docs://{name}", "page", "A page by its name.", is_template=True)
INDEX = Resource("docs://index", "index")
GREET = Prompt("greet", "Greets.", (Argument("whom", is_required=True), Argument("how")))


def test_what_there_is_to_read_and_get_is_offered_beside_the_tools() -> None:
    tools = tools_beyond((INDEX, PAGE), (GREET,), ToolFilter())

    assert list(tools) == ["resources/read", "resources/list", "prompts/get"]
    read, got = tools["resources/read"][1], tools["prompts/get"][1]
    assert read.description.splitlines()[1:] == ["- docs://{name}: A page by its name."]
    assert got.description.splitlines()[1:] == ["- greet(whom, how?): Greets."]
    assert {(each.read_only, each.idempotent) for _, each in tools.values()} == {(True, True)}
    assert tools_beyond((), (), ToolFilter()) == {}


def test_a_resource_that_comes_or_goes_breaks_no_pin() -> None:
    assert tools_beyond((INDEX, PAGE), (), ToolFilter()) == tools_beyond((PAGE,), (), ToolFilter())


def test_the_settings_choose_and_rename_them_as_tools() -> None:
    choice = ToolFilter(allow=("resources/*",), deny=("*/list",), rename={"resources/read": "page"})

    tools = tools_beyond((INDEX,), (GREET,), choice)

    assert [(name, method) for name, (method, _) in tools.items()] == [("page", "resources/read")]


@pytest.mark.anyio
@pytest.mark.slow
async def test_a_server_of_others_is_read(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.everything("far")) as driver:
        offer = await driver.offer("far")
        listed = await servers.ask(driver, "far/resources/list")
        page = await servers.ask(driver, "far/resources/read", uri=offer.resources[0].uri)
        blob = await servers.ask(driver, "far/resources/read", uri="demo://resource/dynamic/blob/7")
        prompt = await servers.ask(driver, "far/prompts/get", name="args-prompt", arguments={"city": "Rome"})
        with pytest.raises(ToolFailed, match="demo://nope not found"):
            await servers.ask(driver, "far/resources/read", uri="demo://nope")
        with pytest.raises(ArgumentsRefused, match='not "nope"'):
            await servers.ask(driver, "far/prompts/get", name="nope")

    assert (len(offer.resources), len(offer.prompts), offer.tools[-1].name) == (9, 4, "prompts/get")
    assert len(listed.structured["resources"]) == 7
    assert isinstance(page.content[0], Text)
    assert page.content[0].media_type == "text/markdown"
    assert isinstance(blob.content[0], Blob)
    assert blob.content[0].data.startswith(b"Resource 7")
    assert prompt.text == "What's weather in Rome?"
    assert prompt.structured["messages"][0]["role"] == "user"


@pytest.mark.anyio
async def test_a_server_with_neither_has_no_such_tool(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        offer = await driver.offer("faulty")
        with pytest.raises(TargetUnknown):
            await servers.ask(driver, "faulty/resources/read", uri="x://y")

    assert (offer.resources, offer.prompts) == ((), ())


@pytest.mark.anyio
@pytest.mark.slow
async def test_what_is_not_let_through_is_not_read(tmp_path: Path) -> None:
    server = replace(servers.everything("far"), tools=ToolFilter(allow=("echo",)))
    async with servers.driving(tmp_path, server) as driver:
        with pytest.raises(TargetUnknown, match="do not let this tool through"):
            await servers.ask(driver, "far/resources/read", uri="demo://resource/dynamic/text/1")


class Failing:
    """A session whose lists fail as the test says."""

    server_capabilities = ServerCapabilities(tools=ToolsCapability(), resources=ResourcesCapability())
    server_info = None
    instructions = None
    protocol_version = "2025-11-25"

    def __init__(self) -> None:
        self.code = 0

    async def list_tools(self, **_: object) -> ListToolsResult:
        return ListToolsResult(tools=[])

    async def list_resources(self, **_: object) -> ListResourcesResult:
        if self.code:
            raise MCPError(self.code, "the database is down")
        return ListResourcesResult(resources=[MCPResource(uri="docs://index", name="index")])

    async def list_resource_templates(self, **_: object) -> ListResourceTemplatesResult:
        raise MCPError(METHOD_NOT_FOUND, "no templates here")


@pytest.mark.anyio
async def test_a_list_that_fails_is_an_error_for_who_asks_for_it_and_changes_no_offer() -> None:
    async def ask(_: str, answering: Awaitable[Any]) -> Any:
        return await answering

    session = Failing()
    lists = Lists(Server("docs", command="docs"), cast("ClientSession", session), ask)
    before = (await lists.asked("mcp:docs")).offer
    session.code = -32603

    assert before.resources == (INDEX,)
    assert (await lists.asked("mcp:docs")).offer == before
    with pytest.raises(ToolFailed, match="does not list its resources: the database is down"):
        await lists.pages("mcp:docs/resources/list", "resources")
