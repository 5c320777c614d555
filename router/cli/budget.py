"""`ts budget`: what models cost this month, what is left, and what the rules saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from router.budget.counting import Share
from router.budget.prices import Prices, Quote
from router.budget.report import Line, Report, Saved, report
from router.cli import asking, show
from router.cli.dollars import usd
from router.cli.table import columns
from router.config import Project, load_project
from router.core.plan import JSON
from router.core.query import Query
from router.core.settings import LARGE, SMALL, Planning
from router.errors import QueryRefused, RulebookRefused
from router.loading import book_of

LONGEST_NAME: Final = 60


def budget(as_json: asking.AsJson = False) -> int:
    """Show what models cost this month by day, model, pool and question, and what is left."""
    project = load_project(Path.cwd())
    ruled = _ruled(project)
    found = report(project.home, project.settings.spending, dt.datetime.now(dt.UTC), ruled)
    quotes = {name: Prices(project.home).quote(name) for name in _models(project.settings.planning)}
    if as_json:
        prices = {name: _quoted(each) for name, each in quotes.items()}
        show.document({**found.to_dict(), "prices": prices})
        return 0
    for line in _page(found):
        show.data(line)
    for name, quote in quotes.items():
        show.data(f"prices of {name}: {quote.source}")
    if not found.days:
        show.note(
            f"no model was asked in {found.month}; one is where no rule decides and [planner] is set up"
        )
    return 0


def _ruled(project: Project) -> Callable[[str], bool]:
    """Return what tells whether a rule decides a text by now; rules that do not load decide nothing."""
    try:
        book = book_of(project)
    except RulebookRefused:
        show.note("the rules do not load, so questions that they cover are shown too; see ts rules check")
        return lambda _: False

    def decides(text: str) -> bool:
        try:
            return book.decide(Query(text)).kind == "rule"
        except QueryRefused:
            return False

    return decides


def _models(planning: Planning) -> tuple[str, ...]:
    """Return the models that may cost something, without their providers."""
    if not any(way.name == "hf" for way in planning.ways):
        return ()
    return tuple(sorted({SMALL, LARGE, *(each.partition(":")[0] for each in planning.models.values())}))


def _quoted(quote: Quote) -> dict[str, JSON]:
    dearest = max(quote.prices, key=lambda each: (each.taken + each.given, each.taken))
    return {
        "source": quote.source,
        "dearest_usd_per_million_in": dearest.taken,
        "dearest_usd_per_million_out": dearest.given,
    }


def _page(found: Report) -> Iterator[str]:
    whole = found.whole
    yield (
        f"{found.month} (UTC): {usd(whole.spent_usd)} of {usd(whole.limit_usd)} spent,"
        f" {usd(whole.left_usd)} left; the cheaper model from {usd(found.soft_usd)} on"
    )
    if found.shares:
        yield from ("", "by pool")
        yield from columns([_pool(each, found.pool) for each in found.shares], right=frozenset({1, 2, 3}))
    for title, lines in (
        ("by day", found.days),
        ("by model", found.models),
        ("by question that no rule covers, the dearest first", found.questions),
    ):
        if lines:
            yield from ("", title)
            yield from _table(lines)
    yield from ("", _saved(found.saved))


def _pool(share: Share, own: str) -> tuple[str, ...]:
    mark = " (of this project)" if share.pool == own else ""
    return (
        f"  {show.plain(share.pool) or 'the rest'}{mark}",
        f"{usd(share.spent_usd)} of",
        usd(share.limit_usd),
        f"{usd(share.left_usd)} left",
    )


def _table(lines: Sequence[Line]) -> Iterator[str]:
    rows = [
        (
            f"  {_short(each.name)}",
            f"{usd(each.cost_usd)}",
            f"{each.tokens} tokens{' (estimated)' if each.estimated else ''}",
            f"{each.requests} request{'' if each.requests == 1 else 's'}",
        )
        for each in lines
    ]
    return columns(rows, right=frozenset({1}))


def _saved(saved: Saved) -> str:
    decided = f"rules decided {saved.questions} question{'' if saved.questions == 1 else 's'}"
    if saved.mean_usd is None or saved.usd is None:
        return f"{decided}; no question was planned yet, so what that saved is not known"
    if not round(saved.mean_usd, 6):
        return f"{decided}; a planned one costs nothing"
    mean = f"an estimate: a planned one costs {usd(saved.mean_usd)} on average"
    return f"{decided}, which saved about {usd(saved.usd)} ({mean})"


def _short(text: str) -> str:
    plain = show.plain(text) or "(unknown)"
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"
