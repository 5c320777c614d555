"""Lays compiled rules out in blocks, each under the rarest keys that it cannot do without.

A rule stands under a key of each alternative of one clause. For near misses it stands under a second clause
as well: where one clause fails, the other one holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from router.core.blocks import block, joined
from router.core.filed import bucket_of
from router.core.filing import Ways, ways
from router.core.flat import LOOKS, Stored
from router.core.keys import rule_key

KEYS_A_BUCKET: Final = 2


@dataclass(frozen=True, slots=True)
class StoredRule:
    """One rule, ready to be laid out."""

    id: str
    clauses: tuple[Stored, ...]
    block: bytes
    """What `FlatRule` takes."""
    rest: bytes
    """What of it bears on no decision."""


@dataclass(slots=True)
class _Standing:
    """Numbers of rules by their keys."""

    firsts: dict[str, list[int]] = field(default_factory=dict)
    seconds: dict[str, list[int]] = field(default_factory=dict)
    always: list[int] = field(default_factory=list)
    always_near: list[int] = field(default_factory=list)


def laid_out(
    rules: Sequence[StoredRule],
    meta: Mapping[str, Any],
    earlier: Mapping[str, str],
    prompts: Mapping[str, str],
    files: Stored,
) -> bytes:
    """Return the bytes of a rulebook; `rules` are sorted by id."""
    standing = _standing(rules)
    numbers = {rule_key(rule.id): number for number, rule in enumerate(rules)}
    keys = standing.firsts.keys() | standing.seconds.keys()
    count = max((len(keys) + len(numbers)) // KEYS_A_BUCKET, 1)
    buckets: list[dict[str, Any]] = [{} for _ in range(count)]
    for key in keys:
        under = tuple(standing.firsts.get(key, ())), tuple(standing.seconds.get(key, ()))
        buckets[bucket_of(key, count)][key] = under
    for key, number in numbers.items():
        buckets[bucket_of(key, count)][key] = number
    whole = {
        **meta,
        "buckets": count,
        "rules": len(rules),
        "always": tuple(standing.always),
        "always_near": tuple(standing.always_near),
    }
    head = (whole, tuple(rule.id for rule in rules), dict(earlier), dict(prompts), files)
    return joined(
        [
            *map(block, head),
            *map(block, buckets),
            *(rule.block for rule in rules),
            *(rule.rest for rule in rules),
        ]
    )


def _standing(rules: Sequence[StoredRule]) -> _Standing:
    found = _Standing()
    all_ways = [[ways(clause) for clause in rule.clauses] for rule in rules]
    counts = Counter(key for clauses in all_ways for clause in clauses for way in clause for key in way)
    for number, (rule, clauses) in enumerate(zip(rules, all_ways, strict=True)):
        _stand(found, number, rule, clauses, counts)
    return found


def _stand(
    found: _Standing, number: int, rule: StoredRule, clauses: Iterable[Ways], counts: Mapping[str, int]
) -> None:
    keyed = [_rarest(each, counts) for each in clauses if each]
    keyed.sort(key=lambda keys: sum(counts[key] for key in keys))
    if not keyed:
        found.always.append(number)
    for keys, under in zip(keyed, (found.firsts, found.seconds), strict=False):
        for key in keys:
            under.setdefault(key, []).append(number)
    unkeyed = (clause for clause, each in zip(rule.clauses, clauses, strict=True) if not each)
    if len(keyed) == 1 and any(kind != LOOKS for kind, _, _ in unkeyed):
        found.always_near.append(number)


def _rarest(clause: Ways, counts: Mapping[str, int]) -> set[str]:
    """Return one key for each alternative, that under which fewest other rules would stand."""
    return {min(way, key=lambda key: (counts[key], key)) for way in clause}
