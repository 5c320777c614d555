"""Settings as the rest of the house sees them; `router.config` reads and checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Literal

from router.core.terms import Terms

FALLBACKS: Final = ("cache", "planner", "search")


@dataclass(frozen=True, slots=True)
class ToolFilter:
    """Which tools of a server are offered, and under which names."""

    allow: tuple[str, ...] | None = None
    """Shell-style patterns of the server's own names; None allows every tool, and an empty one none."""
    deny: tuple[str, ...] = ()
    """Shell-style patterns; wins over `allow`."""
    rename: Mapping[str, str] = field(default_factory=dict)
    """The server's own name → the name that rules use."""
    prefix: str = ""
    """Before the names that rules use, of tools that are not renamed."""

    def admits(self, own_name: str) -> bool:
        """Whether the tool of that name, as the server calls it, is offered."""
        allowed = self.allow is None or any(fnmatchcase(own_name, each) for each in self.allow)
        return allowed and not any(fnmatchcase(own_name, each) for each in self.deny)

    def shown(self, own_name: str) -> str:
        """Return the name that rules use for the server's own name."""
        return self.rename.get(own_name, f"{self.prefix}{own_name}")

    def own(self, shown_name: str) -> str:
        """Return the server's own name for the name that rules use."""
        renamed = next((own for own, shown in self.rename.items() if shown == shown_name), None)
        return shown_name.removeprefix(self.prefix) if renamed is None else renamed


@dataclass(frozen=True, slots=True)
class Auth:
    """How to sign in to a server or agent, `auth = { type = … }`.

    Secrets are named by their place (`env:NAME`, `file:PATH`, `keyring:NAME`) and never stand here; where
    none is named it is the one that is kept under the name of the server or agent.
    """

    type: Literal["bearer", "header", "oauth2", "login"]
    """A token; a header of its own; OAuth 2.0 client credentials; OAuth 2.0 as a person, who signed in with
    `ts auth login`."""
    secret: str = ""
    """Where the token, the header's value or the client's secret is."""
    header: str = ""
    """The name of the header, where the type is `header`."""
    client_id: str = ""
    token_url: str = ""
    """Where tokens are given; empty to discover it from the issuer."""
    issuer: str = ""
    """The authorization server; empty where `token_url` names it."""
    scope: str = ""
    """Scopes that are asked for, separated by spaces."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates of a connection, `tls = { … }`, as absolute paths of PEM files."""

    ca: str = ""
    """Certificate authorities that are trusted in place of the system's."""
    cert: str = ""
    """Our own certificate, for servers that ask for one."""
    key: str = ""
    """The key of `cert`, where that file does not hold it."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a target is left alone, `breaker = { … }`."""

    failures: int = 5
    """In a row, after which it is not called; 0 switches the breaker off."""
    seconds: float = 30.0
    """After which one call may try it again."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What servers and agents have in common: who may use them, and how patiently they are called."""

    name: str
    """As rules write it."""
    modes: tuple[str, ...] = ()
    """The only modes in which it is used; empty for always."""
    tags: tuple[str, ...] = ()
    """What `-w` filters on, beside the name and the description."""
    description: str = ""
    retries: int = 0
    """Further attempts, of what is safe to repeat alone."""
    delay_seconds: float = 1.0
    """Before the second attempt; each later one waits longer, where the other side does not say when."""
    connect_seconds: float = 10.0
    """For a connection to come about; part of the whole call."""
    first_byte_seconds: float = 0.0
    """For an answer over HTTP to begin; 0 for as long as the call may take."""
    concurrency: int = 0
    """The most calls at a time in one process; 0 for any number."""
    rate: float = 0.0
    """The most calls a second in one process; 0 for any number."""
    breaker: Breaker = Breaker()
    timeout_seconds: float = 60.0
    """A whole call, connecting included."""
    limit_bytes: int = 10_000_000
    """The largest result accepted, in bytes."""
    output: int = 0
    """The most characters of text that a result hands on; the rest is cut off; 0 for all."""
    auth: Auth | None = None
    """A driver that cannot apply it must refuse the call."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent along over HTTP; `${keyring:NAME}` and its like stand in them as they are written."""
    tls: Tls = Tls()


