"""Keeps what was measured as JSON, part by part, so that page and plot can be drawn again."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from math import floor, log10
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
RESULTS: Final = ROOT / "benchmarks" / "results.json"
DIGITS: Final = 3
"""Significant digits that are kept; more would be noise in a diff."""

Value = str | float | None
Row = dict[str, Value]
"""One line of a table; None stands where something was not measured."""


def machine() -> Row:
    """Return what bears on every figure and says nothing about whose machine it is."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the benchmarks measured."""

    rows: list[Row]
    skipped: list[str] = field(default_factory=list)
    """What was left out and why, as the page says it."""
    machine: Row = field(default_factory=machine)

    def find(self, **keys: Value) -> Row | None:
        """Return the first row that has these values."""
        return next((row for row in self.rows if row.items() >= keys.items()), None)

    def number(self, name: str, **keys: Value) -> float | None:
        """Return one figure of the first row that has these values; None where there is none."""
        return as_number((self.find(**keys) or {}).get(name))

    def values(self, name: str) -> list[Value]:
        """Return the different values under a name, as they come."""
        return list(dict.fromkeys(row[name] for row in self.rows if name in row))


Results = dict[str, Part]
"""Parts by name."""


def read(path: Path = RESULTS) -> Results:
    """Return what a file keeps; nothing where there is no file."""
    if not path.exists():
        return {}
    kept = json.loads(path.read_text(encoding="utf-8"))
    return {name: Part(**part) for name, part in kept.items()}


def write(results: Results, path: Path = RESULTS) -> None:
    """Write the file, a line for each row."""
    parts = (f"{json.dumps(name)}: {_part(results[name])}" for name in sorted(results))
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def as_number(value: Value) -> float | None:
    """Return a value that is a number; None for any other."""
    return value if isinstance(value, int | float) else None


def _part(part: Part) -> str:
    rows = ",\n".join(f"    {json.dumps(_rounded(row), ensure_ascii=False)}" for row in part.rows)
    return (
        f'{{\n  "machine": {json.dumps(part.machine)},\n'
        f'  "skipped": {json.dumps(part.skipped, ensure_ascii=False)},\n'
        f'  "rows": [\n{rows}\n  ]\n}}'
    )


def _rounded(row: Row) -> Row:
    return {name: _short(value) if isinstance(value, float) else value for name, value in row.items()}


def _short(value: float) -> float:
    if value == 0:
        return 0.0
    places = DIGITS - 1 - floor(log10(abs(value)))
    return round(value, places)
