"""`ts discover`: ask servers and agents what they offer."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Final

import anyio
import typer

from router.catalogue.naming import Exposed, exposed
from router.catalogue.store import Store
from router.cli import asking, show
from router.core.findings import nearest_or_all
from router.core.plan import Target
from router.core.settings import Settings
from router.engine import Router
from router.errors import CallError, QueryRefused
from router.loading import catalogue, loaded
from router.pins import flags
from router.ports import Offer
from router.wiring import opened

Peer = tuple[str, str]
"""Scheme and name of a server or agent."""
NOBODY: Final[Mapping[Peer, Offer]] = {}
FEW: Final = 3
MOST_SHOWN: Final = 20
"""Resources, and prompts, that are listed of one server."""
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Servers or agents; all by default.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again, however lately that was.")]


def discover(names: Names = None, refresh: Refresh = False, as_json: asking.AsJson = False) -> int:
    """List the tools and skills on offer, and keep them in the catalogue."""
    project, book = loaded()
    peers = chosen(book.settings, names or [])
    known = {} if refresh else recent(catalogue(project), book.settings.cataloguing.hours)

    async def asked() -> tuple[list[Offer], list[CallError]]:
        async with opened(project, book) as router:
            with asking_of(peers) as tell:
                answered = await ask_all(router, peers, known=known, tell=tell)
            unkept = router.catalogue.unkept.items()
            show.notes(f"warning: {target} is not kept: {why}" for target, why in unkept)
            return answered

    offers, failures = anyio.run(asked)
    names_of_tools = exposed((*catalogue(project).offers(), *offers))
    show.notes(f"note: {collision}" for collision in names_of_tools.collisions)
    if as_json:
        show.document(
            {
                "offers": [_document(each, offers, names_of_tools) for each in offers],
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


def chosen(settings: Settings, names: list[str]) -> list[Peer]:
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


@contextmanager
def asking_of(peers: list[Peer]) -> Iterator[Callable[[Peer], None]]:
    """Yield what is to be told who has answered; at a terminal a bar shows who has not."""
    if len(peers) < FEW or not (sys.stderr and sys.stderr.isatty()):
        yield lambda _: None
        return
    waiting = [f"{scheme}:{name}" for scheme, name in peers]
    with typer.progressbar(length=len(peers), file=sys.stderr, label="asking") as bar:

        def tell(peer: Peer) -> None:
            waiting.remove(":".join(peer))
            bar.label = f"waiting for {', '.join(waiting[:FEW])}" if waiting else "asked"
            bar.update(1)

        yield tell


def recent(store: Store, hours: float) -> dict[Peer, Offer]:
    """Return what the catalogue knows of those that were asked within so many hours."""
    oldest = time.time() - hours * 3600
    found = {(each.scheme, each.name): each for each in store.offers()}
    return {peer: offer for peer, offer in found.items() if store.asked_at(*peer) > oldest}


async def ask_all(
    router: Router,
    peers: list[Peer],
    *,
    known: Mapping[Peer, Offer] = NOBODY,
    tell: Callable[[Peer], None] = lambda _: None,
) -> tuple[list[Offer], list[CallError]]:
    """Ask side by side all that are not known, and tell who has answered or failed."""
    offers: dict[Peer, Offer] = {peer: known[peer] for peer in peers if peer in known}
    failures: dict[Peer, CallError] = {}

    async def ask(peer: Peer) -> None:
        try:
            offers[peer] = await router.offer(*peer)
        except CallError as error:
            failures[peer] = error
        tell(peer)

    async with anyio.create_task_group() as tasks:
        for peer in peers:
            if peer in offers:
                tell(peer)
            else:
                tasks.start_soon(ask, peer)
    answered = [offers[peer] for peer in peers if peer in offers]
    return answered, [failures[peer] for peer in peers if peer in failures]


def _document(offer: Offer, among: list[Offer], names: Exposed) -> dict[str, object]:
    return {
        "scheme": offer.scheme,
        "name": offer.name,
        "title": offer.title,
        "version": offer.version,
        "protocol": offer.protocol,
        "tools": [
            {
                "use": f"{offer.scheme}:{offer.name}/{tool.name}",
                "name": names.of(Target(offer.scheme, offer.name, tool.name)),
                "description": tool.description,
                "input_schema": tool.input_schema,
                "read_only": tool.read_only,
                "tags": list(tool.tags),
            }
            for tool in offer.tools
        ],
        "resources": [asdict(each) for each in offer.resources],
        "prompts": [asdict(each) for each in offer.prompts],
        "flags": [flag.to_dict() for flag in flags(offer, among)],
    }


def _print(offer: Offer) -> None:
    about = show.plain(" ".join(each for each in (offer.title, offer.version) if each))
    show.data(f"{offer.scheme}:{offer.name}  {about}  (protocol {offer.protocol}, {show.tools(offer)})")
    _table((tool.name, tool.description) for tool in offer.tools)
    for kind, rows in (
        ("resources", [(each.uri, each.description or each.name) for each in offer.resources]),
        ("prompts", [(each.name, each.description) for each in offer.prompts]),
    ):
        if rows:
            show.data(f" {kind}:")
            _table(rows[:MOST_SHOWN])
        if len(rows) > MOST_SHOWN:
            show.data(f"  … and {len(rows) - MOST_SHOWN} more: ts discover {offer.name} --json")


def _table(rows: Iterable[tuple[str, str]]) -> None:
    """Print names, each with the beginning of its description."""
    told = [(show.plain(name), show.plain(about.strip().partition("\n")[0][:100])) for name, about in rows]
    width = max((len(name) for name, _ in told), default=0)
    for name, about in told:
        show.data(f"  {name:<{width}}  {about}".rstrip())
