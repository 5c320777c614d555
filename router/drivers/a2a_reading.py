"""Reads the card of an A2A agent, whatever stands in its place, and what it says to those who signed in."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import replace
from typing import Final, cast

import httpx
from a2a.client import AgentCardResolutionError, Client
from a2a.client.card_resolver import parse_agent_card
from a2a.types import (
    AgentCard,
    ExtendedAgentCardNotConfiguredError,
    GetExtendedAgentCardRequest,
    GetTaskRequest,
    MethodNotFoundError,
    UnsupportedOperationError,
)
from a2a.utils.errors import A2AError
from google.protobuf.json_format import MessageToDict, ParseError  # type: ignore[import-untyped]

from router.core.canonical import canonical
from router.core.findings import nearest_or_all
from router.core.plan import JSON
from router.core.settings import Agent
from router.drivers.a2a_card import address_in, card_address, listed
from router.drivers.a2a_wire import OF_ITSELF
from router.drivers.quoting import brief
from router.errors import ProtocolBroken

_NO_CARD: Final = frozenset({400, 404, 405, 410, 426, 501})
"""With which a server answers a plain GET where it has nothing but a WebSocket."""
_MOST_NAMED: Final = 10
"""Agents of a registry that an error names."""


async def read_document(http: httpx.AsyncClient, agent: Agent, target: str) -> JSON:
    """Return what is at the card's address, failing as the SDK and httpx do.

    Raises ProtocolBroken where that, or what is at the url itself, is a list of cards.
    """
    if agent.card:
        return _of_list(_json(await http.get(agent.url, extensions=OF_ITSELF)), agent, target)
    address = card_address(agent.url)
    response = await http.get(address, extensions=OF_ITSELF)
    if response.status_code in (404, 410) and address != agent.url:
        await _look_for_a_list(http, agent, target)
    response.raise_for_status()
    document = _json(response)
    _refuse_list(document, agent, target)
    return document


async def found_document(http: httpx.AsyncClient, agent: Agent, target: str) -> JSON:
    """Return the card of an agent over a WebSocket, below its address or at the root, or None for none.

    Fails as `read_document` does where a sign-in is wanted, or nobody is there.
    """
    root = str(httpx.URL(agent.url).copy_with(path="/", query=None))
    for url in dict.fromkeys((agent.url.rstrip("/"), root.rstrip("/"))):
        try:
            return await read_document(http, replace(agent, url=url), target)
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in _NO_CARD:
                raise
        except (AgentCardResolutionError, httpx.RemoteProtocolError):
            continue
    return None


async def is_old(asking: Client) -> bool:
    """Whether an agent without a card knows the methods of A2A 0.3 alone; it is asked for a task."""
    try:
        await asking.get_task(GetTaskRequest(id="none"))
    except MethodNotFoundError:
        return True
    except A2AError:
        return False
    return False


async def _look_for_a_list(http: httpx.AsyncClient, agent: Agent, target: str) -> None:
    try:
        document = _json(await http.get(agent.url, extensions=OF_ITSELF))
    except (httpx.HTTPError, AgentCardResolutionError):
        return
    _refuse_list(document, agent, target)


def _of_list(document: JSON, agent: Agent, target: str) -> JSON:
    """Return the card of the agent's name in a list of cards."""
    found = listed(document)
    if not found:
        reason = (
            f'what is at {agent.url} is no list of cards, in which "{agent.card}" might be; take card out'
        )
        raise ProtocolBroken(target, reason)
    if agent.card not in found:
        hint = nearest_or_all(agent.card, found)
        raise ProtocolBroken(
            target, f'no agent in the list at {agent.url} is called "{agent.card}"; {brief(hint)}'
        )
    return found[agent.card]


def _json(response: httpx.Response) -> JSON:
    try:
        return cast("JSON", response.json())
    except ValueError as error:
        raise AgentCardResolutionError(f"it is not JSON: {error}") from error


def _refuse_list(document: JSON, agent: Agent, target: str) -> None:
    found = listed(document)
    if not found:
        return
    places = {name: address_in(card) for name, card in list(found.items())[:_MOST_NAMED]}
    named = ", ".join(f"{name} ({url})" if url else name for name, url in places.items())
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    reason = (
        f"what is at {agent.url} is a list of {len(found)} agents and not the card of one: "
        f"{brief(named)}{more}; give each a table [a2a.NAME] of its own, with card = its name"
    )
    raise ProtocolBroken(target, reason)


def parsed(document: JSON) -> AgentCard:
    """Return the card that a document is, of 1.x or 0.3. Raises AgentCardResolutionError."""
    try:
        return parse_agent_card(cast("dict[str, JSON]", deepcopy(document)))
    except ParseError as error:
        raise AgentCardResolutionError(str(error)) from error


async def extended(client: Client) -> AgentCard | None:
    """Return the card for those who signed in; None where the agent has none after all."""
    try:
        return await client.get_extended_agent_card(GetExtendedAgentCardRequest())
    except (ExtendedAgentCardNotConfiguredError, MethodNotFoundError, UnsupportedOperationError):
        return None


def digest_of(document: JSON, extended_card: AgentCard | None) -> str:
    """Return the SHA-256 of what an agent says of itself, without signatures: those may differ every time.

    Raises ValueError where it is not JSON after all.
    """
    said = [_unsigned(document)]
    if extended_card is not None:
        said.append(_unsigned(MessageToDict(extended_card)))
    return hashlib.sha256(canonical(said[0] if len(said) == 1 else said).encode()).hexdigest()


def _unsigned(card: JSON) -> JSON:
    return (
        {key: each for key, each in card.items() if key != "signatures"} if isinstance(card, dict) else card
    )
