"""What `ts explain` and `ts q --dry-run` show alike: the decision, the plan, and why it cannot be bound."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from typing import Final

from router.cli import show
from router.core.bind import bind
from router.core.book import Rulebook
from router.core.decision import Decision
from router.core.explain import document, page
from router.core.plan import Plan
from router.core.query import Query
from router.errors import BindingFailed

REMEMBERED: Final = "router.cli.remembered:plan"
"""Named and not imported: few questions need it, and it loads what calls servers."""


def shown(
    book: Rulebook, query: Query, *, as_json: bool
) -> tuple[Decision, Plan | None, BindingFailed | None]:
    """Decide, bind and print; calls nobody."""
    decision = book.decide(query)
    failure = plan = None
    try:
        plan = bind(book, decision, query) or _remembered(book, decision, query)
    except BindingFailed as error:
        failure = error
    fallback = book.fallback(decision, planner=book.terms.plans)
    if as_json:
        told = document(query, decision, plan, fallback)
        show.document({**told, "error": failure.to_dict()} if failure else told)
    else:
        show.data(page(decision, plan, fallback or ""))
    if failure is not None:
        show.error(failure)
    return decision, plan, failure


def _remembered(book: Rulebook, decision: Decision, query: Query) -> Plan | None:
    """Return the plan that a model made of the same question before, or None."""
    if not book.terms.plans or book.fallback(decision, planner=True) is None:
        return None
    find: Callable[[Rulebook, Decision, Query], Plan | None] = pkgutil.resolve_name(REMEMBERED)
    return find(book, decision, query)
