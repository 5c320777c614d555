"""Makes settings of tables whose shape is right; says what in them does not go together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from router.config.peers import A2aTable, AuthTable, McpTable, PeerTable, ToolsTable
from router.config.tables import (
    LATER_TABLES,
    BudgetTable,
    HubTable,
    LocalTable,
    PlannerTable,
    SettingsTable,
)
from router.core.findings import Findings, nearest_or_all
from router.core.settings import (
    WAYS,
    Agent,
    Auth,
    Breaker,
    Cataloguing,
    ModelWay,
    Pinning,
    PlanCache,
    Planning,
    Server,
    Serving,
    Settings,
    Spending,
    Tls,
    ToolFilter,
)
from router.places import PROJECT_FILE

_BARE: Final = re.compile(r"(env|keyring):[\w.-]+")
"""A whole value that would be a secret's place elsewhere, and here a text."""
_OAUTH: Final = ("client_id", "client_secret", "issuer", "scope")
_SIGN_IN: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "bearer": (("token",), ()),
    "header": (("name", "value"), ("name",)),
    "oauth2": ((*_OAUTH, "token_url"), ("client_id",)),
    "login": (_OAUTH, ()),
}
"""The keys that each type of sign-in takes, and those that it needs."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the settings of one project."""

    directory: Path
    findings: Findings

    def settings(self, table: SettingsTable, merged: Mapping[str, Any]) -> Settings:
        """Return the settings; what does not go together is noted as of `ts.toml`."""
        for name, each in table.mcp.items():
            if each.sampling and "planner" not in merged:
                self._add(("mcp", name, "sampling"), "no model is set up that could write: see [planner]")
        facts = ((("facts", key), values) for key, values in table.facts.items())
        for path, values in ((("layers",), table.layers), (("fallback",), table.fallback), *facts):
            for number, value in enumerate(values):
                if value in values[:number]:
                    self._add((*path, number), f'"{value}" is listed twice')
        return Settings(
            layers=tuple(table.layers),
            ambiguous="error" if table.ambiguous == "error" else "planner",
            fallback=tuple(table.fallback),
            language=table.language,
            facts={key: tuple(each) for key, each in table.facts.items()},
            servers={name: self._server(name, each) for name, each in sorted(table.mcp.items())},
            agents={name: self._agent(name, each) for name, each in sorted(table.a2a.items())},
            planning=self._planning(table.planner, merged.get("planner", {})),
            cache=PlanCache(table.cache.days, table.cache.megabytes),
            spending=self._spending(table.budget),
            pinning=Pinning(table.pins.strict),
            cataloguing=Cataloguing(table.catalogue.hours),
            serving=Serving({name: tuple(each) for name, each in table.serve.profiles.items()}),
            later=tuple(name for name in LATER_TABLES if name in merged),
        )

    def _planning(self, table: PlannerTable, written: Mapping[str, Any]) -> Planning:
        order = table.order or [name for name in WAYS if name in written]
        for number, name in enumerate(order):
            if name in order[:number]:
                self._add(("planner", "order", number), f'"{name}" is listed twice')
        if "local" in order and not table.local.base_url:
            path = ("planner", "local") if "local" in written else ("planner", "order")
            self._add(path, "[planner.local] has no base_url, such as http://127.0.0.1:11434/v1", key=True)
        ways: dict[str, LocalTable | HubTable] = {"local": table.local, "hf": table.hf}
        return Planning(
            ways=tuple(_way(name, ways[name]) for name in order),
            models=table.models,
            effort=table.effort,
            tools_tokens=table.tools_tokens,
            answer_tokens=table.answer_tokens,
            steps=table.steps,
            retries=table.retries,
        )

    def _spending(self, table: BudgetTable) -> Spending:
        if sum(table.pools.values()) > 1 + 1e-9:
            self._add(("budget", "pools"), "the shares of the pools are more than 1 together")
        if table.pool and table.pool not in table.pools:
            self._add(
                ("budget", "pool"), f'unknown pool "{table.pool}"; {nearest_or_all(table.pool, table.pools)}'
            )
        return Spending(table.limit_usd, table.soft, table.pools, table.pool)

    def _server(self, name: str, table: McpTable) -> Server:
        self._check_transport(name, table)
        self._check_names(name, table.tools)
        return Server(
            **self._peer("mcp", name, table),
            command=table.command,
            args=tuple(table.args),
            env=table.env,
            cwd=self._path(table.cwd),
            url=table.url,
            transport=table.transport or ("http" if table.url else "stdio"),
            tools=_filter(table),
            sampling=table.sampling,
            roots=tuple(map(self._path, table.roots)),
        )

    def _agent(self, name: str, table: A2aTable) -> Agent:
        return Agent(**self._peer("a2a", name, table), url=table.url, card=table.card)

    def _peer(self, scheme: str, name: str, table: PeerTable) -> dict[str, Any]:
        tls = table.tls
        if tls.key and not tls.cert:
            self._add((scheme, name, "tls", "key"), "a key needs the cert that it belongs to", key=True)
        for key in ("headers", "env"):
            for each, value in getattr(table, key, {}).items():
                if _BARE.fullmatch(value):
                    message = f'a secret within {key} is written "${{{value}}}"'
                    self._add((scheme, name, key, each), message)
        return {
            "name": name,
            "modes": tuple(table.modes),
            "tags": tuple(table.tags),
            "description": table.description,
            "retries": table.retries,
            "delay_seconds": table.delay,
            "timeout_seconds": table.timeout,
            "connect_seconds": table.connect,
            "concurrency": table.concurrency,
            "rate": table.rate,
            "breaker": Breaker(table.breaker.failures, table.breaker.seconds),
            "first_byte_seconds": table.first_byte,
            "limit_bytes": table.limit,
            "output": table.output,
            "auth": self._auth((scheme, name, "auth"), table.auth) if table.auth else None,
            "headers": table.headers,
            "tls": Tls(self._path(tls.ca), self._path(tls.cert), self._path(tls.key)),
        }

    def _auth(self, path: tuple[str, ...], table: AuthTable) -> Auth:
        """Return the sign-in; a key that its type has no use for, or lacks, is noted."""
        fitting, needed = _SIGN_IN[table.type]
        for key in sorted(table.model_fields_set - {"type", *fitting}):
            keys = ", ".join(fitting)
            self._add((*path, key), f'"{key}" is not for type "{table.type}", which takes {keys}', key=True)
        for key in needed:
            if not getattr(table, key):
                self._add(path, f'type "{table.type}" needs {key}', key=True)
        if table.type == "oauth2" and path[0] == "mcp" and not table.issuer:
            self._add(path, 'type "oauth2" of an MCP server needs issuer', key=True)
        elif table.type == "oauth2" and not (table.token_url or table.issuer):
            self._add(path, 'type "oauth2" needs token_url or issuer', key=True)
        if table.type == "login" and path[0] == "a2a":
            self._add((*path, "type"), 'type "login" is for MCP servers alone')
        return Auth(
            table.type,
            secret=table.token or table.value or table.client_secret,
            header=table.name,
            client_id=table.client_id,
            token_url=table.token_url,
            issuer=table.issuer,
            scope=table.scope,
        )

    def _path(self, written: str) -> str:
        """Return a path of the settings as an absolute one; nothing stays nothing."""
        return str((self.directory / Path(written).expanduser()).resolve()) if written else ""

    def _check_transport(self, name: str, table: McpTable) -> None:
        path = ("mcp", name)
        wanted = "a server has a command (stdio) or a url (http, sse)"
        if table.command and table.url:
            self._add((*path, "url"), f"[mcp.{name}]: {wanted}, not both", key=True)
        elif not (table.command or table.url):
            self._add(path, f"[mcp.{name}]: {wanted}, and this one has neither", key=True)
        elif table.url:
            if table.transport == "stdio":
                self._add((*path, "transport"), 'a server with a url has transport "http" or "sse"')
            for key in ("args", "env", "cwd"):
                if getattr(table, key):
                    self._add((*path, key), f'"{key}" is for servers with a command', key=True)
        else:
            if table.transport not in (None, "stdio"):
                self._add((*path, "transport"), 'a server with a command has transport "stdio"')
            for key in ("auth", "headers", "tls", "connect", "first_byte"):
                if key in table.model_fields_set:
                    hint = "; what it needs goes into env" if key == "auth" else ""
                    self._add((*path, key), f'"{key}" is for servers with a url{hint}', key=True)

    def _check_names(self, name: str, tools: ToolsTable) -> None:
        taken: dict[str, str] = {}
        for own, shown in tools.rename.items():
            if shown in taken:
                message = f'"{own}" and "{taken[shown]}" would both be called "{shown}"'
                self._add(("mcp", name, "tools", "rename", own), message)
            taken[shown] = own

    def _add(self, path: tuple[str | int, ...], message: str, *, key: bool = False) -> None:
        self.findings.add(PROJECT_FILE, path, message, key=key)


def _filter(table: McpTable) -> ToolFilter:
    allow = None if table.tools.allow is None else tuple(table.tools.allow)
    return ToolFilter(allow, tuple(table.tools.deny), table.tools.rename, table.prefix)


def _way(name: str, table: LocalTable | HubTable) -> ModelWay:
    base_url = table.base_url.rstrip("/") if isinstance(table, LocalTable) else ""
    return ModelWay(name, base_url, table.token, table.timeout, table.models)
