"""What is known of a target that fails, and what follows of it; it reads no clock and no file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from router.core.settings import Agent, Breaker, Peer, Server

Mode = Literal["closed", "open", "half-open", "probing"]
"""`closed`: it is called; `open`: it is left alone; `half-open`: the next call tries whether it is back;
`probing`: a call does."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a target that failed last; all times are seconds since 1970."""

    failures: int = 0
    """In a row."""
    failed: float = 0.0
    """When it failed last."""
    since: float = 0.0
    """From when on it is left alone: later failures of calls that were under way do not put that off."""
    probe: str = ""
    """Which call tries whether it is back; empty where none does."""
    probe_since: float = 0.0
    probe_until: float = 0.0
    """When another may, should the process of this one have died."""
    reason: str = ""
    """Of the last failure."""

    def mode(self, breaker: Breaker, now: float) -> Mode:
        """Return how it is.

        A clock that was set back ends a wait: a moment that is to come cannot be one that has been.
        """
        if not breaker.failures or self.failures < breaker.failures:
            return "closed"
        if self.since <= now < self.since + breaker.seconds:
            return "open"
        if self.probe and self.probe_since <= now < self.probe_until:
            return "probing"
        return "half-open"

    def wait_seconds(self, breaker: Breaker, now: float) -> float:
        """Return for how long it is still left alone; 0 where it may be called."""
        mode = self.mode(breaker, now)
        if mode == "open":
            return self.since + breaker.seconds - now
        return min(self.probe_until - now, breaker.seconds) if mode == "probing" else 0.0


def key_of(scheme: str, peer: Peer) -> str:
    """Return under which key a target is known: what it is called and where it is, in no plain words."""
    where: list[object] = []
    if isinstance(peer, Server):
        program = [peer.command, peer.args, sorted(peer.env.items()), peer.cwd]
        where = [program, peer.url, peer.transport]
    elif isinstance(peer, Agent):
        where = [peer.url]
    return hashlib.sha256(ascii([scheme, peer.name, where]).encode()).hexdigest()[:32]
