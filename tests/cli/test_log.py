"""`ts log` tells what was asked, where it went and what it cost."""

from __future__ import annotations

import pytest

from router.cli.log import log
from router.core.decision import Decision
from router.core.outcome import Outcome
from router.core.plan import Plan
from router.core.query import Query
from router.errors import ModelUnavailable, QueryRefused
from router.loading import ledger
from router.ports import Planned, Usage
from tests.cli.states import State, state

__all__ = ["state"]


def ask(state: State) -> None:
    kept = ledger(state.project)
    number = kept.record(Query("status"), Decision("d:1", "r:1", "rule", "git.status"))
    kept.ended(number, Outcome("done", ()))
    number = kept.record(Query("what\nnow"), Decision("d:2", "r:1", "tie", tied=("a.b", "c.d")))
    usage = Usage(1, 900, 100, 0.00025)
    kept.planned(number, Planned(Plan("planner", ()), "hf:m", usage), ())
    kept.ended(number, Outcome("failed", ()))
    number = kept.record(Query("x" * 80), Decision("d:3", "r:1", "none"))
    kept.planned(number, None, (ModelUnavailable("nobody is there"),))


def test_where_nothing_was_asked_it_says_what_to_do(state: State) -> None:
    assert log() == 0

    said = "nothing was asked here since 7d; ts q asks, --since 30d looks further back\n"
    assert state.printed() == ("", said)


def test_each_question_has_a_line(state: State) -> None:
    ask(state)
    assert log() == 0

    out, err = state.printed()
    first, second, third = (line.split("  ", 1)[1] for line in out.splitlines())
    assert err == ""
    assert first.split() == ["d:1", "status", "rule", "git.status", "done"]
    assert second.split() == [
        "d:2",
        "what\\x0anow",
        "tie",
        "a.b,",
        "c.d",
        "planner",
        "hf:m",
        "$0.000250",
        "failed",
    ]
    assert third.split() == ["d:3", f"{'x' * 59}…", "none", "model-unavailable", "-"]


def test_as_json_it_is_one_document(state: State) -> None:
    ask(state)
    assert log(since="1h", as_json=True) == 0

    records = state.document()["records"]
    assert [each["from"] for each in records] == ["rule", "planner", None]
    assert [each["state"] for each in records] == ["done", "failed", None]
    assert records[1]["usage"]["cost_usd"] == 0.00025
    assert log(since="2999-01-01", as_json=True) == 0
    assert state.document()["records"] == []


@pytest.mark.usefixtures("state")
def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(QueryRefused, match='--since "soon" is no time such as 7d'):
        log(since="soon")
