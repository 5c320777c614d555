"""The fakes keep the promises of the ports that they stand in for."""

from __future__ import annotations

import anyio
import pytest

import router.testing
from router.core.outcome import Result, Text
from router.core.plan import Plan, Target
from router.core.query import Query
from router.errors import ModelUnavailable, TargetUnknown, ToolFailed
from router.ports import (
    Call,
    Catalogue,
    Driver,
    Hit,
    Ledger,
    Offer,
    Planned,
    Planner,
    PlanRequest,
    Tasks,
    Tool,
)
from router.testing import FakeCatalogue, FakeDriver, FakeLedger, FakePlanner, FakeTasks, Scripted

pytestmark = pytest.mark.anyio

LOG = Target("mcp", "git", "git_log")
GIT = Offer("mcp", "git", (Tool("git_log"),))


def silent(_text: str) -> None:
    return


def test_there_is_a_fake_for_each_port() -> None:
    driver: Driver = FakeDriver()
    planner: Planner = FakePlanner()
    catalogue: Catalogue = FakeCatalogue()
    ledger: Ledger = FakeLedger()
    tasks: Tasks = FakeTasks()

    assert {type(each).__name__ for each in (driver, planner, catalogue, ledger, tasks)} < set(
        router.testing.__all__
    )


async def test_a_driver_answers_by_target_and_writes_down_every_call() -> None:
    driver = FakeDriver({"mcp:git/git_log": "three commits", "mcp:git/git_show": Result(structured=1)})

    text = await driver.call(Call(LOG, {"max_count": 3}), silent)
    whole = await driver.call(Call(Target("mcp", "git", "git_show")), silent)

    assert text == Result((Text("three commits"),))
    assert whole.structured == 1
    assert driver.called == driver.finished == ["mcp:git/git_log", "mcp:git/git_show"]
    assert driver.call_of("mcp:git/git_log").args == {"max_count": 3}


async def test_a_driver_raises_what_it_is_told_to_raise() -> None:
    driver = FakeDriver({"mcp:git/git_log": ToolFailed("mcp:git/git_log", "no repository")})

    with pytest.raises(ToolFailed, match="no repository"):
        await driver.call(Call(LOG), silent)

    assert driver.finished == ["mcp:git/git_log"]


async def test_a_driver_does_not_know_a_target_without_an_answer() -> None:
    driver = FakeDriver()

    with pytest.raises(TargetUnknown, match="no answer"):
        await driver.call(Call(LOG), silent)
    with pytest.raises(AssertionError, match="mcp:time was not called; called were: mcp:git/git_log"):
        driver.call_of("mcp:time")


async def test_a_driver_tells_progress_and_then_waits_for_an_event() -> None:
    release = anyio.Event()
    driver = FakeDriver({"mcp:git/git_log": Scripted("done", progress=("half", "all"), after=release)})
    told: list[str] = []
    results: list[Result] = []

    async def call() -> None:
        results.append(await driver.call(Call(LOG), told.append))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await driver.wait_for("mcp:git/git_log")
        assert driver.finished == []
        release.set()

    assert told == ["half", "all"]
    assert results == [Result((Text("done"),))]


async def test_a_driver_offers_what_it_is_told_and_remembers_that_it_was_closed() -> None:
    driver = FakeDriver(offers=[GIT])

    assert await driver.offer("git") is GIT
    with pytest.raises(TargetUnknown):
        await driver.offer("time")
    assert not driver.is_closed
    await driver.aclose()
    assert driver.is_closed


def test_a_catalogue_keeps_offers_in_order_and_finds_what_it_is_told() -> None:
    time = Offer("mcp", "time", ())
    hits = [Hit(LOG, "Log."), Hit(Target("mcp", "time"), "Time.")]
    catalogue = FakeCatalogue([time], hits, {"mcp:time": "the disk is full"})
    catalogue.keep(GIT)
    query = Query("what changed")

    assert catalogue.offers() == (GIT, time)
    assert catalogue.nearest(query, 1) == (hits[0],)
    assert catalogue.asked == [query]
    assert catalogue.unkept == {"mcp:time": "the disk is full"}


async def test_a_planner_gives_its_plan_or_raises_and_writes_down_requests() -> None:
    request = PlanRequest(Query("what changed"))
    plan = Plan("planner", ())

    with pytest.raises(ModelUnavailable, match="there is no model"):
        await FakePlanner().plan(request)
    assert await (planner := FakePlanner(plan)).plan(request) == Planned(plan, "fake:model")
    assert planner.requests == [request]
    with pytest.raises(ToolFailed):
        await FakePlanner(ToolFailed("hub", "is down")).plan(request)
