"""Which tools a model is shown: what modes and words leave, the nearest first, within a number of tokens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from router.core.admission import Admission
from router.core.plan import JSON, Target
from router.core.query import Query
from router.ports import Catalogue, Offer

CHARACTERS_A_TOKEN: Final = 4
"""Of English text and JSON, about; every model cuts otherwise."""
MOST_RANKED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One tool or agent as a model is shown it."""

    target: Target
    description: str
    input_schema: JSON = None
    """Of a tool's arguments; None for an agent."""

    @property
    def tokens(self) -> int:
        """What it takes in a prompt, estimated."""
        return tokens_of(f"{self.target}{self.description}{json.dumps(self.input_schema)}")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a model is shown."""

    entries: tuple[Entry, ...]
    """Sorted by target."""
    known: int
    """How many there would have been."""
    peers: Mapping[str, str]
    """What servers and agents say of themselves, by `mcp:name` or `a2a:name`."""

    def find(self, target: Target) -> Entry | None:
        """Return the entry of a target, or None."""
        return next((each for each in self.entries if each.target == target), None)


def tokens_of(text: str) -> int:
    """Return about how many tokens a text takes."""
    return -(-len(text) // CHARACTERS_A_TOKEN)


def shown(
    catalogue: Catalogue, query: Query, among: tuple[Target, ...], admission: Admission, most_tokens: int
) -> Shown:
    """Choose what a model is shown; on a tie only the tied targets.

    Where all would take more tokens than `most_tokens`, those go in that search ranks highest.
    """
    offers = catalogue.offers()
    entries = {each.target: each for offer in offers for each in _entries(offer)}
    if among:
        entries = {each.target: each for each in _tied(entries, among)}
    else:
        nearest = [hit.target for hit in catalogue.nearest(query, MOST_RANKED)]
        admitted = [target for target in sorted(entries) if not admission.refusal(target, query)]
        ranked = dict.fromkeys(each for each in (*nearest, *admitted) if each in entries)
        entries = {target: entries[target] for target in ranked}
    chosen = sorted(_within(entries.values(), most_tokens), key=lambda each: each.target)
    used = {(each.target.scheme, each.target.name) for each in chosen}
    peers = {
        f"{offer.scheme}:{offer.name}": " - ".join(filter(None, (offer.title, offer.description)))
        for offer in offers
        if (offer.scheme, offer.name) in used
    }
    return Shown(tuple(chosen), len(entries), peers)


def _entries(offer: Offer) -> Iterator[Entry]:
    if offer.scheme == "a2a":
        yield Entry(Target("a2a", offer.name), offer.description)
    for tool in offer.tools:
        schema = (tool.input_schema or {"type": "object"}) if offer.scheme == "mcp" else None
        yield Entry(Target(offer.scheme, offer.name, tool.name), tool.description, schema)


def _tied(entries: Mapping[Target, Entry], among: Iterable[Target]) -> Iterator[Entry]:
    """Yield what is known of the tied targets; a server without a tool stands for all its tools."""
    for target in among:
        if target in entries:
            yield entries[target]
        elif not target.member:
            yield from (
                entry
                for each, entry in entries.items()
                if (each.scheme, each.name) == (target.scheme, target.name)
            )


def _within(entries: Iterable[Entry], most_tokens: int) -> Iterator[Entry]:
    """Yield entries in their order as long as they fit; the first always does."""
    taken = 0
    for number, each in enumerate(entries):
        taken += each.tokens
        if number and taken > most_tokens:
            return
        yield each
