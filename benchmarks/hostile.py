"""Rules and queries made to be slow, as somebody writes them who wants to stall a router."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeVar

from benchmarks.projects import Made, made_rules
from router.core.query import LONGEST_TEXT

T = TypeVar("T")
SHARED: Final = ("open", "blue", "ledger")
"""Words that every rule asks for."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """Rules, and the queries that are worst for them."""

    conditions: Sequence[str]
    """As written; each is a rule of its own, with a target of its own."""
    queries: Sequence[str]
    vocabulary: str = ""

    def rules(self) -> list[Made]:
        """Return them as rules."""
        return [_rule(number, condition) for number, condition in enumerate(self.conditions)]


@dataclass(frozen=True, slots=True)
class Case:
    """One way to be slow, which grows with its size."""

    what: str
    unit: str
    """What the size counts: `rules`, or `characters` of the query."""
    size: int
    make: Callable[[int], Hostile]


def repeated(size: int) -> Hostile:
    """Nest repetition in shapes; an engine that backtracks needs time that doubles with each letter."""
    shapes = {"one": "(a+)+$", "two": "(a|aa)+$", "three": "(a*)*b$", "four": r"(\w+\s?)+;$"}
    vocabulary = "[shapes]\n" + "".join(f"{name} = '{shape}'\n" for name, shape in shapes.items())
    queries = ("a" * (size - 1) + "!", _filled("aa ", size), _filled("ab", size))
    return Hostile([f'when = {{ looks = "{name}" }}' for name in shapes], queries, vocabulary)


def longest(size: int) -> Hostile:
    """Ask the longest texts there are: all words new, all the same, accents, no spaces, quotations, marks."""
    numbered = " ".join(f"w{number}" for number in range(size))[:size]
    repeats = ("open blue ", "é", "ab", "一丁", "'x\" ", "./ ", "a'b+", "ﬁ ß ")
    conditions = [f"when = {{ all = {_entries(rule.words)} }}" for rule in made_rules(1_000)]
    return Hostile(conditions, [numbered, *(_filled(each, size) for each in repeats)])


def everything(size: int) -> Hostile:
    """Say every word of every rule in one text, so that all of them match."""
    asked = [rule.words for rule in made_rules(size)]
    every = " ".join(sorted({word for words in asked for word in words}))
    return Hostile([f"when = {{ all = {_entries(words)} }}" for words in asked], [every])


def too_long(size: int) -> Hostile:
    """Ask what is refused for its length."""
    return Hostile(['when = { all = ["open"] }'], [_filled("open blue ", size), _filled("é", size)])


def shared(size: int) -> Hostile:
    """Let all rules ask for the same words and one of their own, so that all of them nearly match."""
    said = " ".join(SHARED)
    own = " ".join(f"own{number}" for number in range(0, size, max(size // 10, 1)))
    conditions = [f"when = {{ all = {_entries((*SHARED, f'own{number}'))} }}" for number in range(size)]
    return Hostile(conditions, [said, f"{said} own1", f"{said} {own}", "open blue own1"])


def excluding(size: int) -> Hostile:
    """Let rules differ only in `none`, so that all of them match."""
    words = _entries(SHARED)
    conditions = [f'when = {{ all = {words}, none = ["not{number}"] }}' for number in range(size)]
    said = " ".join(SHARED)
    return Hostile(conditions, [said, f"{said} not1"])


def without_literals(size: int) -> Hostile:
    """Give shapes nothing that a quick look could miss, so that each must be tried on every text."""
    heads = (r"\d", r"[a-f]", r"\w", r"[0-7]", r"[x-z]")
    drawn = _drawn(product(heads, heads, range(1, 20), range(20, 40)), size)
    shapes = [f"{one}{{{low}}}{two}{{{high}}}" for one, two, low, high in drawn]
    vocabulary = "[shapes]\n" + "".join(f"s{number} = '{shape}'\n" for number, shape in enumerate(shapes))
    conditions = [f'when = {{ looks = "s{number}" }}' for number in range(len(shapes))]
    return Hostile(conditions, ["open the blue ledger of 2026", "0" * 60, "ab1" * 60], vocabulary)


def only_slots(size: int) -> Hostile:
    """Write sentences without a single word."""
    drawn = _drawn(product(("word", "int", "number", "path", "date"), repeat=5), size)
    sentences = (" ".join(f"{{s{place}:{kind}}}" for place, kind in enumerate(types)) for types in drawn)
    conditions = [f'say = "{sentence}"' for sentence in sentences]
    return Hostile(conditions, ["1 2 3 4 5", "today 1 x 2 ./a", "open the blue ledger now"])


def deep(size: int) -> Hostile:
    """Write sentences in which one text can be read in very many ways."""
    optional = " ".join(["[x]"] * 9)
    nested = "[x [x [x [x [x [x [x [x]]]]]]]]"
    slots = " ".join(f"{{s{number}:word}} [x]" for number in range(8))
    paths = " ".join(f"{{s{number}:path}} [x]" for number in range(8))
    says = (f"{optional} {{rest}} x y", f"{nested} {{rest}} y", f"{slots} {{rest}} y", f"{paths} y")
    return Hostile([f'say = "{say}"' for say in says], [_filled("x ", size), _filled("x, x ", size)])


CASES: Final = {
    "repeated": Case(
        "shapes with nested repetition, on the longest text", "characters", LONGEST_TEXT, repeated
    ),
    "longest": Case("the longest texts, 1,000 rules", "characters", LONGEST_TEXT, longest),
    "everything": Case("a text with every word of every rule", "rules", 1_000, everything),
    "too-long": Case("a text that is too long and is refused", "characters", 1_000_000, too_long),
    "shared": Case("rules that share three words of four", "rules", 10_000, shared),
    "excluding": Case("rules that differ only in `none`", "rules", 10_000, excluding),
    "without-literals": Case("shapes without a literal", "rules", 1_000, without_literals),
    "only-slots": Case("sentences without a word", "rules", 1_000, only_slots),
    "deep": Case("sentences to be read in many ways, on the longest text", "characters", LONGEST_TEXT, deep),
}


def _drawn(every: Iterable[T], size: int) -> list[T]:
    """Return some of all, mixed alike at every size."""
    mixed = list(every)
    random.Random(7).shuffle(mixed)
    return mixed[:size]


def _entries(words: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def _filled(piece: str, size: int) -> str:
    return (piece * (size // len(piece) + 1))[: size - 1] + "."


def _rule(number: int, condition: str) -> Made:
    name = f"rule-{number:05}"
    return Made(name, f'[{name}]\n{condition}\nuse = "mcp:work/tool_{number}"\n', (), "words", ())
