"""Recorded queries and comparisons of small rulebooks, so that tests read as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from router.core.book import Rulebook
from router.core.query import Query
from router.rulebook.compare import Comparison, compare
from router.rulebook.corpus import Recorded, shown
from tests.core.making import query

LEDGER: Final = 'use = "mcp:ledger/get"\n'


def recorded(*asked: Query | str) -> tuple[Recorded, ...]:
    """Return queries as a corpus has them."""
    queries = (query(each) if isinstance(each, str) else each for each in asked)
    return tuple(Recorded(each, shown(each)) for each in queries)


def compared(old: Rulebook, new: Rulebook, *asked: Query | str) -> Comparison:
    """Compare over queries."""
    return compare(old, new, recorded(*asked))


def moved(found: Comparison) -> dict[str, tuple[str, str]]:
    """Return from where to where each changed query goes."""
    return {each.query.shown: (str(each.before), str(each.after)) for each in found.changes}


def causes(found: Comparison) -> dict[str, tuple[str, ...]]:
    """Return the causes of each change."""
    return {each.query.shown: each.causes for each in found.changes}


def reasons(found: Comparison) -> list[str]:
    """Return each group's causes with their reasons."""
    return [
        " and ".join(f"{cause}: {why}" for cause, why in zip(group.causes, group.reasons, strict=True))
        for group in found.groups
    ]


def rule(condition: str, *more: str, use: str = "mcp:ledger/get") -> str:
    """Return the body of a rule."""
    return "\n".join((condition, f'use = "{use}"', *more, ""))


def rules(**bodies: str) -> str:
    """Return tables by name; an underscore stands for a dash."""
    return "\n".join(f"[{name.replace('_', '-')}]\n{body}" for name, body in bodies.items())


def words(*listed: str) -> str:
    """Return a condition that asks for all of some words."""
    quoted: Iterable[str] = (f'"{each}"' for each in listed)
    return f"when.all = [{', '.join(quoted)}]"
