"""What a part of the benchmarks is given: a directory of its own, and what the caller chose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus import Corpus, made_up, public


@dataclass(frozen=True, slots=True)
class Given:
    """Where a part writes, and how much it measures."""

    directory: Path
    """Empty, and deleted afterwards."""
    sizes: tuple[int, ...] = ()
    """Numbers of rules that the caller asked for; empty for those that a part chooses."""
    clinc150: Path | None = None
    livemcpbench: Path | None = None

    def sizes_or(self, usual: tuple[int, ...]) -> tuple[int, ...]:
        """Return the sizes that were asked for, or else the usual ones."""
        return self.sizes or usual

    def corpora(self) -> Iterator[Callable[[int], Corpus]]:
        """Yield what makes rules and queries of a size: made up ones, and public ones where there are any."""
        yield made_up
        if self.clinc150 is not None:
            yield public(self.clinc150)
