"""The way out to A2A agents over JSON-RPC, HTTP+JSON and gRPC; it chooses no agent and repeats no call.

Built on the official SDK, which speaks 1.0 and, where a card asks for it, 0.3. What an agent is asked
and what its answer comes to is in `a2a_parts`, its card in `a2a_card` and `a2a_reading`, signing in in
`a2a_signin`, HTTP and errors in `a2a_wire`, gRPC in `a2a_grpc`.
"""

from __future__ import annotations

import math
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Final, cast

import anyio
import httpx
from a2a.client import Client, ClientConfig, ClientFactory
from a2a.types import (
    AgentCard,
    AgentInterface,
    CancelTaskRequest,
    GetTaskRequest,
    MethodNotFoundError,
    SendMessageRequest,
    StreamResponse,
    Task,
    TaskStatus,
    UnsupportedOperationError,
)

from router.core.outcome import Result
from router.core.plan import Target
from router.core.settings import Agent
from router.drivers.a2a_card import GRPC, address_of, asked_for, interface_of, offer_of, refusal
from router.drivers.a2a_parts import Conversation, message_of
from router.drivers.a2a_reading import digest_of, extended, parsed, read_document
from router.drivers.a2a_signature import check_signatures
from router.drivers.a2a_signin import SignIn, sign_in, signs_in
from router.drivers.a2a_wire import answered, cut_off, open_http
from router.errors import CallTimedOut, ProtocolBroken, TargetUnavailable, TargetUnknown
from router.ports import Call, Offer, Progress, Secrets

if TYPE_CHECKING:
    from a2a.client.optionals import Channel  # type: ignore[attr-defined]

    from router.drivers.a2a_grpc import SignedChannel

CHANNEL: Final = "router.drivers.a2a_grpc:open_channel"
"""Named and not imported: not everyone has what it needs."""

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 3.0
"""Between two looks at a task; each pause is half as long again as the one before."""

LINGER_SECONDS: Final = 0.2
"""For a stream to end by itself after the answer, which keeps the connection for the next call."""

FAREWELL_SECONDS: Final = 1.0
"""For telling an agent that nobody waits for its task any more."""


@dataclass(frozen=True, slots=True)
class _Link:
    """An agent whose card was read: how to call it and what it offers."""

    offer: Offer
    asking: Client
    """Sends and returns at once; the task is then polled."""
    streaming: Client | None
    """None where the card does not say that the agent streams."""
    asks: str
    """The ways of signing in that the card names."""


@dataclass(frozen=True, slots=True)
class _Line:
    """How an agent is reached over HTTP, and what goes along."""

    http: httpx.AsyncClient
    sign_in: SignIn


