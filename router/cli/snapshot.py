"""`ts snapshot …`: the decisions of the recorded queries, kept in git and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking, show
from router.cli.progress import progress
from router.core.book import Rulebook
from router.core.findings import Findings
from router.disk import replace_file
from router.errors import CorpusRefused
from router.loading import loaded
from router.rulebook.corpus import Recorded
from router.rulebook.formats import counted
from router.rulebook.snapshot import (
    DECISIONS,
    differences,
    has_markers,
    recorded_queries,
    same,
    snapshot,
)
from router.rulebook.tree import Directory

ACCEPT = "ts snapshot update"
Shown = Annotated[int, typer.Option("--samples", metavar="N", min=0, help="Changed lines that are shown.")]


def check(samples: Shown = 50, as_json: asking.AsJson = False) -> int:
    """Compare the decisions of the recorded queries with corpus/decisions.txt."""
    directory, book, records = _read()
    findings = Findings()
    old = Directory(directory).text(DECISIONS, findings)
    if findings.problems:
        raise CorpusRefused(tuple(findings.problems))
    text = _snapshot(book, records)
    changed = tuple(differences(old or "", text))
    conflict = old is not None and has_markers(old)
    current = old is not None and same(old, text)
    if as_json:
        lines = [{"query": each.query, "before": each.before, "after": each.after} for each in changed]
        told = {"queries": len(records), "current": current, "changed": lines, "accept": ACCEPT}
        show.document(told)
    else:
        for each in changed[:samples]:
            show.data(str(each))
        more = f", {len(changed) - samples} of them not shown" if len(changed) > samples else ""
        show.data(f"corpus {counted(len(records), 'query')} · {len(changed)} changed{more}")
    if conflict:
        show.note(f"{DECISIONS} holds the markers of a merge conflict")
    elif old is None:
        show.note(f"there is no {DECISIONS} yet")
    elif not changed and not current:
        show.note(f"{DECISIONS} is out of order or says something twice; {ACCEPT} puts it right")
    if changed:
        show.note(f"to accept these decisions: {ACCEPT}")
    return 0 if current else show.EXIT_CHANGED


def update(as_json: asking.AsJson = False) -> int:
    """Write the decisions of the recorded queries to corpus/decisions.txt."""
    directory, book, records = _read()
    old = Directory(directory).text(DECISIONS, Findings())
    text = _snapshot(book, records)
    changed = len(tuple(differences(old or "", text)))
    if old is None or not same(old, text):
        replace_file(directory / DECISIONS, text.encode())
    if as_json:
        show.document({"queries": len(records), "changed": changed, "file": DECISIONS})
    else:
        show.data(f"{DECISIONS}: {counted(len(records), 'query')} · {changed} changed")
    return 0


def _snapshot(book: Rulebook, records: tuple[Recorded, ...]) -> str:
    with progress(len(records), "deciding") as tell:
        return snapshot(book, records, tell)


def _read() -> tuple[Path, Rulebook, tuple[Recorded, ...]]:
    """Return the project's directory, its rulebook and its recorded queries."""
    project, book = loaded()
    return project.directory, book, recorded_queries(Directory(project.directory))
