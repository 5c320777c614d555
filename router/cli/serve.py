"""`ts serve`: this project's servers and agents as one MCP server."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final

import anyio
import typer

from router.cli import asking, show
from router.config import Project
from router.context import query_here, words_of
from router.core.book import Rulebook
from router.core.findings import nearest_or_all
from router.core.query import Query
from router.core.settings import Settings
from router.errors import QueryRefused
from router.loading import loaded
from router.serve.served import Exposing, Served
from router.wiring import opened

PROFILE: Final = "profile:"
KINDS: Final = ("all", "routed")
HIGHEST_PORT: Final = 65_535

OVER_STDIO: Final = "router.serve.door:over_stdio"
OVER_HTTP: Final = "router.serve.web:over_http"
"""Named and not imported: the SDK takes seconds to load."""

Http = Annotated[
    str | None,
    typer.Option(
        "--http", metavar="HOST:PORT", help="Serve at an address of this machine; port 0 is a free one."
    ),
]
Expose = Annotated[
    str,
    typer.Option(metavar="WHAT", help="all tools, routed for three that find and call, or profile:NAME."),
]


def serve(
    http: Http = None,
    expose: Expose = "all",
    faves: asking.Faves = False,
    useful: asking.Useful = False,
    essential: asking.Essential = False,
    words: asking.Words = None,
) -> int:
    """Be one MCP server for all servers and agents: over standard input and output, or over HTTP."""
    project, book = loaded()
    exposing = exposed(expose, book.settings)
    given = {"faves": faves, "useful": useful, "essential": essential}
    modes = frozenset(name for name, is_given in given.items() if is_given)
    query = partial(query_here, cwd=str(Path.cwd()), modes=modes, words=words_of(words or ()))
    anyio.run(_serve, project, book, exposing, query, place(http) if http else None)
    return 0


def exposed(expose: str, settings: Settings) -> Exposing:
    """Return what a client sees. Raises QueryRefused for a kind or a profile that is not known."""
    profiles = settings.serving.profiles
    if expose.startswith(PROFILE):
        name = expose.removeprefix(PROFILE)
        if name not in profiles:
            raise QueryRefused(
                f'--expose: [serve.profiles] has no "{name}"; {nearest_or_all(name, profiles)}'
            )
        return Exposing(patterns=profiles[name])
    if expose not in KINDS:
        known = (*KINDS, *(f"{PROFILE}{name}" for name in profiles))
        raise QueryRefused(f'--expose: there is no "{expose}"; {nearest_or_all(expose, known)}')
    return Exposing(routed=expose == "routed")


def place(address: str) -> tuple[str, int]:
    """Return host and port of an address of this machine. Raises QueryRefused for any other."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > HIGHEST_PORT:
        raise QueryRefused(f'--http: "{address}" is no HOST:PORT, such as 127.0.0.1:8321')
    try:
        is_near = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_near = False
    if not is_near:
        raise QueryRefused(
            f"--http: {host} would let other machines in, and there is no sign-in yet; use 127.0.0.1"
        )
    return host, int(port)


async def _serve(
    project: Project,
    book: Rulebook,
    exposing: Exposing,
    query: Callable[[str], Query],
    at: tuple[str, int] | None,
) -> None:
    async with opened(project, book) as router:
        served = Served(router, query, exposing)
        if at is None:
            await pkgutil.resolve_name(OVER_STDIO)(served)
        else:
            tell = partial(_tell, project)
            await pkgutil.resolve_name(OVER_HTTP)(served, *at, tell)


def _tell(project: Project, url: str) -> None:
    show.note(f"serving {project.directory} at {url}")
