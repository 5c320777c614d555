"""A budget that admits as it is told and counts in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping

from router.errors import BudgetSpent
from router.ports import Spend, Usage


class FakeBudget:
    """A `router.ports.Budget` that writes nothing to disk."""

    def __init__(
        self,
        limit_usd: float = math.inf,
        *,
        soft_usd: float = math.inf,
        prices: Mapping[str, float] | None = None,
    ) -> None:
        """Refuse from `limit_usd` on and want the cheaper model from `soft_usd` on.

        `prices` are US dollars for a token by `model` or `model:provider`; all else is free.
        """
        self.spends: list[Spend] = []
        """All that was spent, in order."""
        self._limit_usd = limit_usd
        self._soft_usd = soft_usd
        self._prices = dict(prices or {})

    @property
    def spent_usd(self) -> float:
        """What was spent altogether."""
        return math.fsum(each.usage.cost_usd for each in self.spends)

    def admit(self) -> bool:
        """See `router.ports.Budget`."""
        if self.spent_usd >= self._limit_usd:
            raise BudgetSpent("the fake budget is spent", self.spent_usd, self._limit_usd)
        return self.spent_usd < self._soft_usd

    def price(self, way: str, model: str, provider: str, usage: Usage) -> float:
        """See `router.ports.Budget`; a local model is free."""
        known = self._prices.get(f"{model}:{provider}", self._prices.get(model, 0.0))
        return 0.0 if way == "local" else usage.tokens * known

    def spend(self, spend: Spend) -> None:
        """See `router.ports.Budget`."""
        self.spends.append(spend)
