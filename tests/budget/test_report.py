"""What was spent is told by day, model, pool and question, with what the rules saved."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Final

import pytest

from router.budget.counting import Budget
from router.budget.report import MOST_QUESTIONS, report
from router.core.decision import Decision
from router.core.plan import Plan
from router.core.query import Query
from router.core.settings import Spending
from router.ledger.store import Ledger
from router.ports import Planned, Spend, Usage

SPENDING: Final = Spending(10.0, 0.8, {"team": 0.4}, "team")


def spent_on(home: Path, day: dt.datetime, pool: str, spend: Spend) -> None:
    Budget(home, Spending(10.0, pool=pool), lambda: day).spend(spend)


def test_a_person_who_never_asked_has_all_of_it(tmp_path: Path) -> None:
    told = report(tmp_path, Spending(), dt.datetime.now(dt.UTC))

    assert (told.whole.left_usd, told.days, told.models, told.questions) == (50.0, (), (), ())
    assert (told.saved.questions, told.saved.usd) == (0, None)
    assert list(tmp_path.iterdir()) == []


def test_spending_is_summed_by_day_model_pool_and_question(tmp_path: Path) -> None:
    for day, pool, provider, text, usd in (
        (2, "team", "groq", "a", 1.0),
        (1, "", "", "b", 0.25),
        (1, "team", "groq", "b", 0.5),
    ):
        usage = Usage(1, 90, 10, usd, estimated=not provider)
        spent_on(
            tmp_path,
            dt.datetime(2026, 12, day, 12, tzinfo=dt.UTC),
            pool,
            Spend("hf", "m", provider, usage, text=text),
        )
    november = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
    spent_on(tmp_path, november, "", Spend("hf", "m", "groq", Usage(1, 1, 1, 5.0)))

    told = report(tmp_path, SPENDING, dt.datetime(2026, 12, 24, tzinfo=dt.UTC))

    assert [(each.name, each.cost_usd) for each in told.days] == [("2026-12-01", 0.75), ("2026-12-02", 1.0)]
    assert [(each.name, each.cost_usd, each.estimated) for each in told.models] == [
        ("hf:m (groq)", 1.5, False),
        ("hf:m", 0.25, True),
    ]
    assert [(each.name, each.requests, each.tokens) for each in told.questions] == [
        ("a", 1, 100),
        ("b", 2, 200),
    ]
    assert [(each.pool, each.limit_usd, each.spent_usd) for each in told.shares] == [
        ("team", 4.0, 1.5),
        ("", 6.0, 0.25),
    ]
    assert (told.whole.spent_usd, told.soft_usd, told.month) == (1.75, 8.0, "2026-12")
    assert json.loads(json.dumps(told.to_dict()))["left_usd"] == 8.25


def test_only_the_dearest_questions_are_named(tmp_path: Path) -> None:
    for number in range(MOST_QUESTIONS + 5):
        Budget(tmp_path, Spending()).spend(
            Spend("hf", "m", "", Usage(1, 1, 1, 0.01 * (number + 1)), text=f"{number}")
        )

    told = report(tmp_path, Spending(), dt.datetime.now(dt.UTC))

    assert [each.name for each in told.questions][:2] == [f"{MOST_QUESTIONS + 4}", f"{MOST_QUESTIONS + 3}"]
    assert len(told.questions) == MOST_QUESTIONS


def test_a_question_that_a_rule_decides_by_now_makes_room_for_another(tmp_path: Path) -> None:
    for number in range(MOST_QUESTIONS + 1):
        usage = Usage(1, 1, 1, 0.01 * (number + 1))
        Budget(tmp_path, Spending()).spend(Spend("hf", "m", "", usage, text=f"{number}"))

    told = report(tmp_path, Spending(), dt.datetime.now(dt.UTC), lambda text: text == f"{MOST_QUESTIONS}")

    assert [each.name for each in told.questions] == [str(each) for each in reversed(range(MOST_QUESTIONS))]


def test_what_the_rules_saved_is_reckoned_by_what_a_planned_question_costs(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    ledger = Ledger(tmp_path, tmp_path)
    for number in range(8):
        ledger.record(Query(f"{number}"), Decision("d:1", "r:1", "rule", "git.log"))
    assert report(tmp_path, Spending(), now).saved.usd is None
    for usd in (0.002, 0.004):
        number = ledger.record(Query("new"), Decision("d:2", "r:1", "none"))
        ledger.planned(number, Planned(Plan("planner", ()), "hf:m", Usage(1, 1, 1, usd)), ())
    number = ledger.record(Query("new"), Decision("d:2", "r:1", "none"))
    ledger.planned(number, Planned(Plan("cache", ()), "hf:m"), ())
    line = {"time": now.isoformat(), "project": "elsewhere", "query": {}, "decision": {"kind": "rule"}}
    old = {**line, "time": "2020-01-01T00:00:00+00:00"}
    path = tmp_path / "ledger" / f"{now:%Y-%m}.jsonl"
    path.write_text(f"{json.dumps(line)}\n{json.dumps(line)}\n{json.dumps(old)}\n")

    saved = report(tmp_path, Spending(), now).saved

    assert saved.questions == 10
    assert saved.mean_usd == pytest.approx(0.003)
    assert saved.usd == pytest.approx(0.03)
    later = report(tmp_path, Spending(), now + dt.timedelta(days=62)).saved
    assert later.questions == 0
    assert later.mean_usd == pytest.approx(0.003)
