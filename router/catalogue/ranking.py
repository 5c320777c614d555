"""Ranks documents by the words they share with a question: Okapi BM25, in memory; it reads no text itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SATURATION: Final = 1.2
"""`k1` of BM25: how soon a repeated word stops counting. The customary value, as in SQLite's FTS5."""
LENGTH_PENALTY: Final = 0.75
"""`b` of BM25: how much a long document loses. The customary value, as in SQLite's FTS5."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is known of one text."""

    weights: Mapping[str, float]
    """By stem, how often it occurs, each time as much as its field is worth."""
    length: int
    """Words in all fields."""


class Ranking:
    """The stems of all documents and where each occurs."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._count = len(documents)
        average = sum(each.length for each in documents) / max(1, self._count)
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for number, document in enumerate(documents):
            relative = document.length / average if average else 1.0
            damping = SATURATION * (1 - LENGTH_PENALTY + LENGTH_PENALTY * relative)
            for stem, weight in document.weights.items():
                gain = weight * (SATURATION + 1) / (weight + damping)
                self._postings.setdefault(stem, []).append((number, gain))

    def __contains__(self, stem: str) -> bool:
        """Whether any document has the stem."""
        return stem in self._postings

    def best(self, stems: Iterable[str]) -> list[int]:
        """Return the numbers of all documents that have one of the stems, best first, ties by number."""
        scores: dict[int, float] = {}
        for stem in sorted(set(stems)):
            found = self._postings.get(stem, [])
            rarity = math.log1p((self._count - len(found) + 0.5) / (len(found) + 0.5))
            for number, gain in found:
                scores[number] = scores.get(number, 0.0) + rarity * gain
        # Rounded, so that sums whose last bits differ between machines tie everywhere alike.
        return sorted(scores, key=lambda number: (-round(scores[number], 9), number))
