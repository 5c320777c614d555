"""What is asked is recorded, for its owner alone, and read back by time, project and id."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
from pathlib import Path
from typing import Final

import pytest

from router.core.decision import Decision
from router.core.outcome import Outcome, Result, StepOutcome, Text
from router.core.plan import Plan, Step, Target
from router.core.query import Query
from router.errors import ModelUnavailable, QueryRefused, TargetUnknown
from router.ledger.store import Ledger
from router.ports import Ledger as Port
from router.ports import Planned, Usage
from tests.command import Shell

DECISION: Final = Decision("d:1", "r:1", "rule", "git.log")
LONG_AGO: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
PLAN: Final = Plan("planner", (Step("1", Target("mcp", "git", "git_log"), {"n": 3}),))


def texts(ledger: Ledger, start: dt.datetime = LONG_AGO) -> list[str]:
    return [each.text for each in ledger.since(start)]


def line(project: Path, text: str, time: str, id_: str = "d:old") -> str:
    """Return a line as older versions wrote it."""
    told = {
        "time": time,
        "project": str(project),
        "query": Query(text).to_dict(),
        "decision": Decision(id_, "r:0", "none").to_dict(),
    }
    return json.dumps(told) + "\n"


def test_it_keeps_the_promise_of_its_port(tmp_path: Path) -> None:
    ledger: Port = Ledger(tmp_path, tmp_path)

    assert ledger.record(Query("what"), DECISION) == 1


def test_questions_are_read_back_in_order_for_their_project_alone(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path, tmp_path / "one"), Ledger(tmp_path, tmp_path / "other")
    assert texts(one) == []
    assert one.last() is None

    for ledger, text in ((one, "first\nline"), (other, "elsewhere"), (one, "größer")):
        ledger.record(Query(text, facts={"env": "prod"}), DECISION)

    assert texts(one) == ["first\nline", "größer"]
    assert texts(other) == ["elsewhere"]
    assert texts(one, dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)) == []
    first, _ = one.since(LONG_AGO)
    assert (first.query["facts"], first.decision["rule"], first.origin) == (
        {"env": "prod"},
        "git.log",
        "rule",
    )
    last = one.last()
    assert last is not None
    assert last.text == "größer"


def test_all_that_became_of_a_question_is_kept(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, tmp_path)
    failure = ModelUnavailable("nobody is there", "local:openai/gpt-oss-20b")
    usage = Usage(2, 900, 100, 0.000123, estimated=True)
    error = TargetUnknown("mcp:git/git_log", "gone")
    done = StepOutcome("1", "done", Result((Text("a secret"),)), 0.25, 1)

    number = ledger.record(Query("what changed"), Decision("d:abc", "r:1", "none"))
    ledger.planned(
        number, Planned(PLAN, "hf:openai/gpt-oss-20b", usage, 5, 90, ("nearly spent",)), (failure,)
    )
    failed = StepOutcome("2", "failed", error=error.to_dict())
    ledger.ended(number, Outcome("failed", (done, failed), "a secret"))

    record = ledger.find("abc")
    assert record is not None
    assert record == ledger.find("d:abc") == ledger.last()
    told = record.to_dict()
    assert told["plan"] == PLAN.to_dict()
    assert told["from"] == "planner"
    assert (record.model, record.usage, record.shown, record.known) == ("hf:openai/gpt-oss-20b", usage, 5, 90)
    assert told["usage"]["tokens"] == 1000
    assert record.warnings == ("nearly spent",)
    assert record.failures == (failure.to_dict(),)
    assert (record.state, [step["state"] for step in record.steps]) == ("failed", ["done", "failed"])
    assert record.steps[1]["error"]["code"] == "target-unknown"
    assert "secret" not in json.dumps(told)


def test_a_question_without_a_plan_or_an_end_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, tmp_path)
    number = ledger.record(Query("sing"), Decision("d:2", "r:1", "none"))

    ledger.planned(number, None, (ModelUnavailable("nobody is there"),))

    record = ledger.last()
    assert record is not None
    assert (record.origin, record.plan, record.state) == ("", None, "")
    assert record.failures[0]["code"] == "model-unavailable"


def test_a_decision_is_found_by_the_beginning_of_its_id_and_the_newest_of_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, tmp_path)
    for text, id_ in (("one", "d:aa1"), ("two", "d:aa2"), ("two again", "d:aa2"), ("odd", "d:%_")):
        ledger.record(Query(text), Decision(id_, "r:1", "none"))

    found = ledger.find("aa2")
    assert found is not None
    assert found.text == "two again"
    assert ledger.find("b") is None
    odd = ledger.find("%")
    assert odd is not None
    assert odd.text == "odd"
    with pytest.raises(QueryRefused, match='"aa" begins 2 decisions: d:aa1, d:aa2'):
        ledger.find("aa")


def test_lines_of_older_versions_are_read_along(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, tmp_path)
    (tmp_path / "ledger").mkdir()
    odd = [b'{"time": "2026', b"[]", b"\xff", b"null"]
    odd.append(json.dumps({"project": str(tmp_path), "time": "soon", "query": 1, "decision": 2}).encode())
    lines = line(tmp_path, "older", "2026-03-04T05:06:07.000+00:00", "d:abc")
    lines += line(tmp_path, "oldest", "2026-03-01T05:06:07") + line(tmp_path / "other", "no", "2026-03-02")
    (tmp_path / "ledger" / "2026-03.jsonl").write_bytes(lines.encode() + b"\n".join(odd))
    (tmp_path / "ledger" / "2025-03.jsonl").write_text(line(tmp_path, "first", "2025-03-02"))

    assert texts(ledger) == ["first", "oldest", "older"]
    ledger.record(Query("new"), Decision("d:new", "r:1", "none"))

    assert texts(ledger) == ["first", "oldest", "older", "new"]
    assert texts(ledger, dt.datetime(2026, 3, 2, tzinfo=dt.UTC)) == ["older", "new"]
    found = ledger.find("abc")
    assert found is not None
    assert (found.text, found.kind, found.number) == ("older", "none", 0)
    last = ledger.last()
    assert last is not None
    assert last.text == "new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "home", tmp_path)
    ledger.record(Query("what"), DECISION)
    with ledger._database.writing():
        files = list((tmp_path / "home" / "ledger").iterdir())

    assert "ledger.sqlite" in {file.name for file in files}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files if file.exists()} == {0o600}
    for folder in (tmp_path / "home", tmp_path / "home" / "ledger"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_values_that_no_json_has_cost_the_record_and_nothing_else(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, tmp_path)
    number = ledger.record(Query("what"), DECISION)

    ledger.planned(number, Planned(PLAN, usage=Usage(cost_usd=float("nan"))), ())
    ledger.planned(number, Planned(PLAN, usage=Usage(cost_usd=1e300)), ())

    assert [each.origin for each in ledger.since(LONG_AGO)] == ["rule"]


def test_a_question_that_was_asked_is_compared_on_request(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "project", tmp_path / "home")
    shell.home.mkdir()
    rules = '[log]\nwhen.all = ["changed"]\nuse = "mcp:git/git_log"\nyes = "what changed"\n'
    shell.write({
        "ts.toml": 'fallback = []\n[mcp.git]\ncommand = "no-such-program"\n',
        "rules/team/git.toml": rules,
        "corpus/queries.txt": "what changed\n",
    })  # fmt: skip
    shell.git("init", "--initial-branch", "main")
    shell.git("add", ".")
    shell.git("commit", "-m", "rules")

    assert shell.ts("q", "who changed it", "--set", "env=prod").code == 1
    assert shell.ts("q", "good morning").code == 3
    assert shell.ts("explain", "never recorded, for it was only explained, has it changed").code == 0
    shell.write({"rules/team/git.toml": rules.replace('["changed"]', '["what changed"]')})

    assert shell.ts("rules", "diff", "main").code == 0
    compared = shell.ts("rules", "diff", "main", "--log", "1d")
    assert compared.code == 5
    assert "[env=prod] who changed it" in compared.out
    assert "main → the working tree: 3 queries, 2 the same, 1 changed" in compared.out
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).date().isoformat()
    assert shell.ts("rules", "diff", "main", "--log", tomorrow).code == 0
    refused = shell.ts("rules", "diff", "main", "--log", "soon")
    assert (refused.code, refused.err) == (
        2,
        'error: --log "soon" is no time such as 7d, 24h or 2026-10-01\n',
    )
