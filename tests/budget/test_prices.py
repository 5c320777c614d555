"""What tokens cost: the hub's listing where it was read, else a table that says its date."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from router.budget import prices
from router.budget.prices import TABLE, Price, Prices, listing
from router.ports import Usage

MILLION: Final = Usage(1, 1_000_000, 1_000_000)
TODAY: Final = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
SMALL: Final = "openai/gpt-oss-20b"
LISTED: Final = json.dumps({
    "object": "list",
    "data": {
        "id": SMALL,
        "providers": [
            {"provider": "groq", "status": "live", "pricing": {"input": 0.1, "output": 0.5}},
            {"provider": "fireworks-ai", "pricing": {"input": 1, "output": 2}},
            {"provider": "nameless prices"},
            {"provider": "free", "pricing": {"input": 0, "output": 0}},
        ],
    },
}).encode()  # fmt: skip


@dataclass
class Page:
    """A response."""

    content: bytes = LISTED
    status_code: int = 200


@dataclass
class Hub:
    """A client that answers as it is told."""

    answer: Page | Exception = field(default_factory=Page)
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str) -> Page:
        self.asked.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class StuckHub(Hub):
    """A client that never answers."""

    async def get(self, url: str) -> Page:
        await anyio.sleep_forever()
        return await super().get(url)


def at(tmp_path: Path, days: float = 0) -> Prices:
    return Prices(tmp_path, lambda: TODAY + dt.timedelta(days=days))


def test_the_table_prices_what_it_names_and_says_its_date(tmp_path: Path) -> None:
    quote = at(tmp_path).quote(SMALL, "groq")

    assert (quote.prices, quote.source, quote.exact) == ((Price(0.075, 0.30),), "table, 2026-11-22", True)
    assert at(tmp_path).cost("hf", SMALL, "groq", MILLION) == pytest.approx(0.375)
    assert at(tmp_path).cost("hf", "openai/gpt-oss-120b:cerebras", "", MILLION) == pytest.approx(1.10)
    assert at(tmp_path).cost("hf", SMALL + ":groq", "deepinfra", MILLION) == pytest.approx(0.17)
    assert at(tmp_path).cost("hf", SMALL, "fireworks-ai", MILLION) == pytest.approx(0.37)


def test_a_local_model_is_free(tmp_path: Path) -> None:
    assert at(tmp_path).cost("local", SMALL, "groq", MILLION) == 0


def test_where_the_provider_is_unknown_the_dearest_of_the_model_is_reckoned_with(tmp_path: Path) -> None:
    for provider in ("", "somebody", "fastest"):
        assert at(tmp_path).cost("hf", SMALL, provider, MILLION) == pytest.approx(0.375)
        assert not at(tmp_path).quote(SMALL, provider).exact


def test_where_the_model_is_unknown_the_dearest_of_all_is_reckoned_with(tmp_path: Path) -> None:
    assert at(tmp_path).cost("hf", "somebody/model", "groq", MILLION) == pytest.approx(1.10)
    assert at(tmp_path).cost("hf", "somebody/model", "", Usage(1, 0, 1_000_000)) == pytest.approx(0.75)


@pytest.mark.anyio
async def test_what_the_hub_lists_is_kept_with_its_date_and_asked_for_once_a_day(tmp_path: Path) -> None:
    hub = Hub()
    assert await at(tmp_path).refresh(SMALL + ":groq", hub)
    assert not await at(tmp_path, 0.9).refresh(SMALL, hub)

    assert hub.asked == ["https://router.huggingface.co/v1/models/openai/gpt-oss-20b"]
    quote = at(tmp_path).quote(SMALL, "groq")
    assert (quote.prices, quote.source, quote.exact) == ((Price(0.1, 0.5),), "hub, 2026-12-01", True)
    assert at(tmp_path).cost("hf", SMALL, "", MILLION) == pytest.approx(3.0)
    assert at(tmp_path).cost("hf", "openai/gpt-oss-120b", "groq", MILLION) == pytest.approx(0.75)
    path = tmp_path / "ledger" / "prices.json"
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o600

    hub.answer = Page(LISTED.replace(b"0.5", b"0.7"))
    assert await at(tmp_path, 1.1).refresh(SMALL, hub)
    assert at(tmp_path).quote(SMALL, "groq").prices == (Price(0.1, 0.7),)


FAILURES: Final[list[Page | Exception]] = [
    OSError("no network"),
    ZeroDivisionError(),
    Page(status_code=503),
    Page(b"<html>"),
    Page(b"[" * 100_000),
    Page(b'{"data": {"providers": []}}'),
    Page(LISTED + b" " * 2_000_000),
]


@pytest.mark.anyio
@pytest.mark.parametrize("failure", FAILURES, ids=range(len(FAILURES)))
async def test_a_listing_that_fails_is_silent_and_leaves_what_was_known(
    tmp_path: Path, failure: Page | Exception
) -> None:
    hub = Hub(failure)
    assert not await at(tmp_path).refresh(SMALL, hub)
    assert not await at(tmp_path, 0.5).refresh(SMALL, hub)
    assert len(hub.asked) == 1
    assert at(tmp_path).quote(SMALL, "groq").source == "table, 2026-11-22"

    await at(tmp_path, 2).refresh(SMALL, Hub())
    await at(tmp_path, 4).refresh(SMALL, hub)

    assert at(tmp_path, 4).quote(SMALL, "groq").source == "hub, 2026-12-03"


@pytest.mark.anyio
async def test_a_hub_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prices, "_TIMEOUT_SECONDS", 0.01)

    assert not await at(tmp_path).refresh(SMALL, StuckHub())


@pytest.mark.anyio
async def test_a_listing_that_is_older_than_the_table_is_not_used(tmp_path: Path) -> None:
    await at(tmp_path, -30).refresh(SMALL, Hub())

    assert at(tmp_path).quote(SMALL, "groq").source == "table, 2026-11-22"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 1, "models": 3}', '{"format": 9, "models": {}}',
     '{"format": 1, "models": {"m": {"tried_at": "soon", "seen_at": null, "providers": {}}}}'],
)  # fmt: skip
async def test_a_file_that_is_none_of_ours_is_as_good_as_absent(tmp_path: Path, content: str) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "prices.json").write_text(content)

    assert at(tmp_path).quote(SMALL, "groq").source == "table, 2026-11-22"
    assert await at(tmp_path).refresh(SMALL, Hub())
    assert at(tmp_path).quote(SMALL, "groq").source == "hub, 2026-12-01"


@pytest.mark.anyio
async def test_where_it_cannot_be_kept_the_table_holds(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("in the way")

    assert await at(tmp_path).refresh(SMALL, Hub())
    assert at(tmp_path).quote(SMALL, "groq").source == "table, 2026-11-22"


@pytest.mark.parametrize("odd", [-1, 1e9, math.nan, math.inf, True, "0.1", None])
def test_prices_that_can_be_none_are_left_out(odd: Any) -> None:
    told = {"providers": [{"provider": "a", "pricing": {"input": odd, "output": 1}}, {"provider": 1}, 2]}

    assert listing(json.dumps(told).encode()) == {}


def test_every_price_of_the_table_is_one(tmp_path: Path) -> None:
    for model, providers in TABLE.items():
        for provider, price in providers.items():
            assert 0 < price.taken < price.given
            assert at(tmp_path).cost("hf", model, provider, MILLION) == pytest.approx(
                price.taken + price.given
            )
