"""A process of A2A agents built on the official SDK, one below each path, which behave as A2A allows.

Writes its URL to standard output once the port is bound.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import uvicorn
from a2a.helpers import (
    get_data_parts,
    get_raw_parts,
    new_data_part,
    new_message,
    new_raw_part,
    new_task_from_user_message,
    new_text_message,
    new_text_part,
    new_url_part,
)
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentSkill,
    Message,
    Part,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

Behaviour = Callable[[Message, TaskUpdater], Awaitable[None]]
MODES: list[str] = []
CANCELED: list[str] = []


def said(text: str) -> Message:
    """Return a message of the agent."""
    return new_text_message(text)


async def streams(_: Message, task: TaskUpdater) -> None:
    """Answer bit by bit, with a status before."""
    await task.start_work(said("thinking"))
    await task.add_artifact([new_text_part("Hello, ")], artifact_id="a", append=False)
    await task.add_artifact([new_text_part("wor")], artifact_id="a", append=True)
    await task.add_artifact(
        [new_text_part("ld"), new_text_part("# Title", "text/markdown")], "a", append=True
    )
    await task.add_artifact([new_text_part("body", "text/plain")], artifact_id="a", append=True)
    await task.complete()


async def replaces(_: Message, task: TaskUpdater) -> None:
    """Send an artifact twice, the second time in full."""
    await task.add_artifact([new_text_part("draft")], artifact_id="a")
    await task.add_artifact([new_text_part("final")], artifact_id="a")
    await task.complete(said("final"))


async def takes_its_time(_: Message, task: TaskUpdater) -> None:
    """Be at work for a while, with two messages on the way."""
    await task.start_work(said("step 1"))
    await asyncio.sleep(0.2)
    await task.start_work(said("step 2"))
    await asyncio.sleep(0.4)
    await task.add_artifact([new_text_part("worth the wait")])
    await task.complete()


async def asks(message: Message, task: TaskUpdater) -> None:
    """Ask for a range, and take the second message of a task for it."""
    if "please" in message.parts[0].text:
        await task.add_artifact([new_text_part("so far")])
        await task.requires_input(said("Which range?"))
    else:
        await task.complete(said(f"range {message.parts[0].text}"))


async def wants_sign_in(_: Message, task: TaskUpdater) -> None:
    """Ask for sign-in."""
    await task.requires_auth(said("Sign in at https://agents.example.com"))


async def fails(_: Message, task: TaskUpdater) -> None:
    """Fail."""
    await task.failed(said("the printer is on fire"))


async def fails_by_artifact(_: Message, task: TaskUpdater) -> None:
    """Fail, and say why in an artifact."""
    await task.add_artifact([new_text_part("no paper")])
    await task.failed()


async def rejects(_: Message, task: TaskUpdater) -> None:
    """Reject the task."""
    await task.reject(said("not my job"))


async def gives_up(_: Message, task: TaskUpdater) -> None:
    """Cancel the task itself."""
    await task.cancel(said("never mind"))


async def raises(_: Message, __: TaskUpdater) -> None:
    """Break."""
    raise RuntimeError("a bug in the agent")


async def answers_in_status(_: Message, task: TaskUpdater) -> None:
    """Answer in the last status message alone."""
    await task.start_work(said("thinking"))
    await task.complete(said("it is in the status"))


async def answers_on_the_way(_: Message, task: TaskUpdater) -> None:
    """Answer in messages of a task still at work."""
    await task.start_work(said("first half"))
    await task.start_work(said("second half"))
    await task.complete()


async def sends_files(_: Message, task: TaskUpdater) -> None:
    """Answer with bytes, a link, data and an empty text."""
    await task.add_artifact(
        [
            new_raw_part(b"\x89PNG", media_type="image/png", filename="../up/chart.png"),
            new_raw_part(b"raw"),
            new_url_part("https://files.example.com/a.pdf", "application/pdf", "a.pdf"),
            new_data_part({"rows": 2, "share": 0.5, "names": ["a", None], "big": 1e300}),
            new_text_part(""),
        ]
    )
    await task.complete()


async def sends_two_data_parts(_: Message, task: TaskUpdater) -> None:
    """Answer with two data parts."""
    await task.add_artifact([new_data_part({"a": 1}), new_data_part([2])])
    await task.complete()


async def sends_much(message: Message, task: TaskUpdater) -> None:
    """Answer with as many characters as asked for."""
    await task.add_artifact([new_text_part("x" * int(message.parts[0].text))])
    await task.complete()


async def tells_modes(_: Message, task: TaskUpdater) -> None:
    """Tell which media types are welcome."""
    await task.complete(said(", ".join(MODES)))


async def repeats(message: Message, task: TaskUpdater) -> None:
    """Tell what arrived."""
    told: dict[str, Any] = {
        "metadata": {"skill": message.metadata["skill"]} if "skill" in message.metadata else {},
        "texts": [part.text for part in message.parts if part.HasField("text")],
        "data": get_data_parts(message.parts),
        "files": [[part.filename, part.media_type] for part in message.parts if part.HasField("raw")],
        "bytes": [len(raw) for raw in get_raw_parts(message.parts)],
    }
    await task.add_artifact([new_data_part(told)])
    await task.complete()


async def never_ends(message: Message, task: TaskUpdater) -> None:
    """Work until somebody cancels, or tell how often that happened."""
    if message.parts[0].text == "how many":
        await task.complete(said(str(len(CANCELED))))
        return
    await task.start_work(said("on it"))
    await asyncio.Event().wait()


class Executor(AgentExecutor):
    """Runs one behaviour as a task."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Create the task where there is none yet, then behave."""
        message = context.message or Message()
        MODES[:] = context.configuration.accepted_output_modes if context.configuration else ()
        task = context.current_task
        if task is None:
            task = new_task_from_user_message(message)
            await event_queue.enqueue_event(task)
        await self.behaviour(message, TaskUpdater(event_queue, task.id, task.context_id))

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Cancel and remember it."""
        CANCELED.append(context.task_id or "")
        await TaskUpdater(event_queue, context.task_id or "", context.context_id or "").cancel()


class Messenger(Executor):
    """Answers with a message and no task."""

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Answer at once."""
        parts: list[Part] = [new_text_part("just a message"), new_data_part(3)]
        await event_queue.enqueue_event(new_message(parts, context.context_id))


