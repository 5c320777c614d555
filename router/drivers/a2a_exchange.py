"""One exchange with an A2A agent: a message sent once, its task followed to the end; it opens no connection.

A stream that is cut while the task is at work is taken up again where the agent can, and else the task is
looked at from time to time.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import anyio
from a2a.client import Client
from a2a.types import (
    AgentCard,
    CancelTaskRequest,
    GetTaskRequest,
    MethodNotFoundError,
    SendMessageRequest,
    StreamResponse,
    SubscribeToTaskRequest,
    Task,
    UnsupportedOperationError,
)

from router.core.settings import Agent
from router.drivers.a2a_parts import Conversation
from router.drivers.a2a_wire import answered, cut_off
from router.errors import CallError, ProtocolBroken, ResultTooLarge
from router.ports import Offer, Progress

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 3.0
"""Between two looks at a task; each pause is half as long again as the one before."""

LINGER_SECONDS: Final = 0.2
"""For a stream to end by itself after the answer, which keeps the connection for the next call."""

FAREWELL_SECONDS: Final = 1.0
"""For telling an agent that nobody waits for its task any more."""


@dataclass(frozen=True, slots=True)
class Link:
    """An agent whose card was read: how to call it and what it offers."""

    offer: Offer
    asking: Client
    """Sends and returns at once; the task is then polled."""
    streaming: Client | None
    """None where the card does not say that the agent streams."""
    asks: str
    """The ways of signing in that the card names."""
    card: AgentCard
    """As the agent shows it to us."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is said to an agent and heard of it for one call; what it comes to is in `talk`."""

    agent: Agent
    target: str
    link: Link
    talk: Conversation
    progress: Progress

    async def send(self, request: SendMessageRequest) -> None:
        """Send the message once and follow what comes of it until it is settled."""

        async def send() -> None:
            await self._send(request)

        if request.message.task_id:
            self.talk.before = await self._task(request.message.task_id, sent=False)
        await answered(self.agent, self.target, send, asks=self.link.asks)
        await self._follow()

    async def follow(self, task_id: str) -> None:
        """Send nothing, and follow a task until it is settled."""
        self.talk.look(await self._task(task_id, sent=False))
        await self._follow()

    async def take_leave(self) -> None:
        """Ask the agent to cancel its task if it is still at work, whatever comes of that."""
        if self.talk.task_id and not self.talk.settled:
            with anyio.move_on_after(FAREWELL_SECONDS, shield=True), suppress(Exception):
                await self.link.asking.cancel_task(CancelTaskRequest(id=self.talk.task_id))

    async def _send(self, request: SendMessageRequest) -> None:
        """Send by streaming, or by asking where the agent does not stream whatever its card says."""
        if self.link.streaming is not None:
            try:
                await self._listen(self.link.streaming.send_message(request))
            except (MethodNotFoundError, UnsupportedOperationError):
                if self.talk.task_id:
                    raise
            except Exception as error:
                # A stream that is cut is no answer: the task goes on, and is followed.
                if not (self.talk.task_id and cut_off(error)):
                    raise
                return
            else:
                return
        await self._listen(self.link.asking.send_message(request))

    async def _follow(self) -> None:
        """Hear more of the task as long as that brings news, then look at it, until it is settled."""
        if not self.talk.settled:
            if not self.talk.task_id:
                raise ProtocolBroken(self.target, "it ended its answer without a message or a task")
            while await self._heard_more():
                pass
            await self._watch()
        if self.talk.wordless:
            # Some agents stream no artifacts but keep them, or leave their words in the history (fasta2a
            # does both), which was not asked for until now.
            with suppress(Exception):
                self.talk.recall(await self.link.asking.get_task(GetTaskRequest(id=self.talk.task_id)))

    async def _heard_more(self) -> bool:
        """Subscribe to the task; say whether that brought news and left it unsettled."""
        if self.link.streaming is None:
            return False
        await anyio.sleep(FIRST_PAUSE_SECONDS)
        before = self.talk.standing
        events = self.link.streaming.subscribe(SubscribeToTaskRequest(id=self.talk.task_id))
        excess: ResultTooLarge | None = None

        async def listen() -> None:
            await self._listen(events, again=True)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._look_aside, tasks.cancel_scope)
            try:
                await answered(self.agent, self.target, listen, asks=self.link.asks, sent=True)
            except ResultTooLarge as error:
                excess = error
            except CallError:
                # Not every agent can; whatever else a failure means is told by looking at the task.
                pass
            tasks.cancel_scope.cancel()
        if excess is not None:
            raise excess
        return not self.talk.settled and self.talk.standing != before

    async def _look_aside(self, listening: anyio.CancelScope) -> None:
        """End a subscription by which nothing is told of a task that has ended."""
        while not self.talk.settled:
            await anyio.sleep(LONGEST_PAUSE_SECONDS)
            await self._look_for_its_end()
        listening.cancel()

    async def _look_for_its_end(self) -> None:
        with suppress(CallError):
            self.talk.end(await self._task(self.talk.task_id, sent=True))

    async def _watch(self) -> None:
        """Look at the task until it is settled, once at least: what was said while cut off is in it."""
        pause_seconds = FIRST_PAUSE_SECONDS
        settled = False
        while not settled:
            await anyio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 1.5, LONGEST_PAUSE_SECONDS)
            self._tell(self.talk.look(await self._task(self.talk.task_id, sent=True)))
            settled = self.talk.settled

    async def _task(self, task_id: str, *, sent: bool) -> Task:
        """Return how a task stands; `sent` says whether the message was sent before."""

        async def look() -> Task:
            return await self.link.asking.get_task(GetTaskRequest(id=task_id, history_length=0))

        return await answered(self.agent, self.target, look, asks=self.link.asks, sent=sent)

    async def _listen(self, events: AsyncIterator[StreamResponse], *, again: bool = False) -> None:
        """Take in a stream, one that goes on with a task where it is heard `again`."""
        with anyio.CancelScope() as scope:
            async for event in events:
                self._tell(self.talk.take(event))
                if again:
                    # The task may have ended before the agent began to send.
                    again = False
                    await self._look_for_its_end()
                if self.talk.settled and scope.deadline == math.inf:
                    # Leaving the loop here would leave generators of the SDK open.
                    scope.deadline = anyio.current_time() + LINGER_SECONDS

    def _tell(self, texts: list[str]) -> None:
        for text in texts:
            self.progress(text)
