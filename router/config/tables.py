"""The shape of `ts.toml`, checked by pydantic; what goes together is checked where settings are made."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from router.config.kinds import (
    LayerName,
    Mode,
    OptionalUrl,
    PeerName,
    Seconds,
    Secret,
    TargetPattern,
    among,
    choice,
)
from router.config.peers import A2aTable, McpTable
from router.core.settings import (
    FALLBACKS,
    WAYS,
    Cataloguing,
    ModelWay,
    Pinning,
    PlanCache,
    Planning,
    Settings,
    Spending,
)
from router.core.stem import LANGUAGES
from router.toml.shape import Table

LATER_TABLES: Final = ("store",)
"""Read and checked, but not acted on by this version."""
EFFORTS: Final = ("low", "medium", "high")
ModelNames = Annotated[
    dict[str, str], Field(description="A model's name = what it is called here, such as gpt-oss:20b.")
]


class LocalTable(Table, title="Local models"):
    """[planner.local]: models served on this machine."""

    base_url: OptionalUrl = Field(
        "", description="The address of a server that speaks as OpenAI's does, with its /v1."
    )
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

    order: list[Annotated[str, among(WAYS), choice(WAYS)]] = Field(
        default_factory=list,
        description="Who is asked, in this order; by default those that are set up here.",
    )
    models: dict[Mode, str] = Field(
        default_factory=dict,
        description="The model for each mode; name:provider names the hub's provider too.",
    )
    effort: dict[Mode, Annotated[str, among(EFFORTS), choice(EFFORTS)]] = Field(
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

    limit_usd: Annotated[float, Field(ge=0, le=1_000_000_000)] = Field(
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


class PinsTable(Table, title="Pins"):
    """[pins]: descriptions that changed since they were reviewed."""

    strict: bool = Field(
        Pinning().strict, description="Refuse such a tool or agent; a warning is given otherwise."
    )


class CatalogueTable(Table, title="Catalogue"):
    """[catalogue]: what servers and agents said of themselves."""

    hours: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        Cataloguing().hours, description="Hours after which ts discover asks again; 0 for every time."
    )


class ServeTable(Table, title="Serve"):
    """[serve]: what other programs see of this project."""

    profiles: dict[PeerName, Annotated[list[TargetPattern], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Name = shell-style patterns of targets, such as mcp:git/*, for ts serve --expose.",
    )


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
    ambiguous: Annotated[str, among(("planner", "error")), choice(("planner", "error"))] = Field(
        "planner", description="What a tie is: planner asks the fallbacks, error fails."
    )
    facts: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Keys that --set and rules may give, each with its values, [] for any; none listed: all.",
    )
    fallback: list[Annotated[str, among(FALLBACKS), choice(FALLBACKS)]] = Field(
        default_factory=lambda: list(FALLBACKS),
        description="Asked in this order where no rule decides; [] for rules only.",
    )
    language: Annotated[str, among(LANGUAGES), choice(LANGUAGES)] = Field(
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
    pins: PinsTable = Field(default_factory=PinsTable)
    catalogue: CatalogueTable = Field(default_factory=CatalogueTable)
    serve: ServeTable = Field(default_factory=ServeTable)
    store: StoreTable = Field(default_factory=StoreTable)
