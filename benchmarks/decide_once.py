"""Decides the queries of one hostile case in a process of its own, and prints the worst times as JSON.

python -m benchmarks.decide_once CASE SIZE DIRECTORY
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import router
from benchmarks.hostile import CASES
from benchmarks.projects import write_rules

AGAIN: Final = 3
"""Each query is decided once, and then so often again; of the latter the quickest counts."""


def main(case: str, size: int, directory: Path) -> None:
    """Write the case's project, decide, and print."""
    hostile = CASES[case].make(size)
    write_rules(directory, hostile.rules(), hostile.vocabulary)
    book = router.load(directory)
    first = max(_seconds(book, query) for query in hostile.queries)
    again = max(min(_seconds(book, query) for _ in range(AGAIN)) for query in hostile.queries)
    print(json.dumps({"first": first, "again": again}))


def _seconds(book: router.Rulebook, query: str) -> float:
    start = time.perf_counter()
    with suppress(router.RouterError):  # where it is refused, how fast is what is asked
        book.decide(query)
    return time.perf_counter() - start


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
