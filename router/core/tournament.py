"""Which of several rules that match lose to which others, without holding each against each.

A rule loses to one that asks for all it asks for, so to one that needs all the stems it needs: only those
are compared. Rules that ask for the same are compared once, and by what they exclude among themselves.
"""

from __future__ import annotations

from router.core.contained import asks_for_all, excludes_all
from router.core.light import Memo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final, TypeAlias

    from router.core.contest import Candidate
    from router.core.flat import FlatRule, Stored

    Asking: TypeAlias = Memo[tuple[FlatRule, FlatRule], bool]
    """Whether the first rule of a pair asks for all that the second asks for."""
    Lost: TypeAlias = dict[str, dict[str, str]]
    """By the id of each rule the ids of those to which it loses, with the reason."""


FEW: Final = 8
"""So many are sooner held against each other than sorted by what they require."""
MOST_PAIRS: Final = 500_000
"""Pairs that are remembered; rules that match together are few, and only where they are made to be many."""


def asking() -> Asking:
    """Return a memory of which rules ask for all that others ask for."""
    return Memo(lambda pair: asks_for_all(*pair), MOST_PAIRS)


def narrower(one: FlatRule, other: FlatRule, asks: Asking) -> bool:
    """Whether the first rule asks for everything that the other asks for, and more."""
    if not asks[one, other]:
        return False
    return not asks[other, one] or excludes_more(one, other)


def excludes_more(one: FlatRule, other: FlatRule) -> bool:
    """Whether the first rule excludes all that the other excludes, and more."""
    if one.shuns is not None and other.shuns is not None:
        return one.shuns > other.shuns
    return excludes_all(one, other) and not excludes_all(other, one)


def beaten(candidates: Sequence[Candidate], asks: Asking) -> Lost:
    """Return for each candidate to which others it loses, and why."""
    lost: Lost = {each.rule.id: {} for each in candidates}
    alike: dict[frozenset[Stored], list[FlatRule]] = {}
    for each in candidates:
        alike.setdefault(each.rule.asks, []).append(each.rule)
    for members in alike.values():
        for winner, loser in _excluding(members):
            lost[loser.id][winner.id] = "narrower"
    for one, other in _related([members[0] for members in alike.values()]):
        if asks[one, other]:
            more = not asks[other, one]
            for loser in alike[other.asks]:
                for winner in alike[one.asks]:
                    if more or excludes_more(winner, loser):
                        lost[loser.id][winner.id] = "narrower"
    for each in candidates:
        for id_ in each.rule.beats:
            if id_ in lost:
                lost[id_][each.rule.id] = "beats"
    return lost


def _excluding(members: Sequence[FlatRule]) -> Iterator[tuple[FlatRule, FlatRule]]:
    """Yield pairs of rules that ask for the same, of which the first excludes more."""
    if len(members) == 1:
        return
    sizes: dict[int, list[FlatRule]] = {}
    for each in members:
        sizes.setdefault(-1 if each.shuns is None else len(each.shuns), []).append(each)
    for size, losers in sizes.items():
        winners = [
            each for other, same in sizes.items() if other > size or -1 in (size, other) for each in same
        ]
        for loser in losers if winners else ():
            for winner in winners:
                if winner is not loser and excludes_more(winner, loser):
                    yield winner, loser


def _related(rules: Sequence[FlatRule]) -> Iterator[tuple[FlatRule, FlatRule]]:
    """Yield pairs of which the first needs all stems that the second needs, or may have them in a list."""
    if len(rules) == 1:
        return
    if len(rules) < FEW:
        for other in rules:
            for one in rules:
                if one is not other and (other.requires <= one.requires or one.has_lists):
                    yield one, other
        return
    listing = [each for each in rules if each.has_lists]
    requiring: dict[str, list[FlatRule]] = {}
    for each in rules:
        for key in each.requires:
            requiring.setdefault(key, []).append(each)
    for other in rules:
        rarest = min((requiring[key] for key in other.requires), key=len, default=rules)
        for one in (*rarest, *listing):
            if one is not other and (one.has_lists or other.requires <= one.requires):
                yield one, other
