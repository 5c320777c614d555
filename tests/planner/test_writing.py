"""Texts that servers have written: one at a time, on the budget, and no longer than allowed."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import anyio.lowlevel
import pytest

from router.core.settings import ModelWay, Planning
from router.errors import BudgetSpent, ModelUnavailable
from router.planner.ways import Ask, Reply, Way
from router.planner.writing import Writer
from router.ports import Prompted
from router.testing import FakeBudget

pytestmark = pytest.mark.anyio


class Slow:
    """A way that costs, and lets others have their turn while it works."""

    def __init__(self, text: str = "hello") -> None:
        self.settings = ModelWay("hf")
        self.text = text
        self.asked: list[Ask] = []

    async def models(self) -> tuple[str, ...]:
        return ()

    async def ask(self, ask: Ask) -> Reply:
        self.asked.append(ask)
        await anyio.lowlevel.checkpoint()
        message = {"message": {"content": self.text}, "finish_reason": "stop"}
        return Reply({"choices": [message], "usage": {"prompt_tokens": 500, "completion_tokens": 500}})


class Priced(FakeBudget):
    """A budget by which every text costs the same."""

    def price(self, *_: object) -> float:
        return 0.001


def writer(way: Slow, budget: FakeBudget) -> Writer:
    ways: Sequence[Way] = [way]
    return Writer(Planning(), lambda: ways, lambda: budget)


def prompted(most_tokens: int = 0) -> Prompted:
    return Prompted("mcp:s", (("user", "hi"),), most_tokens=most_tokens)


async def test_what_is_asked_at_once_is_held_by_the_budget_one_after_another() -> None:
    way, budget = Slow(), Priced(0.0025)
    write = writer(way, budget)
    refused: list[BudgetSpent] = []

    async def one() -> None:
        try:
            await write(prompted())
        except BudgetSpent as error:
            refused.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(one)

    assert (len(way.asked), len(refused)) == (3, 17)


@pytest.mark.parametrize(("asked", "most"), [(0, 4_096), (50, 50), (-1, 4_096), (10**9, 4_096)])
async def test_a_server_may_ask_for_less_and_not_for_more(asked: int, most: int) -> None:
    way = Slow()
    written = await writer(way, FakeBudget())(prompted(asked))

    assert (written.text, way.asked[0].most_tokens) == ("hello", most)


async def test_an_empty_text_is_none() -> None:
    with pytest.raises(ModelUnavailable, match="the answer is empty"):
        await writer(Slow(""), FakeBudget())(prompted())
