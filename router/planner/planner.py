"""The planner: what a model is asked, of whom, and what is remembered of its answers."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from router.core.book import Rulebook
from router.core.canonical import digest
from router.core.plan import JSON, Plan
from router.core.settings import Planning
from router.errors import ModelUnavailable
from router.planner.asking import Asking
from router.planner.judge import judged
from router.planner.prompt import messages, template
from router.planner.requests import Requests
from router.planner.shape import plan_schema
from router.planner.showing import Shown, shown
from router.planner.tiers import tier
from router.planner.ways import Way
from router.ports import Budget, Catalogue, Planned, PlanRequest


class Plans(Protocol):
    """Plans that are remembered; it never raises, for a cache that fails costs a request and nothing else."""

    def find(self, key: str) -> Mapping[str, JSON] | None:
        """Return what is kept under a key, or None."""
        ...

    def keep(self, key: str, stored: Mapping[str, JSON]) -> None:
        """Keep something under a key."""
        ...

    def drop(self, key: str) -> None:
        """Keep it no longer."""
        ...

    def asking(self, key: str) -> AbstractAsyncContextManager[None]:
        """Wait while somebody else, in any process, asks for the same."""
        ...


@dataclass
class AskingPlanner:
    """A `router.ports.Planner` that asks models."""

    planning: Planning
    catalogue: Catalogue
    book: Rulebook
    make_ways: Callable[[], Sequence[Way]]
    """Makes the ways to models, in the order of the settings; called when the first is asked."""
    make_budget: Callable[[], Budget]
    plans: Plans | None = None
    """None where nothing is to be remembered."""

    @cached_property
    def ways(self) -> Sequence[Way]:
        """The ways to models."""
        return self.make_ways()

    def recall(self, request: PlanRequest) -> Planned | None:
        """See `router.ports.Planner`."""
        if self.plans is None:
            return None
        known = self._shown(request)
        return self._remembered(self.plans, self._key(request, known), known)

    async def plan(self, request: PlanRequest) -> Planned:
        """See `router.ports.Planner`."""
        if self.plans is None:
            return await self._asked(request)
        known = self._shown(request)
        key = self._key(request, known)
        async with self.plans.asking(key):
            if (remembered := self._remembered(self.plans, key, known)) is not None:
                return remembered
            planned = await self._asked(request)
            self.plans.keep(key, _stored(planned, request))
            return planned

    def forget(self, request: PlanRequest) -> None:
        """See `router.ports.Planner`."""
        if self.plans is not None:
            self.plans.drop(self._key(request, self._shown(request)))

    async def _asked(self, request: PlanRequest) -> Planned:
        seen = self._shown(request, self.planning.tools_tokens)
        if not seen.entries:
            raise ModelUnavailable(
                "no model was asked, since nothing is known that it could use; ts discover asks servers and"
                " agents what they offer"
            )
        schema = plan_schema(str(each.target) for each in seen.entries)
        chat = messages(
            self.book, request.query, seen, schema, tie=bool(request.among), steps=self.planning.steps
        )
        requests = Requests(self.planning, self.ways, self.make_budget(), request.query)
        plan = await Asking(requests, seen, tuple(chat), schema).plan()
        warnings = ("most of the budget is spent: the cheaper model was asked",) if requests.cheaper else ()
        return Planned(plan, requests.model, requests.usage, len(seen.entries), seen.known, warnings)

    def _remembered(self, plans: Plans, key: str, known: Shown) -> Planned | None:
        """Return what is kept under a key, if it can still be carried out."""
        stored = plans.find(key)
        if stored is None:
            return None
        plan, _ = judged(stored.get("plan"), known, self.planning.steps)
        return Planned(Plan("cache", plan.steps), str(stored.get("model", ""))) if plan is not None else None

    def _shown(self, request: PlanRequest, most_tokens: int | None = None) -> Shown:
        return shown(self.catalogue, request.query, request.among, self.book.admission, most_tokens)

    def _key(self, request: PlanRequest, known: Shown) -> str:
        """Return what tells this request from all that could have another answer."""
        query = request.query
        told = json.dumps(  # with escapes: foreign schemas may hold what has no canonical form
            {
                "text": " ".join(unicodedata.normalize("NFC", query.text).split()),
                "modes": sorted(query.modes),
                "words": sorted(query.words),
                "facts": dict(query.facts),
                "attached": sorted([each.name, each.media_type] for each in query.attached),
                "cwd": query.cwd,
                "repository": query.repository,
                "among": sorted(map(str, request.among)),
                "known": [[str(each.target), each.description, each.input_schema] for each in known.entries],
                "peers": dict(known.peers),
                "prompt": template(self.book),
                "model": tier(self.planning, query, cheaper=False),
                "steps": self.planning.steps,
            },
            sort_keys=True,
        )
        return digest(told)


def _stored(planned: Planned, request: PlanRequest) -> dict[str, JSON]:
    """Return a plan as it is kept: in the very shape in which models answer."""
    steps = [
        {
            "id": step.id,
            "use": str(step.use),
            "args": step.args or {},
            "message": step.message or "",
            "needs": list(step.needs),
        }
        for step in planned.plan.steps
    ]
    return {"text": request.query.text, "model": planned.model, "plan": {"steps": steps}}
