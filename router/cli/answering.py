"""One question and how its answer is wanted: routed, carried out and printed, or its plan shown alone."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import anyio

from router.cli import questions, show
from router.cli.dollars import usd
from router.cli.preview import shown
from router.cli.writing import unplanned
from router.core.explain import document, page, plan_lines, unrouted
from router.core.outcome import Outcome, StepOutcome
from router.core.plan import JSON, Step
from router.core.query import Query
from router.engine import Route, Router
from router.errors import BudgetSpent, NoRoute, RouterError
from router.ledger.record import task_id
from router.loading import loaded
from router.wiring import opened

MOST_NEAR: Final = 3


class Answering:
    """One question and how its answer is wanted."""

    def __init__(
        self,
        query: Query,
        *,
        as_json: bool = False,
        stream: bool = False,
        planner: bool = True,
        timeout: float | None = None,
        save: Path | None = None,
        shows_plan: bool = False,
    ) -> None:
        """Load the project; `shows_plan` shows the steps before they are carried out."""
        self.query = query
        self.as_json = as_json
        self.stream = stream
        self.planner = planner
        self.timeout = timeout
        self.save = save
        self.shows_plan = shows_plan
        self.project, self.book = loaded()

    def done(self, *, dry: bool) -> int:
        """Do it and return the exit code."""
        return self._dry_run() if dry else anyio.run(self._carried_out)

    def _dry_run(self) -> int:
        """Print the plan and where it comes from; call no target, and a model only where none decides."""
        decision = self.book.decide(self.query)
        if self.book.fallback(decision, planner=self._plans) is None:
            decision, plan, failure = shown(self.book, self.query, as_json=self.as_json)
            if failure is not None:
                return show.EXIT_FAILED
            return 0 if plan else unplanned(decision.kind, self.book.terms.ambiguous)
        return anyio.run(self._planned)

    @property
    def _plans(self) -> bool:
        """Whether a model may be asked."""
        return self.planner and self.book.terms.plans

    async def _planned(self) -> int:
        async with opened(self.project, self.book) as router:
            try:
                route = await replace(router, ledger=None).route(self.query, planner=self.planner)
            except RouterError as error:
                if not self.as_json:
                    show.data(page(router.decide(self.query)))
                return self._unrouted(router, error, explained=True)
        if self.as_json:
            show.document(document(self.query, route.decision, route.plan, None))
        else:
            show.data(page(route.decision, route.plan))
        self._tell_planned(route)
        return 0

    async def _carried_out(self) -> int:
        """Route, call, and print what came of it."""
        async with opened(self.project, self.book, save=self.save, ask=questions.at_terminal()) as router:
            try:
                route = await self._routed(router)
            except RouterError as error:
                return self._unrouted(router, error)
            self._event("route", document(self.query, route.decision, route.plan, None))
            if self.shows_plan and not self.as_json:
                show.notes(plan_lines(route.plan))
            outcome = await router.carry_out(
                route, timeout_seconds=self.timeout, report=self._progress, watch=self._watched
            )
        return self._finished(route, outcome)

    async def _routed(self, router: Router) -> Route:
        return await router.route(self.query, planner=self.planner)

    def _event(self, name: str, told: JSON) -> None:
        if self.stream and self.as_json:
            show.document({"event": name, **told}, indent=None)

    def _progress(self, step: str, text: str) -> None:
        self._event("progress", {"step": step, "text": text})
        if self.stream and not self.as_json:
            show.note(f"{step}: {text}")

    def _watched(self, step: Step, outcome: StepOutcome | None) -> None:
        if not self.shows_plan:
            return
        state = outcome.state if outcome else "started"
        if self.as_json:
            show.document({"event": "step", "step": step.id, "state": state}, indent=None)
        else:
            took = f" in {outcome.seconds:.1f} s" if outcome and outcome.attempts else ""
            show.note(f"{step.id}: {step.use} {state}{took}")

    def _finished(self, route: Route, outcome: Outcome) -> int:
        if self.as_json:
            whole = document(self.query, route.decision, route.plan, None)
            told = {"event": "outcome"} if self.stream else {}
            show.document({**told, **whole, "outcome": outcome.to_dict()}, indent=None if self.stream else 2)
        elif outcome.answer:
            show.data(outcome.answer)
        for warning in outcome.warnings:
            show.note(f"warning: {warning}")
        if not self.as_json:
            self._tell_planned(route)
            _tell(outcome)
        return 0 if outcome.state == "done" else show.EXIT_FAILED

    def _tell_planned(self, route: Route) -> None:
        """Say who made a plan that no rule made, what it cost, and how it becomes a rule."""
        planned = route.planned
        if planned is None or self.as_json:
            return
        targets = ", ".join(str(step.use) for step in route.plan.steps)
        whom = f" by {planned.model}" if planned.model else ""
        cost = (
            f", {planned.usage.tokens:,} tokens, {usd(planned.usage.cost_usd)}"
            if planned.usage.requests
            else ""
        )
        about = " (estimated)" if planned.usage.requests and planned.usage.estimated else ""
        show.note(f"no rule decides this; plan from {route.plan.source}{whom}: {targets}{cost}{about}")

    def _unrouted(self, router: Router, error: RouterError, *, explained: bool = False) -> int:
        decision = router.decide(self.query)
        if self.as_json:
            whole = document(self.query, decision, None, router.fallback(decision, planner=self.planner))
            show.document({**whole, "error": error.to_dict()}, indent=None if self.stream else 2)
        else:
            show.error(error)
        if isinstance(error, NoRoute | BudgetSpent):
            if not explained or self.as_json:
                show.notes(unrouted(decision, MOST_NEAR))
            show.notes(_suggestions(router, self.query))
        return show.exit_code(error)


def _tell(outcome: Outcome) -> None:
    for step in outcome.steps:
        if step.error:
            show.error(step.error)
        elif step.state == "waiting":
            show.note(_how_to_answer(step))


def _how_to_answer(step: StepOutcome) -> str:
    if not step.result.task:
        return f"{step.id}: it asks for input, which it takes at a terminal alone"
    return f'{step.id}: waits for an answer: ts q --task {shlex.quote(task_id(step.result.task))} "…"'


def _suggestions(router: Router, query: Query) -> Iterator[str]:
    """Yield the tools that are near, and the command that would make it a rule."""
    hits = router.nearest(query)
    if hits:
        yield "nearest tools:"
        names = [show.plain(str(hit.target)) for hit in hits]
        width = max(map(len, names))
        yield from (f"  {name:<{width}}  {hit.description}" for name, hit in zip(names, hits, strict=True))
    elif not router.catalogue.offers():
        yield "no server or agent is known yet: ts discover asks them what they offer"
    text = shlex.quote(query.text) if not query.text.startswith("-") else f"-- {shlex.quote(query.text)}"
    target = shlex.quote(str(hits[0].target)) if hits else "TARGET"
    yield f"make it a rule: ts rules new --use {target} {text}"
