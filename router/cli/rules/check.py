"""`ts rules check`: hold the rules against examples, recorded queries and the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from router.cli import asking, show
from router.config import load_project
from router.context import above_project
from router.loading import catalogue
from router.rulebook.check import check as checked
from router.rulebook.check.formats import FORMATS
from router.rulebook.corpus import read_corpus
from router.rulebook.read import Reading
from router.rulebook.tree import Directory

Format = Literal["text", "json", "sarif", "github", "md"]
As = Annotated[Format, typer.Option("--format", help="How the findings are written.")]
Strict = Annotated[bool, typer.Option(help="Fail on warnings too.")]


def check(as_format: As = "text", strict: Strict = False, as_json: asking.AsJson = False) -> int:
    """Check the rules against their examples, the recorded queries and what servers and agents offer."""
    name = asking.chosen_format(as_format, as_json=as_json)
    project = load_project(Path.cwd())
    tree = Directory(project.directory)
    report = checked(Reading(tree, project.settings), read_corpus(tree), catalogue(project).offers())
    show.data(FORMATS[name](report, above_project(project.directory)))
    if not report.loaded:
        return show.EXIT_ASKER
    return show.EXIT_FAILED if report.errors or (strict and report.findings) else 0
