"""Fills the required arguments of a tool from a question's text, or not at all; it never guesses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from router.core.arguments import faults
from router.core.plan import JSON

_NUMBER: Final = re.compile(r"(?<![\w.,:/-])-?\d+(?:\.\d+)?(?![\w,:/-]|\.\d)")
_QUOTED: Final = re.compile(r"\"([^\"]+)\"|“([^”]+)”|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)")
_FORMATS: Final = {
    "date": re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)"),
    "date-time": re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?"),
    "email": re.compile(r"(?<!\S)[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "uri": re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]"),
    "url": re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]"),
}


def filled(schema: JSON, text: str) -> dict[str, JSON] | None:
    """Return the required arguments, each told by the text without doubt, or None.

    A value is told where it alone in the text can be it, and it alone of the required arguments can have
    it: a choice that is named, a number, a date, an address, or what stands in quotes. Arguments that are not
    required stay away. What is returned fits the schema.
    """
    schema = schema if isinstance(schema, dict) else {}
    required, properties = schema.get("required") or [], schema.get("properties") or {}
    if not isinstance(required, list) or not isinstance(properties, dict):
        return None
    given: dict[str, JSON] = {}
    kinds: set[str] = set()
    for name in required:
        found = _told(properties.get(name), text)
        if found is None or found[0] in kinds:
            return None
        kinds.add(found[0])
        given[name] = found[1]
    return given if not faults(schema, given) else None


def _told(wanted: JSON, text: str) -> tuple[str, JSON] | None:
    """Return what kind of value the text tells for one argument, and the value, or None."""
    if not isinstance(wanted, dict):
        return None
    choices = wanted.get("enum")
    if isinstance(choices, list):
        return _one(f"choice {choices}", _named(choices, text))
    kind, form = wanted.get("type"), wanted.get("format")
    if kind in ("integer", "number"):
        read: Callable[[str], JSON] = float if kind == "number" else int
        whole = (each for each in _NUMBER.findall(text))
        return _one("number", (read(each) for each in whole if kind == "number" or "." not in each))
    if kind == "string" and form in _FORMATS:
        return _one(f"format {form}", _FORMATS[str(form)].findall(text))
    if kind == "string" and form is None:
        return _one("quoted", ("".join(parts) for parts in _QUOTED.findall(text)))
    return None


def _named(choices: list[JSON], text: str) -> Iterator[JSON]:
    """Yield the choices that the text names as whole words, case aside."""
    for each in choices:
        if isinstance(each, str) and re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text, re.IGNORECASE):
            yield each


def _one(kind: str, values: Iterable[JSON]) -> tuple[str, JSON] | None:
    """Return the only value, with its kind; None where there are none or several."""
    found = list(dict.fromkeys(values))
    return (kind, found[0]) if len(found) == 1 and found[0] != "" else None
