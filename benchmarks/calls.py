"""Measures a call through the driver, and through its guard, beside the bare SDK, over stdio and HTTP."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from benchmarks.given import Given
from benchmarks.results import Part, Row
from router.core.plan import Target
from router.core.settings import Server
from router.drivers.mcp import McpDriver
from router.guard import Breakers, Guarded
from router.ports import Call, Driver, Host

ECHO: Final = Path(__file__).with_name("echo.py")
CALLS: Final = 100
"""One after the other, for the latency of one."""
TURNS: Final = 3
"""Of each way, in turn, so that a noisy moment hits all."""
AT_ONCE: Final = 16
Act = Callable[[], Awaitable[object]]


def measure(given: Given) -> Part:
    """Measure over each transport; sizes, where given, are numbers of calls."""
    count = given.sizes_or((CALLS,))[0]
    rows = [row for kind in ("stdio", "http") for row in anyio.run(_rows, kind, given.directory, count)]
    return Part(rows)


async def _rows(kind: str, directory: Path, count: int) -> list[Row]:
    with _served(kind) as server:
        async with _bare(server) as bare, _driven(server, directory) as driver:
            guard = Guarded("mcp", driver, {"echo": server}, Breakers(directory, time.time), lambda _: None)
            acts: dict[str, Act] = {
                "SDK": bare, "driver": partial(_call, driver), "driver and guard": partial(_call, guard),
            }  # fmt: skip
            for act in acts.values():
                await act()
            alone = await _in_turn(acts, partial(_one_by_one, count))
            together = await _in_turn(acts, partial(_at_once, count))
    return [
        {
            "transport": kind, "row": name, "call_us": 1e6 * alone[name],
            "of_sdk": alone[name] / alone["SDK"], "at_once_us": 1e6 * together[name],
            "at_once_of_sdk": together[name] / together["SDK"],
        }
        for name in acts
    ]  # fmt: skip


async def _in_turn(acts: dict[str, Act], take: Callable[[Act], Awaitable[float]]) -> dict[str, float]:
    """Return the median seconds of a call each way."""
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(TURNS):
        for name, act in acts.items():
            taken[name].append(await take(act))
    return {name: median(each) for name, each in taken.items()}


async def _one_by_one(count: int, act: Act) -> float:
    begin = time.perf_counter()
    for _ in range(count):
        await act()
    return (time.perf_counter() - begin) / count


async def _at_once(count: int, act: Act) -> float:
    async def several() -> None:
        for _ in range(max(count // AT_ONCE, 1)):
            await act()

    begin = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for _ in range(AT_ONCE):
            tasks.start_soon(several)
    return (time.perf_counter() - begin) / (max(count // AT_ONCE, 1) * AT_ONCE)


async def _call(driver: Driver) -> object:
    return await driver.call(Call(Target("mcp", "echo", "echo"), {"text": "hello"}), lambda _: None)


@asynccontextmanager
async def _bare(server: Server) -> AsyncIterator[Act]:
    to = server.url or StdioServerParameters(command=server.command, args=list(server.args))
    async with Client(to) as client:
        yield partial(client.call_tool, "echo", {"text": "hello"})


@asynccontextmanager
async def _driven(server: Server, directory: Path) -> AsyncIterator[McpDriver]:
    async with anyio.create_task_group() as tasks:
        driver = McpDriver(
            {"echo": server}, tasks=tasks, cwd=str(directory), state=directory, host=Host(lambda _: None)
        )
        try:
            yield driver
        finally:
            await driver.aclose()


@contextmanager
def _served(kind: str) -> Iterator[Server]:
    if kind == "stdio":
        yield Server("echo", command=sys.executable, args=(str(ECHO), kind))
        return
    child = subprocess.Popen([sys.executable, str(ECHO), kind], stdout=subprocess.PIPE, text=True)
    with child:
        try:
            yield Server(
                "echo", url=(child.stdout.readline() if child.stdout else "").strip(), transport="http"
            )
        finally:
            child.terminate()