SKILLS = [
    AgentSkill(id="draft", name="Draft", description="Drafts notes.", tags=["git", "notes"]),
    AgentSkill(id="count", name="Counts things", output_modes=["application/json"]),
    AgentSkill(id="draft", name="A second of that id", description="Never seen."),
]

BEHAVIOURS: dict[str, Behaviour] = {
    "streams": streams,
    "replaces": replaces,
    "takes-its-time": takes_its_time,
    "asks": asks,
    "wants-sign-in": wants_sign_in,
    "fails": fails,
    "fails-by-artifact": fails_by_artifact,
    "rejects": rejects,
    "gives-up": gives_up,
    "raises": raises,
    "answers-in-status": answers_in_status,
    "answers-on-the-way": answers_on_the_way,
    "sends-files": sends_files,
    "sends-two-data-parts": sends_two_data_parts,
    "sends-much": sends_much,
    "repeats": repeats,
    "tells-modes": tells_modes,
    "never-ends": never_ends,
}


def mounted(
    path: str, executor: AgentExecutor, url: str, *, streaming: bool, version: str = "1.0"
) -> BaseRoute:
    """Return an agent below a path."""
    card = AgentCard(
        name=f"The {path} agent",
        description="An agent of the tests.",
        version="1.2.3",
        capabilities=AgentCapabilities(streaming=streaming),
        supported_interfaces=[
            AgentInterface(url=f"{url}/{path}", protocol_binding="SOAP", protocol_version="1.0"),
            AgentInterface(url=f"{url}/{path}/", protocol_binding="JSONRPC", protocol_version=version),
        ],
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=SKILLS,
    )
    handler = DefaultRequestHandler(executor, InMemoryTaskStore(), card)
    routes = create_jsonrpc_routes(handler, "/", enable_v0_3_compat=version.startswith("0.3"))
    return Mount(f"/{path}", routes=[*create_agent_card_routes(card), *routes])


def application(url: str) -> Starlette:
    """Return all agents: each streaming, each polled, and some as of A2A 0.3."""
    routes = [mounted("message", Messenger(streams), url, streaming=True)]
    routes.append(mounted("message-asked", Messenger(streams), url, streaming=False))
    for path, behaviour in BEHAVIOURS.items():
        routes.append(mounted(path, Executor(behaviour), url, streaming=True))
        routes.append(mounted(f"{path}-asked", Executor(behaviour), url, streaming=False))
    for path in ("streams", "takes-its-time", "sends-files", "repeats", "asks", "fails"):
        old = Executor(BEHAVIOURS[path])
        routes.append(mounted(f"{path}-old", old, url, streaming=True, version="0.3.0"))
        routes.append(mounted(f"{path}-old-asked", old, url, streaming=False, version="0.3.0"))
    return Starlette(routes=[*routes, Route("/discovery", discovery)])


async def discovery(request: Request) -> JSONResponse:
    """List the cards of some agents, as a host of several does."""
    cards = []
    for path in ("streams", "asks"):
        async with httpx.AsyncClient(base_url=str(request.base_url), trust_env=False) as http:
            cards.append((await http.get(f"/{path}/.well-known/agent-card.json")).json())
    return JSONResponse({"agents": cards})


def main() -> None:
    """Serve until the process is ended."""
    logging.disable()  # agents that fail on purpose, and cards that lack what is not needed here
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(application(url), log_level="critical", lifespan="off"))
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
