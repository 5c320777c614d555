"""The router: decide, bind, fall back, carry out. The only file that knows the order of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from router.core.bind import bind
from router.core.book import Rulebook
from router.core.conditions import Attached
from router.core.decision import Decision
from router.core.outcome import Outcome, StepOutcome
from router.core.plan import Plan, Target
from router.core.query import Query
from router.core.template import strings
from router.errors import (
    AmbiguousRoute,
    ArgumentsRefused,
    BudgetSpent,
    CallError,
    NoRoute,
    PlannerError,
    PlanRefused,
    TargetUnknown,
    ToolFailed,
)
from router.ports import (
    AgentTask,
    Catalogue,
    Driver,
    Hit,
    Ledger,
    Offer,
    Planned,
    Planner,
    PlanRequest,
    Tasks,
)
from router.run import Keep, Report, Run, Watch, undriven, unheard, unwatched

NEAREST: Final = 5
"""Targets that search names where nothing decides."""
OUTDATED: Final = frozenset({TargetUnknown.code, ArgumentsRefused.code})
"""Errors of a step whose target changed after the plan was made."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a query goes: the decision, and the plan that was made of it."""

    query: Query
    decision: Decision
    plan: Plan
    request: PlanRequest | None = None
    """What a fallback was asked; None where a rule decided."""
    planned: Planned | None = None
    """What it answered."""
    number: int = 0
    """Of the question in the ledger; 0 for none."""


