"""One plan being carried out: its steps, what came of each, and the answer made of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import anyio

from router.core.book import Rulebook
from router.core.outcome import Blob, Content, Link, Outcome, Result, State, StepOutcome
from router.core.plan import Plan, Step, Target, in_order
from router.core.query import Attachment
from router.core.results import result_values
from router.errors import (
    BindingFailed,
    CallError,
    CallTimedOut,
    PlanRefused,
    RouterError,
    TargetUnknown,
)
from router.ports import Call, Driver

Report = Callable[[str, str], None]
"""Takes a step's id and a piece of text that came while the step was still at work."""
Watch = Callable[[Step, StepOutcome | None], None]
"""Takes a step that begins, with None, or that has ended, with what came of it."""
Keep = Callable[[Content], Content]
"""Takes a piece that a step returned, for example to write a file, and returns what is handed on."""


def unheard(_step: str, _text: str) -> None:
    """Take a report and tell nobody."""


def unwatched(_step: Step, _outcome: StepOutcome | None) -> None:
    """Take a step and tell nobody."""


def undriven(target: Target) -> TargetUnknown:
    """Return the error for a target whose scheme nobody speaks."""
    return TargetUnknown(str(target), f"there is no driver for {target.scheme}: targets")


class Run:
    """One plan being carried out."""

    def __init__(
        self,
        plan: Plan,
        *,
        book: Rulebook,
        drivers: Mapping[str, Driver],
        keep: Keep,
        attached: tuple[Attachment, ...],
        report: Report,
        watch: Watch = unwatched,
    ) -> None:
        """Take the plan. Raises PlanRefused where there are no steps or they are no DAG."""
        if not plan.steps:
            raise PlanRefused("it has no steps")
        self.plan = plan
        self.steps = in_order(plan.steps)
        self.book = book
        self.drivers = drivers
        self.keep = keep
        self.attached = attached
        self.report = report
        self.watch = watch
        self.done = {step.id: anyio.Event() for step in self.steps}
        self.outcomes: dict[str, StepOutcome] = {}
        self.began: dict[str, float] = {}
        self.warnings: list[str] = []

    async def carried_out(self, timeout_seconds: float | None) -> Outcome:
        """Carry out every step, independent ones side by side, and return what came of it."""
        with anyio.move_on_after(timeout_seconds) as scope:
            async with anyio.create_task_group() as tasks:
                for step in self.steps:
                    tasks.start_soon(self._step, step)
        if scope.cancelled_caught and timeout_seconds is not None:
            self._end_unfinished(timeout_seconds)
        return self._outcome()

    async def _step(self, step: Step) -> None:
        """Wait for what the step needs, call it, and note what came of it."""
        for need in step.needs:
            await self.done[need].wait()
        if unmet := [need for need in step.needs if self.outcomes[need].state != "done"]:
            error = CallError(str(step.use), f"not called: {', '.join(unmet)} did not finish")
            self.outcomes[step.id] = StepOutcome(step.id, "skipped", error=error.to_dict())
        else:
            self._watched(step)
            self.outcomes[step.id] = await self._called(step)
        self._watched(step)
        self.done[step.id].set()

    async def _called(self, step: Step) -> StepOutcome:
        began = self.began[step.id] = time.monotonic()
        attempts = 0
        try:
            driver, call = self._driver(step), self._call(step)
            attempts = 1
            result = await self._result(driver, call, step)
        except RouterError as error:
            seconds = time.monotonic() - began
            if attempts and isinstance(error, CallError):
                attempts = error.attempts
            return StepOutcome(step.id, "failed", Result(), seconds, attempts, error.to_dict())
        return StepOutcome(step.id, result.state, result, time.monotonic() - began, result.attempts)

    def _driver(self, step: Step) -> Driver:
        driver = self.drivers.get(step.use.scheme)
        if driver is None:
            raise undriven(step.use)
        return driver

    async def _result(self, driver: Driver, call: Call, step: Step) -> Result:
        """Call, and turn a fault of the driver into an error of this step, so that its siblings go on."""
        try:
            result = await driver.call(call, lambda text: self._told(step, text))
            return replace(result, content=tuple(self._kept(each, step) for each in result.content))
        except RouterError:
            raise
        except Exception as error:
            reason = f"unexpected {type(error).__name__}" + (f": {error}" if str(error) else "")
            raise CallError(str(step.use), reason) from error

    def _watched(self, step: Step) -> None:
        """Say how far a step is; where nobody reads it any more the run goes on without."""
        try:
            self.watch(step, self.outcomes.get(step.id))
        except OSError as error:
            self.watch = unwatched
            self.warnings.append(f"{step.use}: progress could not be shown: {error}")

    def _told(self, step: Step, text: str) -> None:
        """Pass progress on; where nobody reads it any more the call goes on without."""
        try:
            self.report(step.id, text)
        except OSError as error:
            self.report = unheard
            self.warnings.append(f"{step.use}: progress could not be shown: {error}")

    def _kept(self, content: Content, step: Step) -> Content:
        """Hand a piece of a result to `keep`; the result is worth more than its file."""
        try:
            return self.keep(content)
        except OSError as error:
            self.warnings.append(f"{step.use}: a part of the result could not be written: {error}")
            return content

    def _call(self, step: Step) -> Call:
        """Render what waited for results, and say how long the call may take."""
        args, message = dict(step.args or {}), step.message or ""
        if step.later:
            templates = self.book.templates
            known = {**step.values, **result_values(self._seen_by(step))}
            args |= templates.value(step.later.get("args", {}), known, f"step {step.id} args")
            if "message" in step.later:
                message = templates.text(step.later["message"], known, f"step {step.id} message")
        peer = self.book.settings.peer(step.use.scheme, step.use.name)
        if peer is None:
            raise TargetUnknown(str(step.use), "is not in the settings")
        return Call(step.use, args, message, self.attached, peer.timeout_seconds, step.task)

    def _seen_by(self, step: Step) -> dict[str, StepOutcome]:
        """Return what came before the step, under the names that its own rule gave; never what chanced to."""
        before: set[str] = set()
        for each in reversed(self.steps):
            if each.id in before or each is step:
                before.update(each.needs)
        rule = step.id.rpartition(":")[0]
        return {
            each.id.rpartition(":")[2]: self.outcomes[each.id]
            for each in self.steps
            if each.id in before and each.id.rpartition(":")[0] == rule
        }

    def _end_unfinished(self, timeout_seconds: float) -> None:
        """Note for each step that has no outcome that the whole run's time is over."""
        now = time.monotonic()
        for step in self.steps:
            if step.id not in self.outcomes:
                began = self.began.get(step.id)
                error = CallTimedOut(str(step.use), seconds=timeout_seconds).to_dict()
                state: State = "skipped" if began is None else "failed"
                seconds = 0.0 if began is None else now - began
                attempts = 0 if began is None else 1
                self.outcomes[step.id] = StepOutcome(step.id, state, Result(), seconds, attempts, error)

    def _outcome(self) -> Outcome:
        """Put the steps together."""
        outcomes = tuple(self.outcomes[step.id] for step in self.steps)
        states = {each.state for each in outcomes}
        if states == {"done"}:
            answer = self._answer()
            return Outcome("done", outcomes, answer, warnings=tuple(self.warnings))
        waits = "waiting" in states and "failed" not in states
        answer = self._plain_answer()
        return Outcome("waiting" if waits else "failed", outcomes, answer, warnings=tuple(self.warnings))

    def _answer(self) -> str:
        """Render the answer; a template that fails costs its look, not the results."""
        plan = self.plan
        if plan.answer is None:
            return self._plain_answer()
        values = {**plan.values, **result_values(self._main())}
        try:
            text = self.book.templates.text(plan.answer, values, "answer")
        except BindingFailed as error:
            self.warnings.append(str(error))
            return self._plain_answer()
        others = [self._plain(step) for step in self._ends() if ":" in step.id]
        return "\n\n".join(each for each in (text.strip("\n"), *others) if each)

    def _main(self) -> dict[str, StepOutcome]:
        return {step.id: self.outcomes[step.id] for step in self.steps if ":" not in step.id}

    def _ends(self) -> list[Step]:
        """Return the steps whose results no other has taken up: they are the answer."""
        called = (step for step in self.steps if self.outcomes[step.id].state in ("done", "waiting"))
        taken_up = {need for step in called for need in step.needs}
        return [step for step in self.steps if step.id not in taken_up]

    def _plain_answer(self) -> str:
        return "\n\n".join(text for step in self._ends() if (text := self._plain(step)))

    def _plain(self, step: Step) -> str:
        result = self.outcomes[step.id].result
        lines = [_line(each) for each in result.content]
        if not result.content and result.structured is not None:
            lines = [json.dumps(result.structured, indent=2, ensure_ascii=False)]
        return "\n".join(lines).strip("\n")


def _line(content: Content) -> str:
    if isinstance(content, Blob):
        place = f"written to {content.path}" if content.path else "--save DIR writes it"
        name = f"{content.name}, " if content.name else ""
        return f"[{name}{content.media_type}, {len(content.data):,} bytes; {place}]"
    if isinstance(content, Link):
        return f"[{content.name or 'link'}: {content.uri}]"
    return content.text
