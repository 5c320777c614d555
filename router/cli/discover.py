"""`ts discover`: ask servers and agents what they offer."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from router.cli import asking, show
from router.core.findings import nearest_or_all
from router.core.settings import Settings
from router.engine import Router
from router.errors import CallError, QueryRefused
from router.loading import loaded
from router.pins import flags
from router.ports import Offer
from router.wiring import opened

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Servers or agents; all by default.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again even where the catalogue knows.")]


def discover(names: Names = None, refresh: Refresh = False, as_json: asking.AsJson = False) -> int:
    """List the tools and skills on offer, and keep them in the catalogue."""
    project, book = loaded()
    peers = chosen(book.settings, names or [])

    async def asked() -> tuple[list[Offer], list[CallError]]:
        async with opened(project, book) as router:
            answered = await ask_all(router, peers, refresh=refresh)
            unkept = router.catalogue.unkept.items()
            show.notes(f"warning: {target} is not kept: {why}" for target, why in unkept)
            return answered

    offers, failures = anyio.run(asked)
    if as_json:
        show.document(
            {
                "offers": [_document(each, offers) for each in offers],
                "errors": [e.to_dict() for e in failures],
            }
        )
    else:
        for offer in offers:
            _print(offer)
            show.notes(f"warning: {flag}" for flag in flags(offer, offers))
    for failure in failures:
        show.error(failure)
    if not peers:
        show.note("no server or agent is configured; add [mcp.NAME] or [a2a.NAME] to ts.toml")
    return show.EXIT_FAILED if failures else 0


def chosen(settings: Settings, names: list[str]) -> list[tuple[str, str]]:
    """Return (scheme, name) of the servers and agents that are meant.

    Raises QueryRefused for an unknown name.
    """
    known = [*(("mcp", name) for name in settings.servers), *(("a2a", name) for name in settings.agents)]
    every = {name for _, name in known}
    for name in names:
        bare = name.rpartition(":")[2]
        if bare not in every:
            raise QueryRefused(f'"{name}" is neither a server nor an agent; {nearest_or_all(bare, every)}')
    return [
        (scheme, name) for scheme, name in known if not names or name in names or f"{scheme}:{name}" in names
    ]


async def ask_all(
    router: Router, peers: list[tuple[str, str]], *, refresh: bool
) -> tuple[list[Offer], list[CallError]]:
    """Ask side by side; what the catalogue knows is asked again only on request."""
    known = {(each.scheme, each.name): each for each in router.catalogue.offers()}
    offers: dict[tuple[str, str], Offer] = {}
    failures: dict[tuple[str, str], CallError] = {}

    async def ask(peer: tuple[str, str]) -> None:
        if not refresh and peer in known:
            offers[peer] = known[peer]
            return
        try:
            offers[peer] = await router.offer(*peer)
        except CallError as error:
            failures[peer] = error

    async with anyio.create_task_group() as tasks:
        for peer in peers:
            tasks.start_soon(ask, peer)
    answered = [offers[peer] for peer in peers if peer in offers]
    return answered, [failures[peer] for peer in peers if peer in failures]


def _document(offer: Offer, among: list[Offer]) -> dict[str, object]:
    return {
        "scheme": offer.scheme,
        "name": offer.name,
        "title": offer.title,
        "version": offer.version,
        "protocol": offer.protocol,
        "tools": [
            {
                "use": f"{offer.scheme}:{offer.name}/{tool.name}",
                "description": tool.description,
                "input_schema": tool.input_schema,
                "read_only": tool.read_only,
                "tags": list(tool.tags),
            }
            for tool in offer.tools
        ],
        "flags": [flag.to_dict() for flag in flags(offer, among)],
    }


def _print(offer: Offer) -> None:
    about = show.plain(" ".join(each for each in (offer.title, offer.version) if each))
    show.data(f"{offer.scheme}:{offer.name}  {about}  (protocol {offer.protocol}, {show.tools(offer)})")
    width = max((len(show.plain(tool.name)) for tool in offer.tools), default=0)
    for tool in offer.tools:
        first = tool.description.strip().partition("\n")[0]
        show.data(f"  {show.plain(tool.name):<{width}}  {show.plain(first[:100])}".rstrip())