@dataclass(frozen=True, slots=True)
class Router:
    """Rules, and the ways out."""

    book: Rulebook
    drivers: Mapping[str, Driver]
    """By scheme."""
    catalogue: Catalogue
    planner: Planner | None = None
    ledger: Ledger | None = None
    tasks: Tasks | None = None
    query: Callable[[str], Query] = Query
    """Makes a query of a text that comes without context, for example one that is asked here and now."""
    keep: Keep = field(default=lambda content: content)
    """Where it raises OSError, such as for a full disk, the piece is handed on as it came, with a warning.
    """
    caution: Callable[[Target], str] = field(default=lambda _: "")
    """What the asker should know of a target that was called; empty for nothing."""

    def decide(self, query: Query | str) -> Decision:
        """Return what the rules say; asks nobody."""
        return self.book.decide(query)

    def fallback(self, decision: Decision, *, planner: bool = True) -> str | None:
        """Return who would be asked first about what no rule decides, or None."""
        return self.book.fallback(decision, planner=planner and self.planner is not None)

    async def ask(self, query: Query | str, *, timeout_seconds: float | None = None) -> Outcome:
        """Route a query and carry it out.

        Raises what `route` raises; a step that fails is told in the outcome.
        """
        asked = self.query(query) if isinstance(query, str) else query
        return await self.carry_out(await self.route(asked), timeout_seconds=timeout_seconds)

    async def route(self, query: Query, *, planner: bool = True) -> Route:
        """Decide, and where no rule does, ask the fallbacks in order.

        Raises QueryRefused, BindingFailed, AmbiguousRoute where rules tie and the settings say so, NoRoute
        where nothing answers, BudgetSpent where a model would have to, and PlanRefused where a tie's planner
        names a target that is not tied.
        """
        decision = self.book.decide(query)
        number = self.ledger.record(query, decision) if self.ledger is not None else 0
        plan = bind(self.book, decision, query)
        if plan is not None:
            return Route(query, decision, plan, number=number)
        if decision.kind == "tie" and self.book.settings.ambiguous == "error":
            raise AmbiguousRoute(decision.tied)
        request = PlanRequest(query, self._among(decision, query))
        planned, failures = await self._fallen_back(request, asks=planner)
        if self.ledger is not None:
            self.ledger.planned(number, planned, failures)
        if planned is not None:
            _refuse_others(planned.plan, request.among)
            return Route(query, decision, planned.plan, request, planned, number)
        for failure in failures:
            if isinstance(failure, BudgetSpent):
                raise failure
        raise NoRoute(
            query.text, tuple(str(hit.target) for hit in self.nearest(query)), tuple(map(str, failures))
        )

    async def _fallen_back(
        self, request: PlanRequest, *, asks: bool
    ) -> tuple[Planned | None, tuple[PlannerError, ...]]:
        """Return what the first fallback that knows an answer makes of it, and why others failed."""
        failures: list[PlannerError] = []
        planner = self.planner
        for name in self.book.settings.fallback:
            found: Planned | None = None
            if name == "search":
                plan = None if request.among else self.catalogue.plan(request.query)
                found = Planned(plan) if plan is not None else None
            elif planner is not None and name == "cache":
                found = planner.recall(request)
            elif planner is not None and asks:
                try:
                    found = await planner.plan(request)
                except PlannerError as error:
                    failures.append(error)
            if found is not None:
                return found, tuple(failures)
        return None, tuple(failures)

    def recall(self, query: Query, decision: Decision) -> Planned | None:
        """Return the plan that is remembered for a query that no rule decides; asks nobody."""
        if self.planner is None or decision.kind == "rule" or "cache" not in self.book.settings.fallback:
            return None
        return self.planner.recall(PlanRequest(query, self._among(decision, query)))

    def nearest(self, query: Query) -> tuple[Hit, ...]:
        """Return the targets nearest to a query, if search is among the fallbacks."""
        wanted = "search" in self.book.settings.fallback
        return self.catalogue.nearest(query, NEAREST) if wanted else ()

    async def offer(self, scheme: str, name: str) -> Offer:
        """Ask one server or agent what it offers. Raises CallError."""
        if scheme not in self.drivers:
            raise undriven(Target(scheme, name))
        return await self.drivers[scheme].offer(name)

    async def agent_tasks(self, name: str) -> tuple[AgentTask, ...]:
        """Ask an agent which tasks it keeps. Raises CallError."""
        if "a2a" not in self.drivers:
            raise undriven(Target("a2a", name))
        return await self.drivers["a2a"].tasks(name)

    async def cancel(self, target: Target, task: str) -> None:
        """Have an agent give up a task that waits. Raises CallError."""
        if target.scheme not in self.drivers:
            raise undriven(target)
        state = ""
        try:
            await self.drivers[target.scheme].cancel(target, task)
            state = "canceled"
        except CallError as error:
            is_over = isinstance(error, ToolFailed) and error.is_over
            state = "gone" if is_over or isinstance(error, TargetUnknown) else ""
            raise
        finally:
            if self.tasks is not None and state:
                self.tasks.end(target, task, state)

    async def carry_out(
        self,
        route: Route,
        *,
        timeout_seconds: float | None = None,
        report: Report = unheard,
        watch: Watch = unwatched,
    ) -> Outcome:
        """Carry out a plan: independent steps side by side, each after those it needs.

        Raises PlanRefused before anything is called where there are no steps or they are no DAG. What goes
        wrong in a step is told in the outcome, an unexpected exception of its driver included.
        """
        run = Run(
            route.plan,
            book=self.book,
            drivers=self.drivers,
            keep=self.keep,
            attached=route.query.attached,
            report=report,
            watch=watch,
        )
        if self._leaves_out_attached(route):
            run.warnings.append("the attached files went nowhere: neither rule nor step reads them")
        outcome = _with_usage(await run.carried_out(timeout_seconds), route.planned)
        cautions = filter(None, [self.caution(use) for use in dict.fromkeys(each.use for each in run.steps)])
        outcome = replace(outcome, warnings=(*outcome.warnings, *cautions))
        if self.planner is not None and route.request is not None and _is_outdated(outcome):
            self.planner.forget(route.request)
        if self.ledger is not None:
            self.ledger.ended(route.number, outcome)
        self._note_tasks(route, outcome)
        return outcome

    def _note_tasks(self, route: Route, outcome: Outcome) -> None:
        """Remember the tasks that wait, and that those which were gone on with wait no more."""
        if self.tasks is None:
            return
        steps = {step.id: step for step in route.plan.steps}
        for each in outcome.steps:
            step = steps[each.id]
            if each.state == "waiting" and each.result.task:
                if step.task and step.task != each.result.task:
                    self.tasks.end(step.use, step.task, "answered")
                self.tasks.keep(route.number, step.use, each.result.task, each.result.text)
            elif step.task and (each.state == "done" or _has_failed(each)):
                self.tasks.end(step.use, step.task, each.state)

    def _leaves_out_attached(self, route: Route) -> bool:
        """Whether files are attached that no agent gets, no template names and no condition asks for."""
        if not route.query.attached or any(step.use.scheme == "a2a" for step in route.plan.steps):
            return False
        rules = [self.book.rules[id_] for id_ in (route.decision.rule, *route.decision.added) if id_]
        templates = (each for rule in rules for step in rule.steps for each in strings(step.args))
        asked = any(isinstance(atom, Attached) for rule in rules for atom in rule.condition.atoms())
        return not asked and not any("attached" in self.book.templates.names(each) for each in templates)

    def _among(self, decision: Decision, query: Query) -> tuple[Target, ...]:
        """Return the targets of the tied rules that the query's modes and words admit."""
        rules = (self.book.rules[id_] for id_ in decision.tied)
        kept = (step for rule in rules for step in self.book.admission.kept(rule, query))
        return tuple(sorted({step.use for step in kept}))


def _covers(tied: Target, use: Target) -> bool:
    """Whether a plan that may use a tied target may use another: a server without a tool stands for all."""
    return tied == use or (not tied.member and (tied.scheme, tied.name) == (use.scheme, use.name))


def _with_usage(outcome: Outcome, planned: Planned | None) -> Outcome:
    """Return the outcome with what its plan took, and with what the asker should know of it."""
    if planned is None:
        return outcome
    usage = planned.usage
    warnings = (*planned.warnings, *outcome.warnings)
    return replace(outcome, tokens=usage.tokens, cost_usd=usage.cost_usd, warnings=warnings)


def _has_failed(step: StepOutcome) -> bool:
    """Whether the other side itself says that the task is over, so that going on is of no use."""
    error = step.error
    return error is not None and error["code"] == ToolFailed.code and error["is_over"] is True


def _is_outdated(outcome: Outcome) -> bool:
    """Whether a step failed because its target is another than when the plan was made."""
    return any(step.error and step.error["code"] in OUTDATED for step in outcome.steps)


def _refuse_others(plan: Plan, among: tuple[Target, ...]) -> None:
    used = {step.use for step in plan.steps} if among else set()
    others = sorted(str(use) for use in used if not any(_covers(each, use) for each in among))
    if others:
        tied = ", ".join(map(str, among))
        raise PlanRefused(f"the planner chose {', '.join(others)}; rules tie between {tied}")
