"""`ts explain`: say why a question goes where it goes."""

from __future__ import annotations

from typing import Annotated

import typer

from router.cli import asking, show
from router.cli.preview import shown
from router.core.explain import wanted
from router.core.findings import nearest
from router.errors import QueryRefused
from router.loading import load

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
    book = load()
    if want is not None and book.find(want) is None:
        raise QueryRefused(
            f'--want "{want}": there is no such rule; {nearest(want, book.rules)}'.rstrip("; ")
        )
    decision, _, failure = shown(book, query, as_json=as_json)
    if want is not None:
        tell = show.note if as_json else show.data
        tell("\n".join(wanted(book, query, decision, want)))
    return show.EXIT_FAILED if failure else 0
