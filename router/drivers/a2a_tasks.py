"""Tasks that an agent keeps: listed, and given up."""

from __future__ import annotations

from functools import partial
from typing import Final

from a2a.helpers import get_text_parts
from a2a.types import CancelTaskRequest, ListTasksRequest, ListTasksResponse, Task, TaskState

from router.core.settings import Agent
from router.drivers.a2a_exchange import Link
from router.drivers.a2a_parts import handle
from router.drivers.a2a_wire import answered
from router.errors import ToolFailed
from router.ports import AgentTask

_PAGE: Final = 100
_MOST_PAGES: Final = 10


async def listed(agent: Agent, target: str, link: Link) -> tuple[AgentTask, ...]:
    """Return the agent's tasks as it lists them, a thousand at most. Raises CallError."""
    found: list[AgentTask] = []
    token = ""
    for _ in range(_MOST_PAGES):
        page = await answered(agent, target, partial(_page, link, target, token), asks=link.asks)
        found += map(_task, page.tasks)
        token = page.next_page_token
        if not token:
            break
    return tuple(found)


async def _page(link: Link, target: str, token: str) -> ListTasksResponse:
    try:
        return await link.asking.list_tasks(ListTasksRequest(page_size=_PAGE, page_token=token))
    except NotImplementedError as error:
        raise ToolFailed(target, "it speaks A2A 0.3, which has no list of tasks") from error


def _task(task: Task) -> AgentTask:
    state = TaskState.Name(task.status.state).removeprefix("TASK_STATE_").lower().replace("_", "-")
    said = "\n".join(get_text_parts(task.status.message.parts))
    stamp = task.status.timestamp
    return AgentTask(handle(task), state, said, stamp.ToJsonString() if stamp.seconds else "")


async def given_up(agent: Agent, target: str, link: Link, task_id: str) -> None:
    """Have the agent give up a task. Raises CallError; ToolFailed where it refuses."""

    async def cancel() -> Task:
        return await link.asking.cancel_task(CancelTaskRequest(id=task_id))

    await answered(agent, target, cancel, asks=link.asks)
