"""What `ts explain` and `ts q --dry-run` show alike: the decision, the plan, and why it cannot be bound."""

from __future__ import annotations

from router.cli import show
from router.core.bind import bind
from router.core.book import Rulebook
from router.core.decision import Decision
from router.core.explain import document, page
from router.core.plan import Plan
from router.core.query import Query
from router.errors import BindingFailed


def shown(
    book: Rulebook, query: Query, *, as_json: bool
) -> tuple[Decision, Plan | None, BindingFailed | None]:
    """Decide, bind and print; calls nobody."""
    decision = book.decide(query)
    failure = plan = None
    try:
        plan = bind(book, decision, query)
    except BindingFailed as error:
        failure = error
    fallback = book.fallback(decision, planner=False)
    if as_json:
        told = document(query, decision, plan, fallback)
        show.document({**told, "error": failure.to_dict()} if failure else told)
    else:
        show.data(page(decision, plan, fallback or ""))
    if failure is not None:
        show.error(failure)
    return decision, plan, failure
