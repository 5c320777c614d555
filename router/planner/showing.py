"""Which tools a model is shown: what modes and words leave, the nearest first, within a number of tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from router.core.admission import Admission
from router.core.plan import JSON, Target
from router.core.query import Query
from router.core.text import contains
from router.ports import Catalogue, Offer, Tool

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
    labels: tuple[str, ...] = ()
    """What `-w` looks at beside names and settings."""

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
    catalogue: Catalogue,
    query: Query,
    among: tuple[Target, ...],
    admission: Admission,
    most_tokens: int | None = None,
) -> Shown:
    """Choose what a model is shown: all that modes and words admit, on a tie only the tied targets.

    Where all would take more tokens than `most_tokens`, those go in that search ranks highest, as far as they
    fit; the nearest always does, and on a tie the nearest of each tied target: the choice is between them.
    """
    offers = catalogue.offers()
    entries = {each.target: each for offer in offers for each in _entries(offer)}
    if among:
        kept = [each for target, each in entries.items() if any(_is_of(target, tied) for tied in among)]
    else:
        kept = [each for each in entries.values() if _admits(admission, each, query)]
    chosen = sorted(kept, key=lambda each: each.target)
    if most_tokens is not None:
        sizes = {each.target: each.tokens for each in chosen}
        if sum(sizes.values()) > most_tokens:
            ranked = _ranked(catalogue, query, sizes)
            within = _within(ranked, sizes, _must(ranked, among), most_tokens)
            chosen = [each for each in chosen if each.target in within]
    used = {(each.target.scheme, each.target.name) for each in chosen}
    peers = {
        f"{offer.scheme}:{offer.name}": " - ".join(filter(None, (offer.title, offer.description)))
        for offer in offers
        if (offer.scheme, offer.name) in used
    }
    return Shown(tuple(chosen), len(kept), peers)


def _entries(offer: Offer) -> Iterator[Entry]:
    own = (offer.title, offer.description)
    if offer.scheme == "a2a":
        yield Entry(Target("a2a", offer.name), offer.description, labels=own)
    for tool in filter(_is_sayable, offer.tools):
        schema = (tool.input_schema or {"type": "object"}) if offer.scheme == "mcp" else None
        target = Target(offer.scheme, offer.name, tool.name)
        yield Entry(target, tool.description, schema, (*tool.tags, tool.description, *own))


def _is_sayable(tool: Tool) -> bool:
    """Whether a plan can name it; a name cannot be fenced, so it must not hold marks of a chat's format."""
    return tool.name.isprintable() and tool.name.split() == [tool.name] and "<|" not in tool.name


def _admits(admission: Admission, entry: Entry, query: Query) -> bool:
    refusal = admission.refusal(entry.target, query)
    if refusal != "words":
        return not refusal
    stems = admission.normaliser.stems
    wanted = [word for each in query.words if (word := stems(each))]
    return any(contains(stems(label), word) for label in entry.labels for word in wanted)


def _is_of(target: Target, tied: Target) -> bool:
    """Whether a tie is about a target; a server without a tool stands for all its tools."""
    whole = tied.scheme == "mcp" and not tied.member
    return target == tied or (whole and (target.scheme, target.name) == (tied.scheme, tied.name))


def _ranked(catalogue: Catalogue, query: Query, sizes: Mapping[Target, int]) -> list[Target]:
    """Return the targets, the nearest to the question first, and those that share no word with it last."""
    nearest = (hit.target for hit in catalogue.nearest(query, MOST_RANKED))
    return [target for target in dict.fromkeys((*nearest, *sizes)) if target in sizes]


def _must(ranked: list[Target], among: tuple[Target, ...]) -> set[Target]:
    best = (next((each for each in ranked if _is_of(each, tied)), None) for tied in among)
    return {each for each in best if each is not None} or set(ranked[:1])


def _within(
    ranked: list[Target], sizes: Mapping[Target, int], must: set[Target], most_tokens: int
) -> set[Target]:
    """Return what must be in, and of the others what still fits: one that is too large hides no other."""
    chosen = set(must)
    left = most_tokens - sum(sizes[target] for target in must)
    for target in ranked:
        if target not in must and sizes[target] <= left:
            chosen.add(target)
            left -= sizes[target]
    return chosen
