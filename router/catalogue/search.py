"""Finds the tools and skills whose words are nearest to a query's; it needs no model and decides nothing.

Names and tags count four times, descriptions twice, and arguments and what the server or agent says of itself
once. A word that no offer has is taken for its nearest spellings among theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Final

from router.catalogue.filling import without_values
from router.catalogue.ranking import Ranking
from router.catalogue.wording import FUNCTION_WORDS, first_sentence, words
from router.core.admission import Admission
from router.core.plan import JSON, Target
from router.core.query import Query
from router.core.settings import Settings
from router.core.stem import stemmer
from router.core.text import Normaliser, contains
from router.ports import Hit, Offer

NAME_WEIGHT: Final = 4
DESCRIPTION_WEIGHT: Final = 2
ARGUMENTS_WEIGHT: Final = 1
PEER_WEIGHT: Final = 1

MARGIN: Final = 1.75
"""How many times the score of the second the first must have to be called unasked.

This and the next two are chosen on one half of 95 public questions, each asked of several catalogues, about
half of which do not know the right tool: of what was tried, they name most tools where 19 in 20 are right. On
the other half 34 of 36 are; `benchmarks/search.py` tells on both.
"""
TOLD_SHARE: Final = 0.66
"""Of the query's words that matter and are no values, what the first must have to be called unasked."""
TOLD_WORDS: Final = 3
"""How many of them at least; where few tools are known, the margin alone says little."""

SPELLINGS: Final = 2
"""Words that stand in for an unknown one, at most."""
LIKENESS: Final = 0.8
"""What difflib's ratio must reach: one letter lost, doubled or exchanged in a word of five."""
GUESSED_WORDS: Final = 8
"""Unknown words of a query that are looked at; each costs a pass over all words."""
GUESSED_LENGTHS: Final = range(4, 33)
"""Characters of a word whose spelling is guessed: shorter ones are like too many others."""


@dataclass(frozen=True, slots=True)
class _Entry:
    target: Target
    description: str
    labels: tuple[str, ...]
    """What `-w` looks at beside names and settings."""
    fields: tuple[tuple[int, str], ...]
    """Weight and text."""


class Index:
    """The words of all offers, prepared once and asked often; by one thread at a time."""

    def __init__(self, offers: Iterable[Offer], settings: Settings) -> None:
        normaliser = Normaliser(settings.language)
        self._normaliser = normaliser
        self._admission = Admission.of(settings, normaliser)
        self._ignored = FUNCTION_WORDS if settings.language == "english" else frozenset()
        self._stem = stemmer(settings.language)[0]
        self._stems: dict[str, str] = {}
        self._labels: dict[Target, tuple[tuple[str, ...], ...]] = {}
        entries = {entry.target: entry for offer in offers for entry in _entries(offer, settings)}
        self._entries = tuple(sorted(entries.values(), key=lambda entry: str(entry.target)))
        self._ranking = Ranking([self._document(entry) for entry in self._entries])
        self._spellings = sorted(word for word in self._stems if len(word) in GUESSED_LENGTHS)

    def nearest(self, query: Query, limit: int) -> tuple[Hit, ...]:
        """Return up to `limit` targets that share a word with the query, best first, ties by target.

        Left out are those that the query's modes or `-w` words do not admit.
        """
        found = islice(self._scored(query), max(limit, 0))
        return tuple(Hit(entry.target, first_sentence(entry.description)) for entry, _ in found)

    def decisive(self, query: Query) -> Target | None:
        """Return the target that is so far ahead of the second that it may be called unasked, or None."""
        best = list(islice(self._scored(query), 2))
        if not best or (len(best) > 1 and best[0][1] < MARGIN * best[1][1]):
            return None
        return best[0][0].target if self._is_told(best[0][0], query.text) else None

    def _is_told(self, entry: _Entry, text: str) -> bool:
        """Whether the entry has most of the text's words, as they are spelt."""
        sought = {self._stem(word) for word in words(without_values(text)) if word not in self._ignored}
        shared = len(sought.intersection(self._document(entry)))
        return shared >= TOLD_WORDS and shared >= TOLD_SHARE * len(sought)

    def _scored(self, query: Query) -> Iterator[tuple[_Entry, float]]:
        for number, score in self._ranking.best(self._sought(query.text)):
            if self._admits(self._entries[number], query):
                yield self._entries[number], score

    def _document(self, entry: _Entry) -> list[str]:
        """Return the stems of all fields, each as often as its field counts."""
        document: list[str] = []
        for weight, text in entry.fields:
            for word in words(text):
                if word not in self._stems:
                    self._stems[word] = self._stem(word)
                document += [self._stems[word]] * weight
        return document

    def _sought(self, text: str) -> Iterator[str]:
        guesses = 0
        for word in dict.fromkeys(words(text)):
            if word in self._ignored:
                continue
            stem = self._stems.get(word) or self._stem(word)
            if stem in self._ranking:
                yield stem
            elif guesses < GUESSED_WORDS and len(word) in GUESSED_LENGTHS:
                guesses += 1
                yield from (self._stems[each] for each in self._near(word))

    def _near(self, word: str) -> list[str]:
        return get_close_matches(word, self._spellings, SPELLINGS, LIKENESS)

    def _admits(self, entry: _Entry, query: Query) -> bool:
        refusal = self._admission.refusal(entry.target, query)
        return not refusal or (refusal == "words" and self._has_label(entry, query))

    def _has_label(self, entry: _Entry, query: Query) -> bool:
        if entry.target not in self._labels:
            self._labels[entry.target] = tuple(map(self._normaliser.stems, entry.labels))
        wanted = [stems for word in query.words if (stems := self._normaliser.stems(word))]
        return any(contains(label, stems) for stems in wanted for label in self._labels[entry.target])


def _entries(offer: Offer, settings: Settings) -> Iterator[_Entry]:
    peer = settings.peer(offer.scheme, offer.name)
    tags = peer.tags if peer else ()
    itself = " ".join((offer.name, offer.title, offer.description, peer.description if peer else ""))
    for tool in offer.tools:
        yield _Entry(
            Target(offer.scheme, offer.name, tool.name),
            tool.description,
            (*tool.tags, tool.description, offer.title, offer.description),
            (
                (NAME_WEIGHT, " ".join((tool.name, *tool.tags, *tags))),
                (DESCRIPTION_WEIGHT, tool.description),
                (ARGUMENTS_WEIGHT, _arguments(tool.input_schema)),
                (PEER_WEIGHT, itself),
            ),
        )
    if not offer.tools and offer.scheme == "a2a":
        yield _Entry(
            Target("a2a", offer.name),
            offer.description,
            (offer.title, offer.description),
            ((NAME_WEIGHT, " ".join((offer.name, *tags))), (DESCRIPTION_WEIGHT, itself)),
        )


def _arguments(schema: JSON) -> str:
    """Return what a tool's arguments are called, and what is said of them."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    found = properties.items() if isinstance(properties, dict) else ()
    told = ((name, each.get("description") if isinstance(each, dict) else "") for name, each in found)
    return " ".join(f"{name} {about or ''}" for name, about in told)
