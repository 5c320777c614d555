"""The fake budget keeps the promises of the port that it stands in for."""

from __future__ import annotations

import pytest

from router.errors import BudgetSpent
from router.ports import Budget, Spend, Usage
from router.testing import FakeBudget


def test_it_admits_up_to_its_limits_and_remembers_what_was_spent() -> None:
    fake = FakeBudget(1.0, soft_usd=0.5)
    budget: Budget = fake
    assert budget.admit()
    budget.spend(Spend("hf", "m", usage=Usage(1, 1, 1, 0.5)))
    assert not budget.admit()
    budget.spend(Spend("hf", "m", usage=Usage(1, 1, 1, 0.5)))

    with pytest.raises(BudgetSpent) as refused:
        budget.admit()

    assert (refused.value.spent_usd, refused.value.limit_usd) == (1.0, 1.0)
    assert [each.model for each in fake.spends] == ["m", "m"]


def test_it_prices_as_it_is_told() -> None:
    budget = FakeBudget(prices={"m": 0.5, "m:groq": 2.0})

    assert budget.price("hf", "m", "groq", Usage(1, 1, 1)) == 4.0
    assert budget.price("hf", "m", "other", Usage(1, 1, 1)) == 1.0
    assert budget.price("hf", "n", "groq", Usage(1, 1, 1)) == 0.0
    assert budget.price("local", "m", "groq", Usage(1, 1, 1)) == 0.0
    assert budget.admit()
