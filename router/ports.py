"""What the rim must offer to the engine, as Protocols; no part of it is implemented here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from router.core.decision import Decision
from router.core.outcome import Result
from router.core.plan import JSON, Plan, Target
from router.core.query import Attachment, Query

Progress = Callable[[str], None]
"""Takes a line or piece of text that the other side sent while it was still working."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool of an MCP server, or one skill of an A2A agent."""

    name: str
    """As rules write it, after renaming."""
    description: str = ""
    input_schema: JSON = None
    """JSON Schema of the arguments; None for a skill, which takes a message."""
    output_schema: JSON = None
    tags: tuple[str, ...] = ()
    read_only: bool | None = None
    """What the server says of the tool; None where it does not say."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one configured server or agent offers."""

    scheme: str
    """`mcp` or `a2a`."""
    name: str
    """As the settings name it."""
    tools: tuple[Tool, ...]
    title: str = ""
    """What the server or agent calls itself."""
    description: str = ""
    version: str = ""
    """Of the server or agent."""
    protocol: str = ""
    """The protocol version that was negotiated."""

    def tool(self, name: str) -> Tool | None:
        """Return the tool or skill of that name, or None."""
        return next((tool for tool in self.tools if tool.name == name), None)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, bound and checked as far as can be before it is sent."""

    target: Target
    args: dict[str, JSON] = field(default_factory=dict)
    """Arguments of a tool."""
    message: str = ""
    """What an agent is asked."""
    attached: tuple[Attachment, ...] = ()
    timeout_seconds: float = 60.0
    """The whole call, connecting included."""


class Driver(Protocol):
    """The way out to one protocol. Connections are opened when first needed and kept until `aclose`.

    Methods may be called from several tasks at once. They raise `CallError` and its kinds, never an
    error of the library below.
    """

    async def offer(self, name: str) -> Offer:
        """Ask the server or agent of the settings what it offers.

        Raises TargetUnknown, TargetUnavailable, ProtocolBroken or CallTimedOut.
        """
        ...

    async def call(self, call: Call, progress: Progress) -> Result:
        """Check the arguments against the tool's input schema, send the call and wait for its result.

        Raises any kind of CallError; ToolFailed where the other side itself reports an error.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection and end every child process that the driver started."""
        ...


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a planner is asked."""

    query: Query
    among: tuple[Target, ...] = ()
    """On a tie, the only targets the plan may use; empty where every target of the catalogue may be."""


class Planner(Protocol):
    """Asks a model for a plan where no rule decides."""

    async def plan(self, request: PlanRequest) -> Plan | None:
        """Return a plan, or None where the model has none."""
        ...


@dataclass(frozen=True, slots=True)
class Hit:
    """One target that search found near a text."""

    target: Target
    description: str
    """The first sentence of what the tool or skill says of itself."""


class Catalogue(Protocol):
    """What the configured servers and agents offer, as last seen."""

    def offers(self) -> tuple[Offer, ...]:
        """Return all offers that are known, sorted by scheme and name."""
        ...

    def keep(self, offer: Offer) -> None:
        """Remember an offer, replacing the one of the same scheme and name."""
        ...

    @property
    def unkept(self) -> Mapping[str, str]:
        """Offers that this process alone will remember, and why they could not be kept, by target."""
        ...

    def nearest(self, query: Query, limit: int) -> tuple[Hit, ...]:
        """Return up to `limit` targets nearest to the query's text, best first, after modes and words."""
        ...


class Ledger(Protocol):
    """The record of what was asked and decided."""

    def record(self, query: Query, decision: Decision) -> None:
        """Keep a question that was asked to be carried out, and its decision; it fails in silence."""
        ...
