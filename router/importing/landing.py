"""Adds servers to a project's `ts.toml`, behind everything that stands there, which stays as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from router.config import PROJECT_FILE, Project, settings_with
from router.core.findings import Findings
from router.disk import replace_file
from router.errors import SettingsRefused
from router.importing.taking import Taken
from router.importing.whole import Refusal, block
from router.toml.read import decoded, parse_toml


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of servers that were to be written."""

    written: tuple[Taken, ...] = ()
    there: tuple[Taken, ...] = ()
    """Those that stood there already, just so."""
    refusals: tuple[Refusal, ...] = ()
    """Those whose name another server has."""


def land(project: Project, servers: Iterable[Taken]) -> Landed:
    """Write the servers that are not there yet; a name that is taken is refused.

    Raises SettingsRefused, with nothing written, where the file cannot be read, or could not be then, and
    OSError where it cannot be written.
    """
    path = project.directory / PROJECT_FILE
    raw = path.read_bytes()
    findings = Findings()
    text = decoded(raw, PROJECT_FILE, findings) or ""
    known = parse_toml(text, PROJECT_FILE, findings).get("mcp", {})
    if findings.problems:
        raise SettingsRefused(tuple(findings.problems))
    end = "\r\n" if "\r\n" in text else "\n"
    written, there, refusals = [], [], []
    for each in servers:
        if known.get(each.name) == each.table or (each.is_off and block(each).replace("\n", end) in text):
            there.append(each)
        elif each.name in known:
            refusals.append(
                Refusal(each.place, f"{PROJECT_FILE} has another [mcp.{each.name}]; rename one of them")
            )
        else:
            written.append(each)
    if written:
        added = _added(text, "\n".join(map(block, written))).replace("\n", end)
        settings_with(project, text + added)
        replace_file(path, raw + added.encode())
    return Landed(tuple(written), tuple(there), tuple(refusals))


def _added(text: str, blocks: str) -> str:
    """Return tables with what must stand before them: the end of the last line, and an empty one."""
    if not text.strip():
        return blocks
    return f"\n{blocks}" if text.endswith("\n") else f"\n\n{blocks}"
