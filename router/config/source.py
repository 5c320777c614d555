"""Where settings come from, file by file and variable by variable; it checks no value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from router.core.findings import Path
from router.core.plan import JSON
from router.errors import Problem
from router.toml.positions import Positions

Tables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or one variable of the environment."""

    shown: str
    """As errors name it: `ts.toml`, a path, or `$TS_LANGUAGE`."""
    tables: Tables
    text: str
    """Of the file, or the variable's value as it is written."""
    variable: Path = ()
    """Keys that lead to what the variable sets; empty for a file."""

    def problem(self, problem: Problem) -> Problem:
        """Return the problem as one of this source, with line and column where it is a file."""
        moved = replace(problem, file=self.shown)
        return moved if self.variable else Positions(self.text).put(moved)

    def as_text(self) -> Source:
        """Return the variable with its value taken as text and not as TOML."""
        return replace(self, tables=nested(self.variable, self.text))


def holder(sources: Iterable[Source], path: Path) -> Source | None:
    """Return the source from which a value, or the nearest table around it, comes.

    A value comes from the last source that sets it. A table comes from a file before a variable.
    """
    for length in range(len(path), 0, -1):
        found = [each for each in sources if has(each.tables, path[:length])]
        if length < len(path) or any(_is_table(each.tables, path) for each in found):
            found.sort(key=lambda each: not each.variable)
        if found:
            return found[-1]
    return None


def merge(into: MutableMapping[str, Any], more: Tables) -> None:
    """Put tables into tables, key by key; any other value replaces what was there."""
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = _copied(value)


def nested(path: Path, value: JSON) -> dict[str, Any]:
    """Return tables in which only `path` is set."""
    return {str(path[0]): nested(path[1:], value) if len(path) > 1 else value}


def has(tables: Tables, path: Path) -> bool:
    """Whether a path is set; what lies inside a list or a value belongs to it."""
    here: Any = tables
    for step in path:
        if not isinstance(here, Mapping):
            return True
        if step not in here:
            return False
        here = here[step]
    return True


def _is_table(tables: Tables, path: Path) -> bool:
    here: Any = tables
    for step in path:
        here = here.get(step) if isinstance(here, Mapping) else None
    return isinstance(here, Mapping)


def _copied(value: JSON) -> JSON:
    return {key: _copied(each) for key, each in value.items()} if isinstance(value, dict) else value
