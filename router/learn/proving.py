"""Holds what was learned against the record: what it takes rightly, and what it may not take."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from router.core.bind import bind
from router.core.book import Rulebook
from router.core.plan import JSON
from router.core.query import Query
from router.core.text import Reading
from router.errors import BindingFailed, QueryRefused
from router.learn.private import holds_secret, masked
from router.learn.taught import Answered, Taught, call_of
from router.rulebook.corpus import Corpus, shown

if TYPE_CHECKING:
    from router.core.decision import Decision
    from router.core.rule import Stage

TAUGHT: Final = "taught"
"""Where a question stands that was taught."""
ALIKE: Final = 0.2
"""Share of the words in common from which on questions are alike."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A question of the record, and what is known of it."""

    query: Query
    shown: str
    """Context and text, on one line."""
    place: str
    """Where it stands, such as `corpus/none.txt:3`."""
    calls: tuple[str, ...] = ()
    """What was called for it; empty where that is not known."""
    forbidden: bool = False
    """Whether no rule may take it."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A question that a rule takes and should not."""

    shown: str
    place: str
    because: str

    def __str__(self) -> str:
        """On one line."""
        return f'"{masked(self.shown)}" ({self.place}): {masked(self.because)}'

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {"text": masked(self.shown), "where": self.place, "because": masked(self.because)}


@dataclass(frozen=True, slots=True)
class Proof:
    """What the record says of a rule, as if it were live."""

    right: tuple[str, ...] = ()
    """Questions that it takes as they were answered."""
    against: tuple[Contradiction, ...] = ()
    unknown: tuple[str, ...] = ()
    """Questions that it takes and of which nobody knows the answer."""


def witnesses(taught: Iterable[Taught], corpus: Corpus, answered: Iterable[Answered]) -> tuple[Witness, ...]:
    """Return all questions of the record, each with each of its answers once."""
    told = [Witness(query := each.query, shown(query), TAUGHT, (each.call,)) for each in taught]
    told += [_corpus(each.query, each.shown, each.file, each.line, forbidden=True) for each in corpus.none]
    told += [
        Witness(each.recorded.query, each.recorded.shown, each.recorded.file, each.calls) for each in answered
    ]
    told += [_corpus(each.query, each.shown, each.file, each.line) for each in corpus.queries]
    found: dict[tuple[str | bool | tuple[str, ...], ...], Witness] = {}
    known = {each.shown for each in told if each.calls or each.forbidden}
    for each in told:
        if each.calls or each.forbidden or each.shown not in known:
            place = (each.query.cwd, each.query.repository)
            found.setdefault((each.shown, *place, each.calls, each.forbidden), each)
    return tuple(found.values())


def _corpus(query: Query, line: str, file: str, number: int, *, forbidden: bool = False) -> Witness:
    return Witness(query, line, f"{file}:{number}", forbidden=forbidden)


class Record:
    """The record, read once, and a rulebook in which what was learned is in shadow."""

    def __init__(self, book: Rulebook, witnesses: Sequence[Witness]) -> None:
        self.book = book
        self._read: list[tuple[Witness, Reading]] = [
            (each, book.normaliser.read(each.query.text)) for each in witnesses
        ]

    def proof(self, rule: str) -> Proof:
        """Hold a rule against all of it."""
        right: list[str] = []
        unknown: list[str] = []
        against: list[Contradiction] = []
        flat = self.book.flat(rule)
        for witness, reading in self._read:
            if flat.match(reading, witness.query) is None:
                continue
            verdict = self._verdict(witness, rule)
            if verdict is None:
                (right if witness.calls else unknown).append(witness.shown)
            elif verdict:
                against.append(Contradiction(witness.shown, witness.place, verdict))
        return Proof(_once(right), tuple(against), _once(unknown))

    def _verdict(self, witness: Witness, rule: str) -> str | None:
        """Say what is wrong about it that a rule takes a question: None for nothing, empty if it does not."""
        try:
            decision = self.book.staged(witness.query, {rule: "live"})
            before = self.book.decide(witness.query)
        except QueryRefused:
            return ""
        if decision.kind == "tie" and rule in decision.tied:
            others = " and ".join(each for each in decision.tied if each != rule)
            return f"it would tie with {others}"
        if decision.rule != rule:
            return ""
        if witness.forbidden:
            return "no rule may take it"
        if witness.calls:
            return _difference(witness.calls, called(self.book, decision, witness.query))
        return f"it goes to {before.rule or ' and '.join(before.tied)}" if before.kind != "none" else None

    def nearest(self, rule: str, own: Sequence[str], most: int) -> tuple[str, ...]:
        """Return questions that share the most words with a rule's own and that it does not take."""
        book, flat = self.book, self.book.flat(rule)
        mine = [book.normaliser.read(each).stem_set for each in own]
        likeness: dict[str, float] = {}
        for witness, reading in self._read:
            text = " ".join(witness.query.text.split())
            if holds_secret(text):
                continue
            share = max((_likeness(each, reading.stem_set) for each in mine), default=0.0)
            if share >= ALIKE and flat.match(book.normaliser.read(text), Query(text)) is None:
                likeness[text] = share
        return tuple(sorted(likeness, key=lambda text: (-likeness[text], text))[:most])


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    """Return texts as they may be shown, each once."""
    return tuple(dict.fromkeys(map(masked, texts)))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one & other else 0.0


def called(book: Rulebook, decision: Decision, query: Query) -> tuple[str, ...]:
    """Return the calls of a decision's own rule; none where they cannot be made."""
    try:
        plan = bind(book, decision, query)
    except BindingFailed:
        return ()
    others = tuple(f"{id_}:" for id_ in decision.added)
    return tuple(call_of(each) for each in plan.steps if not each.id.startswith(others)) if plan else ()


def _difference(wanted: tuple[str, ...], made: tuple[str, ...]) -> str | None:
    """Say how calls that were made differ from those that would be; None where they do not."""
    if wanted == made:
        return None
    if not made:
        return "its arguments cannot be made of it"
    went = " + ".join(_told(each) for each in wanted)
    if _use(wanted[0]) == _use(made[0]) and len(wanted) == 1:
        return f"it was called with other arguments: {went}"
    return f"it went elsewhere: {went}"


def _told(call: str) -> str:
    """Return a call as a person reads it."""
    told = json.loads(call)
    given = told["args"] if told["message"] is None else told["message"]
    return f"{told['use']} {json.dumps(given, ensure_ascii=False)}"


def _use(call: str) -> str:
    return str(json.loads(call)["use"])


def joint(book: Rulebook, rules: Mapping[str, Sequence[Taught]]) -> Iterator[tuple[str, Contradiction]]:
    """Yield rules that do not give what was taught once all of them are live, each with a question."""
    stages: dict[str, Stage] = dict.fromkeys(rules, "live")
    for rule, taught in rules.items():
        for each in taught:
            decision = book.staged(each.query, stages)
            if called(book, decision, each.query) != (each.call,):
                others = [other for other in (decision.rule, *decision.tied) if other not in (None, rule)]
                because = f"it would go to {' and '.join(map(str, others))}, which is proposed too"
                yield rule, Contradiction(shown(each.query), TAUGHT, because)
                break
