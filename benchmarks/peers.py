"""Measures one decision of other engines over the same rules and queries, beside ours."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import router
from benchmarks.clock import Block, Times, calls, in_turns
from benchmarks.corpus import made_up
from benchmarks.engines import ENGINES, Answer, Ask, Engine
from benchmarks.given import Given
from benchmarks.projects import FILLERS, Made
from benchmarks.results import Part, Row

SIZES: Final = (100, 1_000, 10_000)
ROUNDS: Final = 5
ASKED: Final = 40
TAKEN: Final = 32
"""Queries among them that a rule takes."""
OURS: Final = "ts"

Case = tuple[str, Answer]
"""A query, and the rule that takes it."""


@dataclass(frozen=True, slots=True)
class Built:
    """An engine with its rules."""

    name: str
    version: str
    ask: Ask
    build_seconds: float

    def row(self, rules: int, cases: Sequence[Case], times: dict[str, Times]) -> Row:
        """Return its line of the table; the answers are counted outside of the timing."""
        mine = times[self.name]
        return {
            "peer": self.name,
            "version": self.version,
            "rules": rules,
            "p50_us": 1e6 * mine.median(),
            "times_ours": mine.over(times[OURS]),
            "right": sum(self.ask(text) == answer for text, answer in cases),
            "asked": len(cases),
            "build_s": self.build_seconds,
        }


def measure(given: Given) -> Part:
    """Time ours and every engine that is installed, at each size."""
    rows: list[Row] = []
    skipped: list[str] = []
    for size in given.sizes_or(SIZES):
        rules = made_up(size).rules
        skipped += filter(None, (reason(engine, size) for engine in ENGINES))
        built = [_ours(given, size), *(_built(each, rules) for each in ENGINES if not reason(each, size))]
        cases = list(_cases(rules))
        times = in_turns({each.name: _block(each, cases) for each in built}, ROUNDS)
        rows += [each.row(size, cases, times) for each in built]
    return Part(rows, list(dict.fromkeys(skipped)))


def _ours(given: Given, size: int) -> Built:
    directory = made_up(size).write(given.directory / str(size))
    start = time.perf_counter()
    book = router.load(directory)
    seconds = time.perf_counter() - start

    def ask(text: str) -> Answer:
        rule = book.decide(text).rule
        return rule and rule.partition(".")[2]

    return Built(OURS, router.__version__, ask, seconds)


def _built(engine: Engine, rules: Sequence[Made]) -> Built:
    start = time.perf_counter()
    ask = engine.build(rules)
    seconds = time.perf_counter() - start
    return Built(engine.name, version(engine.package) if engine.package else "", ask, seconds)


def reason(engine: Engine, size: int) -> str:
    """Return why an engine is left out, or the empty string."""
    try:
        _ = version(engine.package) if engine.package else ""
    except PackageNotFoundError:
        return f"{engine.name}: `{engine.package}` is not installed; the group `bench` has it"
    if size > engine.largest:
        return f"{engine.name} at {size:,} rules: more than a minute, or more than a few GB"
    return ""


def _block(built: Built, cases: Sequence[Case]) -> Block:
    return lambda _: calls(built.ask, [text for text, _ in cases])


def _cases(rules: Sequence[Made]) -> Iterator[Case]:
    """Yield queries with the one right answer; `policy` stands in the `none` of every rule for words."""
    drawn = random.Random(len(rules))
    for _ in range(TAKEN):
        rule = drawn.choice(rules)
        yield drawn.choice(rule.queries), rule.name
    words = [rule for rule in rules if rule.kind == "words"]
    for number in range(ASKED - TAKEN):
        query = drawn.choice(words).queries[0]
        yield (f"{query} policy" if number % 2 else f"{drawn.choice(FILLERS)} nobody asked {number}"), None
