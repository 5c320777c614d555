"""Requests to models: one way after another, retries, what a server refuses left out, and the cost."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import anyio

from router.core.query import Query
from router.core.settings import ModelWay, Planning
from router.errors import BudgetSpent, ModelUnavailable, PlannerError
from router.planner.extract import Answer, answer, salvaged
from router.planner.showing import tokens_of
from router.planner.tiers import tier
from router.planner.ways import FIRST_WAIT_SECONDS, Ask, Reply, Way, said
from router.ports import Budget, Spend, Usage

_T = TypeVar("_T")
BUSY: Final = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses after which the same request may succeed."""
LONGEST_WAIT_SECONDS: Final = 10.0
"""For a way that says when to ask again; one that wants longer is left for the next."""
MOST_TOKENS: Final = 10**12
"""Of one request; what a server says beyond is no count."""
PAID: Final = "hf"
"""The way that costs money."""


@dataclass(slots=True)
class Requests:
    """What is asked of models on behalf of one question."""

    planning: Planning
    ways: Sequence[Way]
    budget: Budget
    query: Query
    """Its mode says which model is asked, and its text stands in the record."""
    usage: Usage = field(default_factory=Usage)
    """What was taken so far."""
    model: str = ""
    """Who is or was asked, such as `hf:openai/gpt-oss-20b`."""
    cheaper: bool = False
    """Whether the budget wanted the cheaper model."""

    async def first(self, act: Callable[[Way], Awaitable[_T]]) -> _T:
        """Return what the first way gives that is there and paid for.

        Raises what `act` raises, else BudgetSpent or ModelUnavailable.
        """
        failures: list[PlannerError] = []
        for way in self.ways:
            try:
                return await act(way)
            except (ModelUnavailable, BudgetSpent) as error:
                failures.append(error)
        spent = next((each for each in failures if isinstance(each, BudgetSpent)), None)
        if spent is not None:
            raise spent
        if len(failures) == 1:
            raise failures[0]
        raise ModelUnavailable("; ".join(map(str, failures)) or "no model is set up")

    def begin(self, way: Way) -> tuple[str, str]:
        """Return model and effort for a way. Raises BudgetSpent."""
        self.cheaper = way.settings.name == PAID and not self.budget.admit()
        model, effort = tier(self.planning, self.query, cheaper=self.cheaper)
        self.model = f"{way.settings.name}:{model}"
        return model, effort

    async def answered(self, way: Way, ask: Ask) -> tuple[Answer, Ask]:
        """Return the answer, and the request without what the server refused.

        Raises ModelUnavailable and BudgetSpent.
        """
        while True:
            reply = await self._patiently(way, ask)
            if not reply.refused:
                return answer(reply.body), ask
            if (found := salvaged(reply.body)) is not None and found.found is not None:
                return found, ask
            about_effort = "effort" in json.dumps(reply.body).casefold()
            if ask.effort and (about_effort or ask.response_format is None):
                ask = replace(ask, effort="")
            elif ask.response_format is not None:
                ask = replace(ask, response_format=None)
            else:
                words = said(reply.body if isinstance(reply.body, dict) else {})
                reason = "refuses the request" + (f": {words}" if words else "")
                raise ModelUnavailable(reason, self.model, 400)

    async def _patiently(self, way: Way, ask: Ask) -> Reply:
        """Ask, and ask again where the way is busy or broke off."""
        attempt = 0
        while True:
            if way.settings.name == PAID:
                self.budget.admit()
            try:
                reply = await way.ask(ask)
            except ModelUnavailable as error:
                if error.sent or error.status:
                    self._note(way.settings, ask, None, error)
                wait = error.retry_after_seconds
                again = error.status in BUSY or wait is not None
                wait = FIRST_WAIT_SECONDS * 2**attempt if wait is None else wait
                if not again or attempt >= self.planning.retries or wait > LONGEST_WAIT_SECONDS:
                    raise
                await anyio.sleep(wait)
                attempt += 1
            except anyio.get_cancelled_exc_class():
                with suppress(BudgetSpent):  # nothing stands in the way of ending
                    self._note(way.settings, ask, None, ModelUnavailable("given up", self.model, sent=True))
                raise
            else:
                self._note(way.settings, ask, reply, None)
                return reply

    def _note(self, way: ModelWay, ask: Ask, reply: Reply | None, failure: ModelUnavailable | None) -> None:
        """Count what a request took, and write it down; what is free may go unwritten."""
        provider = reply.provider if reply else ""
        unseen = failure is not None and failure.sent and way.name == PAID
        usage = _dearest(ask) if unseen else _usage(ask, reply)
        usage = replace(usage, cost_usd=self.budget.price(way.name, ask.model, provider, usage))
        self.usage += usage
        code = failure.code if failure else "refused" if reply and reply.refused else ""
        try:
            self.budget.spend(Spend(way.name, ask.model, provider, usage, code, self.query.text))
        except BudgetSpent:
            if way.name == PAID:
                raise


def _dearest(ask: Ask) -> Usage:
    """Return what a request may have taken whose answer was not seen: all that it was allowed."""
    sent = sum(tokens_of(each["content"]) for each in ask.messages)
    return Usage(1, sent, ask.most_tokens, estimated=True)


def _usage(ask: Ask, reply: Reply | None) -> Usage:
    """Return the tokens that the server counted, else an estimate; nobody bills a request that failed."""
    refused = salvaged(reply.body) if reply is not None and reply.refused else None
    sent = sum(tokens_of(each["content"]) for each in ask.messages)
    if refused is not None:
        return Usage(1, sent, tokens_of(refused.text), estimated=True)
    if reply is None or reply.refused:
        return Usage(requests=1)
    told = reply.body.get("usage") if isinstance(reply.body, dict) else None
    told = told if isinstance(told, dict) else {}
    taken, given = told.get("prompt_tokens"), told.get("completion_tokens")
    if isinstance(taken, int) and isinstance(given, int) and taken >= 0 and given >= 0:
        return Usage(1, min(taken, MOST_TOKENS), min(given, MOST_TOKENS))
    choices = reply.body.get("choices") if isinstance(reply.body, dict) else None
    return Usage(1, sent, tokens_of(json.dumps(choices, ensure_ascii=False)), estimated=True)
