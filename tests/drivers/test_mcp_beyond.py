"""Resources are read and prompts got as tools are called, as far as the settings let them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from router.core.outcome import Blob, Text
from router.core.settings import ToolFilter
from router.drivers.mcp_beyond import tools_beyond
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
