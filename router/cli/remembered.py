"""Looks up the plan that a model made of a question before; asks nobody."""

from __future__ import annotations

from pathlib import Path

from router.config import load_project
from router.core.book import Rulebook
from router.core.decision import Decision
from router.core.plan import Plan
from router.core.query import Query
from router.wiring import unopened


def plan(book: Rulebook, decision: Decision, query: Query) -> Plan | None:
    """Return the plan of a question that no rule of the project here decides, or None."""
    planned = unopened(load_project(Path.cwd()), book).recall(query, decision)
    return planned.plan if planned else None
