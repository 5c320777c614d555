"""Finds in descriptions and schemas what no honest text needs; a hint for a person who reviews, no proof."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from router.core.plan import JSON
from router.pins.phrases import PHRASES
from router.pins.unseen import escaped, spelt, unseen
from router.ports import Offer, Tool

_LONGEST: Final = 60
"""Characters of the text that are shown."""
_COMPOUND: Final = re.compile(r"[a-z0-9][_-][a-z0-9]|[a-z][A-Z]", re.ASCII)
"""In a name that no sentence has by chance, unlike `search`."""
_WORDS: Final = re.compile(r"[A-Za-z0-9_-]{6,64}")


@dataclass(frozen=True, slots=True)
class Flag:
    """One place in a text that a person should look at."""

    target: str
    """Such as `mcp:git/add`; `mcp:git` for what the server says of itself."""
    part: str
    """Such as `description`, or `input schema, properties.text.description`."""
    position: int
    """1-based, in characters of that text."""
    what: str
    """What it does, as in "tells to ignore other instructions"."""
    shown: str
    """The text there, with nothing in it unseen."""

    def __str__(self) -> str:
        """Place, what is there, and the text."""
        return f"{self.target} {self.part}, character {self.position}: {self.what}: {self.shown}"

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "target": self.target,
            "part": self.part,
            "position": self.position,
            "what": self.what,
            "shown": self.shown,
        }


def flags(offer: Offer, among: Collection[Offer] = ()) -> tuple[Flag, ...]:
    """Return what stands out in an offer; `among` are offers whose tools it has no reason to name."""
    own = {tool.name for tool in offer.tools}
    others = frozenset(
        name
        for each in among
        if (each.scheme, each.name) != (offer.scheme, offer.name)
        for tool in each.tools
        if _COMPOUND.search(name := tool.name) and name not in own
    )
    peer = f"{offer.scheme}:{offer.name}"
    found = [*_flags(peer, "description", offer.description, others)]
    for tool in offer.tools:
        for part, text in _texts(tool):
            found += _flags(escaped(f"{peer}/{tool.name}"), part, text, others)
    return tuple(found)


def _texts(tool: Tool) -> Iterator[tuple[str, str]]:
    yield "name", tool.name
    yield "description", tool.description
    for part, schema in (("input schema", tool.input_schema), ("output schema", tool.output_schema)):
        for path, text in _strings(schema, ()):
            yield f"{part}, {'.'.join(path)}" if path else part, text


def _strings(value: JSON, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text of a schema, the names of its keys included, with the path that leads to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield path, key
            yield from _strings(each, (*path, escaped(key)))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _strings(each, (*path, str(number)))


def _flags(target: str, part: str, text: str, others: frozenset[str]) -> Iterator[Flag]:
    for start, end, what in (*_found(text), *_foreign(text, others)):
        yield Flag(target, part, start + 1, what, _shown(text[start:end]))


def _found(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and kind of what stands out in a text, in its order; a phrase counts once."""
    seen = [
        (start, end, f"holds {kind}" + (f' that spells "{word}"' if (word := spelt(text[start:end])) else ""))
        for start, end, kind in unseen(text)
    ]
    for what, pattern in PHRASES.items():
        if found := pattern.search(text):
            seen.append((*found.span(), what))
    return sorted(seen)


def _foreign(text: str, others: frozenset[str]) -> Iterator[tuple[int, int, str]]:
    """Yield each name of another server's tool, once."""
    named: set[str] = set()
    for found in _WORDS.finditer(text) if others else ():
        if found[0] in others and found[0] not in named:
            named.add(found[0])
            yield *found.span(), "names a tool of another server"


def _shown(text: str) -> str:
    cut = text[:_LONGEST]
    return f'"{escaped(cut)}{"…" if len(text) > len(cut) else ""}"'
