"""Tasks of agents that wait are remembered until they wait no more; over fakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.core.decision import Decision
from router.core.outcome import Result, Text
from router.core.plan import Plan, Step, Target
from router.core.query import Query
from router.engine import Route, Router
from router.errors import CallError, TargetUnavailable, TargetUnknown, ToolFailed
from router.testing import Answer, FakeCatalogue, FakeDriver, FakeTasks
from tests import projects
from tests.routers import SIMPLE

pytestmark = pytest.mark.anyio

AGENT = Target("a2a", "release")
SETTINGS = '[mcp.git]\ncommand = "git-server"\n[a2a.release]\nurl = "https://a.example"\n'


async def asked(tmp_path: Path, answer: Answer, task: str = "") -> FakeTasks:
    tasks = FakeTasks()
    if task:
        tasks.keep(1, AGENT, task, "which?")
    book = projects.book(tmp_path, SIMPLE, settings=SETTINGS)
    router = Router(book, {"a2a": FakeDriver({"a2a:release": answer})}, FakeCatalogue(), tasks=tasks)
    plan = Plan("rule", (Step("1", AGENT, message="the last 3", task=task),))
    await router.carry_out(Route(Query("draft"), Decision("d:1", "r:1", "none"), plan, number=1))
    return tasks


def waits(handle: str) -> Result:
    return Result((Text("which range?"),), state="waiting", task=handle)


async def test_a_task_that_waits_is_kept_with_its_question(tmp_path: Path) -> None:
    assert (await asked(tmp_path, waits("c/1"))).waiting == {("a2a:release", "c/1"): "which range?"}


async def test_a_task_that_asks_again_waits_on(tmp_path: Path) -> None:
    tasks = await asked(tmp_path, waits("c/1"), task="c/1")

    assert (tasks.waiting, tasks.ended) == ({("a2a:release", "c/1"): "which range?"}, {})


async def test_a_task_that_took_the_place_of_another_waits_alone(tmp_path: Path) -> None:
    tasks = await asked(tmp_path, waits("c/2"), task="c/1")

    assert list(tasks.waiting) == [("a2a:release", "c/2")]
    assert tasks.ended == {("a2a:release", "c/1"): "answered"}


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        ("the notes", "done"),
        (ToolFailed("a2a:release", "the printer is on fire", is_over=True), "failed"),
        (ToolFailed("a2a:release", "it takes no pictures"), ""),
        (TargetUnavailable("a2a:release", "nothing listens"), ""),
    ],
)
async def test_a_task_waits_until_its_agent_is_done_with_it(
    tmp_path: Path, answer: str | CallError, ended: str
) -> None:
    tasks = await asked(tmp_path, answer, task="c/1")

    assert tasks.ended == ({("a2a:release", "c/1"): ended} if ended else {})
    assert bool(tasks.waiting) is not bool(ended)


async def test_a_task_is_given_up_by_its_driver(tmp_path: Path) -> None:
    tasks, driver = FakeTasks(), FakeDriver()
    tasks.keep(1, AGENT, "c/1", "which?")
    router = Router(projects.book(tmp_path, SIMPLE), {"a2a": driver}, FakeCatalogue(), tasks=tasks)

    await router.cancel(AGENT, "c/1")

    assert (driver.canceled, tasks.ended) == ([("a2a:release", "c/1")], {("a2a:release", "c/1"): "canceled"})
    with pytest.raises(TargetUnknown, match="there is no driver for mcp: targets"):
        await router.cancel(Target("mcp", "git"), "c/1")


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (ToolFailed("a2a:release", "there is no such task", is_over=True), "gone"),
        (TargetUnknown("a2a:release", "is not in the settings"), "gone"),
        (TargetUnavailable("a2a:release", "nothing listens"), ""),
    ],
)
async def test_a_task_that_cannot_be_given_up_since_it_is_gone_waits_no_more(
    tmp_path: Path, error: CallError, ended: str
) -> None:
    tasks, driver = FakeTasks(), FakeDriver()
    driver.refusal = error
    tasks.keep(1, AGENT, "c/1", "which?")
    router = Router(projects.book(tmp_path, SIMPLE), {"a2a": driver}, FakeCatalogue(), tasks=tasks)

    with pytest.raises(type(error)):
        await router.cancel(AGENT, "c/1")

    assert tasks.ended == ({("a2a:release", "c/1"): ended} if ended else {})


async def test_nothing_is_remembered_where_nobody_keeps_it(tmp_path: Path) -> None:
    driver = FakeDriver()
    await Router(projects.book(tmp_path, SIMPLE), {"a2a": driver}, FakeCatalogue()).cancel(AGENT, "c/1")

    assert driver.canceled == [("a2a:release", "c/1")]
