"""`ts task`: the tasks of agents, those that wait for an answer and those that an agent keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import anyio
import typer

from router.cli import asking, show
from router.cli.discover import chosen
from router.cli.table import columns
from router.config import load_project
from router.core.plan import JSON
from router.errors import CallError, QueryRefused
from router.ledger.record import moment, task_id
from router.loading import loaded, tasks_of
from router.ports import AgentTask
from router.wiring import opened

LONGEST_TEXT: Final = 60
Id = Annotated[str, typer.Argument(metavar="ID", help="The task's id, or how it begins.")]
Agents = Annotated[
    list[str] | None, typer.Argument(metavar="AGENT", help="Ask these agents for all that they keep.")
]


def list_tasks(agents: Agents = None, as_json: asking.AsJson = False) -> int:
    """List the tasks that wait for an answer and began in this project; with AGENT, what that keeps."""
    if agents:
        return _of_agents(agents, as_json=as_json)
    project = load_project(Path.cwd())
    found = [each.to_dict() for each in tasks_of(project).waiting()]
    _print(found, [], as_json=as_json)
    if not found and not as_json:
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


def _of_agents(names: list[str], *, as_json: bool) -> int:
    """Ask agents which tasks they keep. Raises QueryRefused for what is none."""
    project, book = loaded()
    peers = chosen(book.settings, names)
    if other := next((name for scheme, name in peers if scheme != "a2a"), ""):
        raise QueryRefused(f'"{other}" is an MCP server, which keeps no tasks')
    found: list[dict[str, JSON]] = []
    failures: list[CallError] = []

    async def asked() -> None:
        async with opened(project, book) as router:
            for _, name in peers:
                try:
                    found.extend(_document(name, each) for each in await router.agent_tasks(name))
                except CallError as error:
                    failures.append(error)

    anyio.run(asked)
    _print(found, failures, as_json=as_json)
    return show.EXIT_FAILED if failures else 0


def _document(name: str, task: AgentTask) -> dict[str, JSON]:
    return {
        "id": task_id(task.handle),
        "target": f"a2a:{name}",
        "handle": task.handle,
        "time": task.time,
        "state": task.state,
        "question": task.said,
    }


def _print(found: list[dict[str, JSON]], failures: list[CallError], *, as_json: bool) -> None:
    if as_json:
        show.document({"tasks": found, "errors": [each.to_dict() for each in failures]})
    else:
        for line in columns([_row(each) for each in found]):
            show.data(line)
    for failure in failures:
        show.error(failure)


def _row(task: dict[str, JSON]) -> tuple[str, ...]:
    time = moment(task["time"]).astimezone().isoformat(sep=" ", timespec="seconds") if task["time"] else ""
    said = " ".join(task["question"].split())
    cut = said if len(said) <= LONGEST_TEXT else f"{said[: LONGEST_TEXT - 1]}…"
    return tuple(map(show.plain, (task["id"], time, task["target"], task["state"], cut)))
