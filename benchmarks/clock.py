"""Takes times of things in turns, so that a machine that is busy is busy for all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Call = Callable[[str], object]
Block = Callable[[int], list[float]]
"""Is given the number of a round, and returns the seconds of its calls."""
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of one thing: for each round, those of its calls in order."""

    rounds: list[list[float]] = field(default_factory=list)

    def median(self) -> float:
        """Return the median over all calls."""
        return statistics.median(seconds for each in self.rounds for seconds in each)

    def quantile(self, share: float) -> float:
        """Return what so many of the queries stay below, each by its own median over the rounds.

        Where every round asks the same queries this tells of slow queries, not of a machine that was busy.
        """
        by_query: Iterable[tuple[float, ...]] = zip(*self.rounds, strict=True)
        queries = sorted(map(statistics.median, by_query))
        return queries[min(int(share * len(queries)), len(queries) - 1)]

    def all_quantile(self, share: float) -> float:
        """Return what so many of the calls stay below; for queries of which each is asked once."""
        calls = sorted(seconds for each in self.rounds for seconds in each)
        return calls[min(int(share * len(calls)), len(calls) - 1)]

    def over(self, other: Times) -> float:
        """Return how many times slower it is than another, as the median of what each round says."""
        pairs = zip(self.rounds, other.rounds, strict=True)
        return statistics.median(statistics.median(one) / statistics.median(two) for one, two in pairs)


def calls(call: Call, queries: Sequence[str]) -> list[float]:
    """Return the seconds of each call."""
    clock = time.perf_counter
    out: list[float] = []
    for query in queries:
        start = clock()
        call(query)
        out.append(clock() - start)
    return out


def in_turns(blocks: Mapping[Name, Block], rounds: int) -> dict[Name, Times]:
    """Run each block once a round; the first round, number 0, warms up and is forgotten."""
    taken = {name: Times() for name in blocks}
    for number in range(rounds + 1):
        for name, block in blocks.items():
            seconds = block(number)
            if number:
                taken[name].rounds.append(seconds)
    return taken
