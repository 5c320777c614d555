"""What the ledger says of one question, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from router.cli.dollars import usd
from router.ledger.record import Record


def record_lines(record: Record) -> Iterator[str]:
    """Yield what was asked, what was decided, who planned and at what cost, and what came of it."""
    yield f"{record.text}"
    yield f"  asked    {record.time.astimezone():%Y-%m-%d %H:%M:%S}"
    rule = record.decision.get("rule")
    tied = ", ".join(record.decision.get("tied") or ())
    yield f"  decision {record.kind}" + (f" {rule}" if rule else f": {tied}" if tied else "")
    for failure in record.failures:
        yield f"  failed   {failure.get('message')}"
    if record.plan is not None:
        yield f"  plan     from {record.origin}" + (f" by {record.model}" if record.model else "")
        for step in record.plan.get("steps") or ():
            yield f"           {step.get('id')}  {step.get('use')}  {step.get('args', step.get('message'))}"
    if record.known:
        yield f"  shown    {record.shown} of {record.known} tools and skills"
    if record.usage.requests:
        about = ", estimated" if record.usage.estimated else ""
        requests = f"{record.usage.requests} request" + ("" if record.usage.requests == 1 else "s")
        yield f"  cost     {requests}, {record.usage.tokens:,} tokens, {usd(record.usage.cost_usd)}{about}"
    yield f"  outcome  {record.state or 'not known'}"
    for step in record.steps:
        error = step.get("error") or {}
        yield f"           {step.get('id')}  {step.get('state')}" + (f": {error['message']}" if error else "")
    yield f"{record.id}  {record.decision.get('revision', '')}"
