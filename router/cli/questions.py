"""Puts what a server wants to know to the person at the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

import anyio
import typer

from router.cli import show
from router.core.arguments import faults
from router.core.plan import JSON
from router.ports import Ask, Question


def at_terminal() -> Ask | None:
    """Return what asks the person at the terminal, or None where nobody is there to be asked."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return None
    turn = anyio.Lock()

    async def ask(question: Question) -> dict[str, JSON] | None:
        async with turn:
            return await anyio.to_thread.run_sync(_asked, question, abandon_on_cancel=True)

    return ask


def _asked(question: Question) -> dict[str, JSON] | None:
    """Return what a person answers; None where they decline, with Ctrl-D or Ctrl-C."""
    show.note(f"{question.target} asks: {show.plain(question.message)}")
    try:
        if question.url:
            show.note(f"open this in a browser: {show.plain(question.url)}")
            typer.prompt("press Enter when done, Ctrl-D to decline", default="", show_default=False, err=True)
            return {}
        return _form(question.schema if isinstance(question.schema, dict) else {})
    except (typer.Abort, EOFError):
        show.note("declined")
        return None


def _form(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    known, needed = schema.get("properties") or {}, schema.get("required") or []
    given: dict[str, JSON] = {}
    for name, each in known.items():
        value = _field(name, each, is_needed=name in needed)
        if value is not None:
            given[name] = value
    return given


def _field(name: str, schema: Mapping[str, JSON], *, is_needed: bool) -> JSON:
    """Return one value, asked for until it fits; None where it may be left out and is."""
    label = show.plain(str(schema.get("title") or name))
    about = f" ({show.plain(str(schema['description']))})" if schema.get("description") else ""
    choices = _choices(schema)
    among = f" [{', '.join(map(show.plain, choices))}]" if choices else ""
    default = schema.get("default")
    shown = _written(schema.get("default"))
    while True:
        text = typer.prompt(f"{label}{about}{among}", default=shown, show_default=bool(shown), err=True)
        if not text and not is_needed and default is None:
            return None
        value = _value(text, schema)
        wrong = faults({"type": "object", "properties": {name: schema}}, {name: value})
        if text and not wrong:
            return value
        show.note("; ".join(wrong) or "this one is needed")


def _written(value: JSON) -> str:
    """Return a default as a person would write it."""
    if isinstance(value, list):
        return ", ".join(map(_written, value))
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _choices(schema: Mapping[str, JSON]) -> list[str]:
    """Return the values among which an answer is."""
    inner = schema.get("items") if schema.get("type") == "array" else schema
    inner = inner if isinstance(inner, dict) else {}
    titled = inner.get("oneOf") or inner.get("anyOf") or []
    return [*map(str, inner.get("enum") or []), *(str(each["const"]) for each in titled if "const" in each)]


def _value(text: str, schema: Mapping[str, JSON]) -> JSON:
    """Return what a person wrote as the type that is wanted; as text where it is not of it."""
    kind = schema.get("type")
    if kind == "array":
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind == "boolean":
        return {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}.get(
            text.lower(), text
        )
    if kind in ("integer", "number"):
        try:
            return int(text) if kind == "integer" else float(text)
        except ValueError:
            return text
    return text
