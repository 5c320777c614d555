"""The shape of `ts.toml`, checked by pydantic; what goes together is checked where settings are made."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from router.core.findings import nearest_or_all
from router.core.query import MODES
from router.core.settings import FALLBACKS, Settings
from router.core.stem import LANGUAGES
from router.toml.shape import Table

LATER_TABLES: Final = ("planner", "budget", "store")
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


PeerName = Annotated[
    str, _shaped(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "a name: use letters, digits, and _ . - behind the first")
]
LayerName = Annotated[str, _shaped(r"[A-Za-z0-9_-]+", "a directory's name: use letters, digits, _ and -")]
_URL: Final = r"(?i:https?)://[^\s/?#]+\S*"


def _url(value: str) -> str:
    """Refuse what is no URL without repeating it: it may hold a secret of the environment."""
    if not re.fullmatch(_URL, value):
        raise ValueError("must be a URL such as https://host/path")
    return value


Url = Annotated[str, AfterValidator(_url)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ToolsTable(Table):
    """`tools = { allow, deny, rename }`."""

    allow: list[str] = Field(default_factory=list)
    deny: list[str] = Field(default_factory=list)
    rename: dict[str, str] = Field(default_factory=dict)


class PeerTable(Table):
    """What servers and agents have in common."""

    modes: list[Annotated[str, _among(MODES)]] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    description: str = ""
    retries: Annotated[int, Field(ge=0)] = 0
    delay: Amount = 1.0
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60.0
    limit: Annotated[int, Field(gt=0)] = 10_000_000
    auth: dict[str, Any] | None = None


class McpTable(PeerTable):
    """`[mcp.NAME]`."""

    command: str = ""
    args: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)
    cwd: str = ""
    url: Annotated[str, AfterValidator(lambda value: _url(value) if value else value)] = ""
    transport: Literal["stdio", "http", "sse"] | None = None
    tools: ToolsTable = Field(default_factory=ToolsTable)


class A2aTable(PeerTable):
    """`[a2a.NAME]`."""

    url: Url


class LocalTable(Table):
    """`[planner.local]`."""

    base_url: str = ""
    timeout: Amount = 60.0


class HubTable(Table):
    """`[planner.hf]`."""

    token: str = ""
    timeout: Amount = 60.0


class PlannerTable(Table):
    """`[planner]`."""

    order: list[Annotated[str, _among(("local", "hf"))]] = Field(default_factory=list)
    models: dict[Annotated[str, _among(MODES)], str] = Field(default_factory=dict)
    local: LocalTable = Field(default_factory=LocalTable)
    hf: HubTable = Field(default_factory=HubTable)


class BudgetTable(Table):
    """`[budget]`."""

    limit_usd: Amount = 0.0
    soft: Annotated[float, Field(ge=0, le=1)] = 0.8
    pools: dict[str, Any] = Field(default_factory=dict)


class StoreTable(Table):
    """`[store]`."""

    url: str = ""


class SettingsTable(Table):
    """The whole of `ts.toml`."""

    layers: list[LayerName] = Field(default_factory=lambda: list(Settings().layers), min_length=1)
    ambiguous: Annotated[str, _among(("planner", "error"))] = "planner"
    fallback: list[Annotated[str, _among(FALLBACKS)]] = Field(default_factory=lambda: list(FALLBACKS))
    language: Annotated[str, _among(LANGUAGES)] = "english"
    mcp: dict[PeerName, McpTable] = Field(default_factory=dict)
    a2a: dict[PeerName, A2aTable] = Field(default_factory=dict)
    planner: PlannerTable = Field(default_factory=PlannerTable)
    budget: BudgetTable = Field(default_factory=BudgetTable)
    store: StoreTable = Field(default_factory=StoreTable)
