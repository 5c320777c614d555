"""`ts import`: servers of other tools' settings as tables of ts.toml."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from router.cli import asking, show
from router.config import PROJECT_FILE, Project, find_project, load_project
from router.core.findings import Findings
from router.core.plan import JSON
from router.errors import ProjectNotFound, QueryRefused, SettingsRefused
from router.importing import Imported, Landed, Refusal, Taken, Where, imported, land, rendered
from router.rulebook.formats import counted
from router.toml.read import decoded, read_text

SHOWN: Final = "standard input"

File = Annotated[
    str, typer.Argument(metavar="FILE", help="JSON, YAML or TOML with MCP servers; - is standard input.")
]
Write = Annotated[bool, typer.Option("--write", help=f"Add the tables to the project's {PROJECT_FILE}.")]


def import_(file: File, write: Write = False, as_json: asking.AsJson = False) -> int:
    """Print the MCP servers of another tool's settings as tables of ts.toml, or write them there."""
    here = Path.cwd()
    project = load_project(here) if write else None
    directory = project.directory if project else _project_above(here)
    text, shown, workspace = _read(file, directory)
    made = imported(text, shown, Where(directory, workspace))
    landed = land(project, made.servers) if project else Landed(made.servers)
    refusals = (*made.refusals, *landed.refusals)
    if as_json:
        show.document(_document(shown, made, landed, refusals, written=project is not None))
    elif not project and landed.written:
        show.data(rendered(landed.written).rstrip("\n"))
    _tell(shown, made, landed, refusals, project)
    return show.EXIT_FAILED if refusals else 0


def _project_above(here: Path) -> Path:
    """Return the directory that settings would be relative to; it may have none yet."""
    try:
        return find_project(here)
    except ProjectNotFound:
        return here


def _read(file: str, directory: Path) -> tuple[str, str, Path]:
    """Return the text of a file, what it is called, and the directory that an editor with it would have open.

    Raises QueryRefused where there is no such file, and SettingsRefused where it cannot be read.
    """
    findings = Findings()
    if file == asking.STANDARD_INPUT:
        if sys.stdin is None:
            raise QueryRefused("standard input is closed")
        text, shown, workspace = decoded(sys.stdin.buffer.read(), SHOWN, findings), SHOWN, directory
    else:
        path = Path(file)
        if not path.exists():
            raise QueryRefused(f"{file}: there is no such file")
        text, shown, workspace = read_text(path, file, findings), file, _workspace(path, directory)
    if text is None:
        raise SettingsRefused(tuple(findings.problems))
    return text, shown, workspace


def _workspace(path: Path, directory: Path) -> Path:
    """Return the directory above `.vscode` and its like; the project where that is nobody's project."""
    folder = path.absolute().parent
    above = folder.parent
    return above if folder.name.startswith(".") and above != Path.home() else directory


def _tell(
    shown: str, made: Imported, landed: Landed, refusals: Iterable[Refusal], project: Project | None
) -> None:
    for note in made.notes:
        show.note(f"note: {show.plain(note)}")
    for each in landed.there:
        show.note(f"note: [mcp.{each.name}] is already there")
    show.notes(_commands(landed.written, shown))
    for refusal in refusals:
        show.error({"message": f"{show.plain(str(refusal))}; it is not taken over"})
    if project:
        told = counted(len(landed.written), "server")
        show.note(f"{told} added to {PROJECT_FILE}" + ("; try: ts discover" if landed.written else ""))


def _commands(servers: Iterable[Taken], shown: str) -> Iterator[str]:
    """Yield the commands that keep the secrets, each once, with what is to be given to it."""
    told: dict[str, list[str]] = {}
    for each in servers:
        for secret in each.secrets:
            told.setdefault(secret.name, []).append(secret.place)
    if told:
        yield f"secrets are not copied; keep them, out of {show.plain(shown)}:"
    for name, places in told.items():
        yield f"  ts auth set {name}    # {show.plain(', '.join(dict.fromkeys(places)))}"


def _document(
    shown: str, made: Imported, landed: Landed, refusals: Iterable[Refusal], *, written: bool
) -> dict[str, JSON]:
    states = {each.name: "there" for each in landed.there} | {
        each.name: "written" if written else "shown" for each in landed.written
    }
    return {
        "file": shown,
        "servers": [
            {
                "name": each.name,
                "place": each.place,
                "state": states[each.name],
                "off": each.is_off,
                "table": each.table,
                "secrets": [{"name": secret.name, "place": secret.place} for secret in each.secrets],
            }
            for each in made.servers
            if each.name in states
        ],
        "notes": [*made.notes],
        "refused": [{"place": each.place, "reason": each.reason} for each in refusals],
    }
