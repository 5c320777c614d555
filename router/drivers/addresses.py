"""Where questions and credentials may be sent: to addresses that are secure, or on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

HTTP: Final = ("http", "https")
WEB: Final = (*HTTP, "ws", "wss")
"""With WebSockets."""
PLAIN: Final = ("http", "ws")
"""What anybody on the way can read."""


def refusal(url: str, schemes: tuple[str, ...] = HTTP) -> str:
    """Return why nothing may be sent to the address, or an empty string where it may."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f'"{url}" is not an address: {error}'
    if parts.scheme not in schemes or not host:
        return f'"{url}" is not an http or https address'
    if parts.username is not None or parts.password is not None:
        return f"the address of {host} holds a user name or password; take them out of it"
    if parts.scheme in PLAIN and not is_this_machine(host):
        return f"{host} is another machine and would be called over plain {parts.scheme}; use {parts.scheme}s"
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
