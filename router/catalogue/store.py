"""Keeps on disk what servers and agents offered when last asked; it asks nobody itself.

One JSON file per server or agent, named after it and a hash of the settings that bear on what it offers. So
two projects whose servers share a name do not mix, and a changed setting forgets what was offered before.
Files of settings that no project has any more stay behind; they are small, and deleting them is safe.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from pydantic import TypeAdapter

from router.core.canonical import digest
from router.core.plan import JSON, Plan, Step
from router.core.query import Query
from router.core.settings import Server, Settings
from router.disk import replace_file
from router.ports import Hit, Offer

if TYPE_CHECKING:
    from router.catalogue.search import Index

INDEX: Final = "router.catalogue.search"
FILLING: Final = "router.catalogue.filling"
"""Both named and not imported: the libraries that they need are heavy, and most questions need no search."""
LARGEST_BYTES: Final = 50_000_000
"""A larger file is taken for foreign."""


@dataclass(frozen=True, slots=True)
class _Record:
    """What a file holds; a new format takes a new number, and files of any other are as good as absent."""

    format: Literal[1]
    settings: str
    seen_at: str
    offer: Offer


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the offer of one server or agent of the settings is kept."""

    scheme: str
    name: str
    settings: str
    path: Path

    @property
    def target(self) -> str:
        return f"{self.scheme}:{self.name}"


_Stamp = tuple[int, int, int]
_RECORD: Final = TypeAdapter(_Record)


class Store:
    """The catalogue of the present settings; a `router.ports.Catalogue`.

    Several processes may share a directory: each write replaces a whole file. A file that cannot be read, or
    that is not what `keep` writes, is as good as absent.
    """

    def __init__(
        self,
        directory: Path,
        peers: Settings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        admitted: Callable[[Offer], Offer | None] = lambda offer: offer,
    ) -> None:
        """Look at `directory`, which need not exist, for what the servers and agents of `peers` offer.

        `admitted` takes out of an offer what nobody is to see: it returns the same one where that is nothing.
        """
        self._directory = directory
        self._peers = peers
        self._now = now
        self._admitted = admitted
        self._places = {place.target: place for place in _places(directory, peers)}
        self._read: dict[str, tuple[_Stamp, _Record | None]] = {}
        self._unwritten: dict[str, _Record] = {}
        self._unkept: dict[str, str] = {}
        self._index: tuple[tuple[Offer, ...], Index] | None = None

    @property
    def unkept(self) -> Mapping[str, str]:
        """Why an offer is known to this process only: by target such as `mcp:git`, what hinders the disk."""
        return MappingProxyType(self._unkept)

    def offers(self) -> tuple[Offer, ...]:
        """Return what is known of the present servers and agents, sorted by scheme and name."""
        known = (seen.offer for place in self._places.values() if (seen := self._seen(place)))
        return tuple(offer for each in known if (offer := self._admitted(each)) is not None)

    def seen_at(self, scheme: str, name: str) -> str:
        """Return since when the offer has been as it is, ISO 8601 in UTC; empty where none is known."""
        place = self._places.get(f"{scheme}:{name}")
        seen = self._seen(place) if place else None
        return seen.seen_at if seen else ""

    def asked_at(self, scheme: str, name: str) -> float:
        """Return when it was asked last, in seconds since 1970; 0 where it never was."""
        place = self._places.get(f"{scheme}:{name}")
        if place is None or self._seen(place) is None:
            return 0.0
        if place.target in self._unwritten:
            return self._now().timestamp()
        try:
            return place.path.stat().st_mtime
        except OSError:
            return 0.0

    def keep(self, offer: Offer) -> None:
        """Remember an offer; a file is written only where it differs from what is there.

        A disk that is full or read-only costs the memory of the offer beyond this process and nothing else:
        `unkept` says why. An offer of a server or agent that the settings do not name is not kept.
        """
        target = f"{offer.scheme}:{offer.name}"
        place = self._places.get(target)
        if place is None:
            self._unkept[target] = "the settings name no such server or agent"
            return
        if target not in self._unwritten and (seen := self._seen(place)) and seen.offer == offer:
            self._touch(place, seen)
            return
        now = self._now().astimezone(UTC).isoformat(timespec="seconds")
        record = _Record(1, place.settings, now, offer)
        if fault := _hindrance(place, record):
            self._unwritten[target] = record
            self._unkept[target] = fault
        else:
            self._unwritten.pop(target, None)
            self._unkept.pop(target, None)

    def _touch(self, place: _Place, seen: _Record) -> None:
        """Note on the file that it is what was offered now, too."""
        with suppress(OSError):
            os.utime(place.path)
            self._read[place.target] = (_stamp(place.path.stat()), seen)

    def nearest(self, query: Query, limit: int) -> tuple[Hit, ...]:
        """Return up to `limit` targets nearest to the query's text, best first, after modes and words."""
        return self._indexed().nearest(query, limit)

    def plan(self, query: Query) -> Plan | None:
        """Return a plan of one call where one tool is decisively ahead, safe, and has all its arguments."""
        target = self._indexed().decisive(query)
        if target is None or target.scheme != "mcp":
            return None
        offers = (each for each in self.offers() if (each.scheme, each.name) == ("mcp", target.name))
        tool = next((each.tool(target.member) for each in offers), None)
        if tool is None or tool.read_only is not True:
            return None
        filled: Callable[[JSON, str], dict[str, JSON] | None] = import_module(FILLING).filled
        args = filled(tool.input_schema, query.text)
        return None if args is None else Plan("search", (Step("1", target, args),))

    def _indexed(self) -> Index:
        """Return the index of what is offered now."""
        offers = self.offers()
        if self._index is None or not _same(self._index[0], offers):
            made: type[Index] = import_module(INDEX).Index
            self._index = (offers, made(offers, self._peers))
        return self._index[1]

    def _seen(self, place: _Place) -> _Record | None:
        if place.target in self._unwritten:
            return self._unwritten[place.target]
        try:
            status = place.path.stat()
        except OSError:
            return None
        stamp = _stamp(status)
        known = self._read.get(place.target)
        if known is None or known[0] != stamp:
            usable = stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST_BYTES
            known = self._read[place.target] = (stamp, _load(place) if usable else None)
        return known[1]


