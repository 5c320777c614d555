"""Measures `ts rules check`, `test`, `fmt --check`, `diff` and `ts snapshot check` as processes, by size.

    python -m benchmarks.rules [RULES…]     (by default 100, 1,000 and 10,000)

It is no test and has no threshold. Each figure is a median; the ratio is to `python -c pass` in the same run,
and the growth to the size before. Sizes and commands take turns: a busy machine is busy for all of them.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.projects import write_project

SIZES: Final = (100, 1_000, 10_000)
QUERIES: Final = 5_000
HOOK_QUERIES: Final = 300
"""Recorded queries of a repository as a hook meets it."""
RUNS: Final = 3
TS: Final = str(Path(sys.executable).parent / "ts")
COMMANDS: Final = {
    "rules check": ("rules", "check"),
    "rules test": ("rules", "test"),
    "rules fmt --check": ("rules", "fmt", "--check"),
    "rules diff HEAD": ("rules", "diff", "HEAD"),
    "snapshot check": ("snapshot", "check"),
}


def main(sizes: tuple[int, ...]) -> None:
    """Print the tables."""
    for queries in (HOOK_QUERIES, QUERIES):
        with tempfile.TemporaryDirectory() as above:
            projects = {size: _project(Path(above) / str(size), size, queries) for size in sizes}
            _print(sizes, queries, _measured(projects))


def _project(directory: Path, rules: int, queries: int) -> Path:
    write_project(directory, rules, queries)
    _run(directory, TS, "snapshot", "update")
    for arguments in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"),
    ):
        _run(directory, "git", *arguments)
    return directory


def _measured(projects: dict[int, Path]) -> dict[tuple[str, int], list[float]]:
    taken: dict[tuple[str, int], list[float]] = {}
    for _ in range(RUNS):
        for size, directory in projects.items():
            taken.setdefault(("", size), []).append(_run(directory, sys.executable, "-c", "pass"))
            for name, arguments in COMMANDS.items():
                taken.setdefault((name, size), []).append(_run(directory, TS, *arguments))
    return taken


def _run(directory: Path, *command: str) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr}")
    return seconds


def _print(sizes: tuple[int, ...], queries: int, taken: dict[tuple[str, int], list[float]]) -> None:
    print(f"\n{queries:,} recorded queries, medians of {RUNS} runs\n")
    print("| command |" + "".join(f" {size:,} rules |" for size in sizes))
    print("|---|" + "---|" * len(sizes))
    for name in COMMANDS:
        print(f"| `ts {name}` |" + "".join(f" {_cell(name, sizes, at, taken)} |" for at in range(len(sizes))))


def _cell(name: str, sizes: tuple[int, ...], at: int, taken: dict[tuple[str, int], list[float]]) -> str:
    median = statistics.median(taken[name, sizes[at]])
    bare = statistics.median(taken["", sizes[at]])
    grown = f", {median / statistics.median(taken[name, sizes[at - 1]]):.1f} times" if at else ""
    return f"{median:.2f} s ({median / bare:.0f} bare{grown})"


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
