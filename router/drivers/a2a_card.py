"""Where an A2A agent's card is, what it offers and where its calls go; nothing here sends anything.

Facts from the A2A specification 1.0.1: the card is at `/.well-known/agent-card.json` (8.2), interfaces
are listed in order of preference (4.4.6), and a card of 0.3 is read as one of 1.0 by the SDK.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Final
from urllib.parse import urlsplit

from a2a.types import AgentCapabilities, AgentCard, AgentInterface, SecurityScheme
from a2a.utils.constants import AGENT_CARD_WELL_KNOWN_PATH, TransportProtocol

from router.core.plan import JSON
from router.core.settings import Agent
from router.drivers import addresses
from router.drivers.a2a_signin import origin_of, signs_in
from router.drivers.addresses import is_this_machine
from router.errors import ProtocolBroken, TargetUnavailable
from router.ports import Offer, Tool

SPOKEN: Final = "JSONRPC, HTTP+JSON and GRPC of A2A 1.x and 0.3"
"""What this version can call, as errors say it."""
BINDINGS: Final = frozenset(
    map(
        str,
        (
            TransportProtocol.JSONRPC.value,
            TransportProtocol.HTTP_JSON.value,
            TransportProtocol.GRPC.value,
        ),
    )
)
GRPC: Final = TransportProtocol.GRPC.value
GRPC_HERE: bool = find_spec("grpc") is not None
"""Whether the package's extra `grpc` is installed."""
_SCHEMES: Final = {"grpc": "http", "grpcs": "https"}
_SOCKETS: Final = {"ws": "http", "wss": "https"}
SOCKETS_HERE: bool = find_spec("websockets") is not None
"""Whether the package's extra `websocket` is installed."""


def card_address(url: str) -> str:
    """Return where the card is.

    A `url` whose path ends in `.json` is the card itself; any other is the agent, with the card below it.
    """
    if urlsplit(url).path.endswith(".json"):
        return url
    return url.rstrip("/") + AGENT_CARD_WELL_KNOWN_PATH


def refusal(url: str) -> str:
    """Return why nothing may be sent to the agent's address, or an empty string where it may."""
    if reason := addresses.refusal(url, addresses.WEB):
        return reason
    parts = urlsplit(url)
    if (parts.query or parts.fragment) and not parts.path.endswith(".json"):
        return f'"{url}" has a query or fragment; give the address of the agent or of its card alone'
    return ""


def is_over_socket(agent: Agent) -> bool:
    """Whether an agent is spoken to over a WebSocket."""
    return urlsplit(agent.url).scheme in ("ws", "wss")


def over_http(agent: Agent) -> Agent:
    """Return the agent with the address from which its WebSocket begins, that of HTTP."""
    scheme, _, rest = agent.url.partition("://")
    return replace(agent, url=f"{_SOCKETS[scheme.lower()]}://{rest}") if is_over_socket(agent) else agent


def bare_card(agent: Agent) -> AgentCard:
    """Return what stands for the card of an agent that has none: what the settings say of it."""
    return AgentCard(
        name=agent.name, description=agent.description, capabilities=AgentCapabilities(streaming=True)
    )


def socket_of(card: AgentCard, agent: Agent) -> AgentInterface:
    """Return the interface of an agent over a WebSocket: where the settings say, of the card's version."""
    known = sorted(card.supported_interfaces, key=_likeness, reverse=True)
    versions = [each.protocol_version for each in known if each.protocol_version]
    return AgentInterface(
        url=agent.url,
        protocol_binding=TransportProtocol.JSONRPC.value,
        protocol_version=versions[0] if versions else "1.0",
    )


def _likeness(interface: AgentInterface) -> int:
    """Return how much an interface is like JSON-RPC over a WebSocket."""
    over_socket = urlsplit(interface.url).scheme in _SOCKETS
    return 2 * over_socket + (interface.protocol_binding == TransportProtocol.JSONRPC.value)


def interface_of(card: AgentCard, agent: Agent, target: str) -> AgentInterface:
    """Return the interface to call: the card's first binding that can be, of it 1.x before 0.3.

    It is on the host of the agent's url, and where anything is sent along for a sign-in on its very origin.
    Raises ProtocolBroken where it is no card, TargetUnavailable where nothing on it can be called.
    """
    if not card.name and not card.supported_interfaces:
        raise ProtocolBroken(
            target, f"what is at {agent.url} is not an agent card: it has neither name nor interface"
        )
    known = _preferred(card)
    if not known:
        raise TargetUnavailable(
            target, f"its card offers {_offered(card)}; this version calls {SPOKEN}", sent=False
        )
    spoken = [each for each in known if each.protocol_binding != GRPC or GRPC_HERE]
    if not spoken:
        reason = f'its card offers {_offered(card)}; pip install "ts-router[grpc]" to call it'
        raise TargetUnavailable(target, reason, sent=False)
    reasons = [_elsewhere(address_of(each, agent), agent) for each in spoken]
    usable = [each for each, reason in zip(spoken, reasons, strict=True) if not reason]
    if not usable:
        raise TargetUnavailable(target, reasons[0], sent=False)
    return usable[0]


