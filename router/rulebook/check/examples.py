"""Holds every example of every rule against the whole rulebook; the settings' context is found for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from router.core.book import Rulebook
from router.core.conditions import Attached, Fact, Mode
from router.core.decision import Decision, Verdict, Word
from router.core.query import MODES, Attachment, Query
from router.core.rule import Rule, Stage
from router.errors import QueryRefused
from router.rulebook.check.finding import Finding, of_rule

TAKEN: Final[tuple[Word, ...]] = ("won", "adds", "shadow")
"""Verdicts with which a rule takes a query, or would if it were live."""


@dataclass(frozen=True, slots=True)
class Example:
    """An example of a rule, decided by the whole rulebook."""

    rule: Rule
    text: str
    wanted: bool
    """Whether it is a `yes`."""
    query: Query
    decision: Decision

    @property
    def own(self) -> Verdict | None:
        """What became of the rule itself; None where it does not match."""
        return next((each for each in self.decision.matches if each.rule == self.rule.id), None)

    @property
    def holds(self) -> bool:
        """Whether the rule takes it as it says it does, or does not."""
        if self.wanted:
            return self.own is not None and self.own.verdict in TAKEN
        return self.own is None or self.own.verdict not in (*TAKEN, "tied")


def decided(book: Rulebook, rules: Iterable[Rule]) -> tuple[list[Example], list[Finding]]:
    """Return the examples of some rules with their decisions, and those that cannot be queries.

    A rule's own examples are judged with every other canary off and its own, if it is one, live, so that no
    report depends on a bucket.
    """
    found: list[Example] = []
    refused: list[Finding] = []
    canaries: dict[str, Stage] = {id_: "shadow" for id_, each in book.rules.items() if each.stage == "canary"}
    for rule in rules:
        own: dict[str, Stage] = {rule.id: "live"} if rule.id in canaries else {}
        for text, wanted in (*((each, True) for each in rule.yes), *((each, False) for each in rule.no)):
            try:
                query = example_query(book, rule, text)
                decision = book.staged(query, canaries | own)
            except QueryRefused as error:
                message = f'{rule.id}: the example "{text}" is no query: {error}'
                refused.append(of_rule("example-refused", rule, message))
            else:
                found.append(Example(rule, text, wanted, query, decision))
    return found, refused


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


def broken(book: Rulebook, examples: Iterable[Example]) -> Iterator[Finding]:
    """Yield a finding for each example that does not hold; those that tie are told with the ties."""
    for each in examples:
        if each.holds:
            continue
        if not each.wanted:
            verdict = each.own.verdict if each.own else ""
            message = f'{each.rule.id} takes "{each.text}", which it says it does not ({verdict})'
            yield of_rule("no-taken", each.rule, message, "ask for more, or take it out of `no`")
        elif each.own is None:
            yield _unmatched(book, each)
        elif each.own.verdict != "tied":
            yield _stolen(each, each.own)


def _unmatched(book: Rulebook, example: Example) -> Finding:
    missing = book.match(example.rule, example.query).missing
    lacks = f", which lacks {', '.join(missing)}" if len(missing) == 1 else ""
    message = f'{example.rule.id} does not match its own example "{example.text}"{lacks}'
    return of_rule("yes-unmatched", example.rule, message, "widen the rule, or take the example out of `yes`")


def _stolen(example: Example, own: Verdict) -> Finding:
    """Say where an example goes instead of to its rule."""
    decision = example.decision
    others = [each for each in (decision.rule, *decision.tied) if each and each != example.rule.id]
    message = f'{example.rule.id}: its example "{example.text}" goes to {", ".join(others) or "nobody"}'
    hints = {
        "lost": f"ask for more than {own.by} does, or name it in `beats`",
        "late": f"layer {decision.layer} decides before {example.rule.layer}: narrow the rule there",
    }
    return of_rule(f"yes-{own.verdict}", example.rule, f"{message} ({own.verdict})", hints[own.verdict])
