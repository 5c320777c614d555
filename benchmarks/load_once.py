"""Loads a rulebook once in a fresh process, and prints seconds and memory as JSON; imports do not count.

python -m benchmarks.load_once DIRECTORY
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path

from router.compiled.opening import open_book, read_seen
from router.core.book import Rulebook
from router.loading import load


def main(directory: str) -> None:
    """Load, and print."""
    before = _resident_bytes()
    start = time.perf_counter()
    book = load(directory)
    seconds = time.perf_counter() - start
    gc.collect()
    after = _resident_bytes()
    grown = None if before is None or after is None else after - before
    told = {"seconds": seconds, "open_seconds": _opened(directory), "bytes": grown, "rules": len(book.rules)}
    print(json.dumps(told))


def _opened(directory: str) -> float:
    """Return how long it takes to open what is kept, where nobody asks whether it is of today."""
    home = os.environ["TS_HOME"]
    _, _, _, key = read_seen(home, str(Path(directory).absolute()))
    start = time.perf_counter()
    Rulebook(open_book(home, key))
    return time.perf_counter() - start


def _resident_bytes() -> int | None:
    """Return the memory that the process holds; None where the system has no `/proc`."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return None
    return int(status.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(sys.argv[1])
