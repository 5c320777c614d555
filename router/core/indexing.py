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
from router.core.filed import Filed, bucket_of
from router.core.filing import Ways
from router.core.flat import Stored
from router.core.keys import CONTEXT, rule_key
from router.core.plan import JSON

KEYS_A_BUCKET: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """One rule, compiled; where it stands among the others is found each time."""

    id: str
    file: str
    line: int
    layer: str
    adds: bool
    was: tuple[str, ...]
    beats: tuple[str, ...]
    """As written."""
    digest: str
    """Of all that is written, except where."""
    ways: tuple[Ways, ...]
    """Of its clauses."""
    tells_unkeyed: bool
    """Whether something besides a shape is asked for without a key."""
    flat: bytes
    """The block of which `FlatRule` is made."""
    rest: bytes
    """The block of what of it bears on no decision."""

    @property
    def name(self) -> str:
        """The name of its table."""
        return self.id.partition(".")[2]


HEAD: Final = ("id", "line", "adds", "was", "beats", "digest", "ways", "tells_unkeyed")
"""What of a rule is kept beside its blocks for the next time."""


@dataclass(slots=True)
class _Standing:
    """Numbers of rules by their keys."""

    firsts: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    """By a key, and then by another stem that they need; empty where they need none."""
    seconds: dict[str, list[int]] = field(default_factory=dict)
    always: list[int] = field(default_factory=list)
    always_near: list[int] = field(default_factory=list)


def laid_out(
    rules: Sequence[CompiledRule],
    meta: Mapping[str, JSON],
    earlier: Mapping[str, str],
    prompts: Mapping[str, str],
    files: Mapping[str, str],
) -> bytes:
    """Return the bytes of a rulebook; `rules` are sorted by id, `files` are digests by name."""
    standing = _standing(rules)
    numbers = {rule_key(rule.id): number for number, rule in enumerate(rules)}
    keys = standing.firsts.keys() | standing.seconds.keys()
    count = max((len(keys) + len(numbers)) // KEYS_A_BUCKET, 1)
    buckets: list[dict[str, Any]] = [{} for _ in range(count)]
    for key in keys:
        firsts = {other: tuple(numbers) for other, numbers in standing.firsts.get(key, {}).items()}
        under = firsts, tuple(standing.seconds.get(key, ()))
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
    head = (whole, tuple(rule.id for rule in rules), dict(earlier), dict(prompts), _by_file(rules, files))
    return joined(
        [
            *map(block, head),
            *map(block, buckets),
            *(rule.flat for rule in rules),
            *(rule.rest for rule in rules),
        ]
    )


def _by_file(rules: Sequence[CompiledRule], files: Mapping[str, str]) -> Stored:
    """Return for each file its name, digest and layer, and the heads of its rules with their numbers."""
    heads: dict[str, list[Stored]] = {name: [] for name in files}
    layers: dict[str, str] = {}
    for number, rule in enumerate(rules if files else ()):
        heads[rule.file].append((number, *(getattr(rule, name) for name in HEAD)))
        layers[rule.file] = rule.layer
    return tuple((name, files[name], layers.get(name, ""), tuple(each)) for name, each in heads.items())


def rules_by_file(filed: Filed) -> dict[tuple[str, str], tuple[CompiledRule, ...]]:
    """Return the rules of a compiled rulebook by the names and digests of their files."""
    return {
        (name, digest): tuple(
            CompiledRule(
                file=name, layer=layer, **dict(zip(HEAD, head, strict=True)), flat=filed.flat_block(number),
                rest=filed.rest_block(number),
            )
            for number, *head in heads
        )
        for name, digest, layer, heads in filed.files()
    }  # fmt: skip


def _standing(rules: Sequence[CompiledRule]) -> _Standing:
    found = _Standing()
    counts = Counter(key for rule in rules for clause in rule.ways for way in clause for key in way)
    for number, rule in enumerate(rules):
        _stand(found, number, rule, counts)
    return found


def _stand(found: _Standing, number: int, rule: CompiledRule, counts: Mapping[str, int]) -> None:
    keyed = [_rarest(each, counts) for each in rule.ways if each]
    keyed.sort(key=lambda keys: sum(counts[key] for key in keys))
    if not keyed:
        found.always.append(number)
    needed = _needed(rule.ways, counts) if keyed else []
    for key in keyed[0] if keyed else ():
        other = next((each for each in needed if each != key), "")
        found.firsts.setdefault(key, {}).setdefault(other, []).append(number)
    for key in keyed[1] if len(keyed) > 1 else ():
        found.seconds.setdefault(key, []).append(number)
    if len(keyed) == 1 and rule.tells_unkeyed:
        found.always_near.append(number)


def _needed(ways: Iterable[Ways], counts: Mapping[str, int]) -> list[str]:
    """Return the stems without which a rule cannot match, the rarest first."""
    needed = {stem for clause in ways if clause for stem in frozenset.intersection(*map(frozenset, clause))}
    stems = [each for each in needed if not each.startswith(CONTEXT)]
    return sorted(stems, key=lambda each: (counts[each], each))


def _rarest(clause: Ways, counts: Mapping[str, int]) -> set[str]:
    """Return one key for each alternative, that under which fewest other rules would stand."""
    return {min(way, key=lambda key: (counts[key], key)) for way in clause}
