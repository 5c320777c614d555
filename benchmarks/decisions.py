"""Measures one decision by the number of rules, as multiples of the least that any such router must do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import router
from benchmarks.clock import Block, Times, calls, in_turns
from benchmarks.corpus import Corpus
from benchmarks.given import Given
from benchmarks.results import Part, Row

SIZES: Final = (10, 100, 1_000, 10_000, 100_000)
ROUNDS: Final = 7
ROWS: Final = ("floor", "read", "warm", "fresh", "explain")
NO_PUBLIC_QUERIES: Final = (
    "real queries: name CLINC150's `data_full.json.gz` by `--clinc150` or `TS_CLINC150`"
)
_SPACED: Final = bytes(code if chr(code).isalnum() else 0x20 for code in range(0x80)) + bytes(
    range(0x80, 0x100)
)

Key = tuple[str, int, str]
"""Name of a corpus, number of rules, name of a row."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A corpus with its rulebook."""

    corpus: Corpus
    book: router.Rulebook

    def blocks(self) -> dict[Key, Block]:
        """Return what is timed, by row."""
        asked, fresh = self.corpus.asked, self.corpus.fresh
        count = min(len(asked), len(fresh) // (ROUNDS + 1))
        look_up, read = floor(self.corpus), self._read()
        of_rows: dict[str, Block] = {
            "floor": lambda _: calls(look_up, asked),
            "read": lambda _: calls(read, asked),
            "warm": lambda _: calls(self.book.decide, asked),
            "fresh": lambda number: calls(self.book.decide, fresh[number * count : (number + 1) * count]),
            "explain": lambda _: calls(self._explain, asked),
        }
        return {self.key(name): block for name, block in of_rows.items()}

    def rows(self, times: dict[Key, Times]) -> list[Row]:
        """Return the lines of the table."""
        lowest = times[self.key("floor")]
        rows = [_row(self.key(name), times[self.key(name)], lowest) for name in ROWS]
        return [*rows, self._decided()]

    def key(self, name: str) -> Key:
        """Return under which key a row is timed."""
        return self.corpus.name, len(self.corpus.rules), name

    def _read(self) -> Callable[[str], object]:
        """Return what cuts a text into the words that rules compare, and looks each up."""
        read, stems = self.book.normaliser.read, self.book.normaliser.stems
        of_stem = {stem: rules for word, rules in self.corpus.words().items() for stem in stems(word)}.get
        return lambda text: [of_stem(stem) for stem in read(text).stem_set]

    def _explain(self, text: str) -> object:
        return len(self.book.decide(text).verdicts)

    def _decided(self) -> Row:
        """Return what became of the queries, so that nobody measures a router that has nothing to do."""
        decisions = [self.book.decide(text) for text in self.corpus.asked]
        kinds = Counter(decision.kind for decision in decisions)
        matched = sum(each.verdict != "near" for decision in decisions for each in decision.verdicts)
        corpus, rules, _ = self.key("")
        shares = {kind: 100 * kinds[kind] / len(decisions) for kind in ("rule", "tie", "none")}
        return {
            "corpus": corpus,
            "rules": rules,
            "row": "decided",
            "matches": matched / len(decisions),
            **shares,
        }


def measure(given: Given) -> Part:
    """Time every size and corpus in turns."""
    books = [
        Measured(corpus, router.load(corpus.write(given.directory / f"{number}-{size}")))
        for number, sized in enumerate(given.corpora())
        for size in given.sizes_or(SIZES)
        for corpus in (sized(size),)
    ]
    blocks = {key: block for each in books for key, block in each.blocks().items()}
    times = in_turns(blocks, ROUNDS)
    rows = [row for each in books for row in each.rows(times)]
    return Part(rows, [] if given.clinc150 else [NO_PUBLIC_QUERIES])


def floor(corpus: Corpus) -> Callable[[str], object]:
    """Return the least to be done: cut the text into words, and look each up among those of the rules."""
    rules_of = corpus.words()
    of_word = {word.encode(): rules for word, rules in rules_of.items()}.get

    def look_up(text: str) -> object:
        return [of_word(word) for word in set(text.lower().encode().translate(_SPACED).split())]

    return look_up


def _row(key: Key, times: Times, lowest: Times) -> Row:
    corpus, rules, name = key
    tail = times.all_quantile(0.99) if name == "fresh" else times.quantile(0.99)
    return {
        "corpus": corpus,
        "rules": rules,
        "row": name,
        "p50_us": 1e6 * times.median(),
        "p99_us": 1e6 * tail,
        "floors": times.over(lowest),
    }