def _stamp(status: os.stat_result) -> _Stamp:
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def _places(directory: Path, peers: Settings) -> list[_Place]:
    bearing: dict[tuple[str, str], list[object]] = {
        **{("a2a", name): [agent.url, ascii(agent.auth), agent.card] for name, agent in peers.agents.items()},
        **{("mcp", name): _bearing(server) for name, server in peers.servers.items()},
    }
    found: list[_Place] = []
    for (scheme, name), settings in sorted(bearing.items()):
        hashed = digest(ascii([scheme, name, settings]))
        legible = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:40]
        found.append(_Place(scheme, name, hashed, directory / f"{scheme}-{legible}-{hashed}.json"))
    return found


def _bearing(server: Server) -> list[object]:
    """Return the settings that decide what is offered; secrets among them are only ever stored hashed."""
    tools = [server.tools.allow, server.tools.deny, sorted(server.tools.rename.items()), server.tools.prefix]
    program = [server.command, server.args, sorted(server.env.items()), server.cwd]
    return [program, server.url, server.transport, tools, ascii(server.auth)]


def _load(place: _Place) -> _Record | None:
    try:
        record = _RECORD.validate_json(place.path.read_bytes(), strict=True)
    except (OSError, ValueError):
        return None
    written_for = (record.offer.scheme, record.offer.name, record.settings)
    return record if written_for == (place.scheme, place.name, place.settings) else None


def _hindrance(place: _Place, record: _Record) -> str:
    """Write the file; return what stood in the way, or the empty string."""
    try:
        _make_private(place.path.parent)
        content = json.dumps(asdict(record), ensure_ascii=False, allow_nan=False).encode()
        replace_file(place.path, content, private=True)
    except (OSError, ValueError, TypeError, RecursionError) as fault:
        return str(fault)
    return "" if _load(place) == record else "what was written does not read back as the same"


def _make_private(directory: Path) -> None:
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    if directory.stat().st_mode & 0o077:
        directory.chmod(0o700)


def _same(before: tuple[Offer, ...], now: tuple[Offer, ...]) -> bool:
    return len(before) == len(now) and all(map(lambda one, other: one is other, before, now))
