# /// script
# requires-python = ">=3.11"
# dependencies = ["a2a-sdk[grpc,http-server]==0.3.26", "uvicorn==0.54.0"]
# ///
# mypy: ignore-errors
"""An agent on the official SDK as it was for A2A 0.3: below /rpc, /rest and /grpc, and again with -asked.

Those with -asked have a card that promises no streaming. What the agent does on which words,
`test_a2a_agents.py` says. Runs in an environment of its own (`uv run --script`): the type checker would
hold it against the SDK that we use. Writes its URL to standard output once the port is bound.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import uvicorn
from a2a.grpc import a2a_pb2_grpc
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.apps import A2ARESTFastAPIApplication, A2AStarletteApplication
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler, GrpcHandler
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import (
    AgentCapabilities,
    AgentCard,
    AgentSkill,
    DataPart,
    FilePart,
    Message,
    Part,
    TextPart,
)
from a2a.utils import new_agent_text_message, new_task
from starlette.applications import Starlette
from starlette.routing import Mount

BINDINGS = {"rpc": "JSONRPC", "rest": "HTTP+JSON", "grpc": "GRPC"}
MODES = ["text/plain", "application/json", "image/png"]
CANCELED: list[str] = []
WORKS: list[asyncio.Event] = []


class Parrot(AgentExecutor):
    """Completes every task with its own words, or does what they ask for."""

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Repeat the parts."""
        task = context.current_task
        if task is None:
            task = new_task(context.message)
            await event_queue.enqueue_event(task)
        updater, said = TaskUpdater(event_queue, task.id, task.context_id), context.get_user_input()

        def message(text: str) -> Message:
            return new_agent_text_message(text, task.context_id, task.id)

        if said == "fail":
            await updater.failed(message("the printer is on fire"))
        elif said == "ask":
            await updater.requires_input(message("Which colour?"), final=True)
        elif said == "work":
            await updater.start_work(message("on it"))
            WORKS.append(asyncio.Event())
            await WORKS[-1].wait()
            await updater.add_artifact([Part(root=TextPart(text="worth the wait"))])
            await updater.complete()
        else:
            if said == "go on":
                for each in WORKS:
                    each.set()
            await updater.start_work(message("thinking"))
            chunks = answer(said, [part.root for part in context.message.parts])
            for number, parts in enumerate(chunks):
                told = [Part(root=part) for part in parts]
                last = number == len(chunks) - 1
                await updater.add_artifact(told, artifact_id="echo", append=number > 0, last_chunk=last)
            await updater.complete()

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Cancel and remember it."""
        CANCELED.append(context.task_id)
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


def answer(
    said: str, parts: list[TextPart | FilePart | DataPart]
) -> list[list[TextPart | FilePart | DataPart]]:
    """Return the parts to answer with, by chunk."""
    if said == "canceled":
        return [[TextPart(text=" ".join(CANCELED))]]
    if said == "files":
        return [[backwards(part) for part in parts if not isinstance(part, TextPart)]]
    return [[TextPart(text="you said ")], [TextPart(text=said)]]


def backwards(part: FilePart | DataPart) -> FilePart | DataPart:
    """Return a file backwards, or data one level deeper."""
    if isinstance(part, DataPart):
        return DataPart(data={"got": part.data})
    data = base64.b64encode(base64.b64decode(part.file.bytes)[::-1]).decode()
    return FilePart(file=part.file.model_copy(update={"bytes": data}))


def card(name: str, address: str, *, streaming: bool) -> AgentCard:
    """Return the card of one binding."""
    return AgentCard(
        name=f"Parrot {name}",
        description="Repeats what it is told.",
        version="1",
        url=address,
        preferred_transport=BINDINGS[name],
        capabilities=AgentCapabilities(streaming=streaming),
        default_input_modes=MODES,
        default_output_modes=MODES,
        skills=[AgentSkill(id="repeat", name="Repeat", description="Repeats.", tags=["echo"])],
    )


def mounted(name: str, url: str, far: grpc.aio.Server, port: int, *, streaming: bool) -> Mount:
    """Return an agent of one binding below its path; one over gRPC has only its card there."""
    path = f"/{name}" if streaming else f"/{name}-asked"
    address = {"rpc": f"{url}{path}/", "rest": url + path, "grpc": f"127.0.0.1:{port}"}[name]
    shown = card(name, address, streaming=streaming)
    handler = DefaultRequestHandler(Parrot(), InMemoryTaskStore())
    if name == "grpc" and streaming:
        a2a_pb2_grpc.add_A2AServiceServicer_to_server(GrpcHandler(shown, handler), far)
    application = A2ARESTFastAPIApplication if name == "rest" else A2AStarletteApplication
    return Mount(path, app=application(shown, handler).build())


def main() -> None:
    """Serve until the process is ended."""
    logging.disable()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        far = grpc.aio.server()
        port = far.add_insecure_port("127.0.0.1:0")
        for name in BINDINGS:
            app.routes.extend(mounted(name, url, far, port, streaming=each) for each in (True, False))
        await far.start()
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        yield
        await far.stop(None)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        web = Starlette(lifespan=lifespan)
        uvicorn.Server(uvicorn.Config(web, log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main()
