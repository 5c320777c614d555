"""Rules of the words that people used, and queries that people asked: CLINC150 (Larson et al., 2019).

Rules take their words from queries of the train split as people say them, stop words and all; each has a word
that is not common. Rules for one intent have one target.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.projects import Kind, Made

SHAPES: Final = {
    "amount": r"\$\s?(?P<amount>\d[\d,]*)|(?P<dollars>\d[\d,]*) dollars",
    "clock": r"\b(?P<clock>\d{1,2}(:\d\d)?\s?(am|pm))\b",
    "ordinal": r"\b(?P<ordinal>\d{1,2}(st|nd|rd|th))\b",
    "number": r"\b(?P<number>\d+)\b",
}
VOCABULARY: Final = "[shapes]\n" + "".join(f"{name} = '{shape}'\n" for name, shape in SHAPES.items())
COMMON: Final = 50
"""A word is common that stands in more than one query of so many."""
TRIES: Final = 100
"""For each rule, on average; then the queries have too few words for so many rules."""
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?")
_SHARES: Final[tuple[tuple[Kind, float], ...]] = (("words", 0.6), ("shape", 0.85), ("sentence", 1.0))

Said = tuple[str, str]
"""A query, and its intent."""


@dataclass(frozen=True, slots=True)
class Data:
    """Queries of the splits; test and validation have those out of scope as well."""

    train: list[Said]
    validation: list[str]
    test: list[str]


def read(path: Path) -> Data:
    """Read `data_full.json.gz`."""
    found: dict[str, list[list[str]]] = json.loads(gzip.decompress(path.read_bytes()))
    return Data(
        train=[(text, intent) for text, intent in found["train"]],
        validation=_texts(found["val"] + found["oos_val"]),
        test=_texts(found["test"] + found["oos_test"]),
    )


def made_rules(said: Sequence[Said], count: int) -> list[Made]:
    """Return so many rules, no two alike; the same for the same number.

    Raises ValueError where the queries have too few words.
    """
    drawn = random.Random(count)
    counted = Counter(word for text, _ in said for word in set(_WORD.findall(text)))
    common = {word for word, times in counted.items() if times * COMMON > len(said)}
    numbered = [each for each in said if any(map(str.isdigit, each[0]))] or said
    made: dict[str, Made] = {}
    for _ in range(TRIES * count):
        if len(made) == count:
            return list(made.values())
        share = drawn.random()
        kind = next(kind for kind, below in _SHARES if share < below)
        text, intent = drawn.choice(numbered if kind == "shape" else said)
        words = list(dict.fromkeys(_WORD.findall(text)))
        if len(words) >= 4:
            asks, asked = _condition(kind, text, words, drawn)
            if asks not in made and not common.issuperset(asked):
                made[asks] = _rule(len(made), asks, Made("", "", (text,), kind, asked), intent)
    raise ValueError(f"{len(said):,} queries do not make {count:,} rules of different words")


def _condition(kind: Kind, text: str, words: list[str], drawn: random.Random) -> tuple[str, tuple[str, ...]]:
    """Return the condition as written, and its words."""
    if kind == "sentence":
        sentence = tuple(_sentence(text, drawn))
        return f'say = "{" ".join(sentence)}"', tuple(each for each in sentence if _WORD.fullmatch(each))
    asked = tuple(sorted(drawn.sample(words, drawn.randint(2, 4))))
    entries = ", ".join(f'"{word}"' for word in asked)
    if kind == "words":
        return f"when = {{ all = [{entries}] }}", asked
    fitting = [name for name, shape in SHAPES.items() if re.search(shape, text)]
    return f'when = {{ all = [{entries}], looks = "{drawn.choice(fitting or list(SHAPES))}" }}', asked


def _sentence(text: str, drawn: random.Random) -> Iterator[str]:
    """Yield a query's words, one of them as a slot; the end of a long one is anything."""
    words = _WORD.findall(text)
    slot = drawn.randrange(min(len(words), 6))
    for place, word in enumerate(words[:6]):
        yield "{it:word}" if place == slot else f"[{word}]" if word == "please" else word
    if len(words) > 6:
        yield "[{rest}]"


def _rule(number: int, asks: str, made: Made, intent: str) -> Made:
    name = f"rule-{number:05}"
    table = (
        f'[{name}]\nowner = "@team-{number % 40}"\nwhy = "Drawn from what people ask."\n{asks}\n'
        f'use = "mcp:work/{intent}"\nargs = {{ text = "{{{{ text }}}}" }}\n'
        f"yes = [{json.dumps(made.queries[0])}]\n"
    )
    return Made(name, table, made.queries, made.kind, made.words)


def _texts(rows: Sequence[Sequence[str]]) -> list[str]:
    return [row[0] for row in rows]
