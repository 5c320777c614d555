"""What the rim must offer to the engine, as Protocols; no part of it is implemented here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from router.core.decision import Decision
from router.core.outcome import Outcome, Result
from router.core.plan import JSON, Plan, Target
from router.core.query import Attachment, Query
from router.errors import RouterError

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
    idempotent: bool | None = None
    """The same: whether calling it again with the same arguments changes nothing more."""
    destructive: bool | None = None
    """The same: whether it may delete or overwrite."""
    open_world: bool | None = None
    """The same: whether it deals with more than what the server keeps."""
    title: str = ""
    """For people; empty where the server gives none."""
    meta: Mapping[str, JSON] | None = None
    """`_meta` of a tool, for clients that know what is meant."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that an MCP server lets be read, or a template of addresses of such."""

    uri: str
    """The address; of a template with `{…}` in it, after RFC 6570."""
    name: str
    description: str = ""
    media_type: str = ""
    is_template: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """What a prompt may be given, a text."""

    name: str
    description: str = ""
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that an MCP server keeps."""

    name: str
    description: str = ""
    arguments: tuple[Argument, ...] = ()


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
    digest: str = ""
    """Of an agent's whole card; empty for a server."""
    resources: tuple[Resource, ...] = ()
    """What `resources/read`, which is then among the tools, reads."""
    prompts: tuple[Prompt, ...] = ()
    """What `prompts/get`, which is then among the tools, gets."""

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
    task: str = ""
    """The handle of an agent's task that waits, which the message answers; empty for a new one. A call with a
    task and nothing to send follows the task alone."""


@dataclass(frozen=True, slots=True)
class AgentTask:
    """A task that an agent keeps."""

    handle: str
    """As `Result.task` gives it."""
    state: str
    """As the protocol names it, such as `working` or `input-required`."""
    said: str = ""
    """What the agent said last."""
    time: str = ""
    """Since when it is so, ISO 8601 in UTC; empty where the agent does not say."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a server or agent wants to know of a person before it goes on."""

    target: str
    message: str
    schema: JSON = None
    """JSON Schema of the answer, an object of plain values; None where a page is to be visited instead."""
    url: str = ""
    """The page to visit."""


Ask = Callable[[Question], Awaitable[dict[str, JSON] | None]]
"""Puts a question to a person; the answer fits the schema, and None declines."""


@dataclass(frozen=True, slots=True)
class Prompted:
    """Text that a server wants a model to write."""

    target: str
    messages: tuple[tuple[str, str], ...]
    """Who speaks, `user` or `assistant`, and what."""
    system: str = ""
    most_tokens: int = 0
    """What the server allows; 0 for as many as the settings do."""


@dataclass(frozen=True, slots=True)
class Written:
    """Text that a model wrote."""

    text: str
    model: str
    is_cut: bool = False
    """Whether it ended for want of tokens."""


Write = Callable[[Prompted], Awaitable[Written]]
"""Has a model write a text. Raises PlannerError."""


@dataclass(frozen=True, slots=True)
class Host:
    """What whoever calls servers does for them in return."""

    seen: Callable[[Offer], None]
    """Takes what a server offers, as often as it was asked."""
    ask: Ask | None = None
    """Puts a question to a person; None where nobody is there."""
    write: Write | None = None
    """Has a model write a text; None where none is set up."""