class A2aDriver:
    """Calls the agents of the settings; implements `router.ports.Driver`.

    A target with a member, `a2a:agent/skill`, must name a skill of the agent's card. A2A has no field for
    it: the skill's id goes along in the message's metadata as `skill`, where agents may look for it.

    A result in the state `waiting` has the handle `context id/task id` (both percent-encoded) as `task`.
    """

    def __init__(
        self,
        agents: Mapping[str, Agent],
        *,
        seen: Callable[[Offer], None],
        secrets: Secrets | None = None,
        vet: Callable[[Target, Offer], None] | None = None,
    ) -> None:
        """Take the agents by name; `seen` is told each offer whenever a card has been read.

        Without `secrets` an agent that needs one is refused. `vet` sees the offer before a message is sent,
        and may raise PinBroken.
        """
        self._agents = agents
        self._seen = seen
        self._secrets = secrets
        self._vet = vet
        self._lines: dict[str, _Line] = {}
        self._channels: dict[tuple[str, str], SignedChannel] = {}
        self._links: dict[str, _Link] = {}
        self._locks: dict[str, anyio.Lock] = {}
        self._closed = False

    async def offer(self, name: str) -> Offer:
        """Read the agent's card anew.

        Raises TargetUnknown, TargetUnavailable, SignInFailed, ProtocolBroken, ResultTooLarge or CallTimedOut.
        """
        target = f"a2a:{name}"
        agent = self._agent(name, target)
        with anyio.move_on_after(agent.timeout_seconds):
            async with self._locks.setdefault(name, anyio.Lock()):
                return (await self._read_card(agent, target)).offer
        raise CallTimedOut(target, seconds=agent.timeout_seconds)

    async def call(self, call: Call, progress: Progress) -> Result:
        """Send the message and follow the task to its answer, its failure or its question.

        Texts of the agent go to `progress` as they come. Raises any kind of CallError; where the agent is
        still at work then, or the call is cancelled, it is told so within a second.
        """
        target = str(call.target)
        agent = self._agent(call.target.name, target)
        talk = Conversation()
        with anyio.move_on_after(call.timeout_seconds):
            request = SendMessageRequest(message=await message_of(call))
            link = await self._link(agent, call.target)
            if self._vet is not None:
                self._vet(call.target, link.offer)
            try:
                if request.message.task_id:
                    talk.before = await _status(agent, target, link, request.message.task_id)
                await _converse(agent, target, link, request, talk, progress)
            except (TargetUnavailable, ProtocolBroken):
                self._forget(agent.name, link)
                raise
            finally:
                await _take_leave(link, talk)
            return talk.result(target, agent.limit_bytes)
        if talk.astray:
            reason = (
                f"its task is in no state of A2A 1.0 or 0.3, still after {call.timeout_seconds:g} seconds"
            )
            raise ProtocolBroken(target, reason)
        raise CallTimedOut(target, seconds=call.timeout_seconds)

    async def aclose(self) -> None:
        """Close every connection; may be called again."""
        self._closed = True
        self._links.clear()
        while self._channels:
            _, channel = self._channels.popitem()
            await channel.close()
        while self._lines:
            _, line = self._lines.popitem()
            await line.http.aclose()

    def _agent(self, name: str, target: str) -> Agent:
        """Return the agent's settings, unless nothing may be sent with them."""
        agent = self._agents.get(name)
        if agent is None:
            near = get_close_matches(name, self._agents, 1)
            raise TargetUnknown(target, f'no agent is called "{name}"', f"a2a:{near[0]}" if near else "")
        if reason := refusal(agent.url):
            raise TargetUnavailable(target, f"{reason}; the call was not sent", sent=False)
        if self._closed:
            raise TargetUnavailable(target, "the driver is closed; the call was not sent", sent=False)
        return agent

    async def _link(self, agent: Agent, target: Target) -> _Link:
        """Return the link, reading the card where it was not read or lacks the skill that is asked for."""
        link = self._links.get(agent.name)
        if link is None or (target.member and link.offer.tool(target.member) is None):
            async with self._locks.setdefault(agent.name, anyio.Lock()):
                newest = self._links.get(agent.name)
                if newest is None or newest is link:
                    newest = await self._read_card(agent, str(target))
                link = newest
        if target.member and link.offer.tool(target.member) is None:
            near = get_close_matches(target.member, [skill.name for skill in link.offer.tools], 1)
            reason = f'the agent has no skill "{target.member}"'
            raise TargetUnknown(str(target), reason, f"a2a:{agent.name}/{near[0]}" if near else "")
        return link

    async def _read_card(self, agent: Agent, target: str) -> _Link:
        link = await answered(agent, target, partial(self._connect, agent, target), sent=False)
        self._links[agent.name] = link
        self._seen(link.offer)
        return link

    async def _connect(self, agent: Agent, target: str) -> _Link:
        """Read the card, check its signatures, and choose of its interfaces; nothing is kept of a failure."""
        line = await self._line(agent)
        document = await read_document(line.http, agent, target)
        card = parsed(document)
        interface = interface_of(card, agent, target)
        # A card of 0.3 is read by way of 1.0, whose canonical JSON is not what was signed.
        signed = isinstance(document, dict) and "supportedInterfaces" in document
        if signed:
            await check_signatures(line.http, card, agent.url, target)
        asks = asked_for(card)
        asking, streaming = await self._clients(agent, line, card, interface, asks)
        full = None
        if card.capabilities.extended_agent_card and signs_in(agent):
            full = await extended(asking)
            if full is not None and signed:
                await check_signatures(line.http, full, agent.url, target)
        offer = offer_of(agent.name, full or card, interface, digest_of(document, full))
        return _Link(offer, asking, streaming if card.capabilities.streaming else None, asks)

    async def _line(self, agent: Agent) -> _Line:
        line = self._lines.get(agent.name)
        if line is None:
            signed = await sign_in(agent, self._secrets)
            line = self._lines[agent.name] = _Line(open_http(agent, signed), signed)
        return line

    async def _clients(
        self, agent: Agent, line: _Line, card: AgentCard, interface: AgentInterface, asks: str
    ) -> tuple[Client, Client]:
        """Return clients of one interface: one that sends and returns at once, and one that streams."""
        # The SDK takes the first interface it can: it is shown the one that was chosen, and no other.
        shown = AgentCard(name=card.name, capabilities=card.capabilities, supported_interfaces=[interface])
        channel = None
        if interface.protocol_binding == GRPC:
            channel = await self._channel(agent, line, address_of(interface, agent), asks)

        def client(*, streaming: bool) -> Client:
            config = ClientConfig(
                streaming=streaming,
                polling=not streaming,
                httpx_client=line.http,
                grpc_channel_factory=lambda _: cast("Channel", channel),
                supported_protocol_bindings=[interface.protocol_binding],
            )
            return ClientFactory(config).create(shown)

        return client(streaming=False), client(streaming=True)

    async def _channel(self, agent: Agent, line: _Line, address: str, asks: str) -> SignedChannel:
        key = (agent.name, address)
        if key not in self._channels:
            open_channel: Callable[..., Awaitable[SignedChannel]] = pkgutil.resolve_name(CHANNEL)
            self._channels[key] = await open_channel(agent, line.sign_in, address, asks)
        return self._channels[key]

    def _forget(self, name: str, link: _Link) -> None:
        """Have the card read again next time: the agent may have moved or changed."""
        if self._links.get(name) is link:
            del self._links[name]


