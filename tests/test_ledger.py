"""What is asked is recorded, for its owner alone, and read back by time and project."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from router.core.decision import Decision
from router.core.query import Query
from router.ledger import Ledger
from tests.command import Shell

DECISION: Final = Decision("d:1", "r:1", "rule", "git.log")
LONG_AGO: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def texts(ledger: Ledger, start: dt.datetime = LONG_AGO) -> list[str]:
    return [each["query"]["text"] for each in ledger.since(start)]


def test_questions_are_read_back_in_order_for_their_project_alone(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path, tmp_path / "one"), Ledger(tmp_path, tmp_path / "other")
    assert texts(one) == []

    for ledger, text in ((one, "first\nline"), (other, "elsewhere"), (one, "größer")):
        ledger.record(Query(text, facts={"env": "prod"}), DECISION)

    assert texts(one) == ["first\nline", "größer"]
    assert texts(other) == ["elsewhere"]
    assert texts(one, dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)) == []
    (first, _) = one.since(LONG_AGO)
    assert (first["query"]["facts"], first["decision"]["rule"]) == ({"env": "prod"}, "git.log")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    Ledger(tmp_path / "home", tmp_path).record(Query("what"), DECISION)

    (file,) = (tmp_path / "home" / "ledger").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_line_that_was_cut_off_or_is_no_record_is_left_out(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, tmp_path)
    ledger.record(Query("what"), DECISION)
    (file,) = (tmp_path / "ledger").iterdir()
    odd = [b'{"time": "2026', b"[]", b"\xff", json.dumps({"project": str(tmp_path), "time": "soon"}).encode()]
    file.write_bytes(b"\n".join(odd) + b"\n" + file.read_bytes())

    assert texts(ledger) == ["what"]


def test_writers_side_by_side_lose_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, tmp_path)
    asked = [f"question {number} {'x' * 5000}" for number in range(100)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: ledger.record(Query(text), DECISION), asked))

    assert sorted(texts(ledger)) == sorted(asked)


def test_a_ledger_that_cannot_be_written_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("in the way")
    ledger = Ledger(tmp_path, tmp_path)

    ledger.record(Query("what"), DECISION)

    assert texts(ledger) == []


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
