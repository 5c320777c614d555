"""`ts q`: route a question and carry it out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from router.cli import asking
from router.cli.answering import Answering
from router.cli.resuming import Resuming

DryRun = Annotated[bool, typer.Option("--dry-run", help="Stop at the plan; call no server or agent.")]
NoPlanner = Annotated[bool, typer.Option("--no-planner", help="Ask no model where no rule decides.")]
Timeout = Annotated[float | None, typer.Option(min=0.001, metavar="S", help="Seconds for the whole run.")]
Stream = Annotated[bool, typer.Option("--stream", help="Show progress; with --json, an event a line.")]
Task = Annotated[
    str | None,
    typer.Option("--task", metavar="ID", help="Answer this task, or without TEXT see how it stands."),
]
Save = Annotated[Path | None, typer.Option(metavar="DIR", help="Write images and files of results there.")]

UNROUTED: Final = "no rule routes an answer to a task: no mode, -w, --set or --no-planner goes with --task"


def q(
    text: asking.MaybeText = None,
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
    task: Task = None,
) -> int:
    """Route a question by the rules and carry it out; the answer goes to standard output."""
    if task is not None:
        if faves or useful or essential or words or facts or no_planner:
            raise typer.BadParameter(UNROUTED)
        if attach and not text:
            raise typer.BadParameter("--attach goes along with a TEXT")
        answer = asking.query(text, attach=attach) if text else None
        return Resuming(task, answer, as_json=as_json, stream=stream, timeout=timeout, save=save).done(
            dry=dry_run
        )
    if not text:
        raise typer.BadParameter("is missing: what is asked", param_hint="TEXT")
    query = asking.query(
        text, faves=faves, useful=useful, essential=essential, words=words, facts=facts, attach=attach
    )
    answering = Answering(
        query, as_json=as_json, stream=stream, planner=not no_planner, timeout=timeout, save=save
    )
    return answering.done(dry=dry_run)
