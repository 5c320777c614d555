"""The recorded queries that commands look at, and the options that add to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from router.core.findings import Findings
from router.errors import CorpusRefused, Problem
from router.rulebook.corpus import QUERIES, Recorded, read_corpus, read_queries
from router.rulebook.tree import Tree
from router.toml.read import read_text

Queries = Annotated[
    list[Path] | None,
    typer.Option("--queries", metavar="FILE", help="Further queries: a text a line, or JSON lines (.jsonl)."),
]


def recorded(*trees: Tree, files: list[Path] | None = None) -> tuple[Recorded, ...]:
    """Return the queries of the trees' corpora and of further files, each once.

    Raises CorpusRefused with every problem at once, and where there is no query at all.
    """
    found: dict[str, Recorded] = {}
    findings = Findings()
    for tree in trees:
        corpus = read_corpus(tree)
        findings.problems += corpus.problems
        found |= {each.shown: each for each in corpus.all}
    for path in files or ():
        text = read_text(path, str(path), findings)
        found |= {
            each.shown: each for each in read_queries(path.name, text or "", findings, shown_as=str(path))
        }
    if findings.problems:
        raise CorpusRefused(tuple(findings.problems))
    if not found:
        hint = "write queries as people ask them, one a line"
        raise CorpusRefused((Problem(QUERIES, "no query is recorded", hint),))
    return tuple(found.values())
