"""Measures reading rules into a rulebook against parsing their TOML alone, and opening it again."""

from __future__ import annotations

import gc
import json
import os
import statistics
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

import router
from benchmarks.child import module, settle
from benchmarks.clock import Block, in_turns
from benchmarks.corpus import made_up
from benchmarks.given import Given
from benchmarks.results import Part, Row
from router.config import load_project
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory

SIZES: Final = (100, 1_000, 10_000, 100_000)
ROUNDS: Final = 5
LARGE: Final = 10_000
"""From so many rules on there is one round, after the one that warms up."""
OPENED: Final = 5
"""Processes that open what is compiled already."""
CHANGED: Final = 3
"""Processes that open it after a change to one file."""


def measure(given: Given) -> Part:
    """Measure each size by itself."""
    rows: list[Row] = []
    for size in given.sizes_or(SIZES):
        project = made_up(size).write(given.directory / f"{size}-rules")
        settle()
        rows += [_compiled(project, size), *_opened(project, size, given.directory / f"{size}-home")]
    return Part(rows)


def _compiled(project: Path, size: int) -> Row:
    """Time the way from files to a rulebook beside `tomllib.loads` of the same files, in CPU time."""
    settings = load_project(project).settings
    texts = [path.read_text(encoding="utf-8") for path in sorted((project / "rules").rglob("*.toml"))]
    times = in_turns(
        {
            "parse": _cpu(lambda: [tomllib.loads(text) for text in texts]),
            "compile": _cpu(lambda: read_rulebook(Directory(project), settings)),
            "keep": _cpu(lambda: _load_with_nothing_kept(project)),
        },
        ROUNDS if size < LARGE else 1,
    )
    return {
        "row": "compile",
        "rules": size,
        "parse_ms": 1e3 * times["parse"].median(),
        "compile_times": times["compile"].over(times["parse"]),
        "keep_times": times["keep"].over(times["parse"]),
        "source_bytes": sum(len(text.encode()) for text in texts),
    }


def _load_with_nothing_kept(project: Path) -> object:
    with TemporaryDirectory() as home, patch.dict(os.environ, TS_HOME=home):
        return router.load(project)


def _cpu(work: Callable[[], object]) -> Block:
    def once(_: int) -> list[float]:
        gc.collect()
        start = time.process_time()
        kept = work()
        seconds = time.process_time() - start
        del kept
        return [seconds]

    return once


def _opened(project: Path, size: int, home: Path) -> list[Row]:
    """Open it in fresh processes: with nothing kept, with what the first one kept, and after a change."""
    first = _load(project, home)
    kept = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    again = [_load(project, home) for _ in range(OPENED)]
    changed = []
    for number in range(CHANGED):
        with (project / "rules/team/topic0.toml").open("a", encoding="utf-8") as file:
            file.write(f"# changed {number}\n")
        changed.append(_load(project, home))
    rows = [_row("first", [first]), _row("again", again), _row("changed", changed)]
    return [{**row, "rules": size, "kept_bytes": kept} for row in rows]


def _load(project: Path, home: Path) -> dict[str, Any]:
    _, printed = module("load_once", str(project), home=home).run()
    loaded: dict[str, Any] = json.loads(printed)
    return loaded


def _row(step: str, loads: list[dict[str, Any]]) -> Row:
    grown = [each["bytes"] for each in loads if each["bytes"] is not None]
    return {
        "row": step,
        "load_ms": 1e3 * statistics.median(each["seconds"] for each in loads),
        "open_ms": 1e3 * statistics.median(each["open_seconds"] for each in loads),
        "memory_bytes": statistics.median(grown) if grown else None,
    }
