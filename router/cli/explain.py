"""`ts explain`: say why a question goes where it goes, or went."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from router.cli import asking, show
from router.cli.preview import shown
from router.cli.told import record_lines
from router.config import load_project
from router.core.explain import wanted
from router.core.findings import nearest
from router.errors import QueryRefused
from router.loading import ledger, load

ID: Final = re.compile(r"d:[0-9a-f]{4,16}")
"""A decision's id, or how it begins."""

Want = Annotated[str | None, typer.Option(metavar="RULE", help="Hold this rule against the question.")]
Last = Annotated[bool, typer.Option("--last", help="Tell of the last question that was asked here.")]


def explain(
    text: asking.MaybeText = None,
    faves: asking.Faves = False,
    useful: asking.Useful = False,
    essential: asking.Essential = False,
    words: asking.Words = None,
    facts: asking.Facts = None,
    attach: asking.Attach = None,
    as_json: asking.AsJson = False,
    want: Want = None,
    last: Last = False,
) -> int:
    """Print which rule wins and why the others do not; calls no server and no model."""
    if last and text:
        raise typer.BadParameter("--last takes no question")
    if last or (text and len(text) == 1 and ID.fullmatch(text[0])):
        return _recorded(None if last or not text else text[0], as_json=as_json)
    if not text:
        raise typer.BadParameter("a question, a decision's id or --last is missing")
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


def _recorded(id_: str | None, *, as_json: bool) -> int:
    """Print what the ledger says of a decision, or of the last one."""
    record = ledger(load_project(Path.cwd()))
    found = record.last() if id_ is None else record.find(id_)
    if found is None:
        raise QueryRefused(f"{id_ or '--last'}: nothing was asked here that the ledger knows")
    if as_json:
        show.document(found.to_dict())
    else:
        show.data("\n".join(record_lines(found)))
    return 0