@dataclass(frozen=True, slots=True)
class Server(Peer):
    """An MCP server, `[mcp.NAME]`."""

    command: str = ""
    """The program of a server over stdio; empty for one with a `url`."""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to what is inherited by the allow-list; `${keyring:NAME}` and its like stand as written."""
    cwd: str = ""
    """Absolute; empty for the working directory of the asker."""
    url: str = ""
    transport: Literal["stdio", "http", "sse"] = "stdio"
    tools: ToolFilter = ToolFilter()
    roots: tuple[str, ...] = ()
    """Absolute directories that it is told it may use."""
    sampling: bool = False
    """Whether it may have a model write text, on our budget."""


@dataclass(frozen=True, slots=True)
class Agent(Peer):
    """An A2A agent, `[a2a.NAME]`."""

    url: str = ""
    """The agent, whose card is at the well-known path, or the card itself, or a list of cards."""
    card: str = ""
    """The agent's name in the list of cards that is at `url`; empty where that is an agent or its card."""


WAYS: Final = ("local", "hf")
"""To a model: a server that speaks as OpenAI's does, and the Hugging Face hub."""
SMALL: Final = "openai/gpt-oss-20b"
LARGE: Final = "openai/gpt-oss-120b"


@dataclass(frozen=True, slots=True)
class ModelWay:
    """One way to a model, `[planner.local]` or `[planner.hf]`."""

    name: str
    """`local` or `hf`."""
    base_url: str = ""
    """Of a local server, up to and with `/v1`."""
    token: str = ""
    """Where the secret is, such as `env:HF_TOKEN`; never the secret itself."""
    timeout_seconds: float = 60.0
    """For one answer."""
    models: Mapping[str, str] = field(default_factory=dict)
    """What this way calls a model; those that are not named here keep their names."""


@dataclass(frozen=True, slots=True)
class Planning:
    """Who plans what no rule decides, `[planner]`."""

    ways: tuple[ModelWay, ...] = ()
    """In the order in which they are asked; none: nobody plans."""
    models: Mapping[str, str] = field(default_factory=dict)
    """The model of each mode that has one of its own."""
    effort: Mapping[str, str] = field(default_factory=dict)
    """The reasoning effort of each mode that has one of its own: `low`, `medium` or `high`."""
    tools_tokens: int = 6_000
    """The most that the tools in a prompt may take, estimated."""
    answer_tokens: int = 4_096
    """The most that an answer may take, reasoning included."""
    steps: int = 8
    """The most steps of a plan that `ts orchestrate` asks for."""
    retries: int = 2
    """Further requests to one way where it is busy or broken."""


@dataclass(frozen=True, slots=True)
class PlanCache:
    """How long plans are remembered, `[cache]`."""

    days: float = 30.0
    megabytes: float = 64.0


@dataclass(frozen=True, slots=True)
class Spending:
    """What models may cost, `[budget]`."""

    limit_usd: float = 50.0
    """In one calendar month (UTC), over all projects of a person."""
    soft: float = 0.8
    """The share of it from which on a warning is given and the cheaper model is asked."""
    pools: Mapping[str, float] = field(default_factory=dict)
    """Shares of the limit by name."""
    pool: str = ""
    """The pool from which this project spends; empty for what no pool has."""


@dataclass(frozen=True, slots=True)
class Pinning:
    """How descriptions that changed since they were reviewed are taken, `[pins]`."""

    strict: bool = False
    """Whether such a tool or agent is refused; a warning is given otherwise."""


@dataclass(frozen=True, slots=True)
class Cataloguing:
    """How long what servers and agents said of themselves is taken as it is, `[catalogue]`."""

    hours: float = 24.0
    """After which `ts discover` asks again."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What other programs see of this project, `[serve]`."""

    profiles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Named sets of shell-style patterns of targets such as `mcp:git/*`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a project, merged and checked."""

    layers: tuple[str, ...] = ("guard", "team", "learned")
    """Names of directories under `rules/`, the first to decide first."""
    ambiguous: Literal["planner", "error"] = "planner"
    fallback: tuple[str, ...] = FALLBACKS
    language: str = "english"
    """The stemmer; `none` switches it off."""
    servers: Mapping[str, Server] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys that `--set` may give, with their values, empty for any; where none is listed all are known."""
    planning: Planning = Planning()
    cache: PlanCache = PlanCache()
    spending: Spending = Spending()
    pinning: Pinning = Pinning()
    cataloguing: Cataloguing = Cataloguing()
    serving: Serving = Serving()
    later: tuple[str, ...] = ()
    """Tables that were read and checked but that this version does not act on."""

    @property
    def terms(self) -> Terms:
        """What of it bears on decisions beside the targets."""
        return Terms(self.layers, self.ambiguous, self.fallback, self.facts, bool(self.planning.ways))

    def peer(self, scheme: str, name: str) -> Peer | None:
        """Return the server or agent that a target names, or None."""
        return (
            self.servers.get(name) if scheme == "mcp" else self.agents.get(name) if scheme == "a2a" else None
        )
