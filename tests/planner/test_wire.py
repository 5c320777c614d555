"""What the planner sends, and what it makes of each way in which servers answer, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import anyio
import httpx2
import huggingface_hub
import pytest
from huggingface_hub.utils import _http

from router.core.query import Query
from router.core.settings import SMALL, ModelWay, Planning
from router.errors import ModelUnavailable, PlanRejected
from router.planner.hub import HubWay
from router.planner.ways import Way
from router.ports import Planned, PlanRequest, Usage
from router.testing import VARIANTS, ModelServer
from router.testing.model_answers import TOKENS_IN, TOKENS_OUT
from tests.planner import worlds

pytestmark = pytest.mark.anyio

HUB: Final = "router.huggingface.co"
HUB_KEY: Final = "hf_the_token_of_the_hub"
QUESTION: Final = "what changed in the last 3 commits?"
TARGETS: Final = ("a2a:writer", "a2a:writer/prose", "mcp:git/git_log", "mcp:git/git_status")
WAYS: Final = ("local", "hf")

FIRST: Final = "first"
MORE: Final = "more tokens"
REPAIR: Final = "repair"
NO_SCHEMA: Final = "no schema"
NO_EFFORT: Final = "no effort"
NEITHER: Final = "neither schema nor effort"
ASKED: Final = {
    "null_content_then_good": (FIRST, MORE),
    "length_then_good": (FIRST, MORE),
    "length_always": (FIRST, MORE),
    "truncated_then_good": (FIRST, MORE),
    "garbage_always": (FIRST, REPAIR),
    "garbage_then_good": (FIRST, REPAIR),
    "wrong_tool_then_good": (FIRST, REPAIR),
    "wrong_tool_always": (FIRST, REPAIR),
    "wrong_args_then_good": (FIRST, REPAIR),
    "cycle_then_good": (FIRST, REPAIR),
    "two_objects_then_good": (FIRST, REPAIR),
    "deep_json": (FIRST, REPAIR),
    "json_failed_unsalvageable": (FIRST, NO_SCHEMA),
    "format_refused_400": (FIRST, NO_SCHEMA),
    "format_refused_422": (FIRST, NO_SCHEMA),
    "effort_refused": (FIRST, NO_EFFORT),
    "format_and_effort_refused": (FIRST, NO_SCHEMA, NEITHER),
    "streamed_silently_cut_then_good": (FIRST, MORE),
}
"""The requests that a variant takes, where neither one nor the same once more will do."""
WAITED: Final = {
    "empty_choices": 0.5,
    "rate_limited_then_good": 1.0,
    "rate_limited_by_date_then_good": 0.0,
    "harmony_error_then_good": 0.5,
    "parser_error_then_good": 0.5,
    "error_500_always": 0.5,
    "html_503_then_good": 0.5,
    "gateway_timeout": 0.5,
    "reset": 0.5,
    "reset_then_good": 0.5,
    "body_cut_then_good": 0.5,
    "streamed_cut_then_good": 0.5,
}
"""Seconds before the same request is sent once more."""
ESTIMATED: Final = {
    "usage_null",
    "usage_missing",
    "json_failed_salvageable",
    "json_failed_unsalvageable",
    "streamed_without_done",
    "streamed_silently_cut_then_good",
}
"""Variants in which some answer comes without a count of its tokens."""
UNSEEN: Final = {"slow", "reset", "reset_then_good", "body_cut_then_good", "streamed_cut_then_good"}
"""Variants in which some answer is not seen, which the hub's providers may bill all the same."""
UNREAD_BY_THE_HUB: Final = {"streamed", "streamed_without_done", "streamed_silently_cut_then_good"}
"""Streams that nobody asked for, of which the hub's own client makes nothing."""


class Rerouted(httpx2.AsyncHTTPTransport):
    """Carries what is sent to the hub's router to a port of this machine, and refuses all else."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert (request.url.scheme, request.url.host) == ("https", HUB)
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return await super().handle_async_request(request)


def reroute(port: int) -> None:
    """Let the hub's client find its router at a port of this machine; all else is as it makes it."""
    huggingface_hub.set_async_client_factory(
        lambda: httpx2.AsyncClient(
            transport=Rerouted(port),
            event_hooks={
                "request": [_http.async_hf_request_event_hook],
                "response": [_http.async_hf_response_event_hook],
            },
            follow_redirects=True,
            timeout=None,
        )
    )


