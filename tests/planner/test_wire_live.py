"""What must hold of any server of models: the fakes always, and a real one where the environment names it.

`TS_TEST_LOCAL_URL` is the address of an OpenAI-compatible server with its `/v1`; the model that it lists
first is asked. `TS_TEST_HF_TOKEN` is a token of the Hugging Face hub; asking it costs a fraction of a cent.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.utils import _http

from router.core.query import Query
from router.core.settings import LARGE, SMALL, ModelWay, Planning
from router.errors import PlanRejected
from router.planner.hub import HubWay
from router.planner.local import LocalWay
from router.planner.ways import Way
from router.ports import Planned, PlanRequest, Usage
from router.testing import ModelServer
from tests.planner import worlds
from tests.planner.test_wire import HUB_KEY, QUESTION, hub_way, reroute

pytestmark = pytest.mark.anyio

ENDPOINTS = {
    "fake local": "",
    "fake hub": "",
    "real local": "TS_TEST_LOCAL_URL",
    "real hub": "TS_TEST_HF_TOKEN",
}
REAL_SECONDS = 120.0


@pytest.fixture(autouse=True)
def hub_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the hub's client ask nothing of its own, and leave it as it was."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)
    yield
    huggingface_hub.set_async_client_factory(_http.default_async_client_factory)


@pytest.fixture(params=ENDPOINTS)
async def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    """Give a way to each endpoint that there is."""
    variable = ENDPOINTS[request.param]
    if variable and not os.environ.get(variable):
        pytest.skip(f"{variable} is not set, so no {request.param} endpoint is asked")
    with ExitStack() as stack:
        if request.param == "real hub":
            yield HubWay(
                ModelWay("hf", token=f"env:{variable}", timeout_seconds=REAL_SECONDS), worlds.SECRETS
            )
        elif request.param == "real local":
            yield await _real_local(os.environ[variable].rstrip("/"))
        else:
            server = stack.enter_context(ModelServer())
            monkeypatch.setenv("HF_TOKEN", HUB_KEY)
            reroute(server.port)
            yield worlds.local(server.base_url) if request.param == "fake local" else hub_way()


async def _real_local(url: str) -> Way:
    models = await LocalWay(ModelWay("local", url), worlds.SECRETS).models()
    assert models, f"{url} lists no model"
    named = dict.fromkeys((SMALL, LARGE), models[0])
    return LocalWay(ModelWay("local", url, timeout_seconds=REAL_SECONDS, models=named), worlds.SECRETS)


async def test_a_plan_or_its_rejection_comes_of_the_schema_and_is_counted(way: Way, tmp_path: Path) -> None:
    budget = worlds.CountingBudget()
    planner = worlds.planner(tmp_path, [way], budget=budget, planning=Planning())
    planned: Planned | None = None

    with suppress(PlanRejected):
        planned = await planner.plan(PlanRequest(Query(QUESTION)))

    spent = sum((each.usage for each in budget.spends), Usage())
    assert "refused" not in [each.failure for each in budget.spends]
    assert spent.requests >= 1
    assert spent.tokens_in > 100
    assert spent.tokens_out > 0
    if planned is not None:
        assert planned.usage == spent
        assert 1 <= len(planned.plan.steps) <= Planning().steps
        assert planned.shown == planned.known == 4


async def test_on_a_tie_nothing_but_a_tied_target_comes_back(way: Way, tmp_path: Path) -> None:
    [tied] = [each.target for each in worlds.everything().entries if str(each.target) == "mcp:git/git_log"]
    planner = worlds.planner(tmp_path, [way], planning=Planning())

    try:
        planned = await planner.plan(PlanRequest(Query(QUESTION), (tied,)))
    except PlanRejected:
        return

    assert {each.use for each in planned.plan.steps} == {tied}
    assert planned.shown == 1
