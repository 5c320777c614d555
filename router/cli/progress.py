"""Shows on standard error how far a long run is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from router.cli import show
from router.rulebook.many import MANY, Tell, nobody

QUARTERS: Final = 4


@contextmanager
def progress(total: int, doing: str) -> Iterator[Tell]:
    """Yield what is to be told how many more are done; nothing is shown of a run that is soon over."""
    if total < MANY or sys.stderr is None:
        yield nobody
    elif sys.stderr.isatty():
        with typer.progressbar(length=total, label=doing, file=sys.stderr) as bar:
            yield bar.update
    else:
        yield _Lines(total, doing).tell


class _Lines:
    """Writes a line for each quarter."""

    def __init__(self, total: int, doing: str) -> None:
        self.total = total
        self.doing = doing
        self.done = 0

    def tell(self, more: int) -> None:
        """Take notice of what is done."""
        before = self.done * QUARTERS // self.total
        self.done += more
        if self.done * QUARTERS // self.total > before:
            show.note(f"{self.doing}: {self.done:,} of {self.total:,}")
