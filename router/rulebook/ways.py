"""Where a query goes, in one line, as snapshots record and comparisons compare it. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from router.core.admission import Admission
from router.core.book import Rulebook
from router.core.conditions import Sight
from router.core.decision import Decision
from router.core.query import Query
from router.core.rule import Rule
from router.errors import QueryRefused
from router.rulebook.corpus import Recorded

ARROW = "\N{RIGHTWARDS DOUBLE ARROW}"


@dataclass(frozen=True, slots=True)
class Way:
    """What the rules make of one query."""

    kind: str
    """`rule`, `tie`, `none`, or `refused` for a context that the settings do not know."""
    rules: tuple[str, ...] = ()
    """The rule that decides, or those that tie."""
    targets: tuple[str, ...] = ()
    """What the rule calls, those that `add` rules attach behind."""
    added: tuple[str, ...] = ()
    """Ids of the `add` rules."""
    does: str = ""
    """Targets, arguments, answer and the slots they read, as compared; empty where no rule decides."""
    reason: str = ""

    def __str__(self) -> str:
        """As a snapshot writes it: `git.history ⇒ mcp:git/git_log`."""
        if self.kind == "rule":
            return f"{self.rules[0]} {ARROW} {' + '.join(self.targets)}"
        if self.kind == "tie":
            return f"tie {ARROW} {', '.join(self.rules)}"
        return f"refused {ARROW} {self.reason}" if self.kind == "refused" else "none"


def way(book: Rulebook, query: Query) -> Way:
    """Return where a query goes."""
    try:
        decision = book.decide(query, near=False)
    except QueryRefused as error:
        return Way("refused", reason=str(error))
    sight = Sight(query, book.normaliser.read(query.text))
    return way_of(decision, book.rules, book.admission, sight)


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


def ways(book: Rulebook, records: Iterable[Recorded]) -> dict[str, Way]:
    """Return where recorded queries go, by their line."""
    return {each.shown: way(book, each.query) for each in records}
