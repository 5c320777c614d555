"""A router behind a protocol of tools: lists what a client may call, and carries its calls out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import anyio

from router.core.explain import document
from router.core.findings import nearest, nearest_or_all
from router.core.plan import JSON, Target
from router.core.query import Query
from router.engine import Router
from router.errors import CallError, ResultTooLarge, RouterError, TargetUnknown
from router.ports import Call, Offer, Progress
from router.serve.results import Wire, failed, outcome_of, said, unchanged, wire_of
from router.serve.surface import CALL, FIND, MESSAGE, ROUTE, Surface, surface

FEW: Final = 5
MOST_NAMED: Final = 20
"""Tools that an error names."""
Peer = tuple[str, str]
"""Scheme and name of a server or agent."""


@dataclass(frozen=True, slots=True)
class Exposing:
    """Which tools a client sees."""

    routed: bool = False
    """Whether three tools stand for all: one that routes, one that finds, one that calls."""
    patterns: tuple[str, ...] = ("*",)
    """Shell-style, of targets such as `mcp:git/git_log`; only what one of them names can be called."""


@dataclass(slots=True)
class Served:
    """What one project serves."""

    router: Router
    query: Callable[[str], Query]
    """Makes a query of a text, with the modes and words that every client has."""
    exposing: Exposing = Exposing()
    _made: tuple[tuple[Offer, ...], Surface] | None = field(default=None, init=False)

    @property
    def surface(self) -> Surface:
        """What a client sees at present."""
        offers = self.router.catalogue.offers()
        if self._made is None or self._made[0] != offers:
            routed, patterns = self.exposing.routed, self.exposing.patterns
            book, context = self.router.book, self.query(FIND)
            made = surface(offers, book.settings, book.admission, context, patterns, routed=routed)
            self._made = offers, made
        return self._made[1]

    def unknown(self) -> tuple[Peer, ...]:
        """Return the servers and agents of the settings of which nothing is known yet."""
        known = {(each.scheme, each.name) for each in self.router.catalogue.offers()}
        settings = self.router.book.settings
        peers = [("mcp", name) for name in settings.servers] + [("a2a", name) for name in settings.agents]
        return tuple(each for each in peers if each not in known)

    async def ask(self, peers: tuple[Peer, ...]) -> None:
        """Ask servers and agents what they offer, side by side; who fails is asked again when called."""

        async def one(peer: Peer) -> None:
            try:
                await self.router.offer(*peer)
            except CallError:
                return

        async with anyio.create_task_group() as tasks:
            for peer in peers:
                tasks.start_soon(one, peer)

    async def call(self, name: str, arguments: Mapping[str, JSON], progress: Progress) -> Wire:
        """Carry out a call of a client; what goes wrong in it is told in the result.

        Raises LookupError where there is no such tool, or a text is missing that it needs.
        """
        try:
            if not self.exposing.routed:
                return await self._called(name, arguments, progress)
            match name:
                case "route":
                    return await self._routed(_text(arguments, "query"), progress)
                case "find_tools":
                    return self._found(_text(arguments, "task"), arguments.get("limit", FEW))
                case "call_tool":
                    inner = arguments.get("arguments") or {}
                    return await self._called(_text(arguments, "name"), inner, progress)
        except RouterError as error:
            return failed(error)
        raise LookupError(f'there is no tool "{name}"; there are {ROUTE}, {FIND} and {CALL}')

    async def read(self, uri: str) -> Wire:
        """Read a resource. Raises LookupError where there is none such, and CallError."""
        return await self._beyond(self.surface.beyond.reader(uri), {"uri": uri})

    async def prompt(self, name: str, arguments: Mapping[str, str]) -> Wire:
        """Get a prompt. Raises LookupError where there is none such, and CallError."""
        target, own_name = self.surface.beyond.getter(name)
        return await self._beyond(target, {"name": own_name, "arguments": dict(arguments)})

    async def _beyond(self, target: Target, arguments: Mapping[str, JSON]) -> Wire:
        call = self._call(target, arguments)
        result = await self.router.drivers[target.scheme].call(call, lambda _: None)
        if result.wire is None:
            raise ResultTooLarge(str(target), f"it is longer than output of [mcp.{target.name}] allows")
        return unchanged(result.wire)

    async def _called(self, name: str, arguments: Mapping[str, JSON], progress: Progress) -> Wire:
        known = self.surface.targets
        target = known.get(name)
        if target is None:
            hint = nearest_or_all(name, known) if len(known) <= MOST_NAMED else nearest(name, sorted(known))
            raise LookupError(f'there is no tool "{name}"' + (f"; {hint}" if hint else ""))
        driver = self.router.drivers[target.scheme]
        return wire_of(await driver.call(self._call(target, arguments), progress))

    def _call(self, target: Target, arguments: Mapping[str, JSON]) -> Call:
        peer = self.router.book.settings.peer(target.scheme, target.name)
        if peer is None:
            raise TargetUnknown(str(target), "is not in the settings")
        if target.scheme == "a2a":
            return Call(target, message=_text(arguments, MESSAGE), timeout_seconds=peer.timeout_seconds)
        return Call(target, dict(arguments), timeout_seconds=peer.timeout_seconds)

    async def _routed(self, text: str, progress: Progress) -> Wire:
        route = await self.router.route(self.query(text))
        outcome = await self.router.carry_out(route, report=lambda _, piece: progress(piece))
        told = document(route.query, route.decision, route.plan, None)
        return outcome_of(outcome, {**told, "outcome": outcome.to_dict()})

    def _found(self, task: str, limit: JSON) -> Wire:
        """Return the tools nearest to a task, each as `tools/list` would say it."""
        seen = self.surface
        names = {target: name for name, target in seen.targets.items()}
        most = limit if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0 else FEW
        hits = self.router.catalogue.nearest(self.query(task), len(names))
        found = [names[hit.target] for hit in hits if hit.target in names][:most]
        lines = [f"{name}: {seen.definitions[name]['description']}" for name in found]
        return said(
            "\n".join(lines) or "no tool is near to that",
            {"tools": [seen.definitions[each] for each in found]},
        )


def _text(arguments: Mapping[str, JSON], key: str) -> str:
    """Return a text that must be given. Raises LookupError where it is not."""
    value = arguments.get(key)
    if not isinstance(value, str) or not value.strip():
        raise LookupError(f'"{key}" must be a text')
    return value
