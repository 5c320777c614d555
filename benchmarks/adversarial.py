"""Measures the worst decisions of hostile rules and texts, against a bound that grows with their size."""

from __future__ import annotations

import json
import subprocess
from typing import Final

from benchmarks.child import module
from benchmarks.given import Given
from benchmarks.hostile import CASES
from benchmarks.results import Part, Row

SHARE: Final = 10
"""Each case is measured at its size and at a tenth; ten times the latter is the bound."""
LIMIT_SECONDS: Final = 120.0
"""A case is stopped after so long, reading its rules included."""


def measure(given: Given) -> Part:
    """Run each case at both sizes, each in a process of its own."""
    return Part([_row(given, name) for name in CASES])


def _row(given: Given, name: str) -> Row:
    case = CASES[name]
    size = min(case.size, max(given.sizes, default=case.size))
    small, whole = (_worst_ms(given, name, each) for each in (max(size // SHARE, 1), size))
    bound = SHARE * small["first"] if small else None
    return {
        "case": case.what,
        "unit": case.unit,
        "size": size,
        "first_ms": whole.get("first"),
        "again_ms": whole.get("again"),
        "bound_ms": bound,
        "of_bound": whole["first"] / bound if whole and bound else None,
    }


def _worst_ms(given: Given, name: str, size: int) -> dict[str, float]:
    """Return how long the worst query takes at first and again; nothing where it takes too long."""
    directory = given.directory / f"{name}-{size}"
    command = module("decide_once", name, str(size), str(directory), home=given.directory / "home")
    try:
        _, printed = command.run(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return {}
    return {each: 1e3 * seconds for each, seconds in json.loads(printed).items()}
