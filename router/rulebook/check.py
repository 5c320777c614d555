"""Holds a rulebook against its own examples and the catalogue; it calls no server and no model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from router.core.book import Rulebook
from router.core.conditions import Attached, Fact, Mode
from router.core.decision import Decision, Verdict, Word
from router.core.findings import nearest_or_all
from router.core.query import MODES, Attachment, Query
from router.core.rule import Rule
from router.errors import QueryRefused
from router.ports import Offer

TAKEN: Final[tuple[Word, ...]] = ("won", "adds", "shadow")
"""Verdicts with which a rule takes a query, or would if it were live."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found."""

    id: str
    """Stable, such as `yes-lost`."""
    at: str
    """`file:line`, or the empty string where it concerns no single rule."""
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Place, message, hint and id on one line."""
        place = f"{self.at}: " if self.at else ""
        return f"{place}{self.message}" + (f"; {self.hint}" if self.hint else "") + f" [{self.id}]"

    def to_dict(self) -> dict[str, str]:
        """Return it as JSON."""
        return {"id": self.id, "at": self.at, "message": self.message, "hint": self.hint}


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and what was found."""

    rules: int
    examples: int
    held: int
    tools: int
    """Targets that the catalogue could confirm."""
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        """Give the denominators, on one line."""
        return " · ".join(
            (
                _counted(self.rules, "rule"),
                f"{self.held} of {_counted(self.examples, 'example')} hold",
                f"{_counted(self.tools, 'target')} known to the catalogue",
                _counted(len(self.findings), "error"),
            )
        )


def check(book: Rulebook, offers: Iterable[Offer], today: dt.date | None = None) -> Report:
    """Run every example against the whole rulebook, and look every target up in the catalogue.

    A rule's own examples are judged with every other canary off and its own, if it is one, live, so that no
    report depends on a bucket. `today` is held against review dates; the local date by default.
    """
    now = today or dt.datetime.now().astimezone().date()
    findings: list[Finding] = []
    examples = held = 0
    for rule in book.rules.values():
        staged = _staged(book, rule)
        for text, wanted in (*((each, True) for each in rule.yes), *((each, False) for each in rule.no)):
            examples += 1
            finding = _broken(staged, rule, text, wanted=wanted)
            if finding is None:
                held += 1
            else:
                findings.append(finding)
    known, unknown = _targets(book, {(each.scheme, each.name): each for each in offers})
    return Report(
        len(book.rules), examples, held, known, (*findings, *unknown, *_due(book, now), *_nothing(book))
    )


def example_query(book: Rulebook, rule: Rule, text: str) -> Query:
    """Return an example as a query in the context that its rule asks for: its modes, facts and attachments.

    Raises QueryRefused.
    """
    atoms = tuple(rule.condition.atoms())
    types = (atom.pattern.replace("*", "x") for atom in atoms if isinstance(atom, Attached))
    return Query(
        text,
        modes=frozenset(_modes(book, rule)),
        facts={atom.key: atom.value for atom in atoms if isinstance(atom, Fact)},
        attached=tuple(Attachment("", each, "") for each in types),
    )


def _modes(book: Rulebook, rule: Rule) -> Iterator[str]:
    """Yield modes, few if they will do, in which the rule matches and all its targets are used."""
    peers = (book.settings.peer(step.use.scheme, step.use.name) for step in rule.steps)
    wanted = [set(peer.modes) for peer in peers if peer and peer.modes]
    if own := {atom.name for atom in rule.condition.atoms() if isinstance(atom, Mode)}:
        wanted.append(own)
    while wanted:
        mode = max(MODES, key=lambda each: sum(each in modes for modes in wanted))
        yield mode
        wanted = [modes for modes in wanted if mode not in modes]


def _staged(book: Rulebook, rule: Rule) -> Rulebook:
    """Return the rulebook with every canary off but for the rule itself, which is live."""
    canaries = {id_: each for id_, each in book.rules.items() if each.stage == "canary"}
    staged = {
        id_: replace(each, stage="live" if each is rule else "shadow") for id_, each in canaries.items()
    }
    return replace(book, rules={**book.rules, **staged}) if staged else book


def _nothing(book: Rulebook) -> Iterator[Finding]:
    """Find that there was nothing to look at: a green check of nothing proves nothing."""
    if not book.rules:
        yield Finding("no-rules", "", "there are no rules", "a check that looked at nothing proves nothing")
    elif not any(rule.yes or rule.no for rule in book.rules.values()):
        yield Finding("no-examples", "", "no rule has an example", "give each rule a `yes` and a `no`")


def _due(book: Rulebook, today: dt.date) -> Iterator[Finding]:
    """Find the rules whose review is due; they route as before."""
    for rule in book.rules.values():
        if rule.until and dt.date.fromisoformat(rule.until) < today:
            hint = "review it, then move the date or delete the rule"
            yield Finding("review-due", rule.at, f"{rule.id} was to be reviewed by {rule.until}", hint)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _broken(book: Rulebook, rule: Rule, text: str, *, wanted: bool) -> Finding | None:
    try:
        decision = book.decide(example_query(book, rule, text))
    except QueryRefused as error:
        return Finding("example-refused", rule.at, f'{rule.id}: the example "{text}" is no query: {error}')
    own = next((each for each in decision.verdicts if each.rule == rule.id), None)
    if wanted:
        return None if own and own.verdict in TAKEN else _missed(rule, text, own, decision)
    if own and own.verdict in (*TAKEN, "tied"):
        told = f'{rule.id} takes "{text}", which it says it does not ({own.verdict})'
        return Finding("no-taken", rule.at, told)
    return None


def _missed(rule: Rule, text: str, own: Verdict | None, decision: Decision) -> Finding:
    """Say where an example goes instead of to its rule."""
    if own is None or own.verdict == "near":
        lacks = f", which lacks {', '.join(own.missing)}" if own else ""
        return Finding("yes-unmatched", rule.at, f'{rule.id} does not match its own example "{text}"{lacks}')
    others = [each for each in (decision.rule, *decision.tied) if each and each != rule.id]
    verb, hint = "goes to", ""
    if own.verdict == "tied":
        verb, hint = "ties with", "give one of them a condition that the other lacks, or `beats`"
    told = f'{rule.id}: its example "{text}" {verb} {", ".join(others) or "nobody"} ({own.verdict})'
    return Finding(f"yes-{own.verdict}", rule.at, told, hint)


def _targets(book: Rulebook, offers: dict[tuple[str, str], Offer]) -> tuple[int, list[Finding]]:
    """Count the targets that the catalogue knows, and find those that it knows not to exist."""
    known, unknown = 0, []
    for rule, name, member in _members(book):
        offer = offers.get(name)
        if offer is None:
            continue
        if offer.tool(member):
            known += 1
        else:
            hint = nearest_or_all(member, (tool.name for tool in offer.tools))
            kind = "tool" if offer.scheme == "mcp" else "skill"
            message = f'{rule.id}: {":".join(name)} has no {kind} "{member}"'
            unknown.append(Finding("unknown-tool", rule.at, message, hint))
    return known, unknown


def _members(book: Rulebook) -> Iterator[tuple[Rule, tuple[str, str], str]]:
    for rule in book.rules.values():
        for step in rule.steps:
            if step.use.member:
                yield rule, (step.use.scheme, step.use.name), step.use.member
