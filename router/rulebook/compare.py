"""Compares two rulebooks over queries: what goes another way, and which rule caused it.

A cause is found by trial: a rule that differs is put into the other rulebook alone, and where that moves the
query the rule is a cause. Both directions are tried, so that a comparison turned round names the same causes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from router.core.book import Rulebook
from router.core.conditions import Sight
from router.core.containment import Containment
from router.core.plan import JSON
from router.rulebook.corpus import Recorded
from router.rulebook.many import Tell, nobody, on_each
from router.rulebook.reasons import reason
from router.rulebook.sides import SETTINGS, Names, Side, Written
from router.rulebook.ways import Way, refusal

What = Literal["route", "targets", "call"]


@dataclass(frozen=True, slots=True)
class Change:
    """A query that goes another way."""

    query: Recorded
    before: Way
    after: Way
    causes: tuple[str, ...]
    """Ids of the rules that caused it, then `ts.toml` if the settings did."""

    @property
    def what(self) -> What:
        """Whether another rule decides, the same rule calls something else, or calls it otherwise."""
        if (self.before.kind, self.before.rules) != (self.after.kind, self.after.rules):
            return "route"
        return "call" if self.before.targets == self.after.targets else "targets"

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "query": self.query.query.to_dict(),
            "shown": self.query.shown,
            "what": self.what,
            "before": _told(self.before),
            "after": _told(self.after),
            "causes": list(self.causes),
        }


@dataclass(frozen=True, slots=True)
class Group:
    """The changes that the same rules caused."""

    causes: tuple[str, ...]
    reasons: tuple[str, ...]
    """What became of each of them, in words."""
    file: str
    """Where the first of them is written."""
    line: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared, and what differs."""

    queries: int
    changes: tuple[Change, ...]
    groups: tuple[Group, ...]
    """The largest first."""

    @property
    def same(self) -> int:
        """Queries that go the same way."""
        return self.queries - len(self.changes)

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "queries": self.queries,
            "same": self.same,
            "changed": len(self.changes),
            "groups": [
                {
                    "causes": list(each.causes),
                    "reasons": list(each.reasons),
                    "file": each.file,
                    "line": each.line,
                    "changes": [change.to_dict() for change in each.changes],
                }
                for each in self.groups
            ],
        }


def _told(each: Way) -> dict[str, JSON]:
    return {"kind": each.kind, "rules": list(each.rules), "targets": list(each.targets), "shown": str(each)}


def compare(old: Rulebook, new: Rulebook, records: Sequence[Recorded], tell: Tell = nobody) -> Comparison:
    """Return how two rulebooks differ over queries; rules are the same by their present or earlier ids."""
    names = Names(old, new)
    comparing = _Comparing(Side(old, names), Side(new, names))
    found = [each for each in on_each(comparing, records, tell) if each is not None]
    return Comparison(len(records), tuple(found), tuple(_groups(comparing.one, comparing.other, found)))


@dataclass(frozen=True, slots=True)
class _Comparing:
    """Compares two rulebooks over each of many queries."""

    one: Side
    other: Side

    def __call__(self, record: Recorded) -> Change | None:
        """Return what changes for a query, or None."""
        before, after = self.one.way(record), self.other.way(record)
        if before == after:
            return None
        return Change(record, before, after, _causes(self.one, self.other, record))


def _causes(one: Side, other: Side, record: Recorded) -> tuple[str, ...]:
    """Return what, exchanged alone, moves the query: rules first; all that differs where only several do."""
    if any(refusal(side.book, record.query) for side in (one, other)):
        return (SETTINGS,)
    sights = [(one, other, one.sight(record)), (other, one, other.sight(record))]
    touched = {*one.matching(sights[0][2]), *other.matching(sights[1][2])}
    differing = {id_ for id_ in touched if _parts(one.rules.get(id_)) != _parts(other.rules.get(id_))}
    if one.book.normaliser.version != other.book.normaliser.version:  # the words of one are not the other's
        return (*sorted(differing), SETTINGS)
    settings = {SETTINGS} if _bearing(one.book) != _bearing(other.book) else set()
    exchanges = [_Exchange(here, there, sight, touched) for here, there, sight in sights]
    alone = {id_ for id_ in differing if any(each.of_rule(id_) for each in exchanges)}
    if settings and any(each.of_settings() for each in exchanges):
        return (*sorted(alone), SETTINGS)
    return tuple(sorted(alone)) or (*sorted(differing), *settings)


def _parts(written: Written | None) -> dict[str, JSON] | None:
    return None if written is None else written.parts()


def _bearing(book: Rulebook) -> tuple[object, ...]:
    """Return what of the settings bears on where a query goes."""
    return (book.terms.layers, book.admission.modes, book.admission.labels)


class _Exchange:
    """Tries what one thing of the other rulebook would change in this one, for one query."""

    def __init__(self, here: Side, there: Side, sight: Sight, touched: set[str]) -> None:
        self.here, self.there, self.sight = here, there, sight
        self.rules = {each: here.rules[each] for each in touched if each in here.rules}
        self.now = here.way_with(sight, self.rules, Containment())

    def of_rule(self, id_: str) -> bool:
        """Whether the query goes another way once one rule is as it is there."""
        rules = {each: rule for each, rule in self.rules.items() if each != id_}
        other = self.there.rules.get(id_)
        if other is not None and other.rule.layer in self.here.book.terms.layers:
            rules[id_] = other
        return self.here.way_with(self.sight, rules, Containment()) != self.now

    def of_settings(self) -> bool:
        """Whether it does once the settings are as they are there; not where they lack a rule's layer."""
        layers = {each.rule.layer for each in self.rules.values()}
        if not layers <= set(self.there.book.terms.layers):
            return False
        return self.there.way_with(self.sight, self.rules, Containment()) != self.now


def _groups(one: Side, other: Side, changes: list[Change]) -> Iterator[Group]:
    found: dict[tuple[str, ...], list[Change]] = {}
    for each in changes:
        found.setdefault(each.causes, []).append(each)
    for causes, members in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        asked = (side.sight(each.query).reading.stem_set for each in members for side in (one, other))
        said = frozenset().union(*asked)
        reasons = tuple(reason(id_, one.rules.get(id_), other.rules.get(id_), said) for id_ in causes)
        first = other.rules.get(causes[0]) or one.rules.get(causes[0])
        file, line = (first.rule.file, first.rule.line) if first else (SETTINGS, 0)
        yield Group(causes, reasons, file, line, tuple(members))
