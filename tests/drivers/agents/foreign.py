# /// script
# requires-python = ">=3.11"
# dependencies = ["fasta2a==2.1.1", "uvicorn>=0.54"]
# ///
# mypy: disable-error-code="import-not-found,misc"
"""An agent on fasta2a, which shares no code with the official SDK; it repeats what it is told.

Runs in an environment of its own (`uv run --script`), which the type checker does not see. Writes its URL
to standard output once the port is bound.
"""

from __future__ import annotations

import socket
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fasta2a import FastA2A, Worker
from fasta2a.broker import InMemoryBroker
from fasta2a.storage import InMemoryStorage


class Parrot(Worker):
    """Completes every task with its own words, or fails where they ask for it."""

    async def run_task(self, params: Any) -> None:
        """Repeat the text."""
        said = "".join(part.get("text", "") for part in params["message"]["parts"])
        await self.storage.update_task(params["id"], state="working")
        if said == "fail":
            await self.storage.update_task(params["id"], state="failed")
            return
        part = {"text": f"you said {said}"}
        artifact = {"artifact_id": str(uuid.uuid4()), "name": "echo", "parts": [part]}
        await self.storage.update_task(params["id"], state="completed", new_artifacts=[artifact])

    async def cancel_task(self, params: Any) -> None:
        """Do nothing: no task takes long enough."""

    def build_message_history(self, history: list[Any]) -> list[Any]:
        """Return it as it is."""
        return history

    def build_artifacts(self, _: Any) -> list[Any]:
        """Return none beyond those of the task."""
        return []


def main() -> None:
    """Serve until the process is ended."""
    storage, broker = InMemoryStorage(), InMemoryBroker()
    worker = Parrot(storage=storage, broker=broker)

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with app.task_manager, worker.run():
            yield

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        web = FastA2A(storage=storage, broker=broker, url=url, name="Parrot", lifespan=lifespan)
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(web, log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main()
