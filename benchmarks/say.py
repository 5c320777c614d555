"""Says figures as people read them; it measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

UNKNOWN: Final = "\N{EN DASH}"
"""Stands for what was not measured."""


def number(value: float | None) -> str:
    """Return two digits that count, or whole numbers from 100 on: `2.1`, `0.83`, `1,234`."""
    if value is None:
        return UNKNOWN
    if value == 0 or abs(value) >= 9.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"


def microseconds(value: float | None) -> str:
    """Return a time in the unit that fits."""
    if value is None:
        return UNKNOWN
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if value >= size:
            return f"{number(value / size)} {unit}"
    return f"{number(value)} µs"


def milliseconds(value: float | None) -> str:
    """Return a time in the unit that fits."""
    return microseconds(None if value is None else 1e3 * value)


def size(value: float | None) -> str:
    """Return a number of bytes in the unit that fits; 0 is nothing."""
    if value is None:
        return UNKNOWN
    for unit, each in (("MB", 1e6), ("kB", 1e3)):
        if value >= each:
            return f"{number(value / each)} {unit}"
    return f"{number(value)} B" if value else "nothing"


def ratio(one: float | None, other: float | None) -> float | None:
    """Return how many times more one is than the other; None where one of them was not measured."""
    return one / other if one is not None and other else None


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown, its first column to the left and the others to the right."""
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
