"""Who is asked where no rule decides, and what a tie leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.core.plan import Plan, Step, Target
from router.core.query import Query
from router.errors import (
    AmbiguousRoute,
    ArgumentsRefused,
    BindingFailed,
    BudgetSpent,
    CallError,
    NoRoute,
    PlanRefused,
    QueryRefused,
    TargetUnknown,
    ToolFailed,
)
from router.ports import Planned, Usage
from router.testing import FakeCatalogue, FakeLedger, FakePlanner
from tests import projects
from tests.routers import SIMPLE, over

pytestmark = pytest.mark.anyio


# Ties and nothing.

TIE = """
[alpha]
when.all = ["alpha"]
use = "mcp:git/one"
[beta]
when.all = ["beta"]
use = ["mcp:time/two", "a2a:writer"]
"""


@pytest.mark.parametrize("fallback", ['["cache", "planner", "search"]', "[]"])
async def test_a_tie_is_an_error_that_names_all_where_the_settings_say_so(
    tmp_path: Path, fallback: str
) -> None:
    settings = f'ambiguous = "error"\nfallback = {fallback}\n{projects.SETTINGS}'
    planner = FakePlanner(Plan("planner", (Step("1", Target("mcp", "git", "one")),)))
    router, _ = over(projects.book(tmp_path, TIE, settings), planner=planner)

    with pytest.raises(AmbiguousRoute, match=r"rules\.alpha, rules\.beta"):
        await router.ask("alpha beta")

    assert planner.requests == []


async def test_a_planner_may_choose_among_the_tied_targets(tmp_path: Path) -> None:
    plan = Plan("planner", (Step("1", Target("mcp", "git", "one"), {}),))
    planner = FakePlanner(plan)
    router, _ = over(projects.book(tmp_path, TIE), {"mcp:git/one": "ONE"}, planner=planner)

    outcome = await router.ask("alpha beta")

    assert outcome.answer == "ONE"
    among = planner.requests[0].among
    assert [str(each) for each in among] == ["a2a:writer", "mcp:git/one", "mcp:time/two"]


async def test_a_server_that_ties_without_a_tool_stands_for_its_tools(tmp_path: Path) -> None:
    rules = TIE.replace('use = "mcp:git/one"', 'use = "mcp:git"')
    planner = FakePlanner(Plan("planner", (Step("1", Target("mcp", "git", "any"), {}),)))
    router, _ = over(projects.book(tmp_path, rules), {"mcp:git/any": "ANY"}, planner=planner)

    assert (await router.ask("alpha beta")).answer == "ANY"


async def test_a_planner_may_not_choose_another_target_on_a_tie(tmp_path: Path) -> None:
    planner = FakePlanner(Plan("planner", (Step("1", Target("mcp", "git", "push"), {}),)))
    router, driver = over(projects.book(tmp_path, TIE), {"mcp:git/push": "gone"}, planner=planner)

    with pytest.raises(PlanRefused, match="the planner chose mcp:git/push; rules tie between a2a:writer, "):
        await router.ask("alpha beta")

    assert driver.calls == []


async def test_a_planner_is_offered_no_tied_target_that_the_query_s_words_leave_out(tmp_path: Path) -> None:
    planner = FakePlanner()
    router, _ = over(projects.book(tmp_path, TIE), planner=planner)

    with pytest.raises(NoRoute):
        await router.ask(Query("alpha beta", words=frozenset({"git", "writer"})))

    assert [str(each) for each in planner.requests[0].among] == ["a2a:writer", "mcp:git/one"]


async def test_a_planner_is_asked_freely_where_no_rule_matches(tmp_path: Path) -> None:
    planner = FakePlanner(Plan("planner", (Step("1", Target("mcp", "git", "push"), {}),)))
    router, _ = over(projects.book(tmp_path, SIMPLE), {"mcp:git/push": "pushed"}, planner=planner)

    route = await router.route(Query("push it"))

    assert (route.decision.kind, route.plan.source) == ("none", "planner")
    assert planner.requests[0].among == ()
    assert router.fallback(route.decision) == "planner"
    assert router.fallback(route.decision, planner=False) == "search"


async def test_a_planner_is_not_asked_where_a_rule_decides(tmp_path: Path) -> None:
    planner = FakePlanner()
    router, _ = over(projects.book(tmp_path, SIMPLE), {"mcp:git/one": "1"}, planner=planner)

    await router.ask("ask 1")

    assert planner.requests == []


@pytest.mark.parametrize(
    ("fallback", "asked", "nearest", "first"),
    [
        ('["cache", "planner", "search"]', 1, ("mcp:git/git_log", "a2a:writer"), "planner"),
        ('["search", "planner"]', 1, ("mcp:git/git_log", "a2a:writer"), "search"),
        ('["planner"]', 1, (), "planner"),
        ('["search"]', 0, ("mcp:git/git_log", "a2a:writer"), "search"),
        ('["cache"]', 0, (), None),
        ("[]", 0, (), None),
    ],
)
async def test_the_settings_say_who_is_asked_where_no_rule_decides(
    tmp_path: Path, fallback: str, asked: int, nearest: tuple[str, ...], first: str | None
) -> None:
    settings = f"fallback = {fallback}\n{projects.SETTINGS}"
    planner = FakePlanner()
    router, _ = over(projects.book(tmp_path, SIMPLE, settings), planner=planner)

    with pytest.raises(NoRoute) as raised:
        await router.ask("sing a song")

    assert raised.value.nearest == nearest
    assert len(planner.requests) == asked
    assert router.fallback(router.decide("sing a song")) == first


async def test_a_planner_can_be_left_out_of_one_question(tmp_path: Path) -> None:
    planner = FakePlanner()
    router, _ = over(projects.book(tmp_path, SIMPLE), planner=planner)

    with pytest.raises(NoRoute):
        await router.route(Query("sing a song"), planner=False)

    assert planner.requests == []


async def test_what_is_remembered_is_carried_out_before_anybody_is_asked(tmp_path: Path) -> None:
    remembered = Planned(Plan("cache", (Step("1", Target("mcp", "git", "push"), {}),)), "hf:small")
    planner = FakePlanner(remembered=remembered)
    router, _ = over(projects.book(tmp_path, SIMPLE), {"mcp:git/push": "pushed"}, planner=planner)
    query = Query("push it")

    assert (await router.ask(query)).answer == "pushed"
    assert planner.requests == []
    assert router.recall(query, router.decide(query)) is remembered
    assert router.recall(Query("ask 1"), router.decide("ask 1")) is None


@pytest.mark.parametrize(
    "fault", [TargetUnknown("mcp:git/push", "is gone"), ArgumentsRefused("mcp:git/push", "no")]
)
async def test_a_plan_whose_target_changed_is_forgotten(tmp_path: Path, fault: CallError) -> None:
    plan = Planned(Plan("cache", (Step("1", Target("mcp", "git", "push"), {}),)), "hf:small")
    planner = FakePlanner(remembered=plan)
    router, _ = over(projects.book(tmp_path, SIMPLE), {"mcp:git/push": fault}, planner=planner)

    assert (await router.ask("push it")).state == "failed"
    assert [each.query.text for each in planner.forgotten] == ["push it"]


async def test_a_plan_whose_step_failed_otherwise_is_kept(tmp_path: Path) -> None:
    plan = Planned(Plan("cache", (Step("1", Target("mcp", "git", "push"), {}),)), "hf:small")
    planner = FakePlanner(remembered=plan)
    router, _ = over(
        projects.book(tmp_path, SIMPLE), {"mcp:git/push": ToolFailed("mcp:git/push", "no")}, planner=planner
    )

    assert (await router.ask("push it")).state == "failed"
    assert planner.forgotten == []


async def test_a_tie_is_not_settled_by_search(tmp_path: Path) -> None:
    catalogue = FakeCatalogue(plan=Plan("search", (Step("1", Target("mcp", "git", "one"), {}),)))
    router, driver = over(projects.book(tmp_path, TIE), {"mcp:git/one": "ONE"}, catalogue=catalogue)

    with pytest.raises(NoRoute):
        await router.ask("alpha beta")

    assert driver.calls == []


async def test_search_answers_where_the_budget_is_spent_or_else_that_is_told(
    tmp_path: Path,
) -> None:
    spent = FakePlanner(BudgetSpent("", 50.0, 50.0))
    found = FakeCatalogue(plan=Plan("search", (Step("1", Target("mcp", "git", "one"), {}),)))
    book = projects.book(tmp_path, SIMPLE)
    router, _ = over(book, {"mcp:git/one": "ONE"}, planner=spent, catalogue=found)
    without, _ = over(book, planner=spent)

    assert (await router.ask("sing a song")).answer == "ONE"
    with pytest.raises(BudgetSpent):
        await without.ask("sing a song")


async def test_what_a_plan_took_is_told_with_its_outcome_and_in_the_ledger(tmp_path: Path) -> None:
    usage = Usage(2, 100, 20, 0.5)
    plan = Planned(
        Plan("planner", (Step("1", Target("mcp", "git", "one"), {}),)), "hf:small", usage, warnings=("soon",)
    )
    ledger = FakeLedger()
    router, _ = over(
        projects.book(tmp_path, SIMPLE), {"mcp:git/one": "ONE"}, planner=FakePlanner(plan), ledger=ledger
    )

    outcome = await router.ask("sing a song")

    assert (outcome.tokens, outcome.cost_usd, outcome.warnings) == (120, 0.5, ("soon",))
    assert ledger.plans == {1: (plan, ())}
    assert ledger.outcomes == {1: outcome}


async def test_an_error_of_the_planner_reaches_the_asker(tmp_path: Path) -> None:
    router, _ = over(
        projects.book(tmp_path, SIMPLE), planner=FakePlanner(BindingFailed("planner", "no token"))
    )

    with pytest.raises(BindingFailed, match="no token"):
        await router.ask("sing a song")


async def test_what_cannot_be_asked_or_bound_is_an_error_before_any_call(tmp_path: Path) -> None:
    rules = '[where]\nsay = "where"\nuse = "mcp:git/one"\nargs = { a = "{{ facts.missing }}" }\n'
    router, driver = over(projects.book(tmp_path, rules))

    with pytest.raises(QueryRefused, match="empty"):
        await router.ask("  ")
    with pytest.raises(BindingFailed, match=r"rules\.where args\.a"):
        await router.ask("where")

    assert driver.calls == []
