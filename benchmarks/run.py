"""Measures and writes down: results, a page and a plot.

    python -m benchmarks.run [PARTS…] [--sizes N,N…] [--clinc150 FILE] [--livemcpbench DIR] [--json-to FILE]
    python -m benchmarks.run --draw

PARTS are decisions, peers, compile, processes, adversarial, planning, calls; by default all. What was
measured replaces those parts of benchmarks/results.json; docs/benchmarks.md and .svg are drawn from that.
`--sizes` are numbers of rules; for adversarial the largest is the most of anything.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks import (
    adversarial,
    calls,
    compiling,
    decisions,
    page,
    peers,
    planning,
    plot,
    processes,
    results,
)
from benchmarks.given import Given
from benchmarks.results import Part

PARTS: Final[dict[str, Callable[[Given], Part]]] = {
    "decisions": decisions.measure,
    "peers": peers.measure,
    "compile": compiling.measure,
    "processes": processes.measure,
    "adversarial": adversarial.measure,
    "planning": planning.measure,
    "calls": calls.measure,
}


def main() -> None:
    """Measure the parts that were asked for, and write them down."""
    asked = _arguments()
    found = {} if asked.json_to else results.read()
    for name in asked.parts:
        print(f"{name} …", flush=True)
        with _given(asked) as given:
            found[name] = PARTS[name](given)
        for line in found[name].skipped:
            print(f"  skipped: {line}", flush=True)
        # after each part, so that what took long is not lost
        results.write(found, asked.json_to or results.RESULTS)
    if not asked.json_to:
        kept = results.read()
        page.write(kept)
        print(plot.write(kept))


def _arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="benchmarks/run", description="Measure, and write page and plot.")
    reader.add_argument("parts", nargs="*", type=_part, help=f"{', '.join(PARTS)}; all by default")
    reader.add_argument("--draw", action="store_true", help="measure nothing; draw page and plot again")
    reader.add_argument("--sizes", type=_sizes, default=(), help="numbers of rules, with commas between")
    reader.add_argument(
        "--clinc150", type=_file, default=os.environ.get("TS_CLINC150") or None, help="data_full.json.gz"
    )
    reader.add_argument(
        "--livemcpbench", type=Path, default=os.environ.get("TS_LIVEMCPBENCH") or None, help="its folder"
    )
    reader.add_argument("--json-to", type=Path, help="write results here, and neither page nor plot")
    asked = reader.parse_args()
    if asked.draw and (asked.parts or asked.json_to):
        reader.error("--draw measures nothing, so it takes no parts and no --json-to")
    if not asked.draw and not asked.parts:
        asked.parts = list(PARTS)
    return asked


def _part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(PARTS)}")
    return name


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def _file(name: str) -> Path:
    if not Path(name).is_file():
        raise argparse.ArgumentTypeError(f"{name}: no such file")
    return Path(name)


@contextmanager
def _given(asked: argparse.Namespace) -> Iterator[Given]:
    """Give a part an empty directory, and keep settings and state of a person's own out of it."""
    for name in [each for each in os.environ if each.startswith("TS_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as above:
        os.environ["TS_HOME"] = str(Path(above) / "state")
        yield Given(Path(above), asked.sizes, asked.clinc150, asked.livemcpbench)


if __name__ == "__main__":
    main()
