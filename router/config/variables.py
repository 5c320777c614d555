"""Settings of the environment: `TS_LANGUAGE`, and `TS_MCP__GIT__TIMEOUT` for a key of a table."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from router.config.source import Source, Tables, nested
from router.config.tables import SettingsTable
from router.core.findings import Findings, nearest_or_all
from router.core.plan import JSON
from router.places import AGE_VARIABLE, HOME_VARIABLE, KEPT_PREFIX, PREFIX

LISTS: Final = ("layers", "fallback")
"""Settings outside tables that are lists: their variables take commas."""
TOP_LEVEL: Final = (*LISTS, "ambiguous", "language")
TABLES: Final = tuple(name for name in SettingsTable.model_fields if name not in TOP_LEVEL)
_NO_SETTINGS: Final = (HOME_VARIABLE, AGE_VARIABLE)
_CASED: Final = "env"
"""The table whose keys are names of variables, which keep their case and their underscores."""


def variables(environment: Mapping[str, str], settings: Tables, findings: Findings) -> Iterator[Source]:
    """Yield what the environment sets, each variable by itself; what it cannot mean goes to `findings`.

    `settings` are those of the files: names there lend their case and their dashes to the variables' names.
    """
    for name, value in sorted(environment.items()):
        if not name.startswith(PREFIX) or name.startswith(KEPT_PREFIX) or name in _NO_SETTINGS:
            continue
        first, *keys = name.removeprefix(PREFIX).split("__")
        table = first.lower()
        if not keys and table in TOP_LEVEL:
            listed = [each.strip() for each in value.split(",") if each.strip()]
            tables = {table: listed if table in LISTS else value}
            yield Source(f"${name}", tables, value, (table,))
        elif keys and table in TABLES:
            path = tuple(_as_written([table, *keys], settings))
            yield Source(f"${name}", nested(path, _toml_value(value)), value, path)
        elif keys or table in TABLES:
            findings.add(f"${name}", (), *_unknown(table))


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the `TS_…` variables that mean nothing to this program; others may own them."""
    known = {*_NO_SETTINGS, *(f"{PREFIX}{each.upper()}" for each in (*TOP_LEVEL, *TABLES))}
    mine = (each for each in environment if each.startswith(PREFIX) and "__" not in each)
    return tuple(sorted(each for each in mine if each not in known and not each.startswith(KEPT_PREFIX)))


def _unknown(table: str) -> tuple[str, str]:
    """Return what is wrong with a variable, and what would do."""
    if table in TABLES:
        return f'"{table}" is a table', f"set a key of it, such as {PREFIX}{table.upper()}__KEY"
    if table in TOP_LEVEL:
        return f'"{table}" is not a table', f"set {PREFIX}{table.upper()}"
    return f'there is no table "{table}"', nearest_or_all(table, TABLES)


def _as_written(keys: list[str], settings: Tables) -> Iterator[str]:
    """Give names in capitals the case (and the dashes) of the settings that they change."""
    here: Any = settings
    for number, key in enumerate(keys):
        if number and keys[number - 1].lower() == _CASED:
            yield "__".join(keys[number:])
            return
        known = here if isinstance(here, Mapping) else {}
        name = next((each for each in known if each.lower().replace("-", "_") == key.lower()), key.lower())
        here = known.get(name)
        yield name


def _toml_value(text: str) -> JSON:
    """Read `5`, `true` and `["a"]` as TOML does, anything else as text."""
    try:
        tables = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return tables["value"] if tables.keys() == {"value"} else text
