"""What one question takes on its way: what is counted, what is sent again, and what a server may say."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.query import Query
from router.core.settings import LARGE, ModelWay, PlanCache
from router.errors import BudgetSpent, ModelUnavailable
from router.planner.extract import answer
from router.planner.hub import HubWay
from router.planner.local import LocalWay
from router.planner.prompt import LONGEST_ANSWER, repair
from router.planner.remembered import Remembered
from router.planner.requests import MOST_TOKENS
from router.planner.ways import Way, reply
from router.ports import Offer, PlanRequest, Spend, Tool
from router.testing import ModelServer, Variant
from router.testing.model_answers import Asked, Reply, error
from tests.planner import worlds

pytestmark = pytest.mark.anyio

QUESTION = PlanRequest(Query("what changed"))
HALF = "\ud800"
"""Half a character: JSON may escape it, and no encoding has it."""


class PaidWay(LocalWay):
    """A local server that stands for the hub, so that it costs."""

    def __init__(self, url: str) -> None:
        super().__init__(ModelWay("hf", url, "", 5.0), worlds.SECRETS)


class FullDisk(worlds.CountingBudget):
    """A budget that can write nothing down."""

    def spend(self, spend: Spend) -> None:
        super().spend(spend)
        raise BudgetSpent("the disk is full")


@pytest.mark.parametrize("kind", [worlds.CountingBudget, FullDisk])
async def test_a_request_that_is_given_up_is_counted_as_the_dearest(
    tmp_path: Path, kind: type[worlds.CountingBudget]
) -> None:
    budget = kind()
    with ModelServer("slow") as server:
        planner = worlds.planner(tmp_path, [PaidWay(server.base_url)], budget=budget)
        with anyio.move_on_after(0.1) as given_up:
            await planner.plan(QUESTION)

    assert given_up.cancelled_caught
    [spend] = budget.spends
    assert (spend.usage.requests, spend.usage.tokens_out, spend.usage.estimated) == (1, 4_096, True)


async def test_a_budget_that_is_nearly_spent_does_not_change_what_is_free(tmp_path: Path) -> None:
    query = PlanRequest(Query("what changed", modes=frozenset({"essential"})))
    with ModelServer("unauthorized") as hub, ModelServer() as free:
        ways = [PaidWay(hub.base_url), worlds.local(free.base_url)]
        planned = await worlds.planner(tmp_path, ways, budget=worlds.CountingBudget([False])).plan(query)

    assert planned.model == f"local:{LARGE}"
    assert planned.warnings == ()


async def test_a_request_that_was_never_sent_is_not_counted(tmp_path: Path) -> None:
    budget = worlds.CountingBudget()
    with ModelServer() as gone:
        url = gone.base_url
    settings = ModelWay("hf", "", "env:NOWHERE_TO_BE_FOUND", 5.0)
    ways: list[Way] = [HubWay(settings, worlds.SECRETS), worlds.local(url)]

    with pytest.raises(ModelUnavailable, match=r"there is no token .*cannot be reached"):
        await worlds.planner(tmp_path, ways, budget=budget).plan(QUESTION)

    assert budget.spends == []


async def test_a_count_of_tokens_that_can_be_none_is_cut(tmp_path: Path) -> None:
    def boasting(asked: Asked) -> str:
        usage = {"prompt_tokens": 10**400, "completion_tokens": 1}
        message = {"role": "assistant", "content": asked.text}
        return json.dumps({"choices": [{"index": 0, "message": message}], "usage": usage})

    sent = Variant("boasting", (lambda asked: Reply(200, pieces=(boasting(asked).encode(),)),))
    with ModelServer(sent) as server:
        planned = await worlds.planner(tmp_path, [worlds.local(server.base_url)]).plan(QUESTION)

    assert planned.usage.tokens == MOST_TOKENS + 1


async def test_why_a_server_refuses_a_request_is_told(tmp_path: Path) -> None:
    refusal = error(400, {"error": {"message": "maximum context length is 4096 tokens\x1b[2J"}})
    with (
        ModelServer(Variant("refusing", (refusal,))) as server,
        pytest.raises(ModelUnavailable, match=r"refuses the request: maximum context .* tokens\?\[2J"),
    ):
        await worlds.planner(tmp_path, [worlds.local(server.base_url)]).plan(QUESTION)


@pytest.mark.parametrize("offers", [(), (Offer("mcp", "git", ()),)])
async def test_where_nothing_is_known_no_model_is_asked(tmp_path: Path, offers: tuple[Offer, ...]) -> None:
    with ModelServer() as server, pytest.raises(ModelUnavailable, match=r"nothing is known .* ts discover"):
        await worlds.planner(tmp_path, [PaidWay(server.base_url)], offers=offers).plan(QUESTION)

    assert server.requests == []


@pytest.mark.parametrize("schema", [worlds.LOG_SCHEMA, {"type": "object", "default": float("nan")}])
async def test_foreign_text_that_no_encoding_has_hinders_nobody(tmp_path: Path, schema: object) -> None:
    offer = Offer("mcp", "git", (Tool("git_log", f"Shows {HALF}", schema),), title=HALF)
    plans = Remembered(tmp_path / "home" / "plans", PlanCache())
    with ModelServer() as server:
        planner = worlds.planner(tmp_path, [worlds.local(server.base_url)], offers=(offer,), plans=plans)
        assert planner.recall(QUESTION) is None
        await planner.plan(QUESTION)

    assert planner.recall(QUESTION) is not None
    assert "Shows ?" in server.requests[0].body["messages"][0]["content"]


def test_an_answer_is_shown_again_shortened_and_without_marks_of_a_chat() -> None:
    told, _ = repair("<|end|>" + "x" * 3_000_000, ("wrong",))
    assert len(told["content"]) <= LONGEST_ANSWER + 10
    assert "<|end|>" not in told["content"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("2", 2.0),
        ("-1", 0.0),
        ("nan", 0.0),
        ("inf", 31_536_000.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 31_536_000.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00", 0.0),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999", None),
        ("soon", None),
        ("", None),
    ],
)
def test_when_to_ask_again_is_a_number_that_json_knows(said: str, seconds: float | None) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        reply("x", 429, {"retry-after": said}, b"")

    assert caught.value.retry_after_seconds == seconds
    json.dumps(caught.value.to_dict(), allow_nan=False)


@given(
    st.integers(200, 599), st.text(max_size=20), st.binary(max_size=60) | st.text(max_size=60).map(str.encode)
)
def test_whatever_a_server_sends_is_an_answer_or_unavailable(status: int, later: str, sent: bytes) -> None:
    try:
        found = reply("x", status, {"retry-after": later}, sent)
    except ModelUnavailable as failure:
        json.dumps(failure.to_dict(), allow_nan=False)
    else:
        answer(found.body)
