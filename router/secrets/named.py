"""Which secrets the settings name; it looks for none of them."""

from __future__ import annotations

from collections.abc import Iterator

from router.core.settings import Peer, Server, Settings
from router.secrets.store import REFERENCE

PERSONAL = "login"
"""A sign-in that needs no secret of its own where none is named."""


def named(settings: Settings) -> tuple[str, ...]:
    """Return the places of the secrets that servers and agents need, in the order of the settings."""
    peers = (*settings.servers.values(), *settings.agents.values())
    return tuple(dict.fromkeys(place for peer in peers for place in _of_peer(peer)))


def _of_peer(peer: Peer) -> Iterator[str]:
    auth = peer.auth
    if auth and (auth.secret or auth.type != PERSONAL):
        yield auth.secret or f"keyring:{peer.name}"
    texts = [*peer.headers.values()]
    if isinstance(peer, Server):
        texts += [*peer.args, *peer.env.values()]
    for text in texts:
        yield from REFERENCE.findall(text)
