"""Runs the examples and the recorded queries of a rulebook, once for whoever wants to know what they show."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from router.core.book import Rulebook
from router.core.query import Query
from router.core.rule import Rule
from router.rulebook.check import recorded
from router.rulebook.check.examples import Example, broken, decided
from router.rulebook.check.finding import Finding
from router.rulebook.check.recorded import Asked
from router.rulebook.corpus import HINT, NO_QUERY, QUERIES, Corpus


@dataclass(frozen=True, slots=True)
class Proof:
    """What was run, and what the rulebook made of it."""

    book: Rulebook
    examples: tuple[Example, ...]
    queries: tuple[Asked, ...]
    none: tuple[Asked, ...]
    """Of `corpus/none.txt`."""
    refused: tuple[Finding, ...]
    """Examples and recorded queries that cannot be asked."""

    @property
    def looked_at(self) -> int:
        """Examples, among them those that cannot be asked."""
        return len(self.examples) + sum(each.id == "example-refused" for each in self.refused)

    @property
    def held(self) -> int:
        """Examples that go where their rule says."""
        return sum(each.holds for each in self.examples)

    @property
    def asked(self) -> Iterator[Query]:
        """Every query that was decided."""
        yield from (each.query for each in self.examples)
        yield from (each.recorded.query for each in (*self.queries, *self.none))

    def findings(self) -> Iterator[Finding]:
        """Yield what they show to be wrong, and that there was nothing to look at."""
        yield from self.refused
        yield from self._nothing()
        yield from recorded.ties(self.book, self.queries, self.examples)
        yield from broken(self.book, self.examples)
        yield from recorded.taken(self.book, self.none)

    def _nothing(self) -> Iterator[Finding]:
        """Find that there was nothing to look at: a green check of nothing proves nothing."""
        if not self.book.rules:
            yield Finding("no-rules", "", 0, "there are no rules", "ts rules new writes one")
        elif not self.looked_at:
            yield Finding("no-examples", "", 0, "no rule has an example", "give each rule a `yes` and a `no`")
        if not self.queries:
            yield Finding("no-queries", QUERIES, 0, NO_QUERY, HINT)


def prove(book: Rulebook, corpus: Corpus, rules: Collection[Rule] | None = None) -> Proof:
    """Run the examples of all rules, or of some, and every recorded query against the whole rulebook."""
    examples, refused = decided(book, book.rules.values() if rules is None else rules)
    queries, odd = recorded.asked(book, corpus.queries)
    none, odd_none = recorded.asked(book, corpus.none)
    return Proof(book, tuple(examples), tuple(queries), tuple(none), (*refused, *odd, *odd_none))
