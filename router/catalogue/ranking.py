"""Ranks documents by the words they share with a question: BM25 of `bm25s`, in memory; it reads no text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import bm25s

SATURATION: Final = 1.5
"""`k1` of BM25: how soon a repeated word stops counting."""
LENGTH_PENALTY: Final = 0.5
"""`b` of BM25: how much a long document loses."""
DIGITS: Final = 6
"""Of a score, so that sums whose last bits differ between machines tie everywhere alike."""
NOTHING: Final = ("",)
"""Stands for a document without words, which the library does not take."""


class Ranking:
    """The stems of all documents, each as often as it counts."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._index: bm25s.BM25 | None = None
        if documents:
            self._index = bm25s.BM25(method="lucene", k1=SATURATION, b=LENGTH_PENALTY, dtype="float64")
            self._index.index([each or NOTHING for each in documents], show_progress=False)

    def __contains__(self, stem: str) -> bool:
        """Whether any document has the stem."""
        return self._index is not None and stem in self._index.vocab_dict

    def best(self, stems: Iterable[str]) -> list[tuple[int, float]]:
        """Return number and score of all documents that have one of the stems, best first, ties by number."""
        known = sorted({stem for stem in stems if stem in self})
        if self._index is None or not known:
            return []
        scores = self._index.get_scores(known).round(DIGITS)
        order = (-scores).argsort(kind="stable")[: int((scores > 0).sum())]
        return list(zip(order.tolist(), scores[order].tolist(), strict=True))
