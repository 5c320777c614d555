"""Where an A2A agent's card is, what it offers and where its calls go; nothing here sends anything.

Facts from the A2A specification 1.0.1: the card is at `/.well-known/agent-card.json` (8.2), interfaces
are listed in order of preference (4.4.6), and a card of 0.3 is read as one of 1.0 by the SDK.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from a2a.types import AgentCard, AgentInterface
from a2a.utils.constants import AGENT_CARD_WELL_KNOWN_PATH, TransportProtocol

from router.errors import ProtocolBroken, TargetUnavailable
from router.ports import Offer, Tool

SPOKEN = "JSONRPC of A2A 1.x and 0.3"
"""What this version can call, as errors say it."""


def card_address(url: str) -> tuple[str, str]:
    """Return where the card is, as the part before its last slash (or the agent) and the path below it.

    A `url` whose path ends in `.json` is the card itself; any other is the agent, with the card below it.
    """
    parts = urlsplit(url)
    if parts.path.endswith(".json"):
        above, _, name = parts.path.rpartition("/")
        query = f"?{parts.query}" if parts.query else ""
        return f"{parts.scheme}://{parts.netloc}{above}", name + query
    return url.rstrip("/"), AGENT_CARD_WELL_KNOWN_PATH


def refusal(url: str) -> str:
    """Return why nothing may be sent to the address, or an empty string where it may."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f'"{url}" is not an address: {error}'
    if parts.scheme not in ("http", "https") or not host:
        return f'"{url}" is not an http or https address'
    if parts.username is not None or parts.password is not None:
        return f"the address of {host} holds a user name or password; take them out of it"
    if parts.scheme == "http" and not is_this_machine(host):
        return f"{host} is another machine and would be called over plain http; use https"
    if (parts.query or parts.fragment) and not parts.path.endswith(".json"):
        return f'"{url}" has a query or fragment; give the address of the agent or of its card alone'
    return ""


def is_this_machine(host: str) -> bool:
    """Whether a host name or address means this machine, without asking a resolver."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def interface_of(card: AgentCard, url: str, target: str) -> AgentInterface:
    """Return the interface of the card to call: 1.x before 0.3, on the host of `url` alone.

    Raises ProtocolBroken where it is no card, TargetUnavailable where nothing on it can be called.
    """
    if not card.name and not card.supported_interfaces:
        raise ProtocolBroken(
            target, f"what is at {url} is not an agent card: it has neither name nor interface"
        )
    spoken: list[AgentInterface] = [each for each in card.supported_interfaces if _rank(each)]
    if not spoken:
        offered = ", ".join(_named(each) for each in card.supported_interfaces) or "no interface"
        raise TargetUnavailable(target, f"its card offers {offered}; this version calls {SPOKEN}")
    spoken.sort(key=_rank, reverse=True)
    reasons = [_elsewhere(each.url, urlsplit(url)) for each in spoken]
    usable = [each for each, reason in zip(spoken, reasons, strict=True) if not reason]
    if not usable:
        raise TargetUnavailable(target, reasons[0])
    return usable[0]


def _rank(interface: AgentInterface) -> int:
    """Return 2 for 1.x, 1 for 0.3 and later below 1, 0 for what cannot be called."""
    if interface.protocol_binding != TransportProtocol.JSONRPC:
        return 0
    version = re.match(r"v?(\d+)\.?(\d*)", interface.protocol_version or "1.0")
    if version is None:
        return 0
    major, minor = int(version[1]), int(version[2] or 0)
    return 2 if major == 1 else 1 if major == 0 and minor >= 3 else 0


def _named(interface: AgentInterface) -> str:
    version = f" {interface.protocol_version}" if interface.protocol_version else ""
    return (interface.protocol_binding or "an interface without a binding") + version


def _elsewhere(url: str, configured: SplitResult) -> str:
    if reason := refusal(url):
        return f"its card says to call an address that is refused: {reason}"
    host, expected = urlsplit(url).hostname or "", configured.hostname or ""
    if host == expected or (is_this_machine(host) and is_this_machine(expected)):
        return ""
    return (
        f"its card, found at {expected}, says to call another host, {host}; "
        f"if that is right, set the agent's url to where {host} serves its card"
    )


def offer_of(name: str, card: AgentCard, interface: AgentInterface) -> Offer:
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
    )
