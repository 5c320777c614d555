"""`ts auth login`: signs a person in to an MCP server, in a browser of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio
import typer

from router.cli import show
from router.config import load_project
from router.core.arguments import nearest
from router.errors import SignInFailed, TargetUnknown
from router.wiring import log_in

WAIT_SECONDS = 600.0
"""For a person to find their browser, their password and their telephone."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The MCP server, as the settings name it.")]


def login(name: Name) -> int:
    """Sign in to an MCP server as yourself: prints the address to open, and waits for you to come back."""
    project = load_project(Path.cwd())
    server = project.settings.servers.get(name)
    if server is None:
        near = nearest(name, project.settings.servers)
        raise TargetUnknown(f"mcp:{name}", "no MCP server is called so", f"mcp:{near}" if near else "")

    async def act() -> Path:
        with anyio.fail_after(WAIT_SECONDS):
            return await log_in(project, server, _ask)

    try:
        tokens = anyio.run(act)
    except TimeoutError as error:
        raise SignInFailed(f"mcp:{name}", f"nobody came back within {WAIT_SECONDS / 60:g} minutes") from error
    show.note(f"signed in to {name}; the token is kept in {tokens} and renewed by itself")
    return 0


def _ask(address: str) -> None:
    show.note(f"open this in a browser: {address}")
