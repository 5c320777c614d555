"""The keys by which rules are found: stems as they are, and what a query's context has behind a NUL."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from router.core.query import Query

CONTEXT: Final = "\0"
"""With which every key begins that is no stem."""
ATTACHED_KEY: Final = "\0attached"
"""The key of any attachment; its media type is compared later."""


def mode_key(name: str) -> str:
    """Return the key of a mode."""
    return f"\0mode\0{name}"


def fact_key(key: str, value: str) -> str:
    """Return the key of a fact."""
    return f"\0fact\0{key}\0{value}"


def rule_key(rule_id: str) -> str:
    """Return the key under which a rule's number stands."""
    return f"\0rule\0{rule_id}"


def context_keys(query: Query) -> Iterator[str]:
    """Yield the keys that a query has beside its stems."""
    for mode in query.modes:
        yield mode_key(mode)
    for key, value in query.facts.items():
        yield fact_key(key, value)
    if query.attached:
        yield ATTACHED_KEY
