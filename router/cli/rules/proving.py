"""`ts rules test`: run the examples and the recorded queries, and say what they leave out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated

import typer

from router.cli import asking, show
from router.core.book import Rulebook
from router.core.findings import nearest
from router.core.rule import Rule
from router.errors import CorpusRefused, QueryRefused
from router.loading import loaded
from router.rulebook.check.proof import Proof, prove
from router.rulebook.corpus import read_corpus
from router.rulebook.coverage import Coverage, cover
from router.rulebook.formats import counted
from router.rulebook.tree import Directory

Only = Annotated[
    list[str] | None, typer.Argument(metavar="[RULE…]", help="Only their examples; all by default.")
]
Covering = Annotated[
    bool, typer.Option("--coverage", help="List rules and conditions that no query exercises.")
]
Least = Annotated[
    float | None,
    typer.Option("--fail-under", metavar="N", min=0, max=100, help="Fail under N per cent of coverage."),
]


def run_tests(
    only: Only = None, coverage: Covering = False, fail_under: Least = None, as_json: asking.AsJson = False
) -> int:
    """Run examples and recorded queries against the whole rulebook, and say what they leave out."""
    if fail_under is not None and math.isnan(fail_under):
        raise QueryRefused("--fail-under nan: write a number from 0 to 100")
    project, book = loaded()
    corpus = read_corpus(Directory(project.directory))
    if corpus.problems:
        raise CorpusRefused(corpus.problems)
    rules = _chosen(book, only)
    proof = prove(book, corpus, rules)
    failures = [each for each in proof.findings() if each.severity == "error"]
    covered = cover(book, rules, proof.asked) if coverage or fail_under is not None else None
    if as_json:
        told = {
            "rules": len(rules),
            "examples": proof.looked_at,
            "held": proof.held,
            "queries": len(proof.queries),
        }
        findings = [each.to_dict() for each in failures]
        show.document({**told, "findings": findings, "coverage": covered.to_dict() if covered else None})
    else:
        for line in (*map(str, failures), *_uncovered(covered), *_counts(proof, len(rules), covered)):
            show.data(line)
    short = fail_under is not None and covered is not None and not covered.reaches(fail_under)
    if short:
        show.note(f"error: coverage is under {fail_under:.15g} %")
    return show.EXIT_FAILED if failures or short else 0


def _chosen(book: Rulebook, names: list[str] | None) -> tuple[Rule, ...]:
    """Return the rules of that id, topic or earlier id. Raises QueryRefused for a name that is none."""
    found: dict[str, Rule] = {}
    for name in names or ():
        rule = book.find(name)
        mine = [rule] if rule else [each for each in book.rules.values() if each.id.startswith(f"{name}.")]
        if not mine:
            topics = {id_.partition(".")[0] for id_ in book.rules}
            hint = nearest(name, {*book.rules, *book.was, *topics})
            raise QueryRefused(f'there is no rule or topic "{name}"; {hint}'.rstrip("; "))
        found |= {each.id: each for each in mine}
    return tuple(found.values()) if names else tuple(book.rules.values())


def _uncovered(covered: Coverage | None) -> Iterable[str]:
    for each in covered.rules if covered else ():
        if not each.matched:
            yield f"{each.rule.at}: {each.rule.id} matches no query"
        for condition in each.uncovered if each.matched else ():
            yield f"{each.rule.at}: {each.rule.id}: no query exercises {condition}"


def _counts(proof: Proof, rules: int, covered: Coverage | None) -> Iterable[str]:
    if covered:
        yield f"coverage {covered}"
    yield " · ".join(
        (
            counted(rules, "rule"),
            f"{proof.held} of {counted(proof.looked_at, 'example')} hold",
            f"corpus {counted(len(proof.queries), 'query')}",
            f"{len(proof.none)} that no rule may take",
        )
    )
