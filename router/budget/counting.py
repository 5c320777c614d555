"""Counts what models cost against the limits of a month; many processes share the one count."""

from __future__ import annotations

import datetime as dt
import math
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from router.budget.prices import FREE, Prices
from router.core.settings import Spending
from router.errors import BudgetSpent
from router.ledger.database import Database, LedgerUnreadable
from router.ledger.store import NANO
from router.ports import Spend, Usage

_MOST_TOKENS: Final = 10**12
"""Of one request; what a server says beyond is no count."""
_MOST_USD: Final = 1e6
_ADMIT: Final = "INSERT OR REPLACE INTO admitted (one, time) VALUES (1, ?)"
_SUMS: Final = "SELECT pool, sum(cost_nano) FROM spent WHERE month = ? GROUP BY pool"
_SPEND: Final = (
    "INSERT INTO spent (time, month, pool, way, model, provider, text, requests, tokens_in, tokens_out,"
    " cost_nano, estimated, failure) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Share:
    """What one pool, or the whole, may spend in a month and has spent."""

    pool: str
    """Empty for the whole, or for what no pool has."""
    limit_usd: float
    spent_usd: float

    @property
    def left_usd(self) -> float:
        """What is left."""
        return max(0.0, self.limit_usd - self.spent_usd)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left; a limit of 0 is spent from the start."""
        return self.spent_usd >= self.limit_usd


@dataclass(frozen=True, slots=True)
class Budget:
    """The budget of one project of a person; a `router.ports.Budget`."""

    home: Path
    """`~/.ts`."""
    spending: Spending
    now: Callable[[], dt.datetime] = _now

    @property
    def prices(self) -> Prices:
        """What tokens cost."""
        return Prices(self.home, self.now)

    def admit(self) -> bool:
        """Return whether any model may be asked; False says that only the cheaper one still may.

        Raises BudgetSpent where a limit is reached, and where nothing can be counted. It writes a row, so
        that a full disk is found before money is spent and not after.
        """
        now = self.now()
        try:
            with self._database.writing() as connection:
                connection.execute(_ADMIT, (now.isoformat(),))
                sums = _sums(connection, month_of(now))
        except (LedgerUnreadable, OverflowError) as error:
            raise BudgetSpent(
                f"what was spent cannot be counted, so nothing that costs is asked: {error}",
                limit_usd=self.spending.limit_usd,
                pool=self.spending.pool,
            ) from error
        whole, own = whole_of(self.spending, sums), share_of(self.spending, self.spending.pool, sums)
        for share in (whole, own):
            if share.is_spent:
                raise BudgetSpent(
                    _reason(self.spending, share, own),
                    share.spent_usd,
                    share.limit_usd,
                    self.spending.pool if share is own else "",
                )
        return all(share.spent_usd < self.spending.soft * share.limit_usd for share in (whole, own))

    def price(self, way: str, model: str, provider: str, usage: Usage) -> float:
        """Return what tokens cost in US dollars: locally nothing, of an unknown provider the dearest."""
        return self.prices.cost(way, model, provider, usage)

    def spend(self, spend: Spend) -> None:
        """Write down what a request took. Raises BudgetSpent where what costs cannot be written."""
        now, usage = self.now().astimezone(dt.UTC), spend.usage
        cost = self._cost(spend)
        values = (
            now.isoformat(timespec="milliseconds"),
            month_of(now),
            self.spending.pool,
            spend.way,
            spend.model,
            spend.provider,
            spend.text,
            usage.requests,
            _count(usage.tokens_in),
            _count(usage.tokens_out),
            math.ceil(cost * NANO),
            usage.estimated,
            spend.failure,
        )
        try:
            with self._database.writing() as connection:
                connection.execute(_SPEND, values)
        except LedgerUnreadable as error:
            if cost or spend.way != FREE:
                raise BudgetSpent(
                    f"what was spent cannot be written down, so nothing more that costs is asked: {error}",
                    cost,
                    self.spending.limit_usd,
                    self.spending.pool,
                ) from error

    def _cost(self, spend: Spend) -> float:
        """Return what a request cost, by the prices where its usage does not say."""
        told = spend.usage.cost_usd
        if not math.isfinite(told) or told <= 0:
            told = self.price(spend.way, spend.model, spend.provider, spend.usage)
        return min(max(told, 0.0), _MOST_USD)

    @property
    def _database(self) -> Database:
        return Database(self.home)


def month_of(time: dt.datetime) -> str:
    """Return the calendar month of a moment, in UTC."""
    return f"{time.astimezone(dt.UTC):%Y-%m}"


def whole_of(spending: Spending, sums: Mapping[str, float]) -> Share:
    """Return the whole limit and all that was spent, by any pool."""
    return Share("", spending.limit_usd, math.fsum(sums.values()))


def share_of(spending: Spending, pool: str, sums: Mapping[str, float]) -> Share:
    """Return the share of a pool; without a name, what no pool has, and what others spent of it."""
    if pool:
        return Share(pool, spending.limit_usd * spending.pools.get(pool, 0.0), sums.get(pool, 0.0))
    rest = max(0.0, 1.0 - math.fsum(spending.pools.values()))
    limit = spending.limit_usd * (rest if rest > 1e-9 else 0.0)
    return Share("", limit, math.fsum(cost for name, cost in sums.items() if name not in spending.pools))


def sums_of(home: Path, month: str) -> Mapping[str, float]:
    """Return what each pool spent in a month, in US dollars. Raises LedgerUnreadable."""
    with Database(home).reading() as connection:
        return _sums(connection, month) if connection is not None else {}


def _sums(connection: sqlite3.Connection, month: str) -> Mapping[str, float]:
    return {pool: cost / NANO for pool, cost in connection.execute(_SUMS, (month,))}


def _count(tokens: int) -> int:
    return min(max(tokens, 0), _MOST_TOKENS)


def _reason(spending: Spending, share: Share, own: Share) -> str:
    """Return why nothing more may be spent, and what would do."""
    if not spending.limit_usd:
        return "budget.limit_usd is 0, so nothing that costs is asked"
    told = f"${share.spent_usd:.4f} of ${share.limit_usd:.4f} are spent this month"
    if share is not own:
        return f"{told}; raise budget.limit_usd"
    if not share.limit_usd and not spending.pool:
        return "the pools have all of the budget; name one of them as budget.pool"
    whose = f'of the pool "{share.pool}"' if share.pool else "outside the pools"
    return f"{told} {whose}; raise its share or budget.limit_usd"
