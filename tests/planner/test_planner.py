"""What is remembered of a planner's answers, and who is asked of several models and budgets."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from router.core.plan import Target
from router.core.query import Query
from router.core.settings import LARGE, SMALL, ModelWay, PlanCache, Planning
from router.errors import BudgetSpent, ModelUnavailable, PlanRejected
from router.planner.local import LocalWay
from router.planner.remembered import Remembered
from router.ports import Offer, PlanRequest, Tool
from router.testing import FakeBudget, ModelServer
from tests.planner import worlds

pytestmark = pytest.mark.anyio

QUESTION = PlanRequest(Query("what changed"))


class PaidWay(LocalWay):
    """A local server that stands for the hub, so that it costs."""

    def __init__(self, url: str, timeout: float = 5.0) -> None:
        super().__init__(ModelWay("hf", url, "", timeout), worlds.SECRETS)


def remembered(directory: Path) -> Remembered:
    return Remembered(directory / "home" / "plans", PlanCache())


async def test_the_same_question_is_asked_once_and_then_remembered(tmp_path: Path) -> None:
    with ModelServer() as server:
        planner = worlds.planner(tmp_path, [worlds.local(server.base_url)], plans=remembered(tmp_path))
        assert planner.recall(QUESTION) is None
        first = await planner.plan(QUESTION)
        second = await planner.plan(QUESTION)

    assert (first.plan.source, second.plan.source) == ("planner", "cache")
    assert first.plan.steps == second.plan.steps
    assert (second.model, second.usage.requests) == (first.model, 0)
    assert planner.recall(QUESTION) == second
    assert len(server.requests) == 1
    assert (first.shown, first.known) == (4, 4)

    planner.forget(QUESTION)
    assert planner.recall(QUESTION) is None


async def test_who_asks_the_same_at_once_waits_for_the_one_answer(tmp_path: Path) -> None:
    with ModelServer() as server:
        planners = [
            worlds.planner(tmp_path, [worlds.local(server.base_url)], plans=remembered(tmp_path))
            for _ in range(5)
        ]
        async with anyio.create_task_group() as tasks:
            for each in planners:
                tasks.start_soon(each.plan, QUESTION)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "other",
    [
        Query("what changed?"),
        Query("What changed"),
        Query("what changed", modes=frozenset({"useful"})),
        Query("what changed", words=frozenset({"git"})),
        Query("what changed", facts={"env": "prod"}),
        Query("what changed", cwd="/elsewhere"),
    ],
)
async def test_another_question_or_context_is_asked_anew(tmp_path: Path, other: Query) -> None:
    with ModelServer() as server:
        planner = worlds.planner(tmp_path, [worlds.local(server.base_url)], plans=remembered(tmp_path))
        await planner.plan(QUESTION)

    assert planner.recall(PlanRequest(other)) is None
    assert planner.recall(PlanRequest(Query("  what   changed "))) is not None


async def test_a_changed_catalogue_prompt_model_or_tie_is_asked_anew(tmp_path: Path) -> None:
    plans = remembered(tmp_path)
    with ModelServer() as server:
        ways = [worlds.local(server.base_url)]
        await worlds.planner(tmp_path / "a", ways, plans=plans).plan(QUESTION)
        more = (*worlds.OFFERS, Offer("mcp", "time", (Tool("now"),)))

        assert worlds.planner(tmp_path / "b", ways, plans=plans).recall(QUESTION) is not None
        assert worlds.planner(tmp_path / "b", ways, plans=plans, offers=more).recall(QUESTION) is None
        large = Planning(models={"faves": LARGE})
        assert worlds.planner(tmp_path / "b", ways, plans=plans, planning=large).recall(QUESTION) is None
        tied = PlanRequest(QUESTION.query, (Target("mcp", "git", "git_log"),))
        assert worlds.planner(tmp_path / "b", ways, plans=plans).recall(tied) is None
        (tmp_path / "c" / "prompts").mkdir(parents=True)
        (tmp_path / "c" / "prompts" / "planner.md.j2").write_text("Plan it.")
        assert worlds.planner(tmp_path / "c", ways, plans=plans).recall(QUESTION) is None


async def test_what_is_kept_is_judged_again_before_it_is_used(tmp_path: Path) -> None:
    plans = remembered(tmp_path)
    with ModelServer() as server:
        planner = worlds.planner(tmp_path, [worlds.local(server.base_url)], plans=plans)
        await planner.plan(QUESTION)
        [entry] = plans.entries()
        plans.keep(entry.key, {**entry.stored, "plan": {"steps": [{**worlds.GOOD, "use": "mcp:git/push"}]}})

        assert planner.recall(QUESTION) is None
        assert (await planner.plan(QUESTION)).plan.source == "planner"


async def test_without_a_cache_each_question_is_asked(tmp_path: Path) -> None:
    with ModelServer() as server:
        planner = worlds.planner(tmp_path, [worlds.local(server.base_url)])
        for _ in range(2):
            assert (await planner.plan(QUESTION)).plan.source == "planner"
        assert planner.recall(QUESTION) is None
        planner.forget(QUESTION)

    assert len(server.requests) == 2


async def test_on_a_tie_the_model_chooses_among_the_tied(tmp_path: Path) -> None:
    tied = PlanRequest(QUESTION.query, (Target("mcp", "git", "git_status"), Target("a2a", "writer")))
    with (
        ModelServer("plain") as server,
        pytest.raises(PlanRejected, match="is not one of the targets listed"),
    ):
        await worlds.planner(tmp_path, [worlds.local(server.base_url)]).plan(tied)

    body = server.requests[0].body
    step = body["response_format"]["json_schema"]["schema"]["properties"]["steps"]["items"]
    assert step["properties"]["use"]["enum"] == ["a2a:writer", "mcp:git/git_status"]


async def test_a_model_that_finds_nothing_fitting_is_not_asked_again(tmp_path: Path) -> None:
    with (
        ModelServer(plan={"steps": []}) as server,
        pytest.raises(PlanRejected, match="it finds nothing among"),
    ):
        await worlds.planner(tmp_path, [worlds.local(server.base_url)]).plan(QUESTION)

    assert len(server.requests) == 1


async def test_a_soft_limit_asks_the_cheaper_model_and_says_so(tmp_path: Path) -> None:
    query = Query("what changed", modes=frozenset({"essential"}))
    with ModelServer() as server:
        budget = FakeBudget(10.0, soft_usd=0.0, prices={SMALL: 1e-6})
        planned = await worlds.planner(tmp_path, [PaidWay(server.base_url)], budget=budget).plan(
            PlanRequest(query)
        )

    assert server.requests[0].body["model"] == SMALL
    assert planned.warnings == ("most of the budget is spent: the cheaper model was asked",)
    assert budget.spent_usd == planned.usage.cost_usd > 0


async def test_what_is_spent_is_not_asked_for_but_what_is_free_is(tmp_path: Path) -> None:
    with ModelServer() as paid, ModelServer() as free:
        ways = [PaidWay(paid.base_url), worlds.local(free.base_url)]
        planned = await worlds.planner(tmp_path, ways, budget=FakeBudget(0.0)).plan(QUESTION)
        with pytest.raises(BudgetSpent):
            await worlds.planner(tmp_path, ways[:1], budget=FakeBudget(0.0)).plan(QUESTION)

    assert planned.model == f"local:{SMALL}"
    assert (len(paid.requests), len(free.requests)) == (0, 1)


async def test_where_no_way_answers_each_is_named(tmp_path: Path) -> None:
    with ModelServer("unauthorized") as one, ModelServer("payment_required") as other:
        ways = [worlds.local(one.base_url), PaidWay(other.base_url)]
        with pytest.raises(ModelUnavailable, match=r"local:.*refuses the key.*; hf:.*wants to be paid"):
            await worlds.planner(tmp_path, ways).plan(QUESTION)

    with pytest.raises(ModelUnavailable, match="no model is set up"):
        await worlds.planner(tmp_path, []).plan(QUESTION)


async def test_a_budget_that_runs_out_on_the_way_ends_the_retries(tmp_path: Path) -> None:
    with ModelServer("garbage_then_good") as server:
        budget = FakeBudget(0.0001, prices={SMALL: 1e-6})
        with pytest.raises(BudgetSpent):
            await worlds.planner(tmp_path, [PaidWay(server.base_url)], budget=budget).plan(QUESTION)

    assert len(server.requests) == 1
    assert budget.spent_usd > 0.0001


async def test_models_that_a_server_lists_are_told(tmp_path: Path) -> None:
    with ModelServer() as server:
        assert await worlds.local(server.base_url).models() == (SMALL,)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await worlds.local(server.base_url).models()
    with pytest.raises(ModelUnavailable, match=r"at keyring:.*: is no name"):
        await worlds.local(server.base_url, token=f"keyring:{tmp_path}").models()
    missing = f"file:{tmp_path / 'none'}"
    with pytest.raises(ModelUnavailable, match="cannot be read: FileNotFoundError"):
        await worlds.local(server.base_url, token=missing).models()


async def test_a_key_that_is_kept_is_sent_and_one_that_is_missing_asks_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = "keyring:model"
    monkeypatch.setenv("TS_SECRET_MODEL", "of the model")
    monkeypatch.setenv("BLANK", " ")
    with ModelServer() as server:
        with pytest.raises(ModelUnavailable, match="at keyring:model is no key: it holds blanks"):
            await worlds.local(server.base_url, token=kept).models()
        monkeypatch.setenv("TS_SECRET_MODEL", " kept\n")
        await worlds.local(server.base_url, token=kept).models()
        for place, reason in (("env:NO_SUCH_KEY", r"neither \$NO_SUCH_KEY"), ("env:BLANK", "is empty")):
            with pytest.raises(ModelUnavailable, match=f"there is no token at {place}: {reason}"):
                await worlds.local(server.base_url, token=place).models()

    [asked] = server.requests
    assert asked.headers["authorization"] == "Bearer kept"


async def test_a_local_server_is_never_given_what_stands_for_the_hubs_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("HF_API_KEY", "of somebody")
    hub = "env:HF_TOKEN"
    with ModelServer() as server, pytest.raises(ModelUnavailable, match=f"there is no token at {hub}"):
        await worlds.local(server.base_url, token=hub).models()

    assert server.requests == []


async def test_an_answer_that_was_not_seen_is_counted_as_the_dearest(tmp_path: Path) -> None:
    budget = FakeBudget(prices={SMALL: 1e-6})
    with ModelServer("slow") as server:
        way = PaidWay(server.base_url, timeout=0.2)
        with pytest.raises(ModelUnavailable, match="does not answer within"):
            await worlds.planner(tmp_path, [way], budget=budget).plan(QUESTION)

    [spend] = budget.spends
    assert (spend.usage.tokens_out, spend.usage.estimated) == (4_096, True)
    assert budget.spent_usd > 0.004


async def test_the_hubs_token_is_not_sent_to_a_local_address_even_where_the_settings_say_so(
    tmp_path: Path,
) -> None:
    (tmp_path / "key").write_text("hf_stray")
    with ModelServer() as server:
        way = worlds.local(server.base_url, token=f"file:{tmp_path / 'key'}")
        with pytest.raises(ModelUnavailable, match="is the hub's token, which goes to the hub alone"):
            await worlds.planner(tmp_path, [way]).plan(QUESTION)

    assert server.requests == []
