"""`ts rules try`: what the rules of a file would change before they are enabled."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking, show
from router.cli.recorded import Log, Queries, asked_since, recorded
from router.config import load_project
from router.core.findings import Findings
from router.errors import QueryRefused, RulebookRefused
from router.rulebook.formats import counted
from router.rulebook.read import Reading
from router.rulebook.tree import Directory
from router.rulebook.trial import Trial, try_rules
from router.toml.read import read_text

File = Annotated[Path, typer.Argument(metavar="FILE", help="A file of rules, in the project or anywhere.")]
Layer = Annotated[
    str | None, typer.Option(metavar="LAYER", help="The layer of a file from elsewhere, by default team.")
]
Samples = Annotated[int, typer.Option(metavar="N", min=0, help="Queries shown of each kind.")]


def try_file(
    file: File,
    layer: Layer = None,
    queries: Queries = None,
    log: Log = "",
    samples: Samples = 5,
    as_json: asking.AsJson = False,
) -> int:
    """Say which recorded queries the rules of a file would take, from where, and which new ties they make."""
    project = load_project(Path.cwd())
    tree = Directory(project.directory)
    findings = Findings()
    text = read_text(file, str(file), findings) if file.exists() else None
    if findings.problems:
        raise RulebookRefused(tuple(findings.problems))
    if text is None:
        raise QueryRefused(f"{file}: there is no such file")
    name, inside = _placed(file, project.directory)
    chosen = _layer(name, layer, project.settings.layers, inside=inside)
    records = recorded(tree, files=queries, asked=asked_since(project, log) if log else ())
    found = try_rules(Reading(tree, project.settings), name, text, chosen, records, inside=inside)
    if as_json:
        show.document(found.to_dict())
    else:
        _show(found, samples)
    return 0


def _placed(file: Path, project: Path) -> tuple[str, bool]:
    """Return the file's name, and whether it is one of the project's rule files."""
    rules = project / "rules"
    for path, above in ((Path(os.path.normpath(file.absolute())), rules), (file.resolve(), rules.resolve())):
        if path.is_relative_to(above):
            return "/".join(("rules", *path.relative_to(above).parts)), True
    return file.as_posix(), False


def _layer(name: str, given: str | None, layers: tuple[str, ...], *, inside: bool) -> str:
    """Return the layer of a file's rules. Raises QueryRefused for one that is none, or not the file's."""
    layer = name.split("/")[1] if inside else given or "team"
    if given not in (None, layer):
        raise QueryRefused(f"--layer {given}: {name} is in layer {layer} already")
    if layer not in layers:
        raise QueryRefused(f'there is no layer "{layer}"; --layer takes one of {", ".join(layers)}')
    return layer


def _show(found: Trial, samples: int) -> None:
    moved = found.moved()
    for whence, changes in moved.items():
        show.data(f"{len(changes)} {whence}")
        for each in changes[:samples]:
            show.data(f"  {each.query.shown}")
        if len(changes) > samples:
            show.data(f"  … and {len(changes) - samples} more")
    names = ", ".join(found.rules)
    changed = len(found.comparison.changes)
    queries = counted(found.comparison.queries, "recorded query")
    show.data(f"{names}: {changed} of {queries} would change")
