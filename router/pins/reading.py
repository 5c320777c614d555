"""Reads ts.lock; what is wrong in it goes to the findings, and nothing of such a file is used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError

from router.core.findings import Findings
from router.errors import SettingsRefused
from router.pins.pin import PeerPin, Pinned, ToolPin, compact
from router.pins.unseen import escaped
from router.pins.writing import VERSION
from router.toml.positions import Positions
from router.toml.read import parse_toml, read_text
from router.toml.shape import Table, report

LOCK_FILE: Final = "ts.lock"
"""Beside ts.toml."""
AGAIN: Final = "`ts pin` writes it again"


class _PeerHashes(Table):
    description: str = ""


class _ToolHashes(_PeerHashes):
    input_schema: str = ""
    output_schema: str = ""
    annotations: str = ""


class _ToolTable(Table):
    description: str = ""
    input_schema: str = ""
    output_schema: str = ""
    read_only: bool | None = None
    idempotent: bool | None = None
    destructive: bool | None = None
    sha256: _ToolHashes = Field(default_factory=_ToolHashes)


class _PeerTable(Table):
    description: str = ""
    card: str = ""
    sha256: _PeerHashes = Field(default_factory=_PeerHashes)
    tools: dict[str, _ToolTable] = Field(default_factory=dict)


class _LockTable(Table):
    version: Literal[1]
    mcp: dict[str, _PeerTable] = Field(default_factory=dict)
    a2a: dict[str, _PeerTable] = Field(default_factory=dict)


def read_lock(directory: Path) -> Pinned | None:
    """Return what is pinned in a project's directory, or None where it has no ts.lock.

    Raises SettingsRefused with every problem at once.
    """
    path = directory / LOCK_FILE
    if not path.exists() and not path.is_symlink():
        return None
    findings = Findings()
    text = read_text(path, LOCK_FILE, findings)
    pins = parsed_lock(text, findings) if text is not None else {}
    if findings.problems:
        raise SettingsRefused(tuple(findings.problems))
    return pins


def parsed_lock(text: str, findings: Findings) -> Pinned:
    """Return what a text of ts.lock pins; nothing where something is wrong in it, which is noted."""
    found = Findings()
    tables = parse_toml(text, LOCK_FILE, found)
    pins: dict[str, PeerPin] = {}
    if not found.problems:
        pins = _pins(tables, found)
    put = Positions(text).put
    findings.problems += [replace(put(each), hint=each.hint or AGAIN) for each in found.problems]
    return {} if found.problems else pins


def _pins(tables: dict[str, object], findings: Findings) -> dict[str, PeerPin]:
    version = tables.get("version")
    if type(version) is not int or version != VERSION:
        is_of = "says no version" if version is None else f"is of version {escaped(repr(version))}"
        findings.add(LOCK_FILE, ("version",), f"{is_of}, and this ts knows version {VERSION}", AGAIN)
        return {}
    try:
        table = _LockTable.model_validate(tables)
    except ValidationError as error:
        report(error, LOCK_FILE, (), _LockTable, findings)
        return {}
    return {
        f"{scheme}:{name}": _peer(peer, (scheme, name), findings)
        for scheme, peers in (("mcp", table.mcp), ("a2a", table.a2a))
        for name, peer in peers.items()
    }


def _peer(table: _PeerTable, path: tuple[str, ...], findings: Findings) -> PeerPin:
    tools = {
        name: _tool(tool, (*path, "tools", name), findings) for name, tool in sorted(table.tools.items())
    }
    peer = PeerPin(table.description, table.card, tools)
    _compare(peer.hashes, table.sha256, path, findings)
    return peer


def _tool(table: _ToolTable, path: tuple[str, ...], findings: Findings) -> ToolPin:
    tool = ToolPin(
        table.description,
        _schema(table.input_schema, (*path, "input_schema"), findings),
        _schema(table.output_schema, (*path, "output_schema"), findings),
        table.read_only,
        table.idempotent,
        table.destructive,
    )
    _compare(tool.hashes, table.sha256, path, findings)
    return tool


def _schema(text: str, path: tuple[str, ...], findings: Findings) -> str:
    try:
        return compact(json.loads(text)) if text else ""
    except (ValueError, RecursionError):
        findings.add(LOCK_FILE, path, f'"{path[-1]}" is not JSON', AGAIN)
        return ""


def _compare(hashes: dict[str, str], written: _PeerHashes, path: tuple[str, ...], findings: Findings) -> None:
    """Note each part that was changed without its hash: by hand, or by a merge of halves."""
    for key, said in written:
        if said != hashes[key]:
            message = f'"{key}" is not what its hash says: one of them was changed by hand, or by a merge'
            findings.add(LOCK_FILE, (*path, "sha256", key), message, AGAIN)
