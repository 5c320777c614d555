"""The recorded queries that commands look at, and the options that add to them."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Annotated, Final

import typer

from router.config import Project
from router.core.findings import Findings
from router.errors import CorpusRefused, Problem, QueryRefused
from router.loading import ledger
from router.rulebook.corpus import QUERIES, Recorded, read_corpus, read_queries
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
_AGO: Final = re.compile(r"(\d{1,6})([mhdw])")
HINT: Final = "write queries as people ask them, one a line"
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def asked_since(project: Project, since: str) -> str:
    """Return the questions asked in a project, as JSON lines. Raises QueryRefused for what is no time."""
    found = _AGO.fullmatch(since)
    try:
        if found:
            start = dt.datetime.now(dt.UTC) - dt.timedelta(**{_UNITS[found[2]]: int(found[1])})
        else:
            start = dt.datetime.fromisoformat(since).astimezone()
    except (ValueError, OverflowError) as error:
        raise QueryRefused(f'--log "{since}" is no time such as 7d, 24h or 2026-10-01') from error
    return "\n".join(json.dumps(each) for each in ledger(project).since(start))


def recorded(*trees: Tree, files: list[Path] | None = None, log: str = "") -> tuple[Recorded, ...]:
    """Return the queries of the trees' corpora, of further files and of the ledger's JSON lines, each once.

    Raises CorpusRefused with every problem at once, and where there is no query at all.
    """
    found: dict[str, Recorded] = {}
    findings = Findings()
    for tree in trees:
        corpus = read_corpus(tree)
        placed = tree.placed if isinstance(tree, Revision) else _as_is
        findings.problems += map(placed, corpus.problems)
        found |= {each.shown: each for each in corpus.all}
    for path in files or ():
        before = len(findings.problems)
        text = read_text(path, str(path), findings) or ""
        more = read_queries(path.name, text, findings, shown_as=str(path))
        if not more and len(findings.problems) == before:
            findings.add(str(path), (), "no query is recorded", HINT, code="no-queries")
        found |= {each.shown: each for each in more}
    found |= {each.shown: each for each in read_queries("ledger.jsonl", log, findings)}
    if findings.problems:
        raise CorpusRefused(tuple(findings.problems))
    if not found:
        raise CorpusRefused((Problem(QUERIES, "no query is recorded", HINT, code="no-queries"),))
    return tuple(found.values())


def _as_is(problem: Problem) -> Problem:
    return problem
