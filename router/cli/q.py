"""`ts q`: route a question and carry it out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking
from router.cli.answering import Answering

DryRun = Annotated[bool, typer.Option("--dry-run", help="Stop at the plan; call no server or agent.")]
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
    answering = Answering(
        query, as_json=as_json, stream=stream, planner=not no_planner, timeout=timeout, save=save
    )
    return answering.done(dry=dry_run)
