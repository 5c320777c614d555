"""Holds recorded queries against a rulebook: ties, what none may take, rules that none exercises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from router.core.book import Rulebook
from router.core.decision import Decision
from router.core.rule import Rule
from router.errors import QueryRefused
from router.rulebook.check.examples import Example
from router.rulebook.check.finding import Finding, Related, of_rule, place_of
from router.rulebook.check.rivals import makes_ring
from router.rulebook.corpus import Recorded
from router.rulebook.formats import counted


@dataclass(frozen=True, slots=True)
class Asked:
    """A recorded query and what the rulebook says of it."""

    recorded: Recorded
    decision: Decision


def asked(book: Rulebook, records: Iterable[Recorded]) -> tuple[list[Asked], list[Finding]]:
    """Decide recorded queries; those whose context the settings refuse are findings."""
    found: list[Asked] = []
    refused: list[Finding] = []
    for each in records:
        try:
            found.append(Asked(each, book.decide(each.query)))
        except QueryRefused as error:
            refused.append(Finding("bad-query", each.file, each.line, f"cannot be a query: {error}"))
    return found, refused


def exercised(queries: Iterable[Asked]) -> frozenset[str]:
    """Return the ids of the rules that match at least one of the queries."""
    return frozenset(verdict.rule for each in queries for verdict in each.decision.matches)


def unmatched(rules: Iterable[Rule], seen: frozenset[str]) -> Iterator[Finding]:
    """Yield the rules that match no recorded query."""
    for rule in rules:
        if rule.id not in seen:
            hint = "record one in corpus/queries.txt, or delete the rule"
            yield of_rule("unmatched", rule, f"{rule.id} matches no recorded query", hint)


def taken(book: Rulebook, queries: Iterable[Asked]) -> Iterator[Finding]:
    """Yield the queries of `corpus/none.txt` that a rule takes, or over which rules tie."""
    for each in queries:
        rules = [book.rules[id_] for id_ in (each.decision.rule, *each.decision.tied) if id_]
        if rules:
            names = " and ".join(rule.id for rule in rules)
            verb = "takes" if len(rules) == 1 else "tie over"
            yield Finding(
                "none-taken",
                each.recorded.file,
                each.recorded.line,
                f'{names} {verb} "{each.recorded.shown}", which no rule may take',
                "narrow the rule, or take the query out of the file",
                related=tuple(place_of(rule, f"{rule.id} takes it") for rule in rules),
            )


@dataclass(slots=True)
class _Tie:
    witness: str
    recorded: int = 0
    examples: int = 0


def tied_rules(queries: Iterable[Asked], examples: Iterable[Example]) -> frozenset[frozenset[str]]:
    """Return the sets of rules that tie on a recorded query or a `yes`."""
    return frozenset(frozenset(tied) for tied, _, _ in _met(queries, examples))


def ties(book: Rulebook, queries: Sequence[Asked], examples: Iterable[Example]) -> Iterator[Finding]:
    """Yield the ties that real queries meet, the most met first, each with a witness and what settles it."""
    found: dict[tuple[str, ...], _Tie] = {}
    for tied, witness, is_example in _met(queries, examples):
        tie = found.setdefault(tied, _Tie(witness))
        tie.recorded += not is_example
        tie.examples += is_example
    ranked = sorted(found.items(), key=lambda item: (-item[1].recorded, -item[1].examples, item[0]))
    for tied, tie in ranked:
        yield _tie(book, [book.rules[id_] for id_ in tied], tie, len(queries))


def _met(
    queries: Iterable[Asked], examples: Iterable[Example]
) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Yield the ids that tie, the query that shows it, and whether it is an example."""
    for each in queries:
        if each.decision.tied:
            yield each.decision.tied, each.recorded.shown, False
    for example in examples:
        if example.wanted and example.decision.tied:
            yield example.decision.tied, example.text, True


def _tie(book: Rulebook, rules: list[Rule], tie: _Tie, total: int) -> Finding:
    """Name both sides with the line to add to each; an example that ties does not hold, so it is an error."""
    met = [f"{tie.recorded} of {counted(total, 'recorded query')}"] if tie.recorded else []
    met += [counted(tie.examples, "example")] if tie.examples else []
    names = " and ".join(rule.id for rule in rules)
    message = f'{names} tie on {" and ".join(met)}, such as "{tie.witness}"'
    severe = bool(tie.examples) or book.settings.ambiguous == "error"
    sides = (_settled(book, rule, [other for other in rules if other is not rule]) for rule in rules)
    hint = "give one of them a condition that the other lacks, or add one of these lines"
    return of_rule("tie", rules[0], message, hint, tuple(sides), severe=severe)


def _settled(book: Rulebook, rule: Rule, others: list[Rule]) -> Related:
    if makes_ring(book, rule, others):
        return place_of(rule, f"{rule.id} cannot win by `beats`, which would make a ring")
    beaten = sorted({*rule.beats, *(other.id for other in others)})
    listed = ", ".join(f'"{each}"' for each in beaten)
    table = rule.id.partition(".")[2]
    return place_of(rule, f"for {rule.id} to win, under [{table}]: beats = [{listed}]")
