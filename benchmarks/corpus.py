"""What decisions are measured with: rules, queries that are asked again and again, and queries asked once."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import clinc150
from benchmarks.projects import FILLERS, SYLLABLES, VOCABULARY, Made, made_rules, write_rules

ASKED: Final = 300
"""Queries that are asked again and again."""
FRESH: Final = 3_000
"""Queries that are asked once, at most."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Rules of one size, and queries."""

    name: str
    rules: Sequence[Made]
    vocabulary: str
    asked: list[str]
    fresh: list[str]
    """None of them is among those asked again and again."""

    def write(self, directory: Path) -> Path:
        """Write the rules as a project, and return its directory."""
        write_rules(directory, self.rules, self.vocabulary)
        return directory

    def words(self) -> dict[str, list[int]]:
        """Return the numbers of the rules that ask for each word."""
        found: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            for word in rule.words:
                found.setdefault(word, []).append(number)
        return found


def made_up(rules: int) -> Corpus:
    """Return rules of made-up words, and queries of which each is taken by some rule."""
    made = made_rules(rules)
    drawn = random.Random(rules)
    asked = [_asked(made, drawn) for _ in range(ASKED)]
    fresh = [f"{_asked(made, drawn)} {_unheard(number)}" for number in range(FRESH)]
    return Corpus("made up", made, VOCABULARY, asked, fresh)


def public(path: Path) -> Callable[[int], Corpus]:
    """Return what makes a corpus of CLINC150: rules of the words of one half, queries of the other."""
    data = clinc150.read(path)

    def sized(rules: int) -> Corpus:
        made = clinc150.made_rules(data.train, rules)
        asked = random.Random(rules).sample(data.test, min(ASKED, len(data.test)))
        return Corpus("CLINC150", made, clinc150.VOCABULARY, asked, data.validation[:FRESH])

    return sized


def _asked(made: Sequence[Made], drawn: random.Random) -> str:
    rule = drawn.choice(made)
    query = drawn.choice(rule.queries)
    return query if rule.kind == "sentence" else f"{drawn.choice(FILLERS)} {query}"


def _unheard(number: int) -> str:
    """Return a word that no rule and no other query has."""
    out = "x"
    while number:
        number, syllable = divmod(number, len(SYLLABLES))
        out += SYLLABLES[syllable]
    return out
