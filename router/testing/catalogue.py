"""A catalogue that knows what it is told, and finds what it is told to find; it searches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from router.core.plan import Plan
from router.core.query import Query
from router.ports import Hit, Offer


class FakeCatalogue:
    """A `router.ports.Catalogue` in memory, which writes down what it is asked."""

    def __init__(
        self,
        offers: Iterable[Offer] = (),
        hits: Iterable[Hit] = (),
        unkept: Mapping[str, str] | None = None,
        plan: Plan | None = None,
    ) -> None:
        """Know `offers`; answer every search with `hits` and `plan`; say of `unkept` that it is lost."""
        self._plan = plan
        self.unkept: Mapping[str, str] = dict(unkept or {})
        """See `router.ports.Catalogue`."""
        self.asked: list[Query] = []
        """The queries of every search, in order."""
        self._hits = tuple(hits)
        self._offers: dict[tuple[str, str], Offer] = {}
        for offer in offers:
            self.keep(offer)

    def offers(self) -> tuple[Offer, ...]:
        """See `router.ports.Catalogue`."""
        return tuple(self._offers[key] for key in sorted(self._offers))

    def keep(self, offer: Offer) -> None:
        """See `router.ports.Catalogue`."""
        self._offers[offer.scheme, offer.name] = offer

    def nearest(self, query: Query, limit: int) -> tuple[Hit, ...]:
        """See `router.ports.Catalogue`."""
        self.asked.append(query)
        return self._hits[:limit]

    def plan(self, query: Query) -> Plan | None:
        """See `router.ports.Catalogue`."""
        self.asked.append(query)
        return self._plan