class Secrets(Protocol):
    """Finds secrets by their places; what it returns is neither logged nor kept."""

    def value(self, place: str, name: str) -> str:
        """Return the secret at a place such as `keyring:release`; where it is empty, the one kept as `name`.

        May wait for the operating system: call it from a thread. Raises SecretMissing.
        """
        ...

    def filled(self, text: str) -> str:
        """Return a text of the settings with the secret in the place of each `${keyring:NAME}` and its like.

        May wait for the operating system: call it from a thread. Raises SecretMissing.
        """
        ...


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

    async def tasks(self, name: str) -> tuple[AgentTask, ...]:
        """Return the tasks that an agent keeps.

        Raises any kind of CallError; TargetUnknown where the protocol has no tasks.
        """
        ...

    async def cancel(self, target: Target, task: str) -> None:
        """Have an agent give up a task that waits, named by its handle.

        Raises any kind of CallError; TargetUnknown where the protocol has no tasks.
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


@dataclass(frozen=True, slots=True)
class Usage:
    """What asking models took, repairs and failures included."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    estimated: bool = False
    """Whether some server sent no count of tokens, so that they were estimated."""

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.tokens_in + self.tokens_out

    def __add__(self, other: Usage) -> Usage:
        """Both together."""
        return Usage(
            self.requests + other.requests,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.cost_usd + other.cost_usd,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that no rule made, and where it comes from."""

    plan: Plan
    """Its source is `cache`, `planner` or `search`."""
    model: str = ""
    """Who made it, such as `hf:openai/gpt-oss-20b:groq`; empty for search."""
    usage: Usage = field(default_factory=Usage)
    """What was taken for this question; nothing for a plan of the cache."""
    shown: int = 0
    """Tools and skills that the model was shown."""
    known: int = 0
    """Tools and skills that it might have been shown."""
    warnings: tuple[str, ...] = ()
    """What the asker should know, such as a budget that is nearly spent."""


class Planner(Protocol):
    """Asks a model for a plan where no rule decides, and remembers what it answered."""

    def recall(self, request: PlanRequest) -> Planned | None:
        """Return the plan that was made of the very same request before, or None; asks nobody."""
        ...

    async def plan(self, request: PlanRequest) -> Planned:
        """Ask for a plan; who asks the same at the same time, in any process, waits for the one answer.

        Raises PlanRejected, ModelUnavailable and BudgetSpent.
        """
        ...

    def forget(self, request: PlanRequest) -> None:
        """Remember the plan of a request no longer, since it can be carried out no longer."""
        ...


@dataclass(frozen=True, slots=True)
class Spend:
    """What one request to a model took."""

    way: str
    """`local` or `hf`."""
    model: str
    provider: str = ""
    """Of the hub's inference providers, the one that answered; empty where unknown."""
    usage: Usage = field(default_factory=Usage)
    failure: str = ""
    """The code of the error; empty where it answered."""
    text: str = ""
    """The question's, as it was asked."""


class Budget(Protocol):
    """Counts what models cost, and says when it is enough. Processes share it."""

    def admit(self) -> bool:
        """Return whether any model may be asked; False says that only the cheaper one still may.

        Raises BudgetSpent where the limit is reached, and where what was spent cannot be read.
        """
        ...

    def price(self, way: str, model: str, provider: str, usage: Usage) -> float:
        """Return what tokens cost in US dollars."""
        ...

    def spend(self, spend: Spend) -> None:
        """Write down what a request took. Raises BudgetSpent where it cannot be written."""
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

    def plan(self, query: Query) -> Plan | None:
        """Return a plan of one call where one tool is decisively ahead, safe, and has all its arguments."""
        ...


class Ledger(Protocol):
    """The record of what was asked, decided and done; writing it fails in silence."""

    def record(self, query: Query, decision: Decision, task: str = "") -> int:
        """Keep a question that was asked to be carried out, and its decision; return its number, or 0.

        With the handle of an agent's `task` it is an answer to that, and the decision of its question.
        """
        ...

    def planned(self, number: int, planned: Planned | None, failures: tuple[RouterError, ...]) -> None:
        """Keep what fallbacks made of a question that no rule decides, and why those before failed."""
        ...

    def ended(self, number: int, outcome: Outcome) -> None:
        """Keep what came of a question."""
        ...


class Tasks(Protocol):
    """Remembers tasks of agents that wait for an answer; writing it fails in silence."""

    def keep(self, number: int, target: Target, handle: str, question: str) -> None:
        """Keep a task that waits, and the number of the question that began it."""
        ...

    def end(self, target: Target, handle: str, state: str) -> None:
        """Note that a task waits no more."""
        ...