@pytest.fixture(autouse=True)
def hub_token(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a token of the hub, let its client ask nothing of its own, and leave it as it was."""
    monkeypatch.setenv("HF_TOKEN", HUB_KEY)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)
    yield
    huggingface_hub.set_async_client_factory(_http.default_async_client_factory)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note the seconds between requests, and wait for none of them."""
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(anyio, "sleep", note)
    return waited


def way_to(server: ModelServer, name: str, timeout: float = 10.0) -> Way:
    """Return a way of that name which ends at the server."""
    if name == "local":
        return worlds.local(server.base_url, timeout=timeout)
    reroute(server.port)
    return hub_way(timeout)


def hub_way(timeout: float = 10.0, models: Mapping[str, str] | None = None) -> HubWay:
    """Return a way to the hub with the token of the environment."""
    return HubWay(ModelWay("hf", "", "env:HF_TOKEN", timeout, models or {}), worlds.SECRETS)


def kind(body: Any) -> str:
    """Return what tells a request from the first one."""
    asked = Planning().answer_tokens
    refused = {key for key in ("response_format", "reasoning_effort") if key not in body}
    if refused:
        assert body["max_tokens"] == asked
        return NEITHER if len(refused) == 2 else NO_SCHEMA if "response_format" in refused else NO_EFFORT
    if body["max_tokens"] == 2 * asked:
        return MORE
    assert body["max_tokens"] == asked
    roles = [each["role"] for each in body["messages"]]
    return REPAIR if roles == ["system", "user", "assistant", "user"] else FIRST


def bodies(server: ModelServer) -> list[Any]:
    """Return the JSON of every request."""
    return [each.body for each in server.requests]


def expected(name: str, way: str) -> tuple[str, list[str], list[float]]:
    """Return the outcome of a variant, the requests that it takes, and the waits between them."""
    if way == "hf" and name in UNREAD_BY_THE_HUB:
        return "unavailable", [FIRST], []
    if name in WAITED:
        return VARIANTS[name].outcome, [FIRST, FIRST], [WAITED[name]]
    return VARIANTS[name].outcome, list(ASKED.get(name, (FIRST,))), []


def test_what_is_expected_of_a_variant_names_one_that_there_is() -> None:
    assert {*ASKED, *WAITED, *ESTIMATED, *UNREAD_BY_THE_HUB} <= set(VARIANTS)
    assert not set(ASKED) & set(WAITED)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", VARIANTS)
async def test_a_variant_has_its_outcome_its_requests_and_its_usage(
    name: str, way: str, waits: list[float], tmp_path: Path
) -> None:
    outcome, kinds, waited = expected(name, way)
    budget = worlds.CountingBudget()
    planned: Planned | None = None
    failed: Exception | None = None

    with ModelServer(name) as server:
        timeout = 0.2 if name == "slow" else 10.0
        planner = worlds.planner(tmp_path, [way_to(server, way, timeout)], budget=budget)
        try:
            planned = await planner.plan(PlanRequest(Query(QUESTION)))
        except (PlanRejected, ModelUnavailable) as error:
            failed = error

    assert [kind(each) for each in bodies(server)] == kinds
    assert waits == waited
    spent = sum((each.usage for each in budget.spends), Usage())
    assert spent.requests == len(server.requests)
    if outcome == "plan":
        assert planned is not None, failed
        [step] = planned.plan.steps
        assert (str(step.use), step.args) == ("mcp:git/git_log", {"max_count": 3})
        assert planned.model == f"{way}:{SMALL}"
        assert planned.usage == spent
    elif outcome == "rejected":
        assert isinstance(failed, PlanRejected)
        assert failed.faults
    else:
        assert isinstance(failed, ModelUnavailable)
        assert failed.model.startswith(way)
    assert HUB_KEY not in str(failed)
    unseen = way == "hf" and name in UNSEEN
    assert spent.estimated == (unseen or (name in ESTIMATED and outcome != "unavailable"))
    if outcome != "unavailable" and not spent.estimated:
        answered = 1 if waited or {NO_SCHEMA, NO_EFFORT, NEITHER} & set(kinds) else len(kinds)
        assert (spent.tokens_in, spent.tokens_out) == (answered * TOKENS_IN, answered * TOKENS_OUT)
    elif outcome != "unavailable":
        assert spent.tokens_in > 0
        assert spent.tokens_out > 0
