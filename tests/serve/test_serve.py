"""`ts serve` as it is installed, spoken to by clients that nobody here wrote."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import httpx
import psutil
import pytest
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests import servers
from tests.command import TS, Shell

CLIENT: Final = Path(__file__).with_name("client.cjs")
ERAS: Final = ["legacy", "auto"]


@contextmanager
def at_address(shell: Shell, *arguments: str) -> Iterator[str]:
    """Serve over HTTP; give the URL, interrupt it after, and see that it leaves nobody behind."""
    command = [str(TS), "serve", "--http", "127.0.0.1:0", *arguments]
    with subprocess.Popen(
        command, cwd=shell.directory, env=shell.environment, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stderr is not None
            yield child.stderr.readline().split()[-1]
        finally:
            left = psutil.Process(child.pid).children(recursive=True)
            child.send_signal(signal.SIGINT)
            assert child.wait(30) == 130
            assert not psutil.wait_procs(left, timeout=5)[1]


def over_stdio(shell: Shell, *arguments: str, mode: str = "auto") -> Client:
    parameters = StdioServerParameters(
        command=str(TS), args=["serve", *arguments], cwd=shell.directory, env=shell.environment
    )
    return Client(stdio_client(parameters), mode=mode)


def foreign(shell: Shell, kind: str, url: str, *command: str) -> Any:
    """Call `odd_echo` by a client of the TypeScript SDK, and return all that it printed."""
    arguments = [str(CLIENT), str(servers.clients()), kind, url, "odd_echo", '{"text": "hello"}', *command]
    done = subprocess.run(
        [servers.node(), *arguments], cwd=shell.directory, env=shell.environment, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sdk", "client"])
def test_clients_of_another_sdk_list_and_call(shell: Shell, kind: str) -> None:
    found = [foreign(shell, kind, "-", str(TS), "serve")]
    with at_address(shell) as url:
        found.append(foreign(shell, kind, url))

    for each in found:
        assert {"odd_echo", "writer_draft"} <= {tool["name"] for tool in each["tools"]}
        assert each["result"]["content"][0]["text"] == "hello"


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ERAS)
async def test_a_client_lists_and_calls_what_is_behind(shell: Shell, mode: str) -> None:
    async with over_stdio(shell, mode=mode) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        echoed = await client.call_tool("odd_echo", {"text": "hello"})
        refused = await client.call_tool("odd_echo", {"text": 3})
        written = await client.call_tool("writer_draft", {"message": "a tale"})
        with pytest.raises(MCPError, match='there is no tool "odd_ech"'):
            await client.call_tool("odd_ech", {})

    assert {"odd_echo", "writer_draft"} <= names
    assert not any(name.startswith("dead_") for name in names)
    assert echoed.content[0].model_dump()["text"] == "hello"
    assert refused.is_error is True
    assert written.content[0].model_dump()["text"].startswith("Hello")


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("mode", ERAS)
async def test_resources_and_prompts_go_through(shell: Shell, mode: str) -> None:
    server = servers.everything()
    settings = f"[mcp.all]\ncommand = {server.command!r}\nargs = {list(server.args)!r}\n"
    shell.write({"ts.toml": settings, "rules/team/rules.toml": ""})
    async with over_stdio(shell, mode=mode) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        resources = (await client.list_resources()).resources
        read = await client.read_resource(resources[0].uri)
        templates = (await client.list_resource_templates()).resource_templates
        prompts = [each.name for each in (await client.list_prompts()).prompts]
        got = await client.get_prompt("all_simple_prompt")
        with pytest.raises(MCPError, match="there is no resource demo://nowhere"):
            await client.read_resource("demo://nowhere")
        with pytest.raises(MCPError, match='there is no prompt "none"'):
            await client.get_prompt("none")

    assert "all_echo" in tools
    assert not any("resources_read" in name or "prompts_get" in name for name in tools)
    assert read.contents[0].uri == resources[0].uri
    assert templates
    assert "all_simple_prompt" in prompts
    assert got.messages[0].role == "user"


@pytest.mark.anyio
async def test_three_tools_route_find_and_call(shell: Shell) -> None:
    async with over_stdio(shell, "--expose", "routed") as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        routed = await client.call_tool("route", {"query": "shout hello"})
        found = await client.call_tool("find_tools", {"task": "echo a text"})
        called = await client.call_tool("call_tool", {"name": "odd_echo", "arguments": {"text": "x"}})

    assert names == ["route", "find_tools", "call_tool"]
    assert routed.content[0].model_dump()["text"] == "hello!"
    assert routed.structured_content is not None
    assert routed.structured_content["decision"]["rule"] == "rules.shout"
    assert found.structured_content is not None
    assert "odd_echo" in [each["name"] for each in found.structured_content["tools"]]
    assert called.content[0].model_dump()["text"] == "x"


@pytest.mark.anyio
async def test_a_profile_is_all_that_there_is(shell: Shell) -> None:
    async with over_stdio(shell, "--expose", "profile:few") as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["odd_echo"]


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ERAS)
async def test_many_clients_at_once_over_http(shell: Shell, mode: str) -> None:
    with at_address(shell) as url:
        heard: list[str] = []

        async def one(number: int) -> None:
            async with Client(streamable_http_client(url), mode=mode) as client:
                result = await client.call_tool("odd_echo", {"text": f"{number}"})
                heard.append(result.content[0].model_dump()["text"])

        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(one, number)
        async with httpx.AsyncClient() as http:
            health = await http.get(url.replace("/mcp", "/healthz"))
            foreign = await http.post(url, json={}, headers={"Origin": "https://evil.example"})
            rebound = await http.post(url, json={}, headers={"Host": "evil.example"})

    assert sorted(heard) == [f"{number}" for number in range(8)]
    assert health.json() == {"status": "ok"}
    assert (foreign.status_code, rebound.status_code) == (403, 421)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--http", "0.0.0.0:80"), "0.0.0.0 would let other machines in, and there is no sign-in yet"),
        (("--http", "example.com:80"), "example.com would let other machines in"),
        (("--http", "127.0.0.1"), '"127.0.0.1" is no HOST:PORT, such as 127.0.0.1:8321'),
        (("--http", "127.0.0.1:99999"), '"127.0.0.1:99999" is no HOST:PORT'),
        (("--expose", "rooted"), 'there is no "rooted"; did you mean "routed"?'),
        (("--expose", "profile:fe"), '[serve.profiles] has no "fe"; did you mean "few"?'),
    ],
)
def test_what_cannot_be_served_is_the_askers_mistake(
    shell: Shell, arguments: tuple[str, ...], message: str
) -> None:
    done = shell.ts("serve", *arguments)

    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_it_ends_when_the_client_hangs_up(shell: Shell) -> None:
    done = shell.ts("serve")

    assert (done.code, done.out, done.err) == (0, "", "")


def test_an_address_that_is_taken_is_told(shell: Shell) -> None:
    with at_address(shell) as url:
        done = shell.ts("serve", "--http", url.removeprefix("http://").removesuffix("/mcp"))

    assert done.code == 1
    assert "in use" in done.err
