"""What was spent in a month: by day, model, pool and question, what is left, and what the rules saved."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from router.budget.counting import Share, month_of, share_of, sums_of, whole_of
from router.core.plan import JSON
from router.core.settings import Spending
from router.ledger.database import Database
from router.ledger.record import lines
from router.ledger.store import NANO

MOST_QUESTIONS: Final = 10

_SPENT: Final = (
    "SELECT substr(time, 1, 10), way, model, provider, text, sum(requests), sum(tokens_in + tokens_out),"
    " sum(cost_nano), max(estimated) FROM spent WHERE month = ? GROUP BY 1, 2, 3, 4, 5"
)
_RULED: Final = "SELECT count(*) FROM asked WHERE kind = 'rule' AND substr(time, 1, 7) = ?"
_MEANS: Final = (
    "SELECT avg(cost_nano) FROM asked WHERE source = 'planner' AND substr(time, 1, 7) = ?",
    "SELECT avg(cost_nano) FROM asked WHERE source = 'planner' AND ? != ''",
)
"""Of the month, else of all time."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one day, model or question took."""

    name: str
    requests: int
    tokens: int
    cost_usd: float
    estimated: bool
    """Whether some server sent no count of tokens."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What the rules saved: an estimate, as if each question had cost what a planned one did."""

    questions: int
    """Decided by a rule."""
    mean_usd: float | None
    """Of a planned question; None where none was planned yet."""

    @property
    def usd(self) -> float | None:
        """The estimate; None where there is nothing to make it from."""
        return None if self.mean_usd is None else self.questions * self.mean_usd


@dataclass(frozen=True, slots=True)
class Report:
    """One month of a person, over all projects."""

    month: str
    soft_usd: float
    """From which on the cheaper model is asked."""
    pool: str
    """The one from which this project spends."""
    whole: Share
    shares: tuple[Share, ...]
    """Of the pools, by name, and of what no pool has; empty where there are no pools."""
    days: tuple[Line, ...]
    models: tuple[Line, ...]
    questions: tuple[Line, ...]
    """Those that cost most, less those that a rule decides by now."""
    saved: Saved

    def to_dict(self) -> dict[str, JSON]:
        """Return it as `ts budget --json` prints it."""
        return {
            "month": self.month,
            "limit_usd": self.whole.limit_usd,
            "soft_usd": self.soft_usd,
            "spent_usd": self.whole.spent_usd,
            "left_usd": self.whole.left_usd,
            "pool": self.pool,
            "pools": [{**asdict(each), "left_usd": each.left_usd} for each in self.shares],
            "days": [asdict(each) for each in self.days],
            "models": [asdict(each) for each in self.models],
            "questions": [asdict(each) for each in self.questions],
            "saved": {**asdict(self.saved), "usd": self.saved.usd, "estimated": True},
        }


def report(
    home: Path, spending: Spending, now: dt.datetime, covered: Callable[[str], bool] = lambda _: False
) -> Report:
    """Return what was spent in the month of a moment; `covered` tells which questions a rule decides by now.

    Raises OSError where a file cannot be read.
    """
    month = month_of(now)
    sums = sums_of(home, month)
    names = [*sorted(spending.pools), ""] if spending.pools else []
    found = Database(home)
    with found.reading() as connection:
        rows = connection.execute(_SPENT, (month,)).fetchall() if connection is not None else []
        ruled, mean = _saved(connection, month)
    questions = _dearest(_lines(rows, lambda row: row[4]))
    older = sum(each.kind == "rule" and month_of(each.time) == month for each in lines(found.folder, month))
    return Report(
        month=month,
        soft_usd=spending.soft * spending.limit_usd,
        pool=spending.pool,
        whole=whole_of(spending, sums),
        shares=tuple(share_of(spending, name, sums) for name in names),
        days=tuple(sorted(_lines(rows, lambda row: row[0]), key=lambda each: each.name)),
        models=_dearest(_lines(rows, _model)),
        questions=tuple(islice((each for each in questions if not covered(each.name)), MOST_QUESTIONS)),
        saved=Saved(ruled + older, mean),
    )


def _model(row: Sequence[JSON]) -> str:
    _, way, model, provider, *_ = row
    return f"{way}:{model} ({provider})" if provider else f"{way}:{model}"


def _lines(rows: Iterable[Sequence[JSON]], name: Callable[[Sequence[JSON]], str]) -> list[Line]:
    """Return the sums of rows by name; costs are added as whole numbers."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        requests, tokens, nano, estimated = sums.get(name(row), [0, 0, 0, 0])
        sums[name(row)] = [requests + row[5], tokens + row[6], nano + row[7], max(estimated, row[8])]
    return [
        Line(each, requests, tokens, nano / NANO, bool(estimated))
        for each, (requests, tokens, nano, estimated) in sums.items()
    ]


def _dearest(found: list[Line]) -> tuple[Line, ...]:
    return tuple(sorted(found, key=lambda each: (-each.cost_usd, -each.tokens, each.name)))


def _saved(connection: sqlite3.Connection | None, month: str) -> tuple[int, float | None]:
    """Return how many questions rules decided, and the mean cost of a planned one."""
    if connection is None:
        return 0, None
    (ruled,) = connection.execute(_RULED, (month,)).fetchone()
    means = (connection.execute(each, (month,)).fetchone()[0] for each in _MEANS)
    mean = next((each for each in means if each is not None), None)
    return ruled, None if mean is None else mean / NANO
