"""What tokens cost: what the hub lists, kept on disk with its date, else a table with its own."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import anyio

from router.core.canonical import canonical
from router.core.plan import JSON
from router.disk import replace_file
from router.ledger.database import FOLDER
from router.ports import Usage

LISTING_URL: Final = "https://router.huggingface.co/v1/models/"
"""Followed by a model's name."""
TABLE_DATE: Final = dt.date(2026, 11, 22)
"""Of the published prices in `TABLE`."""
FILE: Final = "prices.json"
FREE: Final = "local"
"""The way that costs nothing."""

_FORMAT: Final = 1
_DAY: Final = dt.timedelta(days=1)
_TIMEOUT_SECONDS: Final = 5.0
_LARGEST_BYTES: Final = 1_000_000
_DEAREST_USD: Final = 10_000.0
"""For a million tokens; what is listed above it is taken for a mistake."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost, in US dollars."""

    taken: float
    """Of the prompt."""
    given: float
    """Of the answer."""

    def of(self, usage: Usage) -> float:
        """Return what a usage costs."""
        return (usage.tokens_in * self.taken + usage.tokens_out * self.given) / 1_000_000


TABLE: Final[Mapping[str, Mapping[str, Price]]] = {
    "openai/gpt-oss-20b": {
        "groq": Price(0.075, 0.30),
        "fireworks": Price(0.07, 0.30),
        "together": Price(0.05, 0.20),
        "novita": Price(0.04, 0.15),
        "deepinfra": Price(0.03, 0.14),
    },
    "openai/gpt-oss-120b": {
        "groq": Price(0.15, 0.60),
        "fireworks": Price(0.15, 0.60),
        "together": Price(0.15, 0.60),
        "novita": Price(0.05, 0.25),
        "deepinfra": Price(0.037, 0.17),
        "cerebras": Price(0.35, 0.75),
    },
}
"""By model and provider."""


class Answer(Protocol):
    """What is used of an HTTP response."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def content(self) -> bytes:
        """The body."""
        ...


class Client(Protocol):
    """What is used of an HTTP client, such as `httpx.AsyncClient`."""

    async def get(self, url: str) -> Answer:
        """Ask for a page."""
        ...


@dataclass(frozen=True, slots=True)
class Quote:
    """The prices that may hold for a request, and where they come from."""

    prices: tuple[Price, ...]
    """One where the provider is known; else all, of which the dearest is reckoned with."""
    source: str
    """Such as `hub, 2026-11-23` or `table, 2026-11-22`."""
    exact: bool
    """Whether the model and its provider are known."""

    def of(self, usage: Usage) -> float:
        """Return what a usage costs at the most."""
        return max(price.of(usage) for price in self.prices)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the hub listed for one model."""

    tried_at: dt.datetime
    """When it was asked last, whatever it answered."""
    seen_at: dt.datetime | None = None
    """When it answered last."""
    providers: Mapping[str, Price] | None = None


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices that one person's processes know."""

    home: Path
    """`~/.ts`."""
    now: Callable[[], dt.datetime] = _now

    def cost(self, way: str, model: str, provider: str, usage: Usage) -> float:
        """Return what tokens cost in US dollars; where the provider is not known, at the dearest."""
        return 0.0 if way == FREE else self.quote(model, provider).of(usage)

    def quote(self, model: str, provider: str = "") -> Quote:
        """Return the prices of a model, which may be written `name:provider`.

        A model that nobody lists is reckoned at the dearest price of all.
        """
        name, _, pinned = model.partition(":")
        listed = self._read().get(name)
        known, source = TABLE.get(name, {}), f"table, {TABLE_DATE}"
        if listed and listed.providers and listed.seen_at and listed.seen_at.date() >= TABLE_DATE:
            known, source = listed.providers, f"hub, {listed.seen_at.date()}"
        exact = known.get(_short(provider or pinned))
        if exact is not None:
            return Quote((exact,), source, exact=True)
        every = (price for prices in TABLE.values() for price in prices.values())
        return Quote(tuple(known.values() or every), source, exact=False)

    async def refresh(self, model: str, client: Client, url: str = LISTING_URL) -> bool:
        """Ask the hub for a model's prices, once a day at the most, and return whether it told some.

        What fails is silent: the prices that were known stay.
        """
        name = model.partition(":")[0]
        known = self._read().get(name)
        if known is not None and dt.timedelta(0) <= self.now() - known.tried_at < _DAY:
            return False
        found = await _asked(client, url + name)
        now = self.now()
        seen = (now, found) if found else (known.seen_at, known.providers) if known else (None, None)
        self._keep(name, Listed(now, *seen))
        return bool(found)

    @property
    def _path(self) -> Path:
        return self.home / FOLDER / FILE

    def _read(self) -> dict[str, Listed]:
        try:
            told = json.loads(self._path.read_bytes())
            models = told["models"] if told["format"] == _FORMAT else {}
            return {name: _listed(each) for name, each in models.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def _keep(self, name: str, listed: Listed) -> None:
        models = {**self._read(), name: listed}
        told = {"format": _FORMAT, "models": {each: _told(models[each]) for each in models}}
        try:
            for each in (self.home, self._path.parent):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, canonical(told).encode(), private=True)
        except OSError:
            return  # it is asked again the next time


