"""Tasks of agents that wait are found again by the beginning of their id, in their project alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.core.decision import Decision
from router.core.plan import Target
from router.core.query import Query
from router.errors import QueryRefused
from router.ledger.store import Ledger
from router.ledger.tasks import Tasks
from router.ports import Tasks as Port

AGENT = Target("a2a", "travel", "book")


def test_it_keeps_the_promise_of_its_port(tmp_path: Path) -> None:
    tasks: Port = Tasks(tmp_path, tmp_path)

    tasks.keep(0, AGENT, "c/t", "which?")


def test_a_task_is_found_by_the_beginning_of_its_id_or_handle(tmp_path: Path) -> None:
    tasks = Tasks(tmp_path, tmp_path)
    tasks.keep(0, AGENT, "context%2F1/ab%3A1", "which day?")
    tasks.keep(0, AGENT, "context%2F2/abc", "which room?")

    for beginning in ("ab:", "context%2F1", "ab:1"):
        assert tasks.find(beginning).id == "ab:1"
    assert tasks.find("abc").question == "which room?"
    names = '"a2a:travel/book ab:1", "a2a:travel/book abc"'
    with pytest.raises(QueryRefused, match=f'"ab" begins 2 tasks that wait: {names}'):
        tasks.find("ab")
    with pytest.raises(QueryRefused, match='no task that began here is called "x"'):
        tasks.find("x")


def test_an_id_that_begins_another_or_that_two_agents_have_is_found(tmp_path: Path) -> None:
    tasks = Tasks(tmp_path, tmp_path)
    other = Target("a2a", "hotel")
    for target, handle in ((AGENT, "c/1"), (AGENT, "c/12"), (other, "d/12")):
        tasks.keep(0, target, handle, "which?")

    assert tasks.find("1").handle == tasks.find("c/1").handle == "c/1"
    assert tasks.find("a2a:hotel 12").handle == "d/12"
    assert tasks.find("d/12").target == other
    names = '"a2a:travel/book 12", "a2a:hotel 12"'
    with pytest.raises(QueryRefused, match=f'"12" begins 2 tasks that wait: {names}'):
        tasks.find("12")
    with pytest.raises(QueryRefused, match="no task that began here"):
        tasks.find("a2a:hotel 2")
    with pytest.raises(QueryRefused, match="no task that began here"):
        tasks.find("")


def test_what_ended_is_listed_no_more_and_told(tmp_path: Path) -> None:
    tasks = Tasks(tmp_path, tmp_path)
    tasks.keep(0, AGENT, "c/one", "which?")
    tasks.keep(0, AGENT, "c/two", "which?")

    tasks.end(AGENT, "c/one", "done")

    assert [each.id for each in tasks.waiting()] == ["two"]
    with pytest.raises(QueryRefused, match="the task one of a2a:travel/book has ended: done"):
        tasks.find("one")


def test_a_task_that_asks_again_waits_with_its_new_question(tmp_path: Path) -> None:
    tasks = Tasks(tmp_path, tmp_path)
    tasks.keep(7, AGENT, "c/one", "which day?")
    tasks.keep(8, AGENT, "c/one", "which room?" + "!" * 1000)

    (task,) = tasks.waiting()

    assert (task.number, task.question[:12], len(task.question)) == (7, "which room?!", 500)


def test_the_question_that_began_a_task_is_kept_with_it(tmp_path: Path) -> None:
    ledger, tasks = Ledger(tmp_path, tmp_path), Tasks(tmp_path, tmp_path)
    decision = Decision("d:1", "r:1", "rule", "travel.book", slots={"n": 3}, added=("a.b",))
    number = ledger.record(Query("book a room", frozenset({"useful"})), decision)
    tasks.keep(number, AGENT, "c/one", "which?")

    record = tasks.asked(tasks.find("one"))

    assert record is not None
    assert (record.asked(), record.decided()) == (Query("book a room", frozenset({"useful"})), decision)


def test_projects_and_a_ledger_that_is_not_there_know_nothing(tmp_path: Path) -> None:
    one, other = Tasks(tmp_path, tmp_path / "one"), Tasks(tmp_path, tmp_path / "other")
    assert one.waiting() == ()
    one.keep(0, AGENT, "c/one", "which?")

    assert (len(one.waiting()), other.waiting()) == (1, ())
    assert other.asked(one.find("one")) is None


def test_a_disk_that_takes_nothing_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tasks = Tasks(tmp_path / "file", tmp_path)

    tasks.keep(0, AGENT, "c/one", "which?")
    tasks.end(AGENT, "c/one", "done")
