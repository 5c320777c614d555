"""Where a query goes, in one line, as snapshots record and comparisons compare it. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from router.core.admission import Admission
from router.core.book import Rulebook
from router.core.conditions import Sight
from router.core.contest import Candidate
from router.core.decision import Decision
from router.core.query import Query
from router.core.rule import Rule
from router.rulebook.corpus import Recorded
from router.rulebook.many import Tell, nobody, on_each

ARROW = "\N{RIGHTWARDS DOUBLE ARROW}"


@dataclass(frozen=True, slots=True)
class Way:
    """What the rules make of one query."""

    kind: str
    """`rule`, `tie`, `none`, or `refused` for facts that the settings do not list."""
    rules: tuple[str, ...] = ()
    """The rule that decides, or those that tie."""
    targets: tuple[str, ...] = ()
    """What the rule calls, those that `add` rules attach behind."""
    added: tuple[str, ...] = ()
    """Ids of the `add` rules."""
    does: str = ""
    """Targets, arguments, answer and the slots they read, as compared; empty where no rule decides."""
    reason: str = field(default="", compare=False)
    """Why it is refused."""

    def __str__(self) -> str:
        """As a snapshot writes it: `git.history ⇒ mcp:git/git_log`."""
        if self.kind == "rule":
            return f"{self.rules[0]} {ARROW} {' + '.join(self.targets)}"
        if self.kind == "tie":
            return f"tie {ARROW} {', '.join(self.rules)}"
        return f"refused {ARROW} {self.reason}" if self.kind == "refused" else "none"


def way(book: Rulebook, query: Query, *, deeds: bool = False) -> Way:
    """Return where a query goes; with `deeds` also what would be carried out there, in full."""
    if reason := refusal(book, query):
        return Way("refused", reason=reason)
    decision = book.decide(query)
    if decision.rule is None:
        return Way(decision.kind, decision.tied)
    rules = [book.flat(id_) for id_ in (decision.rule, *decision.added)]
    kept = [book.admission.kept(rule, query) for rule in rules]
    does = ""
    if deeds:
        reading = book.normaliser.read(query.text)
        slots = [decision.slots, *(rule.match(reading, query) or {} for rule in rules[1:])]
        does = "\n".join(each.does for each in map(Candidate, rules, slots, kept))
    targets = tuple([str(step.use) for steps in kept for step in steps])
    return Way("rule", (decision.rule,), targets, decision.added, does)


def refusal(book: Rulebook, query: Query) -> str:
    """Return why the settings refuse a query's facts, on one line; empty where they do not.

    What would do is left out: it names what else the settings list, and changes with it.
    """
    wrong = (book.terms.unknown_fact(key, value)[0] for key, value in query.facts.items())
    return " ".join(next(filter(None, wrong), "").split())


def way_of(decision: Decision, rules: Mapping[str, Rule], admission: Admission, sight: Sight) -> Way:
    """Return where a decision leads."""
    if decision.rule is None:
        return Way(decision.kind, decision.tied)
    rule = rules[decision.rule]
    kept = admission.kept(rule, sight.query)
    does = [rule.does(kept, decision.slots)]
    targets = [str(step.use) for step in kept]
    for added in (rules[id_] for id_ in decision.added):
        steps = admission.kept(added, sight.query)
        does.append(added.does(steps, added.condition.match(sight).slots))
        targets += [str(step.use) for step in steps]
    return Way("rule", (rule.id,), tuple(targets), decision.added, "\n".join(does))


def ways(book: Rulebook, records: Sequence[Recorded], tell: Tell = nobody) -> dict[str, str]:
    """Return where recorded queries go, in words, by their line."""
    found = on_each(_Asking(book), records, tell)
    return {each.shown: where for each, where in zip(records, found, strict=True)}


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks one rulebook for each of many queries."""

    book: Rulebook

    def __call__(self, record: Recorded) -> str:
        """Return where a query goes, in words."""
        return str(way(self.book, record.query))
