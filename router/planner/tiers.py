"""Which model plans, and how much it reasons: by mode, complexity of the question, and what is left."""

from __future__ import annotations

import re
from typing import Final

from router.core.query import Query
from router.core.settings import LARGE, SMALL, Planning

LONG_WORDS: Final = 40
"""Words from which on a question is complex."""
CLAUSE_WORDS: Final = 12
"""What each clause that follows another counts, in words."""
_NEXT: Final = re.compile(
    r"(?i)\b(?:and then|then|after that|afterwards|finally|first)\b|[;\n]|[.!?](?=\s+\S)"
)


def complexity(query: Query) -> int:
    """Return how complex a question is, in words: those of its text, and 12 for each further clause or file.

    Clauses are told by line breaks, semicolons, ends of sentences, `then`, `after that`, `finally`, `first`.
    """
    further = len(_NEXT.findall(query.text.strip().rstrip(".!?;"))) + len(query.attached)
    return len(query.text.split()) + CLAUSE_WORDS * further


def tier(planning: Planning, query: Query, *, cheaper: bool) -> tuple[str, str]:
    """Return model and reasoning effort; `cheaper` where the budget wants it.

    Of several modes the one that costs most counts.
    """
    mode = next((each for each in ("essential", "useful", "faves") if each in query.modes), "faves")
    large = mode == "essential" or (mode == "useful" and complexity(query) >= LONG_WORDS)
    model = planning.models.get(mode, SMALL)
    if large and (mode not in planning.models or mode == "useful"):
        model = planning.models.get("essential", LARGE)
    effort = planning.effort.get(mode, "medium" if large else "low")
    if cheaper:
        return planning.models.get("faves", SMALL), planning.effort.get("faves", "low")
    return model, effort
