"""What a client sees: which tools, under which names, as the protocol lists them; it calls nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from router.catalogue.naming import Exposed, exposed
from router.core.admission import Admission
from router.core.plan import JSON, Target
from router.core.query import Query
from router.core.settings import Settings
from router.ports import Offer, Tool
from router.serve.beyond import Beyond, beyond

ROUTE: Final = "route"
FIND: Final = "find_tools"
CALL: Final = "call_tool"
MESSAGE: Final = "message"
"""The argument of an agent's skill."""
_MOST_FOUND: Final = 20
_HINTS: Final = {
    "readOnlyHint": "read_only",
    "destructiveHint": "destructive",
    "idempotentHint": "idempotent",
    "openWorldHint": "open_world",
}


@dataclass(frozen=True, slots=True)
class Surface:
    """The tools that may be called, and those of them that are listed."""

    targets: Mapping[str, Target]
    """By name."""
    definitions: Mapping[str, JSON]
    """By name, what MCP's `tools/list` says of each."""
    listed: tuple[JSON, ...]
    """What `tools/list` answers."""
    beyond: Beyond
    """Resources and prompts."""


def surface(
    offers: Iterable[Offer],
    settings: Settings,
    admission: Admission,
    context: Query,
    patterns: Iterable[str] = ("*",),
    *,
    routed: bool = False,
) -> Surface:
    """Return what is seen of the offers, of those targets that the context admits and a pattern names.

    Names are made of all offers, so that a tool is called the same whoever asks. `routed` lists three tools
    that route, find and call, in the stead of all. Tools that stand for resources and prompts can be found
    and called, and are not listed, since these are.
    """
    every = tuple(offers)
    names, wanted = exposed(every), tuple(patterns)

    def admits(target: Target) -> bool:
        seen = any(fnmatchcase(str(target), pattern) for pattern in wanted)
        return seen and not admission.refusal(target, context)

    definitions: dict[str, JSON] = {}
    for offer in every:
        for target, tool in _callable(offer):
            if admits(target):
                definitions[_name(names, target)] = _definition(_name(names, target), tool, offer)
    ordered = dict(sorted(definitions.items()))
    targets = {name: names.names[name] for name in ordered}
    others = beyond(every, settings, admits)
    listed = tuple(each for name, each in ordered.items() if targets[name] not in others.stand_ins)
    return Surface(targets, ordered, ROUTED if routed else listed, others)


def _name(names: Exposed, target: Target) -> str:
    name = names.of(target)
    if name is None:
        raise LookupError(f"{target} has no name")
    return name


def _callable(offer: Offer) -> list[tuple[Target, Tool]]:
    """Return what of an offer can be called; an agent that names no skill is called itself."""
    if offer.scheme == "a2a" and not offer.tools:
        return [(Target(offer.scheme, offer.name), Tool("", offer.description))]
    return [(Target(offer.scheme, offer.name, tool.name), tool) for tool in offer.tools]


def _definition(name: str, tool: Tool, offer: Offer) -> JSON:
    """Return a tool as MCP lists it. Its input is an object that says its properties, as clients need it."""
    made: dict[str, JSON] = {"name": name}
    if tool.title:
        made["title"] = tool.title
    made["description"] = tool.description or offer.description or f"A tool of {offer.name}."
    made["inputSchema"] = _MESSAGE if offer.scheme == "a2a" else _object(tool.input_schema)
    if isinstance(tool.output_schema, dict):
        made["outputSchema"] = tool.output_schema
    hints = {wire: getattr(tool, own) for wire, own in _HINTS.items() if getattr(tool, own) is not None}
    if hints:
        made["annotations"] = hints
    if tool.meta:
        made["_meta"] = dict(tool.meta)
    return made


def _object(schema: JSON) -> JSON:
    given = schema if isinstance(schema, dict) else {}
    return {"type": "object", "properties": {}, **given}


def _text(description: str) -> JSON:
    return {"type": "string", "description": description}


_MESSAGE: Final[JSON] = {
    "type": "object",
    "properties": {MESSAGE: _text("What the agent is asked, in plain words.")},
    "required": [MESSAGE],
}
ROUTED: Final[tuple[JSON, ...]] = (
    {
        "name": ROUTE,
        "description": "Answer a question by the team's rules: the right tool or agent is chosen and called.",
        "inputSchema": {
            "type": "object",
            "properties": {"query": _text("The question or task, in plain words.")},
            "required": ["query"],
        },
    },
    {
        "name": FIND,
        "description": "Find the tools for a task, best first, with what each takes; call them by call_tool.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "task": _text("What is to be done, in a few words."),
                "limit": {"type": "integer", "minimum": 1, "maximum": _MOST_FOUND, "default": 5},
            },
            "required": ["task"],
        },
        "annotations": {"readOnlyHint": True, "openWorldHint": False},
    },
    {
        "name": CALL,
        "description": "Call a tool that find_tools named.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "name": _text("The tool's name."),
                "arguments": {"type": "object", "description": "What it takes, after its inputSchema."},
            },
            "required": ["name"],
        },
    },
)
