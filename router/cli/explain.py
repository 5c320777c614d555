"""`ts explain`: say why a question goes where it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking, show
from router.config import load_project
from router.core.bind import bind
from router.core.explain import document, page, wanted
from router.core.findings import nearest
from router.errors import BindingFailed, QueryRefused
from router.rulebook.read import read_rulebook

Want = Annotated[str | None, typer.Option(metavar="RULE", help="Hold this rule against the question.")]


def explain(
    text: asking.Text,
    faves: asking.Faves = False,
    useful: asking.Useful = False,
    essential: asking.Essential = False,
    words: asking.Words = None,
    facts: asking.Facts = None,
    attach: asking.Attach = None,
    as_json: asking.AsJson = False,
    want: Want = None,
) -> int:
    """Print which rule wins and why the others do not; calls no server and no model."""
    query = asking.query(
        text, faves=faves, useful=useful, essential=essential, words=words, facts=facts, attach=attach
    )
    project = load_project(Path.cwd())
    book = read_rulebook(project.directory, project.settings)
    if want is not None and book.find(want) is None:
        raise QueryRefused(
            f'--want "{want}": there is no such rule; {nearest(want, book.rules)}'.rstrip("; ")
        )
    decision = book.decide(query)
    fallback = book.settings.first_fallback(planner=False)
    failure = plan = None
    try:
        plan = bind(book, decision, query)
    except BindingFailed as error:
        failure = error
    if as_json:
        told = document(query, decision, plan, fallback)
        show.document({**told, "error": failure.to_dict()} if failure else told)
    else:
        show.data(page(decision, plan, fallback))
    if want is not None:
        show.notes(wanted(book, query, decision, want)) if as_json else show.data(
            "\n".join(wanted(book, query, decision, want))
        )
    if failure is not None:
        show.error(failure)
    return show.EXIT_FAILED if failure else 0
