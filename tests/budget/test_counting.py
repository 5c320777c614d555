"""What models cost is counted across processes, and refused where the limit of a month is reached."""

from __future__ import annotations

import datetime as dt
import math
import tempfile
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.budget.counting import Budget, share_of, whole_of
from router.budget.report import report
from router.core.settings import Spending
from router.errors import BudgetSpent
from router.ledger.database import Database
from router.ports import Budget as Port
from router.ports import Spend, Usage
from tests.processes import side_by_side

TODAY: Final = dt.datetime(2026, 12, 31, 23, 59, tzinfo=dt.UTC)


def budget(home: Path, spending: Spending | None = None, now: dt.datetime = TODAY) -> Budget:
    return Budget(home, spending or Spending(1.0), lambda: now)


def cost(usd: float, way: str = "hf") -> Spend:
    return Spend(way, "openai/gpt-oss-20b", "groq", Usage(1, 10, 10, usd), text="what changed")


def test_it_keeps_the_promise_of_its_port(tmp_path: Path) -> None:
    counted: Port = Budget(tmp_path, Spending())

    assert counted.admit()
    assert counted.price("hf", "openai/gpt-oss-20b", "groq", Usage(1, 1000, 1000)) == pytest.approx(0.000375)


def test_the_soft_limit_wants_the_cheaper_model_and_the_hard_one_refuses(tmp_path: Path) -> None:
    counted = budget(tmp_path)
    assert counted.admit()
    counted.spend(cost(0.79))
    assert counted.admit()
    counted.spend(cost(0.02))
    assert not counted.admit()
    counted.spend(cost(0.5))

    with pytest.raises(BudgetSpent) as refused:
        counted.admit()

    error = refused.value
    assert error.spent_usd == pytest.approx(1.31)
    assert (error.limit_usd, error.pool) == (1.0, "")
    assert error.reason == "$1.3100 of $1.0000 are spent this month; raise budget.limit_usd"


def test_a_month_ends_at_midnight_utc(tmp_path: Path) -> None:
    budget(tmp_path).spend(cost(2))

    with pytest.raises(BudgetSpent):
        budget(tmp_path).admit()
    elsewhere = dt.timezone(dt.timedelta(hours=-8))
    assert budget(tmp_path, now=dt.datetime(2026, 12, 31, 16, 0, tzinfo=elsewhere)).admit()
    with pytest.raises(BudgetSpent):
        budget(tmp_path, now=dt.datetime(2026, 12, 31, 15, 59, tzinfo=elsewhere)).admit()


def test_a_limit_of_nothing_refuses_all_that_costs(tmp_path: Path) -> None:
    with pytest.raises(BudgetSpent) as refused:
        budget(tmp_path, Spending(0.0)).admit()

    assert refused.value.reason == "budget.limit_usd is 0, so nothing that costs is asked"


def test_pools_have_their_shares_and_the_rest_is_what_no_pool_has(tmp_path: Path) -> None:
    pools = {"team": 0.5, "night": 0.3}
    team, night, rest = (budget(tmp_path, Spending(1.0, 0.8, pools, each)) for each in ("team", "night", ""))
    night.spend(cost(0.3))
    assert team.admit()
    assert rest.admit()
    with pytest.raises(BudgetSpent) as refused:
        night.admit()
    assert refused.value.pool == "night"
    assert refused.value.limit_usd == pytest.approx(0.3)
    assert 'of the pool "night"; raise its share or budget.limit_usd' in refused.value.reason

    budget(tmp_path, Spending(1.0, 0.8, {"gone": 1.0}, "gone")).spend(cost(0.2))
    with pytest.raises(BudgetSpent) as refused:
        rest.admit()
    assert "outside the pools" in refused.value.reason
    assert team.admit()
    team.spend(cost(0.45))
    assert not team.admit()
    team.spend(cost(0.05))
    with pytest.raises(BudgetSpent) as refused:
        team.admit()
    assert refused.value.pool == "", "the whole is spent as well, and is told first"


def test_where_pools_have_all_of_it_a_project_without_one_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(BudgetSpent) as refused:
        budget(tmp_path, Spending(1.0, 0.8, {"a": 0.1, "b": 0.2, "c": 0.7})).admit()

    assert refused.value.reason == "the pools have all of the budget; name one of them as budget.pool"


@pytest.mark.parametrize("hindrance", ["garbage", "a file is in the way"])
def test_a_limit_that_cannot_be_counted_is_no_limit(tmp_path: Path, hindrance: str) -> None:
    if hindrance == "garbage":
        Database(tmp_path).folder.mkdir()
        Database(tmp_path).path.write_bytes(b"garbage " * 1000)
    else:
        (tmp_path / "ledger").write_text("in the way")
    counted = budget(tmp_path)

    with pytest.raises(BudgetSpent) as refused:
        counted.admit()
    assert refused.value.reason.startswith(
        "what was spent cannot be counted, so nothing that costs is asked: "
    )
    with pytest.raises(BudgetSpent) as refused:
        counted.spend(cost(0.1))
    assert refused.value.reason.startswith("what was spent cannot be written down")
    assert refused.value.spent_usd == 0.1
    counted.spend(cost(0, "local"))


