"""Which tools of an MCP server may be called, and whether a call fits; it calls none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from router.core.arguments import faults, nearest
from router.core.plan import Target
from router.core.settings import ToolFilter
from router.errors import ArgumentsRefused, TargetUnknown
from router.ports import Call, Offer, Tool

Wire = Mapping[str, Any]
"""An object of the protocol, as JSON."""

_MOST_NAMES: Final = 20


def tools_of(wires: Iterable[Wire], choice: ToolFilter) -> dict[str, tuple[str, Tool]]:
    """Return the tools that the settings offer, in the server's order: rules' name → the server's name, tool.

    Of two tools with one name the first is kept, but one that the settings rename is kept before others.
    """
    admitted = [(wire, choice.shown(wire["name"])) for wire in wires if choice.admits(wire["name"])]
    renamed = {shown for wire, shown in admitted if shown != wire["name"]}
    tools: dict[str, tuple[str, Tool]] = {}
    for wire, shown in admitted:
        if shown != wire["name"] or shown not in renamed:
            tools.setdefault(shown, (wire["name"], _tool(wire, shown)))
    return tools


def _tool(wire: Wire, name: str) -> Tool:
    hints = wire.get("annotations", {})
    return Tool(
        name=name,
        description=wire.get("description") or wire.get("title") or "",
        input_schema=wire.get("inputSchema"),
        output_schema=wire.get("outputSchema"),
        read_only=hints.get("readOnlyHint"),
        idempotent=hints.get("idempotentHint"),
        destructive=hints.get("destructiveHint"),
        open_world=hints.get("openWorldHint"),
        title=wire.get("title") or hints.get("title") or "",
        meta=wire.get("_meta"),
    )


def unknown_tool(target: Target, offer: Offer, choice: ToolFilter) -> TargetUnknown:
    """Return the error for a target that names no tool of the offer, or none at all."""
    names = [tool.name for tool in offer.tools]
    there_are = f"there are {', '.join(names[:_MOST_NAMES])}" if names else "it offers none"
    if len(names) > _MOST_NAMES:
        there_are += f" and {len(names) - _MOST_NAMES} more"
    if not target.member:
        return TargetUnknown(str(target), f"an MCP server is called by a tool; {there_are}", "")
    near = choice.rename.get(target.member, "") or nearest(target.member, names)
    if not choice.admits(choice.own(target.member)):
        reason = f"tools.allow and tools.deny of [mcp.{target.name}] do not let this tool through"
    else:
        reason = "the server offers no tool of that name" + ("" if near else f"; {there_are}")
    return TargetUnknown(str(target), reason, str(Target(target.scheme, target.name, near)) if near else "")


def check_arguments(call: Call, tool: Tool) -> None:
    """Raise ArgumentsRefused with all that is wrong with the arguments of a call."""
    wrong = faults(tool.input_schema, call.args)
    if call.message:
        wrong = ("a tool takes arguments and no message", *wrong)
    if wrong:
        raise ArgumentsRefused(str(call.target), "; ".join(wrong))
