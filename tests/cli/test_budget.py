"""`ts budget` tells what was spent, what is left and what the rules saved."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from router.cli.budget import budget
from router.cli.dollars import usd
from router.core.decision import Decision
from router.core.plan import Plan
from router.core.query import Query
from router.ledger.database import Database
from router.loading import budget as budget_of
from router.loading import ledger
from router.ports import Planned, Spend, Usage
from tests.cli.states import State, state

__all__ = ["state"]

POOLS = "[budget]\nlimit_usd = 10\npools = { team = 0.4 }\npool = 'team'\n[planner.hf]\ntoken = 'env:X'\n"


def ask(state: State) -> None:
    """Let one rule decide twice, and one model plan once."""
    for _ in range(2):
        ledger(state.project).record(Query("status"), Decision("d:1", "r:1", "rule", "git.status"))
    usage = Usage(2, 900, 100, 0.25, estimated=True)
    number = ledger(state.project).record(Query("what now"), Decision("d:2", "r:1", "none"))
    ledger(state.project).planned(number, Planned(Plan("planner", ()), "hf:m", usage), ())
    budget_of(state.project).spend(Spend("hf", "m", "groq", usage, text="what\tnow " + "x" * 90))


def test_a_month_without_a_model_says_when_one_is_asked(state: State) -> None:
    assert budget() == 0

    out, err = state.printed()
    month = f"{dt.datetime.now(dt.UTC):%Y-%m}"
    assert out.splitlines() == [
        f"{month} (UTC): $0.00 of $50.00 spent, $50.00 left; the cheaper model from $40.00 on",
        "",
        "rules decided 0 questions; no question was planned yet, so what that saved is not known",
    ]
    assert err == f"no model was asked in {month}; one is where no rule decides and [planner] is set up\n"


def test_what_was_spent_is_shown_by_pool_day_model_and_question(state: State) -> None:
    state.settings(POOLS)
    ask(state)

    assert budget() == 0

    out, err = state.printed()
    assert err == ""
    lines = out.splitlines()
    assert "$0.250000 of $10.00 spent, $9.75 left; the cheaper model from $8.00 on" in lines[0]
    assert lines[2:5] == [
        "by pool",
        "  team (of this project)  $0.250000 of  $4.00  $3.75 left",
        "  the rest                    $0.00 of  $6.00  $6.00 left",
    ]
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    assert f"  {today}  $0.250000  1000 tokens (estimated)  2 requests" in lines
    assert "  hf:m (groq)  $0.250000  1000 tokens (estimated)  2 requests" in lines
    assert any(line.startswith("  what\\x09now xxx") and "…  $0.250000" in line for line in lines)
    saved = "rules decided 2 questions, which saved about $0.500000"
    assert f"{saved} (an estimate: a planned one costs $0.250000 on average)" in lines
    assert "prices of openai/gpt-oss-20b: table, 2026-11-22" in lines


def test_as_json_it_is_one_document(state: State) -> None:
    state.settings(POOLS)
    ask(state)

    assert budget(as_json=True) == 0

    told = state.document()
    assert (told["spent_usd"], told["left_usd"], told["limit_usd"], told["pool"]) == (0.25, 9.75, 10, "team")
    assert told["pools"][0] == {"pool": "team", "limit_usd": 4.0, "spent_usd": 0.25, "left_usd": 3.75}
    assert told["saved"] == {"questions": 2, "mean_usd": 0.25, "usd": 0.5, "estimated": True}
    assert told["prices"]["openai/gpt-oss-120b"] == {
        "source": "table, 2026-11-22",
        "dearest_usd_per_million_in": 0.35,
        "dearest_usd_per_million_out": 0.75,
    }


def test_a_damaged_ledger_is_told(state: State) -> None:
    path = Database(state.project.home).path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"garbage " * 1000)

    with pytest.raises(
        OSError, match=r"is damaged: .*; move it and its -wal file away, and a new one is begun"
    ):
        budget()


RULE = '[now]\nsay = "what now"\nuse = "mcp:git/git_log"\n'


def test_a_question_that_a_rule_decides_by_now_is_not_listed(state: State) -> None:
    state.settings('[mcp.git]\ncommand = "x"\n')
    usage = Usage(1, 1, 1, 0.5)
    for text in ("what now", "what then", "\x00"):
        budget_of(state.project).spend(Spend("hf", "m", "groq", usage, text=text))
    (state.directory / "rules/team").mkdir(parents=True)
    (state.directory / "rules/team/git.toml").write_text(RULE)

    assert [each["name"] for each in listed(state)] == ["\x00", "what then"]
    (state.directory / "rules/team/git.toml").write_text("[odd]\n")
    assert budget() == 0
    out, err = state.printed()
    assert ("what now" in out, "what then" in out) == (True, True)
    assert err == "the rules do not load, so questions that they cover are shown too; see ts rules check\n"


def listed(state: State) -> Any:
    """Return the questions that are told as no rule's."""
    assert budget(as_json=True) == 0
    return state.document()["questions"]


def test_what_is_free_looks_alike_everywhere_and_saves_nothing(state: State) -> None:
    number = ledger(state.project).record(Query("what now"), Decision("d:2", "r:1", "none"))
    ledger(state.project).planned(number, Planned(Plan("planner", ()), "local:m", Usage(1, 9, 1)), ())
    budget_of(state.project).spend(Spend("local", "m", "", Usage(1, 9, 1), text="what now"))

    assert budget() == 0

    out, _ = state.printed()
    assert "rules decided 0 questions; a planned one costs nothing\n" in out
    assert ("$0.0000" in out, "  local:m" in out and "  $0.00  10 tokens" in out) == (False, True)


@pytest.mark.parametrize(
    ("amount", "told"),
    [(0.0, "$0.00"), (1e-10, "$0.00"), (0.00125, "$0.001250"), (1.0, "$1.00"), (12.345, "$12.35")],
)
def test_amounts_are_written_alike(amount: float, told: str) -> None:
    assert usd(amount) == told
