"""The file is shared by many processes, and says what is wrong with it where it is read."""

from __future__ import annotations

import datetime as dt
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from router.core.decision import Decision
from router.core.outcome import Outcome
from router.core.plan import Plan
from router.core.query import Query
from router.ledger import database
from router.ledger.database import Database, LedgerUnreadable
from router.ledger.store import Ledger
from router.ports import Planned
from tests.processes import side_by_side

DECISION: Final = Decision("d:1", "r:1", "none")
LONG_AGO: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

WRITER: Final = """
import sys
from pathlib import Path
from router.core.decision import Decision
from router.core.outcome import Outcome
from router.core.plan import Plan
from router.core.query import Query
from router.ledger.store import Ledger
from router.ports import Planned
home, count, name = sys.argv[1:]
ledger = Ledger(Path(home), Path(home))
for each in range(int(count)):
    number = ledger.record(Query(f"{name}.{each} " + "x" * 5000), Decision(f"d:{name}.{each}", "r:1", "none"))
    ledger.planned(number, Planned(Plan("planner", ()), f"model {name}.{each}"), ())
    ledger.ended(number, Outcome("done", ()))
"""


def written_by(tmp_path: Path, processes: int, questions: int) -> None:
    """Let processes ask side by side, and hold what they wrote against what they asked."""
    side_by_side(WRITER, processes, str(tmp_path), str(questions))

    records = list(Ledger(tmp_path, tmp_path).since(LONG_AGO))
    names = {f"{process}.{question}" for process in range(processes) for question in range(questions)}
    assert {each.text.split()[0] for each in records} == names
    assert len({each.number for each in records}) == len(records) == len(names)
    assert all(each.model == f"model {each.text.split()[0]}" and each.state == "done" for each in records)


def test_a_few_processes_that_begin_the_file_together_lose_nothing(tmp_path: Path) -> None:
    written_by(tmp_path, 6, 5)


def test_fifty_processes_side_by_side_lose_nothing(tmp_path: Path) -> None:
    written_by(tmp_path, 50, 10)


def test_threads_side_by_side_lose_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, tmp_path)
    asked = [f"question {number} {'x' * 5000}" for number in range(100)]

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda text: ledger.record(Query(text), DECISION), asked))

    assert sorted(numbers) == list(range(1, 101))
    assert sorted(each.text for each in ledger.since(LONG_AGO)) == sorted(asked)


def hinder(home: Path, how: str) -> str:
    """Put something in the way and return what is said of it."""
    path = Database(home).path
    if how == "a file is in the way":
        (home / "ledger").write_text("in the way")
        return "cannot be used"
    Ledger(home, home).record(Query("before"), DECISION)
    if how == "garbage":
        path.write_bytes(b"garbage " * 1000)
        return "is damaged: .*move it and its -wal file away"
    if how == "cut off":
        path.write_bytes(path.read_bytes()[:5000])
        return "is damaged: .*move it and its -wal file away"
    if how == "a directory":
        path.unlink()
        (path / "in the way").mkdir(parents=True)
        return "cannot be used"
    if how == "half a table":
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("DROP TABLE asked")
        return "cannot be used: no such table"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 1000")
    return "a newer version of ts wrote it"


@pytest.mark.parametrize(
    "how", ["a file is in the way", "garbage", "cut off", "a directory", "half a table", "newer"]
)
def test_a_file_that_cannot_be_used_costs_no_answer_and_is_told_where_it_is_read(
    tmp_path: Path, how: str
) -> None:
    said = hinder(tmp_path, how)
    ledger = Ledger(tmp_path, tmp_path)

    number = ledger.record(Query("what"), DECISION)
    ledger.planned(7, Planned(Plan("planner", ())), ())
    ledger.ended(7, Outcome("done", ()))

    assert number == 0
    for read in (lambda: list(ledger.since(LONG_AGO)), ledger.last, lambda: ledger.find("1")):
        with pytest.raises(LedgerUnreadable, match=said):
            read()


def test_a_file_that_another_holds_for_long_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.05)
    ledger = Ledger(tmp_path, tmp_path)
    ledger.record(Query("before"), DECISION)

    with closing(sqlite3.connect(Database(tmp_path).path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ledger.record(Query("meanwhile"), DECISION) == 0
        assert [each.text for each in ledger.since(LONG_AGO)] == ["before"]

    assert ledger.record(Query("after"), DECISION) == 2


def test_what_fails_in_the_midst_is_not_written(tmp_path: Path) -> None:
    kept = Database(tmp_path)

    def fail() -> None:
        with kept.writing() as connection:
            connection.execute("INSERT INTO admitted VALUES (1, 'now')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with kept.reading() as reader:
        assert reader is not None
        assert reader.execute("SELECT count(*) FROM admitted").fetchone() == (0,)


def test_an_empty_file_is_as_good_as_none(tmp_path: Path) -> None:
    Database(tmp_path).folder.mkdir()
    Database(tmp_path).path.touch()

    with Database(tmp_path).reading() as connection:
        assert connection is None
    assert Ledger(tmp_path, tmp_path).record(Query("what"), DECISION) == 1


def of_version_1(home: Path) -> None:
    """Write the file as the first version did: without the place of a question, and with what was spent."""
    Ledger(home, home).record(Query("before"), DECISION)
    with closing(sqlite3.connect(Database(home).path, isolation_level=None)) as connection:
        for column in ("cwd", "repository"):
            connection.execute(f"ALTER TABLE asked DROP COLUMN {column}")
        connection.execute("INSERT INTO admitted VALUES (1, 'then')")
        connection.execute("PRAGMA user_version = 1")


def test_a_file_of_the_first_version_goes_on_working(tmp_path: Path) -> None:
    of_version_1(tmp_path)
    ledger = Ledger(tmp_path, tmp_path)

    (before,) = ledger.since(LONG_AGO)
    number = ledger.record(Query("after", cwd="/srv/sub", repository="/srv"), DECISION)

    assert (before.text, before.cwd, before.repository) == ("before", "", "")
    after = ledger.last()
    assert after is not None
    assert (number, after.text, after.cwd, after.repository) == (2, "after", "/srv/sub", "/srv")
    assert (after.to_dict()["cwd"], after.to_dict()["repository"]) == ("/srv/sub", "/srv")
    with Database(tmp_path).reading() as reader:
        assert reader is not None
        assert reader.execute("SELECT time FROM admitted").fetchone() == ("then",)


def test_processes_that_bring_an_old_file_up_to_date_together_lose_nothing(tmp_path: Path) -> None:
    of_version_1(tmp_path)

    side_by_side(WRITER, 6, str(tmp_path), "3")

    assert len(list(Ledger(tmp_path, tmp_path).since(LONG_AGO))) == 19
