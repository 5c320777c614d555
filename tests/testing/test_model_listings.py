"""What the server of models lists is what those who read the hub's listings understand."""

from __future__ import annotations

from pathlib import Path

import httpx
import huggingface_hub
import pytest
from huggingface_hub import HfApi

from router.budget.prices import Prices
from router.ports import Usage
from router.testing import ModelServer
from router.testing.model_listings import PRICES

MODEL = "openai/gpt-oss-20b"


@pytest.mark.anyio
async def test_the_prices_that_it_lists_are_reckoned_with(tmp_path: Path) -> None:
    prices = Prices(tmp_path)

    with ModelServer() as server:
        async with httpx.AsyncClient(trust_env=False) as client:
            assert await prices.refresh(MODEL, client, f"{server.base_url}/models/")

    assert [(each.method, each.path) for each in server.requests] == [("GET", f"/v1/models/{MODEL}")]
    taken, given = PRICES["groq"]
    million = Usage(1, 1_000_000, 1_000_000)
    assert prices.cost("hf", MODEL, "groq", million) == pytest.approx(taken + given)
    assert prices.cost("hf", f"{MODEL}:fireworks-ai", "", million) == pytest.approx(0.37)


def test_the_hub_s_own_client_reads_who_serves_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)

    with ModelServer() as server:
        hub = HfApi(endpoint=f"http://127.0.0.1:{server.port}", token=False)
        found = hub.model_info(MODEL, expand=["inferenceProviderMapping"]).inference_provider_mapping

    assert {each.provider for each in found or ()} == set(PRICES)
    assert {(each.task, each.status) for each in found or ()} == {("conversational", "live")}
    assert server.requests[0].path.startswith(f"/api/models/{MODEL}?expand=")


@pytest.mark.parametrize("path", ["/v1/models/", "/api/models/", "/other"])
def test_nothing_is_listed_where_no_model_is_named(path: str) -> None:
    with ModelServer() as server:
        assert httpx.get(f"http://127.0.0.1:{server.port}{path}", trust_env=False).status_code == 404