async def _status(agent: Agent, target: str, link: _Link, task_id: str) -> TaskStatus:
    """Return what a task that is gone on with last said, to tell that from an answer."""

    async def look() -> Task:
        return await link.asking.get_task(GetTaskRequest(id=task_id, history_length=0))

    return (await answered(agent, target, look, asks=link.asks, sent=False)).status


async def _converse(
    agent: Agent,
    target: str,
    link: _Link,
    request: SendMessageRequest,
    talk: Conversation,
    progress: Progress,
) -> None:
    """Send the message once and follow what comes of it until it is settled."""

    async def send() -> None:
        await _send(link, request, talk, progress)

    async def look() -> Task:
        return await link.asking.get_task(GetTaskRequest(id=talk.task_id, history_length=0))

    await answered(agent, target, send, asks=link.asks)
    pause_seconds = FIRST_PAUSE_SECONDS
    while not talk.settled:
        if not talk.task_id:
            raise ProtocolBroken(target, "it ended its answer without a message or a task")
        await anyio.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.5, LONGEST_PAUSE_SECONDS)
        for text in talk.look(await answered(agent, target, look, asks=link.asks, sent=True)):
            progress(text)
    if talk.empty_handed:
        # Some agents stream no artifacts but keep them (fasta2a), or leave their words in the history,
        # which was not asked for until now.
        with suppress(Exception):
            talk.recall(await link.asking.get_task(GetTaskRequest(id=talk.task_id)))


async def _send(link: _Link, request: SendMessageRequest, talk: Conversation, progress: Progress) -> None:
    """Send by streaming, or by asking where the agent does not stream whatever its card says."""
    if link.streaming is not None:
        try:
            await _listen(link.streaming.send_message(request), talk, progress)
        except (MethodNotFoundError, UnsupportedOperationError):
            if talk.task_id:
                raise
        except Exception as error:
            # A stream that is cut is no answer: the task goes on and is looked at instead.
            if not (talk.task_id and cut_off(error)):
                raise
            return
        else:
            return
    await _listen(link.asking.send_message(request), talk, progress)


async def _listen(events: AsyncIterator[StreamResponse], talk: Conversation, progress: Progress) -> None:
    with anyio.CancelScope() as scope:
        async for event in events:
            for text in talk.take(event):
                progress(text)
            if talk.settled and scope.deadline == math.inf:
                # Leaving the loop here would leave generators of the SDK open.
                scope.deadline = anyio.current_time() + LINGER_SECONDS


async def _take_leave(link: _Link, talk: Conversation) -> None:
    """Ask the agent to cancel its task if it is still at work, whatever comes of that."""
    if talk.task_id and not talk.settled:
        with anyio.move_on_after(FAREWELL_SECONDS, shield=True), suppress(Exception):
            await link.asking.cancel_task(CancelTaskRequest(id=talk.task_id))
