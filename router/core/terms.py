"""What of the settings bears on a decision beside the targets: layers, ties, fallbacks and known facts."""

from __future__ import annotations

from router.core.contest import CANARY_KEY
from router.core.light import Light

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.core.query import Query


class Terms(Light):
    """The terms on which a rulebook decides."""

    __slots__ = ("ambiguous", "facts", "fallback", "layers", "plans")

    def __init__(
        self,
        layers: tuple[str, ...],
        ambiguous: str,
        fallback: tuple[str, ...],
        facts: Mapping[str, tuple[str, ...]],
        plans: bool = False,
    ) -> None:
        self.layers = layers
        self.ambiguous = ambiguous
        self.fallback = fallback
        self.facts = facts
        self.plans = plans
        """Whether the settings name a model that plans."""

    def unknown_fact(self, key: str, value: str) -> tuple[str, str]:
        """Return what is wrong with a fact by the settings, and a hint; empty where it is right."""
        if not self.facts or (key == CANARY_KEY and key not in self.facts):
            return "", ""
        values = self.facts.get(key)
        if values is not None and (not values or value in values):
            return "", ""
        from router.core.findings import nearest_or_all

        if values is None:
            return f'unknown fact "{key}"', nearest_or_all(key, self.facts)
        return f'fact "{key}" has no value "{value}"', nearest_or_all(value, values)

    def refuse_facts(self, query: Query) -> None:
        """Raise QueryRefused where a query has a fact that the settings do not list."""
        for key, value in query.facts.items():
            message, hint = self.unknown_fact(key, value)
            if message:
                from router.errors import QueryRefused

                raise QueryRefused(f"{message}; {hint}")

    def first_fallback(self, *, planner: bool) -> str | None:
        """Return who is asked first where no rule decides; `planner` says whether there is one to ask."""
        able = ("planner", "search") if planner else ("search",)
        return next((name for name in self.fallback if name in able), None)
