"""Finds the servers in tables of another tool, and what there says how they are meant; it takes none over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from router.core.plan import JSON
from router.errors import Problem, SettingsRefused

Tables = Mapping[str, JSON]
ROOTS: Final[tuple[tuple[str, ...], ...]] = (
    ("mcpServers",),
    ("servers",),
    ("context_servers",),
    ("mcp_servers",),
    ("mcp", "servers"),
    ("mcp", "mcpServers"),
)
"""Where servers stand: assistants and most editors, VS Code and combine-mcp, Zed, Codex, VS Code again."""
_GEMINI: Final = ("httpUrl", "includeTools", "excludeTools", "trust")
_CLINE: Final = ("alwaysAllow", "autoApprove")
_CLINE_FILES: Final = ("cline_mcp_settings.json", "mcp_settings.json")


@dataclass(frozen=True, slots=True)
class Foreign:
    """A server as another tool's file has it."""

    name: str
    place: str
    """The keys that lead to it, such as `mcpServers.github`."""
    table: JSON


@dataclass(frozen=True, slots=True)
class Input:
    """What VS Code asks a person for, `${input:ID}`."""

    default: str = ""
    """Empty where there is none, or where it is a password."""


@dataclass(frozen=True, slots=True)
class Found:
    """The servers of a file, and what the file is."""

    servers: tuple[Foreign, ...]
    inputs: Mapping[str, Input] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    """Keys beside the servers, which are about something else."""
    off: frozenset[str] = frozenset()
    """Names of servers that are switched off outside their own tables, as `mcp` of Gemini CLI does."""
    is_gemini: bool = False
    """Whether `$NAME` is a variable, a time is in milliseconds, and `url` speaks the older SSE."""
    is_cline: bool = False
    """Whether every time is in seconds, however long."""


def find(tables: Tables, shown: str) -> Found:
    """Return the servers of a file. Raises SettingsRefused where there are none."""
    servers, used = [], []
    for root in ROOTS:
        value = _at(tables, root)
        if isinstance(value, (dict, list)):
            servers += list(_servers(value, ".".join(root)))
            used.append(root)
    if not servers:
        roots = ", ".join(".".join(root) for root in ROOTS)
        raise SettingsRefused((Problem(shown, "has no MCP servers", f"they are looked for in {roots}"),))
    inputs = [_at(tables, above) for above in (("inputs",), ("mcp", "inputs"))]
    keys = [str(key) for each in servers if isinstance(each.table, dict) for key in each.table]
    path = PurePath(shown)
    return Found(
        tuple(servers),
        {name: each for found in inputs for name, each in _inputs(found)},
        tuple(_others(tables, used)),
        frozenset(_off(servers, _at(tables, ("mcp",)))),
        is_gemini=".gemini" in path.parts or any(key in _GEMINI for key in keys),
        is_cline=path.name in _CLINE_FILES or any(key in _CLINE for key in keys),
    )


def _at(tables: Tables, path: tuple[str, ...]) -> JSON:
    here: JSON = tables
    for key in path:
        here = here.get(key) if isinstance(here, dict) else None
    return here


def _servers(value: JSON, root: str) -> Iterator[Foreign]:
    """Yield servers by name, or those of a list, each of which says its name."""
    if isinstance(value, dict):
        yield from (Foreign(str(name), f"{root}.{name}", table) for name, table in value.items())
        return
    for number, table in enumerate(value):
        name = table.get("name") if isinstance(table, dict) else None
        yield Foreign(name if isinstance(name, str) else "", f"{root}[{number}]", table)


def _inputs(found: JSON) -> Iterator[tuple[str, Input]]:
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict) and isinstance(each.get("id"), str):
            default = each.get("default")
            known = isinstance(default, str) and each.get("password") is not True
            yield each["id"], Input(str(default) if known else "")


def _off(servers: Iterable[Foreign], said: JSON) -> Iterator[str]:
    """Yield the names of servers that Gemini CLI's `mcp` leaves out."""
    known = said if isinstance(said, dict) else {}
    allowed, excluded = known.get("allowed"), known.get("excluded")
    for each in servers:
        barred = isinstance(excluded, list) and each.name in excluded
        if barred or (isinstance(allowed, list) and each.name not in allowed):
            yield each.name


def _others(tables: Tables, used: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield the keys that nothing was read of, one level into a table that holds servers too."""
    tops = {root[0] for root in used} | {"inputs"}
    for key, value in tables.items():
        below = {root[1] for root in used if root[0] == key and len(root) == 2}
        if key not in tops:
            yield key
        elif below and isinstance(value, dict):
            yield from (f"{key}.{each}" for each in value if each not in {*below, "inputs"})
