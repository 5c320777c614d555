"""Writes pins as the text of ts.lock, in which nothing is unseen and git's diff reads well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from router.pins.pin import PeerPin, Pinned, ToolPin
from router.pins.unseen import escaped

VERSION: Final = 1
_HEADER: Final = f"""\
# What servers and agents said of themselves when it was last reviewed. `ts pin` writes this file.
# Review its changes as you review code: a model reads these texts.
version = {VERSION}
"""
_UNFIT: Final = {"\x7f": "\\u007f", "'''": "''\\u0027"}
"""ASCII that JSON may hold and a literal string of TOML may not, with JSON's escape for it."""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def lock_text(pins: Pinned) -> str:
    """Return the text of ts.lock, which is the same whatever the order of the pins."""
    tables = (line for target in sorted(pins) for line in _peer(target, pins[target]))
    return "\n".join((_HEADER.rstrip(), *tables)) + "\n"


def _peer(target: str, peer: PeerPin) -> Iterator[str]:
    scheme, _, name = target.partition(":")
    header = f"{scheme}.{_key(name)}"
    yield from ("", f"[{header}]")
    if peer.card:
        yield f"card = {_text(peer.card)}"
    yield from _description(peer.description)
    yield from _hashes(peer.hashes)
    for tool in sorted(peer.tools):
        yield from ("", f"[{header}.tools.{_key(tool)}]")
        yield from _tool(peer.tools[tool])


def _tool(tool: ToolPin) -> Iterator[str]:
    yield from _description(tool.description)
    for key, schema in (("input_schema", tool.input_schema), ("output_schema", tool.output_schema)):
        if schema:
            yield f"{key} = {_schema(schema)}"
    for key, said in tool.annotations.items():
        if said is not None:
            yield f"{key} = {str(said).lower()}"
    yield from _hashes(tool.hashes)


def _hashes(hashes: dict[str, str]) -> Iterator[str]:
    yield from (f'sha256.{key} = "{value}"' for key, value in hashes.items() if value)


def _description(text: str) -> Iterator[str]:
    if text:
        yield f"description = {_text(text)}"


def _schema(schema: str) -> str:
    """Return the schema over several lines, a key each, so that a diff shows the key that changed."""
    spread = "".join(map(_json, json.dumps(json.loads(schema), indent=1, ensure_ascii=False)))
    for unfit, escape in _UNFIT.items():
        spread = spread.replace(unfit, escape)
    return f"'''\n{spread}'''"


def _json(character: str) -> str:
    """Return a character as JSON shows it to a person; one that is unseen as its escape."""
    return character if escaped(character, keep="\n") == character else json.dumps(character)[1:-1]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _line(name)


def _text(text: str) -> str:
    """Return a TOML string; one of several lines stays so, and no line of it ends in a space that is lost."""
    if "\n" not in text:
        return _line(text)
    quoted = re.sub(r'"(?="|\Z)', r'\\"', text.replace("\\", "\\\\"))
    return '"""\n' + re.sub(r" (?=\n|\Z)", r"\\u0020", escaped(quoted, keep="\n")) + '"""'


def _line(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped(quoted)}"'
