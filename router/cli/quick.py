"""Answers `ts explain` and `ts q --dry-run` from a compiled rulebook, with next to nothing loaded.

What it cannot answer, errors too, it leaves to the full way, which reads all anew and says what is wrong.
"""

from __future__ import annotations

import os

from router.cli import writing
from router.compiled.opening import unchanged_book
from router.context import facts_of, query_here, words_of
from router.core.bind import bind
from router.core.explain import document, page
from router.core.written import written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from router.cli.lean import Asked


def answer(asked: Asked) -> int | None:
    """Print the answer and return the exit code, or None, with nothing printed, where the full way must."""
    if asked.as_json and writing.to_terminal():
        return None
    try:
        found = _answered(asked)
    except Exception:
        return None
    if found is None:
        return None
    text, code = found
    writing.data(text)
    return code


def _answered(asked: Asked) -> tuple[str, int] | None:
    book = unchanged_book(os.getcwd(), os.environ)
    if book is None:
        return None
    query = query_here(
        asked.text,
        cwd=os.getcwd(),
        modes=asked.modes,
        words=words_of(asked.words),
        facts=facts_of(asked.facts),
    )
    decision = book.decide(query)
    plan = bind(book, decision, query)
    fallback = book.fallback(decision, planner=book.terms.plans and asked.planner)
    if fallback is not None and (book.terms.plans or asked.command != "explain"):
        return None  # a plan may be remembered, or is to be made
    if asked.as_json:
        text = written(document(query, decision, plan, fallback), 2)
    else:
        text = page(decision, plan, fallback or "")
    code = 0 if plan or asked.command == "explain" else writing.unplanned(decision.kind, book.terms.ambiguous)
    return text, code
