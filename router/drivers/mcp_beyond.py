"""Resources and prompts of an MCP server as tools beside its own, named after the protocol's methods.

Names of tools have no slash in the protocol, so `resources/read` is never a server's own tool by its rules;
where a server has one all the same, that is the one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from router.core.outcome import Content, Result
from router.core.plan import JSON
from router.core.settings import ToolFilter
from router.drivers.mcp_content import Wire, content_of, resource_of
from router.ports import Argument, Prompt, Resource, Tool

READ: Final = "resources/read"
LIST: Final = "resources/list"
GET: Final = "prompts/get"
METHODS: Final = (READ, LIST, GET)
_STRING: Final = {"type": "string"}


def resources_of(wires: Iterable[Wire]) -> tuple[Resource, ...]:
    """Return the resources and the templates of addresses, in the server's order."""
    return tuple(
        Resource(
            uri=wire.get("uri") or wire["uriTemplate"],
            name=wire.get("title") or wire["name"],
            description=wire.get("description", ""),
            media_type=wire.get("mimeType", ""),
            is_template="uriTemplate" in wire,
        )
        for wire in wires
    )


def prompts_of(wires: Iterable[Wire]) -> tuple[Prompt, ...]:
    """Return the prompts, in the server's order."""
    return tuple(
        Prompt(wire["name"], wire.get("description") or wire.get("title", ""), _arguments(wire))
        for wire in wires
    )


def _arguments(wire: Wire) -> tuple[Argument, ...]:
    told: Iterable[Wire] = wire.get("arguments") or ()
    return tuple(
        Argument(each["name"], each.get("description", ""), bool(each.get("required"))) for each in told
    )


def tools_beyond(
    resources: tuple[Resource, ...], prompts: tuple[Prompt, ...], choice: ToolFilter
) -> dict[str, tuple[str, Tool]]:
    """Return what reads resources and gets prompts, as the settings let it: rules' name → method, tool.

    The list of resources is no part of a description, since it changes while the server is at work and would
    break a pin each time; templates of addresses and prompts are.
    """
    found: list[tuple[str, str, JSON]] = []
    if resources:
        found += [(READ, _about_reading(resources), _object({"uri": _STRING}, ["uri"])), _LISTING]
    if prompts:
        names = {"enum": [each.name for each in prompts]}
        values = {"type": "object", "additionalProperties": _STRING}
        schema = _object({"name": names, "arguments": values}, ["name"])
        found.append((GET, "\n".join(["Gets a prompt of the server:", *map(_prompt, prompts)]), schema))
    return {
        choice.rename.get(method, method): (
            method,
            Tool(choice.rename.get(method, method), description, schema, read_only=True, idempotent=True),
        )
        for method, description, schema in found
        if choice.admits(method)
    }


def _object(properties: Mapping[str, JSON], required: list[str]) -> JSON:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


_LISTING: Final = (LIST, "Lists the server's resources, with their addresses.", _object({}, []))


def _about_reading(resources: tuple[Resource, ...]) -> str:
    templates = [f"- {each.uri}: {each.description or each.name}" for each in resources if each.is_template]
    return "\n".join(["Reads a resource of the server by its address (uri).", *templates])


def _prompt(prompt: Prompt) -> str:
    wanted = ", ".join(f"{each.name}{'' if each.is_required else '?'}" for each in prompt.arguments)
    return f"- {prompt.name}({wanted}): {prompt.description}".rstrip(": ")


def read(wire: Wire) -> Result:
    """Return the contents of a resource. Raises ValueError for what cannot be read."""
    return Result(tuple(map(resource_of, wire.get("contents", ()))))


def listed(wires: Iterable[Wire]) -> Result:
    """Return a list of resources, as the server gave it."""
    return Result((), {"resources": list(map(dict, wires))})


def got(wire: Wire) -> Result:
    """Return the messages of a prompt, which say in structured content who speaks.

    Raises ValueError for what cannot be read.
    """
    messages: list[Wire] = list(wire.get("messages", ()))
    content: tuple[Content, ...] = tuple(content_of(each["content"]) for each in messages)
    return Result(content, {"description": wire.get("description", ""), "messages": messages})
