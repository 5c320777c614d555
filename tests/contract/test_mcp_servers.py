"""One suite over MCP servers of others, in every transport that they have or that a bridge gives them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import anyio
import pytest
from uv import find_uv_bin

from router.core.plan import JSON
from router.core.settings import Server
from router.drivers.mcp_environment import SYSTEM_CERTIFICATES
from router.errors import ArgumentsRefused, CallError, TargetUnavailable, TargetUnknown
from tests import registries, servers

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PROXY: Final = "0.13.0"
"""Version of mcp-proxy."""
ENVIRONMENT: Final = {
    **SYSTEM_CERTIFICATES,
    "PATH": os.pathsep.join((str(Path(find_uv_bin()).parent), os.environ.get("PATH", ""))),
}
"""For programs that `ts` does not start."""
UVX: Final = str(Path(find_uv_bin()).with_name("uvx"))
SQLITE: Final = "2025.4.25"
"""Version of mcp-server-sqlite, which starts with the SDK before 2 alone."""


@dataclass(frozen=True)
class Case:
    """A server, and one call that it must answer."""

    start: Callable[[Path], AbstractContextManager[Server]]
    tool: str
    args: Mapping[str, JSON]
    answer: str
    more: int
    """Tools that it offers at least."""
    era: str
    wrong: Mapping[str, JSON] = field(default_factory=lambda: {"no_such_argument": 1})


def stdio(make: Callable[[Path], Server]) -> Callable[[Path], AbstractContextManager[Server]]:
    return lambda directory: nullcontext(make(directory))


def on_port(
    kind: Literal["http", "sse"], path: str, command: Callable[[Path, int], tuple[str, ...]], *ports: str
) -> Callable[[Path], AbstractContextManager[Server]]:
    """Start a program on a free port, which the variables `ports` tell; end it and what it started."""

    @contextmanager
    def started(directory: Path) -> Iterator[Server]:
        with socket.create_server(("127.0.0.1", 0)) as bound:
            port = bound.getsockname()[1]
        child = subprocess.Popen(
            command(directory, port), cwd=directory, start_new_session=True,
            env={**os.environ, **ENVIRONMENT, **{name: str(port) for name in ports}},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            listening(port, child)
            yield Server("far", url=f"http://127.0.0.1:{port}/{path}", transport=kind)
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                    os.killpg(child.pid, number)
                    child.wait(5)

    return started


def listening(port: int, child: subprocess.Popen[bytes]) -> None:
    """Wait until something listens on a port."""
    for _ in range(600):
        assert child.poll() is None, f"it ended with {child.returncode}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("nothing listens after 60 seconds")


def everything(kind: str) -> Callable[[Path, int], tuple[str, ...]]:
    return lambda _, __: (*command_of(servers.everything()), kind)


def command_of(server: Server) -> tuple[str, ...]:
    return (server.command, *server.args)


def bridged(directory: Path, port: int) -> tuple[str, ...]:
    del directory
    inner = " ".join((UVX, *servers.time().args))
    return (
        servers.node(), str(servers.bridge()), "--stdio", inner, "--port", str(port), "--outputTransport",
        "streamableHttp", "--streamableHttpPath", "/mcp", "--logLevel", "none",
    )  # fmt: skip


def proxied(_: Path, port: int) -> tuple[str, ...]:
    registries.fetch_tool(f"mcp-proxy=={PROXY}")
    proxy = (UVX, f"mcp-proxy@{PROXY}", "--pass-environment", "--port", str(port))
    return (*proxy, "--", UVX, *servers.time().args)


def kubernetes(directory: Path, port: int) -> tuple[str, ...]:
    return (*command_of(servers.kubernetes(directory)), "--port", str(port), "--bind-address", "127.0.0.1")


def sqlite(directory: Path, sdk: str = "mcp<2") -> Server:
    registries.fetch_tool(f"mcp-server-sqlite=={SQLITE}", sdk)
    args = ("--with", sdk, f"mcp-server-sqlite@{SQLITE}", "--db-path", str(directory / "a.db"))
    return Server("far", command="uvx", args=args)


ECHO: Final = ("echo", {"message": "hello"}, "Echo: hello", 10, "2025-11-25")
CLOCK: Final = ("get_current_time", {"timezone": "UTC"}, '"timezone": "UTC"', 2)
CASES: Final = {
    "time-stdio": Case(stdio(lambda _: servers.time("far")), *CLOCK, "2026-07-28"),
    "everything-stdio": Case(stdio(lambda _: servers.everything("far")), *ECHO),
    "everything-sse": Case(on_port("sse", "sse", everything("sse"), "PORT"), *ECHO),
    "everything-http": Case(on_port("http", "mcp", everything("streamableHttp"), "PORT"), *ECHO),
    "filesystem-stdio": Case(
        stdio(lambda path: servers.filesystem(path, "far")), "list_allowed_directories", {}, "Allowed", 10,
        "2025-11-25",
    ),
    "kubernetes-http": Case(
        on_port("http", "mcp", kubernetes), "configuration_view", {}, "current-context: none", 10,
        "2025-11-25",
    ),
    "time-behind-mcp-proxy-http": Case(on_port("http", "mcp", proxied), *CLOCK, "2025-11-25"),
    "time-behind-mcp-proxy-sse": Case(on_port("sse", "sse", proxied), *CLOCK, "2025-11-25"),
    "time-behind-supergateway-http": Case(on_port("http", "mcp", bridged), *CLOCK, "2026-07-28"),
    "sqlite-stdio": Case(
        stdio(sqlite), "read_query", {"query": "SELECT 40 + 2 AS n"}, "42", 5, "2025-11-25",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_a_server_of_others_is_listed_and_called(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    with case.start(tmp_path) as server:
        async with servers.driving(tmp_path, server) as driver:
            offer = await driver.offer("far")
            results = []

            async def call() -> None:
                results.append(await servers.ask(driver, f"far/{case.tool}", **case.args))

            async with anyio.create_task_group() as tasks:
                for _ in range(4):
                    tasks.start_soon(call)
            with pytest.raises(ArgumentsRefused):
                await servers.ask(driver, f"far/{case.tool}", **case.wrong)
            with pytest.raises(TargetUnknown):
                await servers.ask(driver, "far/no_such_tool")

    assert (len(offer.tools) >= case.more, offer.protocol) == (True, case.era)
    assert [case.answer in each.text for each in results] == [True] * 4


async def test_a_server_that_dies_at_its_start_tells_why(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, sqlite(tmp_path, "mcp>=2")) as driver:
        with pytest.raises(TargetUnavailable, match="before it answered"):
            await driver.offer("far")


@pytest.mark.parametrize("name", ["everything-http", "everything-sse", "time-behind-mcp-proxy-http"])
async def test_a_server_that_is_gone_is_told_and_found_again_by_a_later_call(
    tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    with case.start(tmp_path) as server:
        async with servers.driving(tmp_path, server) as driver:
            await servers.ask(driver, f"far/{case.tool}", **case.args)
    async with servers.driving(tmp_path, server) as driver:
        with pytest.raises(CallError, match=r"nothing listens at 127\.0\.0\.1"):
            await servers.ask(driver, f"far/{case.tool}", **case.args)
