"""Resources and prompts as a client sees them, and whose each of them is; it calls nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from router.catalogue.naming import exposed
from router.core.plan import JSON, Target
from router.core.settings import Settings
from router.drivers.mcp_beyond import GET, LIST, READ
from router.ports import Offer, Prompt, Resource, Tool

_EXPRESSION: Final = re.compile(r"\{([+#./;?&]?)[^{}]*\}")
"""Of a template of addresses, RFC 6570."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """What is beside tools, as MCP lists it."""

    resources: tuple[JSON, ...] = ()
    templates: tuple[JSON, ...] = ()
    prompts: tuple[JSON, ...] = ()
    stand_ins: frozenset[Target] = frozenset()
    """Tools that stand for what is here, for whoever knows tools alone."""
    _addresses: Mapping[str, Target] = field(default_factory=dict)
    _patterns: tuple[tuple[re.Pattern[str], Target], ...] = ()
    _owners: Mapping[str, tuple[Target, str]] = field(default_factory=dict)

    def reader(self, uri: str) -> Target:
        """Return who reads an address. Raises LookupError where nobody does."""
        if uri in self._addresses:
            return self._addresses[uri]
        found = (target for pattern, target in self._patterns if pattern.fullmatch(uri))
        if target := next(found, None):
            return target
        raise LookupError(f"there is no resource {uri}")

    def getter(self, name: str) -> tuple[Target, str]:
        """Return who gets a prompt, and its name there. Raises LookupError where there is none such."""
        if name not in self._owners:
            raise LookupError(f'there is no prompt "{name}"')
        return self._owners[name]


def beyond(offers: Iterable[Offer], settings: Settings, admits: Callable[[Target], bool]) -> Beyond:
    """Return the resources and prompts of those that may be called.

    An address that several servers have is that of the first.
    """
    addresses: dict[str, tuple[Target, Resource]] = {}
    templates: dict[str, tuple[Target, Resource]] = {}
    prompts: dict[Target, tuple[Target, Prompt]] = {}
    stand_ins: set[Target] = set()
    for offer in offers:
        tools = {method: _tool(offer, settings, method) for method in (READ, LIST, GET)}
        stand_ins |= {target for target in tools.values() if target}
        reader, getter = tools[READ], tools[GET]
        if reader and admits(reader):
            for each in offer.resources:
                (templates if each.is_template else addresses).setdefault(each.uri, (reader, each))
        if getter and admits(getter):
            prompts |= {Target("mcp", offer.name, each.name): (getter, each) for each in offer.prompts}
    names = exposed(
        Offer("mcp", each.name, tuple(Tool(one.member) for one in prompts if one.name == each.name))
        for each in {Target("mcp", each.name) for each in prompts}
    ).names
    return Beyond(
        tuple(_resource("uri", each) for _, each in addresses.values()),
        tuple(_resource("uriTemplate", each) for _, each in templates.values()),
        tuple(_prompt(name, prompts[target][1]) for name, target in names.items()),
        frozenset(stand_ins),
        {uri: target for uri, (target, _) in addresses.items()},
        tuple((_pattern(uri), target) for uri, (target, _) in templates.items()),
        {name: (prompts[target][0], target.member) for name, target in names.items()},
    )


def _tool(offer: Offer, settings: Settings, method: str) -> Target | None:
    """Return the tool that stands for a method, where the settings let it through."""
    server = settings.servers.get(offer.name) if offer.scheme == "mcp" else None
    has = offer.prompts if method == GET else offer.resources
    name = server.tools.rename.get(method, method) if server else ""
    return Target("mcp", offer.name, name) if has and name and offer.tool(name) else None


def _pattern(template: str) -> re.Pattern[str]:
    """Return what an address made of a template looks like; an expression with an operator may hold `/`."""
    made, end = "", 0
    for found in _EXPRESSION.finditer(template):
        made += re.escape(template[end : found.start()]) + (".*" if found[1] else "[^/]+")
        end = found.end()
    return re.compile(made + re.escape(template[end:]))


def _resource(key: str, resource: Resource) -> JSON:
    told = {"description": resource.description, "mimeType": resource.media_type}
    return {key: resource.uri, "name": resource.name, **{name: text for name, text in told.items() if text}}


def _prompt(name: str, prompt: Prompt) -> JSON:
    arguments = [
        {"name": each.name, "description": each.description, "required": each.is_required}
        for each in prompt.arguments
    ]
    return {"name": name, "description": prompt.description, "arguments": arguments}