@pytest.mark.parametrize("usd", [0.0, -1.0, math.nan, math.inf])
def test_a_request_that_does_not_say_what_it_cost_is_priced(tmp_path: Path, usd: float) -> None:
    usage = Usage(1, 1_000_000, 1_000_000, usd)
    budget(tmp_path).spend(Spend("hf", "openai/gpt-oss-20b", "groq", usage))

    assert report(tmp_path, Spending(), TODAY).whole.spent_usd == pytest.approx(0.375)


def test_counts_that_no_server_can_mean_do_no_harm(tmp_path: Path) -> None:
    for usage in (Usage(1, 10**30, 10**30, 1e300), Usage(1, -5, -5, 0.1)):
        budget(tmp_path).spend(Spend("hf", "openai/gpt-oss-20b", "groq", usage))

    assert report(tmp_path, Spending(), TODAY).whole.spent_usd == pytest.approx(1e6 + 0.1)
    with pytest.raises(BudgetSpent):
        budget(tmp_path).admit()


def test_what_is_local_is_written_down_and_free(tmp_path: Path) -> None:
    budget(tmp_path).spend(Spend("local", "openai/gpt-oss-20b", usage=Usage(1, 500, 50)))

    told = report(tmp_path, Spending(), TODAY)
    assert (told.whole.spent_usd, told.models[0].name, told.models[0].tokens) == (
        0,
        "local:openai/gpt-oss-20b",
        550,
    )


POOLS: Final = st.sampled_from(["", "a", "b", "gone"])
SPENDS: Final = st.lists(st.tuples(POOLS, st.integers(1, 400)), max_size=12)


@settings(max_examples=40, deadline=None)
@given(spends=SPENDS, limit=st.integers(0, 1000), soft=st.sampled_from([0.0, 0.5, 1.0]))
def test_no_order_of_spending_passes_a_limit_by_more_than_one_request(
    spends: list[tuple[str, int]], limit: int, soft: float
) -> None:
    pools = {"a": 0.5, "b": 0.25}
    spent = dict.fromkeys(("", "a", "b"), 0)
    with tempfile.TemporaryDirectory() as home:
        for pool, thousandths in spends:
            named = {**pools, "gone": 0.0} if pool == "gone" else pools
            counted = budget(Path(home), Spending(limit / 1000, soft, named, "" if pool == "gone" else pool))
            own = "" if pool == "gone" else pool
            share = limit * {**pools, "": 0.25}[own]
            may = sum(spent.values()) < limit and spent[own] < share
            try:
                asks_any = counted.admit()
            except BudgetSpent:
                assert not may
                continue
            assert may
            assert asks_any == (sum(spent.values()) < soft * limit and spent[own] < soft * share)
            counted.spend(cost(thousandths / 1000))
            spent[own] += thousandths
        told = report(Path(home), Spending(limit / 1000, soft, pools), TODAY)

    assert told.whole.spent_usd == pytest.approx(sum(spent.values()) / 1000)
    assert {each.pool: round(each.spent_usd * 1000) for each in told.shares} == spent
    assert math.fsum(each.limit_usd for each in told.shares) == pytest.approx(limit / 1000)


@given(
    shares=st.dictionaries(st.text(min_size=1), st.floats(0, 0.2), max_size=5),
    sums=st.dictionaries(st.text(), st.floats(0, 100), max_size=8),
)
def test_the_shares_and_the_rest_are_the_whole(shares: dict[str, float], sums: dict[str, float]) -> None:
    spending = Spending(50.0, 0.8, shares)
    every = [share_of(spending, name, sums) for name in (*shares, "")]
    whole = whole_of(spending, sums)

    assert math.fsum(each.limit_usd for each in every) == pytest.approx(whole.limit_usd)
    assert math.fsum(each.spent_usd for each in every) == pytest.approx(whole.spent_usd)


SPENDER: Final = """
import sys
from pathlib import Path
from router.budget.counting import Budget
from router.core.settings import Spending
from router.errors import BudgetSpent
from router.ports import Spend, Usage
counted = Budget(Path(sys.argv[1]), Spending(1.0))
calls = 0
try:
    while True:
        counted.admit()
        counted.spend(Spend("hf", "m", "p", Usage(1, 1, 1, 0.03)))
        calls += 1
except BudgetSpent as error:
    assert error.spent_usd >= 1.0, error.reason
print(calls)
"""


@pytest.mark.parametrize("processes", [2, 12])
def test_spenders_side_by_side_pass_the_limit_by_one_request_each_at_the_most(
    tmp_path: Path, processes: int
) -> None:
    calls = sum(map(int, side_by_side(SPENDER, processes, str(tmp_path))))

    whole = report(tmp_path, Spending(1.0), dt.datetime.now(dt.UTC)).whole
    assert whole.spent_usd == pytest.approx(0.03 * calls)
    assert 1.0 <= whole.spent_usd < 1.0 + 0.03 * processes
