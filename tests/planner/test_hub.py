"""The way to the hub: prices are learnt beside the answer, and never hold it up or hide its errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import huggingface_hub
import pytest
from huggingface_hub.utils import _http

from router.core.query import Query
from router.core.settings import SMALL, ModelWay
from router.errors import ModelUnavailable
from router.planner import hub
from router.planner.hub import HubWay, Pricing
from router.ports import PlanRequest
from router.testing import ModelServer
from tests.planner import worlds
from tests.planner.test_wire import HUB_KEY, reroute

pytestmark = pytest.mark.anyio

QUESTION = PlanRequest(Query("what changed"))


@pytest.fixture(autouse=True)
def hub_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a token of the hub, let its client ask nothing of its own, and leave it as it was."""
    monkeypatch.setenv("HF_TOKEN", HUB_KEY)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)
    yield
    huggingface_hub.set_async_client_factory(_http.default_async_client_factory)


def way(price: Pricing, place: str = "env:HF_TOKEN") -> HubWay:
    return HubWay(ModelWay("hf", token=place, timeout_seconds=5.0), worlds.SECRETS, price)


async def test_the_prices_of_a_model_are_learnt_while_it_is_asked_without_the_token(tmp_path: Path) -> None:
    learnt: list[tuple[str, bool]] = []

    async def price(model: str, client: httpx.AsyncClient) -> bool:
        learnt.append((model, "authorization" in client.headers))
        return True

    with ModelServer() as server:
        reroute(server.port)
        planned = await worlds.planner(tmp_path, [way(price)]).plan(QUESTION)

    assert planned.model == f"hf:{SMALL}"
    assert learnt == [(SMALL, False)]


async def test_prices_that_do_not_come_hold_up_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LISTING_SECONDS", 0.05)

    async def price(_model: str, _client: httpx.AsyncClient) -> bool:
        await anyio.sleep_forever()
        return False

    with ModelServer() as server, anyio.fail_after(10):
        reroute(server.port)
        await worlds.planner(tmp_path, [way(price)]).plan(QUESTION)


async def test_an_error_beside_the_prices_is_told_as_it_is(tmp_path: Path) -> None:
    async def price(_model: str, _client: httpx.AsyncClient) -> bool:
        return True

    with ModelServer("unauthorized") as server:
        reroute(server.port)
        with pytest.raises(ModelUnavailable, match="refuses the key"):
            await worlds.planner(tmp_path, [way(price)]).plan(QUESTION)


async def test_a_hub_without_a_token_is_told_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def price(_model: str, _client: httpx.AsyncClient) -> bool:
        return True

    (tmp_path / "other").write_text("sk-of-somebody-else")
    assert await way(price).models() == ()
    with pytest.raises(ModelUnavailable, match="no token of the hub") as caught:
        await way(price, f"file:{tmp_path / 'other'}").models()
    assert "sk-of-somebody-else" not in str(caught.value)
    with pytest.raises(ModelUnavailable, match=r"there is no token at planner\.hf\.token"):
        await way(price, "").models()
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setenv("HF_API_KEY", HUB_KEY)
    assert await way(price).models() == ()
    monkeypatch.delenv("HF_API_KEY")
    with pytest.raises(ModelUnavailable, match="there is no token at env:HF_TOKEN"):
        await way(price).models()
