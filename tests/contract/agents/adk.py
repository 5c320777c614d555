# /// script
# requires-python = ">=3.11"
# dependencies = ["google-adk[a2a]==2.13.0", "uvicorn==0.54.0"]
# ///
# mypy: ignore-errors
"""An agent of Google's Agent Development Kit, which brings its own executor and needs no model here.

What the agent does on which words, `test_a2a_agents.py` says. Runs in an environment of its own (`uv run
--script`), which the type checker does not see. Writes its URL to standard output once the port is bound.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from google.adk.a2a.utils.agent_to_a2a import to_a2a
from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event
from google.genai.types import Blob, Content, Part
from starlette.applications import Starlette

MARKS = (b"<a2a_datapart_json>", b"</a2a_datapart_json>")
CANCELED: list[str] = []
WORKS: list[asyncio.Event] = []


class Parrot(BaseAgent):
    """Says its words again, or does what they ask for."""

    async def _run_async_impl(self, context: InvocationContext) -> AsyncIterator[Event]:
        def event(*parts: Part, **more: object) -> Event:
            content = Content(role="model", parts=list(parts))
            return Event(author=self.name, invocation_id=context.invocation_id, content=content, **more)

        parts = context.user_content.parts
        said = "".join(part.text or "" for part in parts)
        if said == "fail":
            yield event(Part(text=""), error_code="FIRE", error_message="the printer is on fire")
        elif said == "canceled":
            yield event(Part(text=" ".join(CANCELED)))
        elif said == "files":
            yield event(*(backwards(part) for part in parts if not part.text))
        elif said == "work":
            yield event(Part(text="on it"), partial=True)
            WORKS.append(asyncio.Event())
            try:
                await WORKS[-1].wait()
            except asyncio.CancelledError:
                CANCELED.append(context.invocation_id)
                raise
            yield event(Part(text="worth the wait"))
        else:
            for each in WORKS if said == "go on" else ():
                each.set()
            yield event(Part(text="thinking"), partial=True)
            yield event(Part(text=f"you said {said}"))


def backwards(part: Part) -> Part:
    """Return a file backwards, or data one level deeper, which ADK keeps as a text between two marks."""
    blob = part.inline_data
    if blob.data.startswith(MARKS[0]):
        data = blob.data.removeprefix(MARKS[0]).removesuffix(MARKS[1])
        return Part(
            inline_data=Blob(data=b'%b{"got": %b}%b' % (MARKS[0], data, MARKS[1]), mime_type="text/plain")
        )
    return Part(
        inline_data=Blob(data=blob.data[::-1], mime_type=blob.mime_type, display_name=blob.display_name)
    )


def main() -> None:
    """Serve until the process is ended."""
    logging.disable()
    warnings.simplefilter("ignore")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        sys.stdout.write(f"http://127.0.0.1:{port}\n")
        sys.stdout.flush()
        yield

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        parrot = Parrot(name="repeat", description="Repeats what it is told.")
        web = to_a2a(parrot, host="127.0.0.1", port=port, lifespan=lifespan)
        uvicorn.Server(uvicorn.Config(web, log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main()
