"""What is said of every query holds for every query, tried on rulebooks whose rules are often idle."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings

from router.core.book import Rulebook
from router.core.plan import JSON
from router.core.query import Query
from router.rulebook.check.idle import idle_beats, idle_rules
from tests.core.making import changed
from tests.rulebook.check.alike import Alike, alike, compiled, no_longer_beating, same, without

NEED_NOT = re.compile(r"(\S+) need not beat (\S+):")


def unworded(query: Query) -> Query:
    """Leave out the words of `-w`, which may leave out any rule."""
    return changed(query, words=frozenset())


def outcome(book: Rulebook, query: Query) -> JSON:
    """Return the kind of a decision and what would be carried out; for a tie, all that might be."""
    decision = book.decide(query)
    does = deeds(book, query)
    winners = [each for each in (decision.rule, *decision.tied) if each]
    might = sorted({does[each] for each in winners})
    return decision.kind, might, [(each, does[each]) for each in decision.added]


def deeds(book: Rulebook, query: Query) -> dict[str, str]:
    """Return what each rule that matches would carry out."""
    found: dict[str, str] = {}
    for rule in book.rules.values():
        match = book.match(rule, query)
        if match.full:
            found[rule.id] = rule.does(book.admission.kept(rule, query), match.slots)
    return found


def never_wins(world: Alike) -> int:
    """Let every rule that can never win meet every query: it wins none; return how many there were."""
    book = world.book
    found = [id_ for id_, each in idle_rules(book, ()).items() if each.id == "never-wins"]
    for query in map(unworded, world.queries):
        won = {each.rule for each in book.decide(query).matches if each.verdict == "won"}
        assert not won & set(found)
    return len(found)


def changes_nothing(world: Alike) -> int:
    """Leave out every rule that changes nothing, each alone and all at once; return how many there were."""
    book = world.book
    found = [id_ for id_, each in idle_rules(book, ()).items() if each.id == "changes-nothing"]
    fewer = world.sources
    for id_ in found:
        fewer = without(fewer, id_)
        for other in (compiled(without(world.sources, id_)), compiled(fewer)):
            for query in world.queries:
                assert outcome(other, query) == outcome(book, query)
    return len(found)


def idle_entries(world: Alike) -> int:
    """Leave out every entry of `beats` that changes nothing; return how many there were."""
    book = world.book
    found = [match.groups() for each in idle_beats(book) if (match := NEED_NOT.match(each.message))]
    for id_, beaten in found:
        rules = (no_longer_beating(each, beaten) if each.id == id_ else each for each in world.sources.rules)
        other = compiled(replace(world.sources, rules=tuple(rules)))
        for query in world.queries:
            one, two = book.decide(query), other.decide(query)
            assert {**two.to_dict(), "id": one.id, "revision": one.revision} == one.to_dict()
            words = [[(each.rule, each.verdict) for each in made.verdicts] for made in (one, two)]
            assert words[0] == words[1]
    return len(found)


CLAIMS = (never_wins, changes_nothing, idle_entries)


def test_what_is_said_of_idle_rules_holds_for_every_query_and_is_said_often() -> None:
    counts: Counter[str] = Counter()

    @settings(same, max_examples=60)
    @given(alike())
    def try_all(world: Alike) -> None:
        for claim in CLAIMS:
            counts[claim.__name__] += claim(world)

    try_all()
    assert all(counts[claim.__name__] > 10 for claim in CLAIMS), counts


@pytest.mark.slow
@settings(same, max_examples=1000, derandomize=False)
@given(alike())
def test_it_holds_many_times_over(world: Alike) -> None:
    for claim in CLAIMS:
        claim(world)
