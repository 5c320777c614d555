"""`ts q`: route a question and carry it out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Final

import anyio
import typer

from router.cli import asking, show
from router.cli.preview import shown
from router.cli.writing import unplanned
from router.core.decision import Decision
from router.core.explain import document, unrouted
from router.core.outcome import Outcome
from router.core.plan import JSON
from router.core.query import Query
from router.engine import Route, Router
from router.errors import NoRoute, RouterError
from router.loading import loaded
from router.wiring import opened

MOST_NEAR: Final = 3

DryRun = Annotated[bool, typer.Option("--dry-run", help="Stop at the plan.")]
NoPlanner = Annotated[bool, typer.Option("--no-planner", help="Ask no model where no rule decides.")]
Timeout = Annotated[float | None, typer.Option(min=0.001, metavar="S", help="Seconds for the whole run.")]
Stream = Annotated[bool, typer.Option("--stream", help="Show progress; with --json, an event a line.")]
Save = Annotated[Path | None, typer.Option(metavar="DIR", help="Write images and files of results there.")]


def q(
    text: asking.Text,
    faves: asking.Faves = False,
    useful: asking.Useful = False,
    essential: asking.Essential = False,
    words: asking.Words = None,
    facts: asking.Facts = None,
    attach: asking.Attach = None,
    as_json: asking.AsJson = False,
    dry_run: DryRun = False,
    no_planner: NoPlanner = False,
    timeout: Timeout = None,
    stream: Stream = False,
    save: Save = None,
) -> int:
    """Route a question by the rules and carry it out; the answer goes to standard output."""
    query = asking.query(
        text, faves=faves, useful=useful, essential=essential, words=words, facts=facts, attach=attach
    )
    asked = _Asked(query, as_json, stream, not no_planner, timeout, save)
    return asked.dry_run() if dry_run else anyio.run(asked.carried_out)


class _Asked:
    """One question and how its answer is wanted."""

    def __init__(
        self,
        query: Query,
        as_json: bool,
        stream: bool,
        planner: bool,
        timeout: float | None,
        save: Path | None,
    ) -> None:
        self.query = query
        self.as_json = as_json
        self.stream = stream
        self.planner = planner
        self.timeout = timeout
        self.save = save
        self.project, self.book = loaded()

    def dry_run(self) -> int:
        """Print the plan and where it comes from; start nothing."""
        decision, plan, failure = shown(self.book, self.query, as_json=self.as_json)
        if failure is not None:
            return show.EXIT_FAILED
        return 0 if plan else unplanned(decision.kind, self.book.terms.ambiguous)

    async def carried_out(self) -> int:
        """Route, call, and print what came of it."""
        async with opened(self.project, self.book, save=self.save) as router:
            try:
                route = await router.route(self.query, planner=self.planner)
            except RouterError as error:
                return self._unrouted(router, error)
            self._event("route", document(self.query, route.decision, route.plan, None))
            outcome = await router.carry_out(route, timeout_seconds=self.timeout, report=self._progress)
        return self._finished(route, outcome)

    def _event(self, name: str, told: JSON) -> None:
        if self.stream and self.as_json:
            show.document({"event": name, **told}, indent=None)

    def _progress(self, step: str, text: str) -> None:
        self._event("progress", {"step": step, "text": text})
        if self.stream and not self.as_json:
            show.note(f"{step}: {text}")

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
            _tell(outcome)
        return 0 if outcome.state == "done" else show.EXIT_FAILED

    def _unrouted(self, router: Router, error: RouterError) -> int:
        decision = router.decide(self.query)
        if self.as_json:
            whole = document(self.query, decision, None, router.fallback(decision, planner=self.planner))
            show.document({**whole, "error": error.to_dict()}, indent=None if self.stream else 2)
        else:
            show.error(error)
        if isinstance(error, NoRoute):
            _suggest(router, self.query, decision)
        return show.exit_code(error)


def _tell(outcome: Outcome) -> None:
    for step in outcome.steps:
        if step.error:
            show.error(step.error)
        elif step.state == "waiting":
            show.note(f"{step.id}: waiting for input; task {step.result.task}")


def _suggest(router: Router, query: Query, decision: Decision) -> None:
    """Say why nothing decides, what is near, and the command that would make it a rule."""
    show.notes(unrouted(decision, MOST_NEAR))
    hits = router.nearest(query)
    if hits:
        show.note("nearest tools:")
        names = [show.plain(str(hit.target)) for hit in hits]
        width = max(map(len, names))
        show.notes(f"  {name:<{width}}  {hit.description}" for name, hit in zip(names, hits, strict=True))
    elif not router.catalogue.offers():
        show.note("no server or agent is known yet: ts discover asks them what they offer")
    text = shlex.quote(query.text) if not query.text.startswith("-") else f"-- {shlex.quote(query.text)}"
    target = shlex.quote(str(hits[0].target)) if hits else "TARGET"
    show.note(f"make it a rule: ts rules new --use {target} {text}")
