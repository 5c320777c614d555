# /// script
# requires-python = ">=3.11"
# dependencies = ["fasta2a==2.1.1", "uvicorn==0.54.0"]
# ///
# mypy: disable-error-code="import-not-found,misc"
"""An agent on fasta2a, which shares no code with the official SDK; it repeats what it is told.

Which words have it do something else, `tests/contract/test_a2a_agents.py` says. Runs in an environment of
its own (`uv run --script`), which the type checker does not see. Writes its URL to standard output once the
port is bound.
"""

from __future__ import annotations

import base64
import socket
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import uvicorn
from fasta2a import FastA2A, Worker
from fasta2a.broker import InMemoryBroker
from fasta2a.storage import InMemoryStorage

AT_WORK: dict[str, anyio.Event] = {}
CANCELED: list[str] = []


class Parrot(Worker):
    """Completes every task with its own words, or does what they ask for."""

    async def run_task(self, params: Any) -> None:
        """Repeat the parts."""
        parts = params["message"]["parts"]
        said = "".join(part.get("text", "") for part in parts)
        if said == "fail":
            await self.storage.update_task(params["id"], state="failed")
        elif said == "ask":
            question = {
                "role": "agent",
                "parts": [{"text": "Which colour?"}],
                "message_id": str(uuid.uuid4()),
            }
            await self.storage.update_task(params["id"], state="input-required", new_messages=[question])
        elif said == "work":
            await self._say(params, "on it")
            AT_WORK[params["id"]] = anyio.Event()
            await AT_WORK[params["id"]].wait()
            if params["id"] not in CANCELED:
                await self._complete(params, [{"text": "worth the wait"}])
        else:
            if said == "go on":
                for each in AT_WORK.values():
                    each.set()
            await self._say(params, "thinking")
            await self._complete(params, answer(said, parts))

    async def _say(self, params: Any, text: str) -> None:
        await self.storage.update_task(params["id"], state="working")
        message = {"role": "agent", "parts": [{"text": text}], "message_id": str(uuid.uuid4())}
        await self.publish_status(params["id"], params["context_id"], "working", message)

    async def _complete(self, params: Any, parts: list[Any]) -> None:
        artifact = {"artifact_id": str(uuid.uuid4()), "name": "echo", "parts": parts}
        await self.storage.update_task(params["id"], state="completed", new_artifacts=[artifact])

    async def cancel_task(self, params: Any) -> None:
        """End the work, and remember it."""
        CANCELED.append(params["id"])
        await self.storage.update_task(params["id"], state="canceled")
        AT_WORK.pop(params["id"]).set()

    def build_message_history(self, history: list[Any]) -> list[Any]:
        """Return it as it is."""
        return history

    def build_artifacts(self, _: Any) -> list[Any]:
        """Return none beyond those of the task."""
        return []


def answer(said: str, parts: list[Any]) -> list[Any]:
    """Return the parts to answer with."""
    if said == "canceled":
        return [{"text": " ".join(CANCELED)}]
    if said == "files":
        return [backwards(part) for part in parts if "text" not in part]
    return [{"text": f"you said {said}"}]


def backwards(part: Any) -> Any:
    """Return a file backwards, or data one level deeper."""
    if "raw" in part:
        return {**part, "raw": base64.b64encode(base64.b64decode(part["raw"])[::-1]).decode()}
    return {"data": {"got": part["data"]}}


def main() -> None:
    """Serve until the process is ended."""
    storage, broker = InMemoryStorage(), InMemoryBroker()
    # One takes an operation at a time: the second is there to cancel what the first is at.
    one, other = (Parrot(storage=storage, broker=broker) for _ in range(2))
    skill = {"id": "repeat", "name": "Repeat", "description": "Repeats.", "tags": ["echo"]}

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with app.task_manager, one.run(), other.run():
            yield

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        web = FastA2A(
            storage=storage, broker=broker, url=url, name="Parrot", lifespan=lifespan, skills=[skill]
        )
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(web, log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main()