def address_of(interface: AgentInterface, agent: Agent) -> str:
    """Return where an interface is, as an http or https address; gRPC is as secure as the agent's url."""
    url: str = interface.url
    if interface.protocol_binding != GRPC:
        return url
    scheme, marked, rest = url.partition("://")
    return f"{_SCHEMES.get(scheme, scheme)}://{rest}" if marked else f"{urlsplit(agent.url).scheme}://{url}"


def _preferred(card: AgentCard) -> list[AgentInterface]:
    known: list[AgentInterface] = [each for each in card.supported_interfaces if _rank(each)]
    order = list(dict.fromkeys(each.protocol_binding for each in known))
    return sorted(known, key=lambda each: (order.index(each.protocol_binding), -_rank(each)))


def _rank(interface: AgentInterface) -> int:
    """Return 2 for 1.x, 1 for 0.3 and later below 1, 0 for what cannot be called."""
    if interface.protocol_binding not in BINDINGS:
        return 0
    version = re.match(r"v?(\d+)\.?(\d*)", interface.protocol_version or "1.0")
    if version is None:
        return 0
    major, minor = int(version[1]), int(version[2] or 0)
    return 2 if major == 1 else 1 if major == 0 and minor >= 3 else 0


def _offered(card: AgentCard) -> str:
    return ", ".join(_named(each) for each in card.supported_interfaces) or "no interface"


def _named(interface: AgentInterface) -> str:
    version = f" {interface.protocol_version}" if interface.protocol_version else ""
    return (interface.protocol_binding or "an interface without a binding") + version


def _elsewhere(url: str, agent: Agent) -> str:
    if reason := addresses.refusal(url):
        return f"its card says to call an address that is refused: {reason}"
    there, here = origin_of(url), origin_of(agent.url)
    if there[1] != here[1] and not (is_this_machine(there[1]) and is_this_machine(here[1])):
        return (
            f"its card, found at {here[1]}, says to call another host, {there[1]}; "
            f"if that is right, set the agent's url to where {there[1]} serves its card"
        )
    if signs_in(agent) and there != here:
        return (
            f"its card says to call {_spelt(there)}, and the sign-in of [a2a.{agent.name}] goes to "
            f"{_spelt(here)} alone; set the agent's url to where {_spelt(there)} serves its card"
        )
    return ""


def _spelt(origin: tuple[str, str, int | None]) -> str:
    return f"{origin[0]}://{origin[1]}:{origin[2]}"


def asked_for(card: AgentCard) -> str:
    """Return the ways of signing in that a card names, in words; empty where it names none."""
    return ", ".join(dict.fromkeys(_scheme(each) for each in card.security_schemes.values()))


def _scheme(scheme: SecurityScheme) -> str:
    kind = scheme.WhichOneof("scheme")
    if kind == "api_key_security_scheme":
        key = scheme.api_key_security_scheme
        return f"a key in the {key.location} {key.name}"
    if kind == "http_auth_security_scheme":
        return f"HTTP {scheme.http_auth_security_scheme.scheme}"
    if kind == "oauth2_security_scheme":
        flow = scheme.oauth2_security_scheme.flows.WhichOneof("flow") or "no known flow"
        return f"OAuth 2.0 ({flow.replace('_', ' ')})"
    if kind == "open_id_connect_security_scheme":
        return "OpenID Connect"
    return "a certificate" if kind == "mtls_security_scheme" else "a way that this version does not know"


def listed(document: JSON) -> dict[str, dict[str, JSON]]:
    """Return the cards of a list of them by name, the first of each; empty where it is no such list."""
    cards = document.get("agents") if isinstance(document, dict) else document
    found: dict[str, dict[str, JSON]] = {}
    for card in cards if isinstance(cards, list) else ():
        if isinstance(card, dict) and isinstance(name := card.get("name"), str):
            found.setdefault(name, card)
    return found


def address_in(card: Mapping[str, JSON]) -> str:
    """Return the address that a card in a list names first; empty where it names none."""
    interfaces = card.get("supportedInterfaces")
    first = interfaces[0] if isinstance(interfaces, list) and interfaces else card
    url = first.get("url") if isinstance(first, dict) else None
    return url if isinstance(url, str) else ""


def output_modes(card: AgentCard, skill: str) -> list[str]:
    """Return the media types in which a skill answers, which are all welcome; without a skill the agent's."""
    found = next((each for each in card.skills if each.id == skill), None)
    return list((found.output_modes if found is not None else ()) or card.default_output_modes)


def offer_of(name: str, card: AgentCard, interface: AgentInterface, digest: str = "") -> Offer:
    """Return what the card offers, a tool per skill; of skills with one id the first counts."""
    tools: dict[str, Tool] = {}
    for skill in card.skills:
        tool = Tool(skill.id, skill.description or skill.name, tags=tuple(skill.tags))
        tools.setdefault(tool.name, tool)
    tools.pop("", None)
    return Offer(
        scheme="a2a",
        name=name,
        tools=tuple(tools.values()),
        title=card.name,
        description=card.description,
        version=card.version,
        protocol=interface.protocol_version,
        digest=digest,
    )
