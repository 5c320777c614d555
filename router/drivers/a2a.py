"""The way out to A2A agents over JSON-RPC, HTTP+JSON and gRPC; it chooses no agent and repeats no call.

Built on the official SDK, which speaks 1.0 and, where a card asks for it, 0.3. How a message is sent and
its task followed is in `a2a_exchange`, what is said and what it comes to in `a2a_parts`, the agent's card in
`a2a_card` and `a2a_reading`, signing in in `a2a_signin`, HTTP and errors in `a2a_wire`, gRPC in `a2a_grpc`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Awaitable, Callable, Mapping
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
    SendMessageRequest,
)

from router.core.outcome import Result
from router.core.plan import Target
from router.core.settings import Agent
from router.drivers.a2a_card import (
    GRPC,
    SOCKETS_HERE,
    address_of,
    asked_for,
    bare_card,
    interface_of,
    is_over_socket,
    offer_of,
    output_modes,
    over_http,
    refusal,
    socket_of,
)
from router.drivers.a2a_exchange import Exchange, Link
from router.drivers.a2a_parts import Conversation, ids_of, message_of
from router.drivers.a2a_reading import digest_of, extended, found_document, is_old, parsed, read_document
from router.drivers.a2a_signature import check_signatures
from router.drivers.a2a_signin import SignIn, sign_in, signs_in
from router.drivers.a2a_tasks import given_up, listed
from router.drivers.a2a_wire import answered, open_http
from router.errors import CallTimedOut, ProtocolBroken, TargetUnavailable, TargetUnknown
from router.ports import AgentTask, Call, Offer, Progress, Secrets

if TYPE_CHECKING:
    from a2a.client.optionals import Channel  # type: ignore[attr-defined]

    from router.drivers.a2a_grpc import SignedChannel

CHANNEL: Final = "router.drivers.a2a_grpc:open_channel"
SOCKET: Final = "router.drivers.a2a_websocket:WebSocketTransport"
"""Both named and not imported: not everyone has what they need."""


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
        self._links: dict[str, Link] = {}
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
        still at work then, or the call is cancelled, it is told so within a second. A call that goes on with
        a task and has nothing to send follows it alone, and leaves it as it is.
        """
        target = str(call.target)
        agent = self._agent(call.target.name, target)
        talk = Conversation()
        with anyio.move_on_after(call.timeout_seconds):
            sends = bool(call.message or call.args or call.attached) or not call.task
            request = SendMessageRequest(message=await message_of(call)) if sends else None
            link = await self._link(agent, call.target)
            if self._vet is not None:
                self._vet(call.target, link.offer)
            exchange = Exchange(agent, target, link, talk, progress)
            try:
                if request is None:
                    await exchange.follow(ids_of(call.task, target)[1])
                else:
                    modes = output_modes(link.card, call.target.member)
                    request.configuration.accepted_output_modes.extend(modes)
                    await exchange.send(request)
            except (TargetUnavailable, ProtocolBroken):
                self._forget(agent.name, link)
                raise
            finally:
                if request is not None:
                    await exchange.take_leave()
            return talk.result(target, agent.limit_bytes)
        if talk.astray:
            reason = (
                f"its task is in no state of A2A 1.0 or 0.3, still after {call.timeout_seconds:g} seconds"
            )
            raise ProtocolBroken(target, reason)
        raise CallTimedOut(target, seconds=call.timeout_seconds)

    async def tasks(self, name: str) -> tuple[AgentTask, ...]:
        """Return the tasks that the agent keeps, as it lists them. Raises any kind of CallError."""
        target = Target("a2a", name)
        agent = self._agent(name, str(target))
        with anyio.move_on_after(agent.timeout_seconds):
            return await listed(agent, str(target), await self._link(agent, target))
        raise CallTimedOut(str(target), seconds=agent.timeout_seconds)

    async def cancel(self, target: Target, task: str) -> None:
        """Have the agent give up a task. Raises any kind of CallError; ToolFailed where it refuses."""
        agent = self._agent(target.name, str(target))
        task_id = ids_of(task, str(target))[1]
        with anyio.move_on_after(agent.timeout_seconds):
            await given_up(agent, str(target), await self._link(agent, target), task_id)
            return
        raise CallTimedOut(str(target), seconds=agent.timeout_seconds)

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
        return over_http(agent)

    async def _link(self, agent: Agent, target: Target) -> Link:
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

    async def _read_card(self, agent: Agent, target: str) -> Link:
        link = await answered(agent, target, partial(self._connect, agent, target), sent=False)
        self._links[agent.name] = link
        self._seen(link.offer)
        return link

    async def _connect(self, agent: Agent, target: str) -> Link:
        """Read the card, check its signatures, and choose of its interfaces; nothing is kept of a failure."""
        line = await self._line(agent)
        sockets = is_over_socket(self._agents[agent.name])
        read = found_document if sockets else read_document
        document = await read(line.http, agent, target)
        card = parsed(document) if document is not None else bare_card(agent)
        interface = socket_of(card, agent) if sockets else interface_of(card, agent, target)
        # A card of 0.3 is read by way of 1.0, whose canonical JSON is not what was signed.
        signed = isinstance(document, dict) and "supportedInterfaces" in document
        if signed:
            await check_signatures(line.http, card, agent.url, target)
        asks = asked_for(card)
        asking, streaming = await self._clients(agent, line, card, interface, asks)
        if document is None and await is_old(asking):
            interface.protocol_version = "0.3.0"
            asking, streaming = await self._clients(agent, line, card, interface, asks)
        full = None
        if card.capabilities.extended_agent_card and signs_in(agent):
            full = await extended(asking)
            if full is not None and signed:
                await check_signatures(line.http, full, agent.url, target)
        offer = offer_of(agent.name, full or card, interface, digest_of(document, full))
        return Link(offer, asking, streaming if card.capabilities.streaming else None, asks, full or card)

    async def _line(self, agent: Agent) -> _Line:
        line = self._lines.get(agent.name)
        if line is None:
            signed = await sign_in(agent, self._secrets)
            carried = self._socket(agent, signed) if is_over_socket(self._agents[agent.name]) else None
            line = self._lines[agent.name] = _Line(open_http(agent, signed, carried), signed)
        return line

    def _socket(self, agent: Agent, signed: SignIn) -> httpx.AsyncBaseTransport:
        if not SOCKETS_HERE:
            reason = 'it is at a WebSocket; pip install "ts-router[websocket]" to call it'
            raise TargetUnavailable(f"a2a:{agent.name}", reason, sent=False)
        made: Callable[[Agent, SignIn], httpx.AsyncBaseTransport] = pkgutil.resolve_name(SOCKET)
        return made(agent, signed)

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

    def _forget(self, name: str, link: Link) -> None:
        """Have the card read again next time: the agent may have moved or changed."""
        if self._links.get(name) is link:
            del self._links[name]
