"""The shape that a model's answer must have: a strict JSON Schema, objects closed, keys required."""

from __future__ import annotations

from collections.abc import Iterable

from router.core.plan import JSON

NAME = "plan"
"""Of the schema, as servers want one."""


def plan_schema(targets: Iterable[str]) -> dict[str, JSON]:
    """Return the schema of a plan whose steps use some of the targets.

    Arguments are a string that holds JSON, since an open object has no place in a strict schema.
    """
    step = {
        "id": {"type": "string", "description": "1, 2, …"},
        "use": {"type": "string", "enum": sorted(targets)},
        "args": {"type": "string", "description": "A tool's arguments, a JSON object written as a string."},
        "message": {"type": "string", "description": "What an agent is asked; empty for a tool."},
        "needs": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Ids of the steps that must be done before.",
        },
    }
    return _closed({"steps": {"type": "array", "items": _closed(step)}})


def response_format(schema: dict[str, JSON]) -> dict[str, JSON]:
    """Return what a chat completion is asked, so that the server holds the model to the schema."""
    return {"type": "json_schema", "json_schema": {"name": NAME, "strict": True, "schema": schema}}


def _closed(properties: dict[str, JSON]) -> dict[str, JSON]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
