"""The record of what was asked and decided: JSON lines, a file a month, appended to; it judges nothing."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from router.core.canonical import canonical
from router.core.decision import Decision
from router.core.plan import JSON
from router.core.query import Query

FOLDER: Final = "ledger"
"""Below the directory of state."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The record of one person, for one project."""

    home: Path
    """`~/.ts`."""
    project: Path

    def record(self, query: Query, decision: Decision) -> None:
        """Append a question and its decision; where that fails the question is answered all the same.

        Each record is one write of one line, so that processes can share the file.
        """
        now = dt.datetime.now(dt.UTC)
        told = {
            "time": now.isoformat(timespec="milliseconds"),
            "project": str(self.project),
            "query": query.to_dict(),
            "decision": decision.to_dict(),
        }
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"{now:%Y-%m}.jsonl"
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, f"{canonical(told)}\n".encode())
            finally:
                os.close(file)

    def since(self, start: dt.datetime) -> Iterator[Mapping[str, JSON]]:
        """Yield the project's records from a moment on, the oldest first, without lines that were cut off.

        Raises OSError where a file cannot be read.
        """
        first = f"{start.astimezone(dt.UTC):%Y-%m}.jsonl"
        files = sorted(self._folder.glob("*.jsonl")) if self._folder.is_dir() else []
        for path in files:
            if path.name >= first:
                for line in path.read_bytes().decode(errors="replace").split("\n"):
                    record = _read(line)
                    if record.get("project") == str(self.project) and _time(record) >= start:
                        yield record

    @property
    def _folder(self) -> Path:
        return self.home / FOLDER


def _read(line: str) -> Mapping[str, JSON]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _time(record: Mapping[str, JSON]) -> dt.datetime:
    try:
        time = dt.datetime.fromisoformat(str(record.get("time", "")))
        return time if time.tzinfo else time.replace(tzinfo=dt.UTC)
    except ValueError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)
