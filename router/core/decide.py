"""The matcher as it is meant: query and rules in, decision out, with the reasons written down as it goes.

This is the reference: every rule is held against every query, as plainly as it can be said. What answers is
matcher.py, which is tested against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from router.core.admission import Admission
from router.core.conditions import Match, Sight
from router.core.containment import Containment
from router.core.contest import unstaged
from router.core.decision import VERDICTS, Decision, Verdict, Word
from router.core.plan import JSON, StepSource
from router.core.query import Query
from router.core.rule import Rule
from router.core.written import digest, written


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that matches."""

    rule: Rule
    match: Match
    steps: tuple[StepSource, ...]
    """Those of its steps that modes and words leave."""

    def verdict(self, word: Word, because: str = "", by: str = "") -> Verdict:
        """Return what became of it."""
        return Verdict(self.rule.id, word, because, by, self.match.matched)

    @property
    def does(self) -> str:
        """What it would carry out, so that two can agree."""
        return self.rule.does(self.steps, self.match.slots)


def decide(
    rules: Iterable[Rule],
    sight: Sight,
    layers: tuple[str, ...],
    revision: str,
    admission: Admission,
    containment: Containment,
    *,
    near: bool = True,
) -> Decision:
    """Return the decision on a query; pure, and the same for any order of `rules`.

    `rules` are all that match, and with `near` all that nearly match; others among them do no harm. Without
    `near` the verdicts leave out near misses.
    """
    query = sight.query
    competing: dict[str, list[Candidate]] = {layer: [] for layer in layers}
    adding: list[Candidate] = []
    verdicts: list[Verdict] = []
    for rule in sorted(rules, key=lambda each: each.id):
        match = rule.condition.match(sight, near=near)
        if not match.full:
            if near and match.near:
                verdicts.append(Verdict(rule.id, "near", matched=match.matched, missing=match.missing))
            continue
        candidate = Candidate(rule, match, admission.kept(rule, query))
        canary = (*rule.was, rule.id)[0]
        if because := unstaged(rule.stage, canary, rule.share, sight.reading, query):
            verdicts.append(candidate.verdict("shadow", because))
        elif not candidate.steps:
            verdicts.append(candidate.verdict("filtered", admission.reason(rule, query)))
        elif rule.adds:
            adding.append(candidate)
        else:
            competing[rule.layer].append(candidate)
    return _concluded(layers, revision, query, containment, competing, adding, verdicts)


def _concluded(
    layers: tuple[str, ...],
    revision: str,
    query: Query,
    containment: Containment,
    competing: Mapping[str, list[Candidate]],
    adding: list[Candidate],
    verdicts: list[Verdict],
) -> Decision:
    layer = next((each for each in layers if competing[each]), None)
    best = _survivors(competing[layer], containment, verdicts) if layer is not None else []
    agreed = len({each.does for each in best}) == 1
    winner = best[0] if agreed else None
    for each in best:
        if winner is None:
            verdicts.append(each.verdict("tied"))
        else:
            verdicts.append(
                each.verdict("won") if each is winner else each.verdict("won", "agrees", winner.rule.id)
            )
    late = layers[layers.index(layer) + 1 :] if layer is not None else ()
    by = winner.rule.id if winner else ""
    verdicts += [
        each.verdict("late", f"layer {layer} decides first", by) for name in late for each in competing[name]
    ]
    verdicts += [each.verdict("adds", "" if winner else "nothing won") for each in adding]
    return Decision(
        id="d:" + digest(revision, written(query.to_dict())),
        revision=revision,
        kind="rule" if winner else "tie" if best else "none",
        rule=winner.rule.id if winner else None,
        at=winner.rule.at if winner else None,
        layer=layer,
        slots=_sorted(winner.match.slots) if winner else {},
        tied=() if winner else tuple(each.rule.id for each in best),
        added=tuple(each.rule.id for each in adding) if winner else (),
        verdicts=tuple(sorted(verdicts, key=lambda each: (VERDICTS.index(each.verdict), each.rule))),
    )


def _survivors(
    candidates: list[Candidate], containment: Containment, verdicts: list[Verdict]
) -> list[Candidate]:
    """Return those that lose to no other; the losers' verdicts name a survivor where one beats them."""
    beaten = {each.rule.id: _winners_over(each, candidates, containment) for each in candidates}
    survivors = [each for each in candidates if not beaten[each.rule.id]]
    safe = {each.rule.id for each in survivors}
    for each in candidates:
        if over := beaten[each.rule.id]:
            by, because = min(over.items(), key=lambda item: (item[0] not in safe, item[0]))
            verdicts.append(each.verdict("lost", because, by))
    return survivors


def _winners_over(loser: Candidate, candidates: list[Candidate], containment: Containment) -> dict[str, str]:
    """Return the ids of the rules to which it loses, with the reason."""
    found: dict[str, str] = {}
    for other in candidates:
        if other is loser:
            continue
        if loser.rule.id in other.rule.beats:
            found[other.rule.id] = "beats"
        elif containment.narrower(other.rule, loser.rule):
            found[other.rule.id] = "narrower"
    return found


def _sorted(slots: Mapping[str, JSON]) -> dict[str, JSON]:
    return dict(sorted(slots.items()))