def listing(body: bytes) -> dict[str, Price]:
    """Return the prices by provider that a listing tells; providers without prices are left out.

    It looks like `{"data": {"providers": [{"provider": "groq", "pricing": {"input": 0.1, "output": 0.5}}]}}`,
    and the outer `data` may be missing.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    told = told.get("data", told) if isinstance(told, dict) else None
    offered = told.get("providers") if isinstance(told, dict) else None
    found: dict[str, Price] = {}
    for each in offered if isinstance(offered, list) else ():
        name = each.get("provider") if isinstance(each, dict) else None
        pricing = each.get("pricing") if isinstance(each, dict) else None
        price = _price(pricing.get("input"), pricing.get("output")) if isinstance(pricing, dict) else None
        if isinstance(name, str) and price is not None:
            found[_short(name)] = price
    return found


async def _asked(client: Client, url: str) -> dict[str, Price]:
    """Return what the hub lists; nothing where it does not answer well and soon."""
    with anyio.move_on_after(_TIMEOUT_SECONDS), suppress(Exception):
        answer = await client.get(url)
        if answer.status_code == 200 and len(answer.content) <= _LARGEST_BYTES:
            return listing(answer.content)
    return {}


def _short(provider: str) -> str:
    """Return a provider's name as the table writes it: the hub says `fireworks-ai`."""
    return provider.casefold().removesuffix("-ai")


def _price(taken: JSON, given: JSON) -> Price | None:
    """Return a price, or None where it can be none."""
    for each in (taken, given):
        if isinstance(each, bool) or not isinstance(each, int | float):
            return None
        if not math.isfinite(each) or not 0 <= each <= _DEAREST_USD:
            return None
    return Price(float(taken), float(given))


def _listed(told: Mapping[str, JSON]) -> Listed:
    seen = told["seen_at"]
    prices = {name: _price(*pair) for name, pair in (told["providers"] or {}).items()}
    return Listed(
        dt.datetime.fromisoformat(told["tried_at"]).astimezone(dt.UTC),
        dt.datetime.fromisoformat(seen).astimezone(dt.UTC) if seen else None,
        {name: price for name, price in prices.items() if price is not None},
    )


def _told(listed: Listed) -> dict[str, JSON]:
    return {
        "tried_at": listed.tried_at.isoformat(timespec="seconds"),
        "seen_at": listed.seen_at.isoformat(timespec="seconds") if listed.seen_at else None,
        "providers": {name: [each.taken, each.given] for name, each in (listed.providers or {}).items()},
    }
