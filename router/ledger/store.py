"""The record of what was asked, decided and done, for one project; it judges nothing."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from heapq import merge
from pathlib import Path
from typing import Final

from router.core.canonical import canonical
from router.core.decision import Decision
from router.core.outcome import Outcome, StepOutcome
from router.core.plan import JSON
from router.core.query import Query
from router.errors import QueryRefused, RouterError
from router.ledger.database import Database, LedgerUnreadable
from router.ledger.record import Record, lines, of_row
from router.ports import Planned

NANO: Final = 1_000_000_000
"""Costs are kept as whole billionths of a US dollar, so that sums are exact."""
UNWRITTEN: Final = (LedgerUnreadable, ValueError, TypeError, OverflowError, RecursionError)
"""What keeps a record from being written; the answer is worth more."""
_MOST_IDS: Final = 5
_INSERT: Final = (
    "INSERT INTO asked (time, project, cwd, repository, query, decision_id, kind, decision, task)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PLANNED: Final = (
    "UPDATE asked SET source = ?, plan = ?, model = ?, shown = ?, known = ?, usage = ?, cost_nano = ?,"
    " warnings = ?, failures = ? WHERE number = ?"
)
_NOTHING: Final = ("", None, "", 0, 0, None, 0, None)
_ENDED: Final = "UPDATE asked SET state = ?, ended = ?, steps = ? WHERE number = ?"
_SINCE: Final = "SELECT * FROM asked WHERE project = ? AND time >= ? ORDER BY time, number"
_FOUND: Final = (
    "SELECT * FROM asked WHERE project = ? AND task = '' AND substr(decision_id, 1, ?) = ?"
    " ORDER BY time, number"
)
_LAST: Final = "SELECT * FROM asked WHERE project = ? AND task = '' ORDER BY time DESC, number DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The record of one person, for one project; a `router.ports.Ledger`."""

    home: Path
    """`~/.ts`."""
    project: Path

    def record(self, query: Query, decision: Decision, task: str = "") -> int:
        """Keep a question and its decision, and return its number; 0 where that fails.

        `task` is the handle of the agent's task that the text answers; the decision is then of the question
        that began the task.
        """
        with suppress(*UNWRITTEN):
            asked, decided = canonical(query.to_dict()), canonical(decision.to_dict())
            place = (str(self.project), query.cwd, query.repository)
            values = (now(), *place, asked, decision.id, decision.kind, decided, task)
            with self._database.writing() as connection:
                return connection.execute(_INSERT, values).lastrowid or 0
        return 0

    def planned(self, number: int, planned: Planned | None, failures: tuple[RouterError, ...]) -> None:
        """Keep what fallbacks made of a question; where that fails it is answered all the same."""
        with suppress(*UNWRITTEN):
            made = _planned(planned) if planned is not None else _NOTHING
            self._update(number, _PLANNED, *made, canonical([each.to_dict() for each in failures]))

    def ended(self, number: int, outcome: Outcome) -> None:
        """Keep what came of a question; where that fails it is answered all the same."""
        with suppress(*UNWRITTEN):
            steps = canonical([_step(each) for each in outcome.steps])
            self._update(number, _ENDED, outcome.state, now(), steps)

    def since(self, start: dt.datetime) -> Iterator[Record]:
        """Yield the project's records from a moment on, the oldest first.

        What older versions wrote is among them. Raises OSError where a file cannot be read.
        """
        first = start.astimezone(dt.UTC)
        rows = self._rows(_SINCE, str(self.project), first.isoformat(timespec="milliseconds"))
        older = sorted(
            (each for each in self._lines(f"{first:%Y-%m}") if each.time >= start),
            key=lambda each: each.time,
        )
        return merge(older, (each for each in rows if each.time >= start), key=lambda each: each.time)

    def find(self, prefix: str) -> Record | None:
        """Return the newest question whose decision id begins so, with or without its `d:`, or None.

        Raises QueryRefused where several decisions do, and OSError where a file cannot be read.
        """
        wanted = prefix if prefix.startswith("d:") else f"d:{prefix}"
        found = [each for each in self._lines() if each.id.startswith(wanted)]
        found += self._rows(_FOUND, str(self.project), len(wanted), wanted)
        if len(ids := sorted({each.id for each in found})) > 1:
            told = ", ".join(ids[:_MOST_IDS]) + (", …" if len(ids) > _MOST_IDS else "")
            raise QueryRefused(f'"{prefix}" begins {len(ids)} decisions: {told}')
        return _newest(found)

    def last(self) -> Record | None:
        """Return the newest question, or None. Raises OSError where a file cannot be read."""
        return _newest([*self._lines(), *self._rows(_LAST, str(self.project))])

    @property
    def _database(self) -> Database:
        return Database(self.home)

    def _update(self, number: int, statement: str, *values: JSON) -> None:
        if number:
            with self._database.writing() as connection:
                connection.execute(statement, (*values, number))

    def _rows(self, statement: str, *values: JSON) -> list[Record]:
        with self._database.reading() as connection:
            if connection is None:
                return []
            connection.row_factory = sqlite3.Row
            return [of_row(each) for each in connection.execute(statement, values)]

    def _lines(self, month: str = "") -> Iterator[Record]:
        """Yield what older versions wrote of the project from a month on."""
        found = lines(self._database.folder, month)
        return (each for each in found if each.project == str(self.project))


def now() -> str:
    """Return the moment as it is written: UTC, to the millisecond, so that times sort as texts."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


def _planned(planned: Planned) -> tuple[JSON, ...]:
    """Return the values of `_PLANNED` up to the failures."""
    plan, usage = planned.plan, planned.usage
    told = (canonical(plan.to_dict()), planned.model, planned.shown, planned.known, canonical(asdict(usage)))
    return (plan.source, *told, round(usage.cost_usd * NANO), canonical(list(planned.warnings)))


def _newest(records: list[Record]) -> Record | None:
    """Return the newest record; of those of one moment, the one that comes last."""
    return max(enumerate(records), key=lambda each: (each[1].time, each[0]), default=(0, None))[1]


def _step(step: StepOutcome) -> dict[str, JSON]:
    """Return what is kept of a step: not what came back, which may be large and is nobody else's."""
    return {
        "id": step.id,
        "state": step.state,
        "seconds": round(step.seconds, 3),
        "attempts": step.attempts,
        "error": dict(step.error) if step.error else None,
    }
