"""`ts task`: the tasks of agents that wait for an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio
import typer

from router.cli import asking, show
from router.cli.table import columns
from router.config import load_project
from router.ledger.record import moment
from router.ledger.tasks import Task
from router.loading import loaded, tasks_of
from router.wiring import opened

LONGEST_QUESTION = 60
Id = Annotated[str, typer.Argument(metavar="ID", help="The task's id, or how it begins.")]


def list_tasks(as_json: asking.AsJson = False) -> int:
    """List the tasks that wait for an answer, as far as they began in this project; asks nobody."""
    project = load_project(Path.cwd())
    found = tasks_of(project).waiting()
    if as_json:
        show.document({"tasks": [each.to_dict() for each in found]})
        return 0
    for line in columns([_row(each) for each in found]):
        show.data(line)
    if not found:
        show.note("no task that began here waits for an answer")
    return 0


def cancel(beginning: Id) -> int:
    """Have the agent give up a task that waits."""
    project, book = loaded()
    task = tasks_of(project).find(beginning)

    async def canceled() -> None:
        async with opened(project, book) as router:
            await router.cancel(task.target, task.handle)

    anyio.run(canceled)
    show.note(f"canceled {show.plain(task.id)} of {task.target}")
    return 0


def _row(task: Task) -> tuple[str, ...]:
    time = moment(task.time).astimezone().isoformat(sep=" ", timespec="seconds")
    question = " ".join(task.question.split())
    cut = question if len(question) <= LONGEST_QUESTION else f"{question[: LONGEST_QUESTION - 1]}…"
    return (show.plain(task.id), time, str(task.target), show.plain(cut))
