"""The tasks of agents that wait for an answer, as one project's ledger knows them."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from router.core.outcome import State
from router.core.plan import JSON, Target
from router.errors import QueryRefused
from router.ledger.database import Database
from router.ledger.record import Record, of_row, task_id
from router.ledger.store import UNWRITTEN, now

WAITING: Final = "waiting"
LONGEST_QUESTION: Final = 500
"""Characters of what an agent asks that are kept."""
MOST_NAMES: Final = 5
_KEEP: Final = (
    "INSERT INTO tasks (project, target, handle, number, time, state, question) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (project, target, handle) DO UPDATE"
    " SET time = excluded.time, state = excluded.state, question = excluded.question"
)
_END: Final = "UPDATE tasks SET time = ?, state = ? WHERE project = ? AND target = ? AND handle = ?"
_ALL: Final = "SELECT * FROM tasks WHERE project = ? ORDER BY time, handle"
_ASKED: Final = "SELECT * FROM asked WHERE number = ?"


@dataclass(frozen=True, slots=True)
class Task:
    """A task of an agent, as last heard of."""

    target: Target
    handle: str
    """As `Result.task` gives it: context id and task id, percent-encoded, with a slash between them."""
    time: str
    state: str
    """`waiting`, or how it ended: `done`, `failed`, `canceled`; `answered` where another took its place."""
    question: str
    """What the agent asked last."""
    number: int
    """Of the question in the ledger that began it; 0 where that could not be written."""

    @property
    def id(self) -> str:
        """The task's id as the agent gave it."""
        return task_id(self.handle)

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "id": self.id,
            "target": str(self.target),
            "handle": self.handle,
            "time": self.time,
            "state": self.state,
            "question": self.question,
        }


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks of one project."""

    home: Path
    """`~/.ts`."""
    project: Path

    def keep(self, number: int, target: Target, handle: str, question: str) -> None:
        """Keep a task that waits; where that fails, who reads the outcome alone has its handle."""
        values = (str(self.project), str(target), handle, number, now(), WAITING, question[:LONGEST_QUESTION])
        with suppress(*UNWRITTEN), self._database.writing() as connection:
            connection.execute(_KEEP, values)

    def end(self, target: Target, handle: str, state: State | str) -> None:
        """Note how a task ended; where that fails it is listed a while longer."""
        with suppress(*UNWRITTEN), self._database.writing() as connection:
            connection.execute(_END, (now(), state, str(self.project), str(target), handle))

    def waiting(self) -> tuple[Task, ...]:
        """Return the tasks that wait, the oldest first. Raises OSError where the ledger cannot be read."""
        return tuple(each for each in self._all() if each.state == WAITING)

    def find(self, beginning: str) -> Task:
        """Return the task that waits and whose id or handle is this, or begins so.

        The agent's target and a space may stand before it, where several agents know one id.
        Raises QueryRefused where there is none, or more than one, and OSError where the ledger is unreadable.
        """
        target, _, start = beginning.rpartition(" ")
        known = [each for each in self._all() if start and target in ("", str(each.target))]
        found = [each for each in known if start in (each.id[: len(start)], each.handle[: len(start)])]
        waiting = [each for each in found if each.state == WAITING]
        waiting = [each for each in waiting if start in (each.id, each.handle)] or waiting
        if len(waiting) == 1:
            return waiting[0]
        if waiting:
            names = ", ".join(f'"{each.target} {each.id}"' for each in waiting[:MOST_NAMES])
            raise QueryRefused(f'"{beginning}" begins {len(waiting)} tasks that wait: {names}')
        if found:
            raise QueryRefused(f"the task {found[-1].id} of {found[-1].target} has ended: {found[-1].state}")
        raise QueryRefused(
            f'no task that began here is called "{beginning}"; ts task list shows those that wait'
        )

    def asked(self, task: Task) -> Record | None:
        """Return the question that began a task, or None where the ledger has it no more."""
        rows = self._rows(_ASKED, task.number)
        return of_row(rows[0]) if rows else None

    @property
    def _database(self) -> Database:
        return Database(self.home)

    def _all(self) -> tuple[Task, ...]:
        return tuple(map(_task, self._rows(_ALL, str(self.project))))

    def _rows(self, statement: str, *values: JSON) -> list[sqlite3.Row]:
        with self._database.reading() as connection:
            if connection is None:
                return []
            connection.row_factory = sqlite3.Row
            return list(connection.execute(statement, values))


def _task(row: sqlite3.Row) -> Task:
    target = Target.parse(row["target"])
    return Task(target, row["handle"], row["time"], row["state"], row["question"], row["number"])
