"""`ts orchestrate`: plan several steps and carry them out, with their progress shown."""

from __future__ import annotations

from router.cli import asking
from router.cli.answering import Answering
from router.cli.q import DryRun, Save, Timeout


def orchestrate(
    text: asking.Text,
    faves: asking.Faves = False,
    useful: asking.Useful = False,
    essential: asking.Essential = False,
    words: asking.Words = None,
    facts: asking.Facts = None,
    attach: asking.Attach = None,
    as_json: asking.AsJson = False,
    dry_run: DryRun = False,
    timeout: Timeout = None,
    save: Save = None,
) -> int:
    """Plan several steps where no rule decides, show them, and carry them out with live progress."""
    query = asking.query(
        text, faves=faves, useful=useful, essential=essential, words=words, facts=facts, attach=attach
    )
    answering = Answering(query, as_json=as_json, stream=True, timeout=timeout, save=save, shows_plan=True)
    return answering.done(dry=dry_run)
