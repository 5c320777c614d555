"""`ts rules diff`: which recorded queries go another way than under the rules of a git revision."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from router.cli import asking, show
from router.cli.progress import progress
from router.cli.recorded import Log, Queries, asked_since, recorded
from router.config import load_project
from router.context import above_project
from router.loading import book_of, loaded_at
from router.rulebook.compare import compare
from router.rulebook.compare_formats import FORMATS, NOW
from router.rulebook.revision import read_revision
from router.rulebook.tree import Directory

Format = Literal["text", "json", "md", "github"]
As = Annotated[Format, typer.Option("--format", help="How the changes are written.")]
Rev = Annotated[str, typer.Argument(metavar="REV", help="A git revision, such as main or HEAD~1.")]
Other = Annotated[str | None, typer.Argument(metavar="REV", help="Another one; the working tree by default.")]
MergeBase = Annotated[
    bool,
    typer.Option("--merge-base", help="Compare with where HEAD, or the second REV, branched off from REV."),
]
Samples = Annotated[int, typer.Option(metavar="N", min=0, help="Changes shown for each cause.")]


def diff(
    rev: Rev,
    other: Other = None,
    queries: Queries = None,
    log: Log = "",
    merge_base: MergeBase = False,
    as_format: As = "text",
    samples: Samples = 10,
    as_json: asking.AsJson = False,
) -> int:
    """Compare decisions under the rules of a git revision with those of today, or of another revision."""
    write = FORMATS[asking.chosen_format(as_format, as_json=as_json)]
    project = load_project(Path.cwd())
    before = read_revision(project.directory, rev, fork_of=(other or "HEAD") if merge_base else "")
    after = Directory(project.directory) if other is None else read_revision(project.directory, other)
    asked = asked_since(project, log) if log else ()
    records = recorded(before, after, files=queries, asked=asked)
    old = loaded_at(project, before)
    new = book_of(project) if isinstance(after, Directory) else loaded_at(project, after)
    with progress(len(records), "comparing") as tell:
        found = compare(old, new, records, tell)
    base = f" (merge base {before.name})" if merge_base else ""
    title = f"{rev}{base} → {other or NOW}"
    show.data(write(found, title, samples, above_project(project.directory)).rstrip("\n"))
    return show.EXIT_CHANGED if found.changes else 0
