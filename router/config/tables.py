"""The shape of `ts.toml`, checked by pydantic; what goes together is checked where settings are made."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from router.core.findings import nearest_or_all
from router.core.query import MODES
from router.core.settings import FALLBACKS, WAYS, ModelWay, PlanCache, Planning, Settings, Spending
from router.core.stem import LANGUAGES
from router.toml.shape import Table

LATER_TABLES: Final = ("store",)
"""Read and checked, but not acted on by this version."""


def _among(choices: tuple[str, ...]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f'"{value}" is unknown; {nearest_or_all(value, choices)}')
        return value

    return AfterValidator(check)


def _shaped(pattern: str, wanted: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f'"{value}" is not {wanted}')
        return value

    return AfterValidator(check)


def _choice(choices: tuple[str, ...]) -> WithJsonSchema:
    """Tell editors what `_among` takes."""
    return WithJsonSchema({"type": "string", "enum": [*choices]})


def _pattern(pattern: str) -> WithJsonSchema:
    """Tell editors what the whole text must be."""
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


_PEER: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_LAYER: Final = r"[A-Za-z0-9_-]+"
PeerName = Annotated[
    str,
    _shaped(_PEER, "a name: use letters, digits, and _ . - behind the first"),
    _pattern(_PEER),
]
LayerName = Annotated[
    str, _shaped(_LAYER, "a directory's name: use letters, digits, _ and -"), _pattern(_LAYER)
]
Mode = Annotated[str, _among(MODES), _choice(MODES)]
_URL: Final = r"(?i:https?)://[^\s/?#]+\S*"


def _url(value: str) -> str:
    """Refuse what is no URL without repeating it: it may hold a secret of the environment."""
    if not re.fullmatch(_URL, value):
        raise ValueError("must be a URL such as https://host/path")
    return value


_PLAIN_URL: Final = r"[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#]+\S*"
"""The same for editors, whose patterns know no flags."""
Url = Annotated[str, AfterValidator(_url), _pattern(_PLAIN_URL)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ToolsTable(Table, title="Tools"):
    """Which tools of a server are offered, and under which names."""

    allow: list[str] = Field(
        default_factory=list,
        description="Shell-style patterns of the server's own names; [] allows every tool.",
    )
    deny: list[str] = Field(default_factory=list, description="Shell-style patterns; they win over `allow`.")
    rename: dict[str, str] = Field(
        default_factory=dict, description="The server's own name = the name that rules use."
    )


class PeerTable(Table):
    """What servers and agents have in common."""

    modes: list[Mode] = Field(default_factory=list, description="The only modes in which it is used.")
    tags: list[str] = Field(
        default_factory=list, description="What -w filters on, beside names and the description."
    )
    description: str = Field("", description="What it is for; -w filters on its words.")
    retries: Annotated[int, Field(ge=0)] = Field(
        0, description="Further attempts to connect; a call that was sent is never repeated."
    )
    delay: Amount = Field(1.0, description="Seconds between two attempts.")
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        60.0, description="Seconds for a whole call, connecting included."
    )
    limit: Annotated[int, Field(gt=0)] = Field(
        10_000_000, description="Bytes of the largest result accepted."
    )
    auth: dict[str, Any] | None = Field(None, description="How to sign in, such as { type, token }.")


class McpTable(PeerTable, title="MCP server"):
    """[mcp.NAME]: a server over stdio (command) or at a url."""

    command: str = Field("", description="The program of a server over stdio, looked up on PATH.")
    args: list[str] = Field(default_factory=list, description="Arguments of the program.")
    env: dict[str, str] = Field(
        default_factory=dict, description="Variables added to the inherited environment, an allow-list."
    )
    cwd: str = Field("", description="Working directory, relative to the project; by default where you are.")
    url: Annotated[
        str, AfterValidator(lambda value: _url(value) if value else value), _pattern(f"({_PLAIN_URL})?")
    ] = Field("", description="The address of a server that is not started here.")
    transport: Literal["stdio", "http", "sse"] | None = Field(
        None, description="How it speaks: stdio with a command, http or sse with a url."
    )
    tools: ToolsTable = Field(default_factory=ToolsTable)


class A2aTable(PeerTable, title="A2A agent"):
    """[a2a.NAME]: an agent at a url."""

    url: Annotated[Url, Field(description="The agent, whose card is at the well-known path, or the card.")]


EFFORTS: Final = ("low", "medium", "high")
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
ModelNames = Annotated[
    dict[str, str], Field(description="A model's name = what it is called here, such as gpt-oss:20b.")
]
_PLACE: Final = r"((env|file|keyring):.+)?"


def _place(value: str) -> str:
    """Refuse what is no place of a secret without repeating it: it may be the secret."""
    if not re.fullmatch(_PLACE, value):
        raise ValueError("must say where the secret is, such as env:HF_TOKEN, and never be the secret itself")
    return value


Secret = Annotated[str, AfterValidator(_place), _pattern(_PLACE)]


class LocalTable(Table, title="Local models"):
    """[planner.local]: models served on this machine."""

    base_url: Annotated[
        str, AfterValidator(lambda value: _url(value) if value else value), _pattern(f"({_PLAIN_URL})?")
    ] = Field("", description="The address of a server that speaks as OpenAI's does, with its /v1.")
    token: Secret = Field(
        "", description="Where the server's key is, if it wants one; never the hub's token."
    )
    timeout: Seconds = Field(ModelWay("").timeout_seconds, description="Seconds for one answer.")
    models: ModelNames = Field(default_factory=dict)


class HubTable(Table, title="Models of the Hugging Face hub"):
    """[planner.hf]: models of inference providers."""

    token: Secret = Field("env:HF_TOKEN", description="Where the token is: never the secret itself.")
    timeout: Seconds = Field(ModelWay("").timeout_seconds, description="Seconds for one answer.")
    models: ModelNames = Field(default_factory=dict)


class PlannerTable(Table, title="Planner"):
    """[planner]: which model plans what no rule covers."""

    order: list[Annotated[str, _among(WAYS), _choice(WAYS)]] = Field(
        default_factory=list,
        description="Who is asked, in this order; by default those that are set up here.",
    )
    models: dict[Mode, str] = Field(
        default_factory=dict,
        description="The model for each mode; name:provider names the hub's provider too.",
    )
    effort: dict[Mode, Annotated[str, _among(EFFORTS), _choice(EFFORTS)]] = Field(
        default_factory=dict, description="How much the model reasons in each mode: low, medium or high."
    )
    tools_tokens: Annotated[int, Field(gt=0)] = Field(
        Planning().tools_tokens,
        description="Tokens that the tools in a prompt may take; search narrows them.",
    )
    answer_tokens: Annotated[int, Field(gt=0)] = Field(
        Planning().answer_tokens, description="Tokens that an answer may take, reasoning included."
    )
    steps: Annotated[int, Field(gt=0, le=100)] = Field(
        Planning().steps, description="The most steps that ts orchestrate plans."
    )
    retries: Annotated[int, Field(ge=0, le=10)] = Field(
        Planning().retries, description="Further requests to a way that is busy or broken."
    )
    local: LocalTable = Field(default_factory=LocalTable)
    hf: HubTable = Field(default_factory=HubTable)


class CacheTable(Table, title="Plan cache"):
    """[cache]: how long plans are remembered."""

    days: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        PlanCache().days, description="Days after which a plan is asked for again."
    )
    megabytes: Annotated[float, Field(ge=1, allow_inf_nan=False)] = Field(
        PlanCache().megabytes, description="Of plans that are kept; what was not used longest goes first."
    )


class BudgetTable(Table, title="Budget"):
    """[budget]: what models may cost in a calendar month."""

    limit_usd: Amount = Field(
        Spending().limit_usd, description="US dollars that a person's projects may spend together."
    )
    soft: Annotated[float, Field(ge=0, le=1)] = Field(
        Spending().soft,
        description="The share of the limit at which a warning is given and the cheaper model asked.",
    )
    pools: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict, description="Name = share of the limit that is kept for it, such as 0.3."
    )
    pool: str = Field("", description="The pool from which this project spends; the rest by default.")


class StoreTable(Table, title="Store"):
    """[store]: where runs are kept."""

    url: str = Field("", description="Empty for SQLite under ~/.ts, or postgresql://…")


class SettingsTable(Table, title="Settings"):
    """ts.toml, and the person's ~/.ts/config.toml."""

    layers: list[LayerName] = Field(
        default_factory=lambda: list(Settings().layers),
        min_length=1,
        description="Directories under rules/, the first to decide first.",
    )
    ambiguous: Annotated[str, _among(("planner", "error")), _choice(("planner", "error"))] = Field(
        "planner", description="What a tie is: planner asks the fallbacks, error fails."
    )
    facts: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Keys that --set and rules may give, each with its values, [] for any; none listed: all.",
    )
    fallback: list[Annotated[str, _among(FALLBACKS), _choice(FALLBACKS)]] = Field(
        default_factory=lambda: list(FALLBACKS),
        description="Asked in this order where no rule decides; [] for rules only.",
    )
    language: Annotated[str, _among(LANGUAGES), _choice(LANGUAGES)] = Field(
        "english", description="The stemmer, which joins forms of a word; none switches it off."
    )
    mcp: dict[PeerName, McpTable] = Field(
        default_factory=dict, description="MCP servers, by the name that rules use."
    )
    a2a: dict[PeerName, A2aTable] = Field(
        default_factory=dict, description="A2A agents, by the name that rules use."
    )
    planner: PlannerTable = Field(default_factory=PlannerTable)
    cache: CacheTable = Field(default_factory=CacheTable)
    budget: BudgetTable = Field(default_factory=BudgetTable)
    store: StoreTable = Field(default_factory=StoreTable)
