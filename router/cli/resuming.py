"""An answer to a task of an agent that waits: the question that began it is looked up, and one call made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from router.cli import show
from router.cli.answering import Answering
from router.core.bind import bind
from router.core.book import Rulebook
from router.core.decision import Decision
from router.core.explain import document, page
from router.core.plan import Plan, Step
from router.core.query import Query
from router.engine import Route, Router
from router.errors import BindingFailed, QueryRefused
from router.ledger.record import Record
from router.ledger.tasks import Task
from router.loading import loaded, tasks_of


class Resuming(Answering):
    """A text that answers a task, and how what comes of it is wanted."""

    def __init__(
        self,
        beginning: str,
        answer: Query | None,
        *,
        as_json: bool = False,
        stream: bool = False,
        timeout: float | None = None,
        save: Path | None = None,
    ) -> None:
        """Find the task whose id begins so; without an answer it is followed alone.

        The decision is that of the question which began it. Raises QueryRefused where no task is meant.
        """
        project, book = loaded()
        tasks = tasks_of(project)
        task = tasks.find(beginning)
        record = tasks.asked(task)
        query = answer or (record.asked() if record is not None else None)
        if query is None:
            raise QueryRefused(f"the question that began task {task.id} is not in the ledger; give an answer")
        super().__init__(query, as_json=as_json, stream=stream, timeout=timeout, save=save)
        decision = record.decided() if record is not None else Decision("", book.revision, "none")
        self.route = Route(query, decision, _plan(book, task, answer, record))
        self.handle = task.handle if answer is not None else ""

    def _dry_run(self) -> int:
        """Print the plan."""
        if self.as_json:
            show.document(document(self.query, self.route.decision, self.route.plan, None))
        else:
            show.data(page(self.route.decision, self.route.plan))
        return 0

    async def _routed(self, router: Router) -> Route:
        if not self.handle or router.ledger is None:
            return self.route
        number = router.ledger.record(self.query, self.route.decision, self.handle)
        return replace(self.route, number=number)


def _plan(book: Rulebook, task: Task, answer: Query | None, record: Record | None) -> Plan:
    """Return the one call; its result reads as that of the whole plan where that was this one call too."""
    before = _before(book, record) if record is not None else None
    alone = before if before is not None and len(before.steps) == 1 else None
    step = Step(
        alone.steps[0].id if alone is not None else "1",
        task.target,
        message=answer.text if answer is not None else "",
        task=task.handle,
    )
    if alone is not None:
        return Plan("rule", (step,), alone.answer, alone.values)
    return Plan("rule" if record is None or record.kind == "rule" else "planner", (step,))


def _before(book: Rulebook, record: Record) -> Plan | None:
    """Return the plan that rules made of the question, or None where they say something else today."""
    asked = record.asked()
    decision = book.decide(asked) if asked is not None else None
    if asked is None or decision is None or decision.id != record.id:
        return None
    try:
        return bind(book, decision, asked)
    except BindingFailed:
        return None
