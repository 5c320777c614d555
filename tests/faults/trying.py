"""Asks a real router of a project in which one target is broken and two are well, and looks what stays."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import psutil

from router.core.outcome import Outcome
from router.engine import Router
from router.errors import CallError, from_dict
from router.wiring import open_router
from tests import projects, servers
from tests.agents import running
from tests.drivers import certifying

BREAKING: Final = Path(__file__).parent / "breaking.py"
LIMIT_BYTES: Final = 100_000
RULES: Final = """
[all]
say = "all"
steps = [
    {{ id = "broken", use = "{target}" }},
    {{ id = "echo", use = "mcp:well/echo", args = {{ text = "still here" }} }},
    {{ id = "agent", use = "a2a:well" }},
]
[again]
say = "again"
use = "{target}"
"""
SETTINGS: Final = """
[mcp.well]
command = {python!r}
args = [{server!r}, "well"]

[a2a.well]
url = {agent!r}

[{peer}.bad]
{place}
timeout = {seconds}
limit = {limit}
"""


@contextmanager
def broken(transport: str, fault: str, directory: Path) -> Iterator[str]:
    """Have a target that is broken; give what the settings say of where it is."""
    if fault == "tls-name":
        certifying.made(directory)
    command = (str(BREAKING), transport, fault, str(directory))
    if transport == "stdio":
        yield f"command = {sys.executable!r}\nargs = {list(command)!r}"
        return
    with running(sys.executable, *command) as url:
        try:
            kind = "sse" if transport == "sse" else "http"
            secure = f"tls = {{ ca = '{directory / 'ca.pem'}' }}" if fault == "tls-name" else ""
            over = "" if transport.startswith("a2a") else f"transport = {kind!r}"
            yield f"url = {url!r}\n{over}\n{secure}"
        finally:
            end(forked(directory))


def peer_of(transport: str) -> str:
    """Return the scheme by which a target over a transport is called."""
    return "a2a" if transport.startswith("a2a") else "mcp"


def target_of(transport: str) -> str:
    """Return the broken target."""
    return "a2a:bad" if transport.startswith("a2a") else "mcp:bad/go"


def forked(directory: Path) -> list[int]:
    """Return whom a server left behind when it died."""
    with suppress(FileNotFoundError):
        return [int((directory / "forked").read_text())]
    return []


def end(processes: list[int]) -> None:
    """End whoever is left, so that a failed test leaves nobody."""
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            psutil.Process(each).kill()


def alive(processes: list[int]) -> list[int]:
    """Return who is still at work once whoever was ended has had time to go."""
    with suppress(psutil.NoSuchProcess):
        found = [psutil.Process(each) for each in processes]
        _, left = psutil.wait_procs(found, timeout=5)
        return [each.pid for each in left if each.status() != psutil.STATUS_ZOMBIE]
    return []


@asynccontextmanager
async def routing(
    directory: Path, transport: str, place: str, agent: str, timeout_seconds: float
) -> AsyncIterator[Router]:
    """Open the router of a project with the broken target and two that are well."""
    settings = SETTINGS.format(
        python=sys.executable,
        server=str(servers.FAULTY),
        agent=agent,
        peer=peer_of(transport),
        place=place,
        seconds=timeout_seconds,
        limit=LIMIT_BYTES,
    )
    rules = RULES.format(target=target_of(transport))
    projects.write(directory, {"ts.toml": settings, "rules/team/rules.toml": rules})
    async with open_router(directory, cwd=directory) as router:
        yield router


def told(outcome: Outcome, step: str) -> CallError | str:
    """Return the error of a step, or the text of its result."""
    found = next(each for each in outcome.steps if each.id == step)
    if found.error is None:
        return found.result.text
    error = from_dict(dict(found.error))
    assert isinstance(error, CallError)
    return error


@dataclass(frozen=True, slots=True)
class Footprint:
    """What this process has open, as far as it can be seen."""

    tasks: int
    handles: int
    files: tuple[str, ...]
    connections: tuple[str, ...]
    children: tuple[int, ...]

    @classmethod
    def now(cls) -> Footprint:
        """Look, once what nobody refers to is gone."""
        gc.collect()
        here = psutil.Process()
        return cls(
            len(asyncio.all_tasks()),
            here.num_fds(),
            tuple(sorted(each.path for each in here.open_files())),
            tuple(sorted(f"{each.laddr} {each.raddr}" for each in here.net_connections())),
            tuple(sorted(each.pid for each in here.children(recursive=True))),
        )

    async def settled(self) -> Footprint:
        """Return how it is now; where that differs, as it is after the loop has had time to close things."""
        for _ in range(300):
            if (now := Footprint.now()) == self:
                break
            await anyio.sleep(0.01)
        return now
