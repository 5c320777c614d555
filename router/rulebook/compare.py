"""Compares two rulebooks over queries: what goes another way, and which rule caused it.

A cause is found by trial: a rule that differs is put into the other rulebook alone, and where that moves the
query the rule is a cause. Both directions are tried, so that a comparison turned round names the same causes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

from router.core.book import Rulebook
from router.core.conditions import Sight
from router.core.containment import Containment
from router.core.decide import decide
from router.core.plan import JSON
from router.core.rule import Rule
from router.rulebook.corpus import Recorded
from router.rulebook.ways import Way, way, way_of

SETTINGS: Final = "ts.toml"
"""The cause where no rule differs: layers, modes, tags, the language."""
What = Literal["route", "targets", "call"]


@dataclass(frozen=True, slots=True)
class Change:
    """A query that goes another way."""

    query: Recorded
    before: Way
    after: Way
    causes: tuple[str, ...]
    """Ids of the rules that caused it, or `ts.toml`."""

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


def compare(old: Rulebook, new: Rulebook, records: Iterable[Recorded]) -> Comparison:
    """Return how two rulebooks differ over queries; rules are the same by their present or earlier ids."""
    names = _Names(old, new)
    one, other = _Side(old, names), _Side(new, names)
    found: list[Change] = []
    count = 0
    for each in records:
        count += 1
        before, after = one.way(each), other.way(each)
        if before != after:
            found.append(Change(each, before, after, _causes(one, other, each)))
    return Comparison(count, tuple(found), tuple(_groups(one, other, found)))


class _Names:
    """Gives a rule the id that it has in the newer of two rulebooks, whichever that is."""

    def __init__(self, old: Rulebook, new: Rulebook) -> None:
        self._later = {**new.was, **old.was}

    def present(self, id_: str) -> str:
        """Follow an id through its renamings."""
        seen = {id_}
        while (later := self._later.get(id_)) is not None and later not in seen:
            seen.add(later)
            id_ = later
        return id_


@dataclass
class _Side:
    """One of the rulebooks, its rules under the names that both share."""

    book: Rulebook
    names: _Names

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """By shared name; what they beat is named so as well."""
        present = self.names.present
        return {
            present(rule.id): replace(rule, id=present(rule.id), beats=frozenset(map(present, rule.beats)))
            for rule in self.book.rules.values()
        }

    def way(self, record: Recorded) -> Way:
        """Return where a query goes, with shared names."""
        present = self.names.present
        found = way(self.book, record.query)
        rules = tuple(sorted(map(present, found.rules)))
        return replace(found, rules=rules, added=tuple(sorted(map(present, found.added))))

    def matched(self, record: Recorded) -> frozenset[str]:
        """Return the shared names of the rules that match a query."""
        decision = self.book.decide(record.query, near=False)
        return frozenset(self.names.present(each.rule) for each in decision.verdicts)

    def way_with(self, record: Recorded, rules: Mapping[str, Rule]) -> Way:
        """Return where a query would go with these rules alone."""
        sight = Sight(record.query, self.book.normaliser.read(record.query.text))
        decision = decide(
            rules.values(),
            sight,
            self.book.settings.layers,
            "",
            self.book.admission,
            Containment(),
            near=False,
        )
        found = way_of(decision, rules, self.book.admission, sight)
        return replace(found, rules=tuple(sorted(found.rules)), added=tuple(sorted(found.added)))


def _causes(one: _Side, other: _Side, record: Recorded) -> tuple[str, ...]:
    """Return the rules which, exchanged alone, move the query; all that differ where only several do."""
    if _context(one.book, record) or _context(other.book, record):
        return (SETTINGS,)
    touched = one.matched(record) | other.matched(record)
    differing = {
        id_ for id_ in touched if _definition(one.rules.get(id_)) != _definition(other.rules.get(id_))
    }
    alone = {
        id_
        for id_ in differing
        for here, there in ((one, other), (other, one))
        if _moves(here, there, touched, id_, record)
    }
    return tuple(sorted(alone or differing)) or (SETTINGS,)


def _context(book: Rulebook, record: Recorded) -> bool:
    """Whether the settings refuse the query's facts."""
    return any(book.settings.unknown_fact(*fact)[0] for fact in record.query.facts.items())


def _moves(here: _Side, there: _Side, touched: frozenset[str], id_: str, record: Recorded) -> bool:
    """Whether a query goes another way here once one rule is as it is there."""
    rules = {each: here.rules[each] for each in touched if each in here.rules}
    exchanged = {each: rule for each, rule in rules.items() if each != id_}
    if id_ in there.rules and there.rules[id_].layer in here.book.settings.layers:
        exchanged[id_] = there.rules[id_]
    return here.way_with(record, exchanged) != here.way_with(record, rules)


def _definition(rule: Rule | None) -> tuple[object, ...] | None:
    """Return what of a rule bears on decisions and calls."""
    if rule is None:
        return None
    steps = [step.to_dict() for step in rule.steps]
    stage = (rule.stage, rule.share, rule.was[:1] if rule.stage == "canary" else ())
    return (rule.layer, rule.condition, steps, rule.adds, rule.answer, stage, rule.beats)


def _groups(one: _Side, other: _Side, changes: list[Change]) -> Iterator[Group]:
    found: dict[tuple[str, ...], list[Change]] = {}
    for each in changes:
        found.setdefault(each.causes, []).append(each)
    for causes, members in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        reasons = tuple(_reason(one.rules.get(id_), other.rules.get(id_), id_) for id_ in causes)
        rule = other.rules.get(causes[0]) or one.rules.get(causes[0])
        file, _, line = rule.at.rpartition(":") if rule else (SETTINGS, "", "0")
        yield Group(causes, reasons, file, int(line), tuple(members))


def _reason(before: Rule | None, after: Rule | None, id_: str) -> str:
    """Say what became of a rule."""
    if before is None or after is None:
        if id_ == SETTINGS:
            return "the settings changed"
        return "added" if before is None else "removed"
    parts = (
        ("layer", before.layer != after.layer),
        ("condition", before.condition != after.condition),
        ("targets", [step.use for step in before.steps] != [step.use for step in after.steps]),
        ("calls", [step.to_dict() for step in before.steps] != [step.to_dict() for step in after.steps]),
        ("answer", before.answer != after.answer),
        ("stage", (before.stage, before.share) != (after.stage, after.share)),
        ("beats", before.beats != after.beats),
    )
    changed = [name for name, differs in parts if differs]
    return f"{' and '.join(changed)} changed{_words(before, after)}" if changed else "unchanged"


def _words(before: Rule, after: Rule) -> str:
    """Name the words that a condition lost and gained."""
    lost, gained = ({str(atom) for atom in each.condition.atoms()} for each in (before, after))
    told = (("without", sorted(lost - gained)), ("with", sorted(gained - lost)))
    parts = [f"{how} {_listed(names)}" for how, names in told if names]
    return f": {', '.join(parts)}" if parts else ""


MOST_WORDS: Final = 5
"""Words that a reason names."""


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_WORDS
    quoted = [
        each if each.startswith(("say ", "looks ", "fact ", "mode ")) else f'"{each}"' for each in names
    ]
    return ", ".join(quoted[:MOST_WORDS]) + (f" and {more} more" if more > 0 else "")
