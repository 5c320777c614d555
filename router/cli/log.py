"""`ts log`: what was asked in this project, where it went, and what it cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from router.cli import asking, show
from router.cli.dollars import usd
from router.cli.moments import moment
from router.cli.table import columns
from router.config import load_project
from router.ledger.record import Record, task_id
from router.loading import ledger

LONGEST_TEXT: Final = 60
SHORT_ID: Final = 12

Since = Annotated[str, typer.Option("--since", metavar="DATE", help="From then on: 7d, 24h or 2026-10-01.")]


def log(since: Since = "7d", as_json: asking.AsJson = False) -> int:
    """List what was asked in this project: decision, plan, model, cost and state."""
    project = load_project(Path.cwd())
    start = moment(since, "--since")
    found = list(ledger(project).since(start))
    if as_json:
        show.document({
            "since": start.isoformat(timespec="seconds"),
            "records": [each.to_dict() for each in found],
        })  # fmt: skip
        return 0
    for line in columns([_row(each) for each in found]):
        show.data(line)
    if not found:
        show.note(f"nothing was asked here since {since}; ts q asks, --since 30d looks further back")
    return 0


def _row(record: Record) -> tuple[str, ...]:
    time = record.time.astimezone().isoformat(sep=" ", timespec="seconds")
    cost = usd(record.usage.cost_usd) if record.usage.requests else ""
    cells = (record.id[:SHORT_ID], _short(record.text), _decided(record), _planned(record), cost)
    return (time, *map(show.plain, cells), record.state or "-")


def _decided(record: Record) -> str:
    """Return the rule that decided, or that it was a tie or none; of an answer, that it is one."""
    if record.task:
        return f"answer to {task_id(record.task)}"
    if record.kind == "rule":
        return f"rule {record.decision.get('rule', '')}"
    tied = record.decision.get("tied")
    return f"tie {', '.join(map(str, tied))}" if isinstance(tied, list) and tied else record.kind or "-"


def _planned(record: Record) -> str:
    """Return who made the plan, or why nobody did."""
    if record.source:
        return f"{record.source} {record.model}".rstrip()
    return ", ".join(str(each.get("code", "")) for each in record.failures)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
