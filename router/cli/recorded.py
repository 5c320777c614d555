"""The recorded queries that commands look at, and the options that add to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from router.cli import show
from router.cli.moments import moment
from router.config import Project
from router.core.findings import Findings
from router.errors import CorpusRefused, Problem
from router.loading import ledger
from router.rulebook.corpus import HINT, NO_QUERY, QUERIES, Recorded, read_corpus, read_queries, shown
from router.rulebook.formats import counted
from router.rulebook.revision import Revision
from router.rulebook.tree import Tree
from router.toml.read import read_text

Queries = Annotated[
    list[Path] | None,
    typer.Option("--queries", metavar="FILE", help="Further queries: a text a line, or JSON lines (.jsonl)."),
]


Log = Annotated[
    str, typer.Option("--log", metavar="SINCE", help="Questions asked here since 7d, 24h or 2026-10-01, too.")
]


def asked_since(project: Project, since: str) -> tuple[Recorded, ...]:
    """Return the questions that were asked in a project. Raises QueryRefused for what is no time."""
    start = moment(since, "--log")
    asked = [each.asked() for each in ledger(project).since(start) if not each.task]
    if unread := asked.count(None):
        show.note(f"left out of the ledger: {counted(unread, 'record')} of which no query can be made")
    return tuple(Recorded(query, shown(query), "ledger") for query in asked if query is not None)


def recorded(
    *trees: Tree, files: list[Path] | None = None, asked: tuple[Recorded, ...] = ()
) -> tuple[Recorded, ...]:
    """Return the queries of the trees' corpora, of further files and of the ledger, each as it comes first.

    Raises CorpusRefused with every problem at once, and where there is no query at all.
    """
    found: list[Recorded] = []
    findings = Findings()
    for tree in trees:
        corpus = read_corpus(tree)
        placed = tree.placed if isinstance(tree, Revision) else _as_is
        findings.problems += map(placed, corpus.problems)
        found += corpus.all
    for path in files or ():
        before = len(findings.problems)
        text = read_text(path, str(path), findings) or ""
        more = read_queries(path.name, text, findings, shown_as=str(path))
        if not more and len(findings.problems) == before:
            findings.add(str(path), (), NO_QUERY, HINT, code="no-queries")
        found += more
    if findings.problems:
        raise CorpusRefused(tuple(findings.problems))
    first = {each.shown: each for each in reversed((*found, *asked))}
    if not first:
        raise CorpusRefused((Problem(QUERIES, NO_QUERY, HINT, code="no-queries"),))
    return tuple(reversed(first.values()))


def _as_is(problem: Problem) -> Problem:
    return problem
