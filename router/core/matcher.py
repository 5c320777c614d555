"""The matcher that answers: only rules that could match a query are looked at, by the rarest keys they need.

What it says is what the reference in decide.py says when it holds every rule against every query; tests hold
both to the same decisions and verdicts. A decision looks at what matches; what nearly matches, and why each
rule lost, is looked at when somebody asks.
"""

from __future__ import annotations

from router.core.contest import Candidate, first_winner, unstaged
from router.core.decision import VERDICTS, Decision, Verdict
from router.core.keys import context_keys
from router.core.written import digest, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from router.core.admission import Admission
    from router.core.decision import Word
    from router.core.filed import Filed
    from router.core.flat import FlatRule
    from router.core.plan import JSON
    from router.core.query import Query
    from router.core.rule import Stage
    from router.core.text import Normaliser, Reading
    from router.core.tournament import Asking, Lost


NO_OTHER = frozenset(("",))
"""Under what rules stand that need nothing but their key."""
FEW = 8
"""So many are sooner looked through than cut with the words of a query."""


class Matcher:
    """Decides by the rules of one compiled rulebook."""

    __slots__ = ("_asks", "admission", "filed", "normaliser")

    def __init__(self, filed: Filed, normaliser: Normaliser, admission: Admission) -> None:
        self.filed = filed
        self.normaliser = normaliser
        self.admission = admission
        self._asks: Asking | None = None

    def asking(self) -> Asking:
        """Return the memory of which rules ask for all that others ask for."""
        if self._asks is None:
            from router.core.tournament import asking

            self._asks = asking()
        return self._asks

    def beaten(self, candidates: Sequence[Candidate]) -> Lost:
        """Return for each candidate to which others it loses, and why."""
        from router.core.tournament import beaten

        return beaten(candidates, self.asking())

    def narrower(self, one: FlatRule, other: FlatRule) -> bool:
        """Whether the first rule asks for everything that the other asks for, and more."""
        from router.core.tournament import narrower

        return narrower(one, other, self.asking())

    def decide(self, query: Query, stages: Mapping[str, Stage]) -> Decision:
        """Return the decision on a query; `stages` stand in for those of the rules, by id."""
        reading = self.normaliser.read(query.text)
        return Contest(self, query, reading, self._matching(reading, query), stages).decision()

    def under(self, keys: Iterable[str]) -> Iterable[FlatRule]:
        """Return the rules that stand under one of the keys, or need none; each once."""
        found = dict.fromkeys(self.filed.always)
        for key in keys:
            found.update(dict.fromkeys(self.filed.under(key)))
        return found

    def near(self, reading: Reading, query: Query) -> Iterable[FlatRule]:
        """Return every rule that matches or all but matches, among others that do not; each once."""
        filed = self.filed
        found = dict.fromkeys((*filed.always, *filed.always_near))
        for key in (*reading.stem_set, *context_keys(query)):
            found.update(dict.fromkeys(filed.under(key)))
            found.update(dict.fromkeys([filed.rules[each] for each in filed.seconds[key]]))
        return found

    def _matching(self, reading: Reading, query: Query) -> dict[FlatRule, Mapping[str, JSON]]:
        """Return the rules that match, with their slots."""
        filed, firsts = self.filed, self.filed.firsts
        keys: Iterable[str] = reading.stem_set
        if query.modes or query.facts or query.attached:
            keys = (*keys, *context_keys(query))
        others = reading.stem_set | NO_OTHER
        numbers: list[int] = []
        for key in keys:
            if under := firsts[key]:
                for other in under if len(under) < FEW else under.keys() & others:
                    if other in others:
                        numbers += under[other]
        tried = [filed.rules[number] for number in (numbers if len(numbers) < 2 else set(numbers))]
        tried += filed.always
        found: dict[FlatRule, Mapping[str, JSON]] = {}
        for rule in tried:
            slots = rule.match(reading, query)
            if slots is not None:
                found[rule] = slots
        return found


class Contest:
    """The rules that match one query, and what becomes of them."""

    __slots__ = ("_adding", "_competing", "_left_out", "_lost", "_matcher", "_query", "_reading", "_stages")

    def __init__(
        self,
        matcher: Matcher,
        query: Query,
        reading: Reading,
        found: Mapping[FlatRule, Mapping[str, JSON]],
        stages: Mapping[str, Stage],
    ) -> None:
        self._matcher = matcher
        self._query = query
        self._reading = reading
        self._stages = stages
        self._competing: dict[int, list[Candidate]] = {}
        """By the place of their layer."""
        self._adding: list[Candidate] = []
        self._lost: Lost = {}
        """Of the deciding layer, where several compete there."""
        self._left_out: list[tuple[FlatRule, Word, str]] = []
        for rule in found if len(found) < 2 else sorted(found, key=lambda each: each.id):
            self._enter(rule, found[rule])

    def _enter(self, rule: FlatRule, slots: Mapping[str, JSON]) -> None:
        query, admission = self._query, self._matcher.admission
        stage = self._stages.get(rule.id, rule.stage) if self._stages else rule.stage
        if stage != "live":
            because = unstaged(stage, rule.canary, rule.share, self._reading, query)
            if because:
                self._left_out.append((rule, "shadow", because))
                return
        steps = rule.steps if rule.free and not query.words else admission.kept(rule, query)
        if not steps:
            self._left_out.append((rule, "filtered", admission.reason(rule, query)))
        elif rule.adds:
            self._adding.append(Candidate(rule, slots, steps))
        elif rule.layer in self._competing:
            self._competing[rule.layer].append(Candidate(rule, slots, steps))
        else:
            self._competing[rule.layer] = [Candidate(rule, slots, steps)]

    def decision(self) -> Decision:
        """Return the decision."""
        filed = self._matcher.filed
        if not self._competing:
            return Decision("", filed.revision, "none", reasons=self)
        place = min(self._competing)
        best = self._best(place)
        layer = filed.layers[place]
        if len(best) != 1 and len({each.does for each in best}) != 1:
            tied = tuple([each.rule.id for each in best])
            return Decision(
                "", filed.revision, "tie" if best else "none", None, None, layer, tied=tied, reasons=self
            )
        winner = best[0]
        return Decision(
            "",
            filed.revision,
            "rule",
            winner.rule.id,
            winner.rule.at,
            layer,
            dict(sorted(winner.slots.items())) if winner.slots else winner.slots,
            (),
            tuple([each.rule.id for each in self._adding]) if self._adding else (),
            (),
            self,
        )

    def _best(self, place: int) -> Sequence[Candidate]:
        candidates = self._competing[place]
        if len(candidates) == 1:
            return candidates
        self._lost = self._matcher.beaten(candidates)
        return [each for each in candidates if not self._lost[each.rule.id]]

    def id(self) -> str:
        """Return the decision's id."""
        return f"d:{digest(self._matcher.filed.revision, written(self._query.to_dict()))}"

    def matches(self) -> tuple[Verdict, ...]:
        """Return what became of each rule that matched."""
        out = (self._verdict(rule, word, because) for rule, word, because in self._left_out)
        found = [*self._decided(), *out]
        return tuple(sorted(found, key=lambda each: (VERDICTS.index(each.verdict), each.rule)))

    def near(self) -> tuple[Verdict, ...]:
        """Return the verdicts on the rules that match but for one thing."""
        found: list[Verdict] = []
        for rule in self._matcher.near(self._reading, self._query):
            nearly = rule.near(self._reading, self._query)
            if nearly is not None:
                found.append(Verdict(rule.id, "near", "", "", *nearly))
        return tuple(sorted(found, key=lambda each: each.rule))

    def _decided(self) -> Iterator[Verdict]:
        """Yield the verdicts on the rules that competed."""
        winner = ""
        places = sorted(self._competing)
        if places:
            candidates, lost = self._competing[places[0]], self._lost
            best = [each for each in candidates if not lost.get(each.rule.id)]
            winner = best[0].rule.id if len({each.does for each in best}) == 1 else ""
            safe = {each.rule.id for each in best}
            for each in candidates:
                if over := lost.get(each.rule.id):
                    by, because = first_winner(over, safe)
                    yield self._verdict(each.rule, "lost", because, by)
                elif not winner:
                    yield self._verdict(each.rule, "tied")
                elif each is best[0]:
                    yield self._verdict(each.rule, "won")
                else:
                    yield self._verdict(each.rule, "won", "agrees", winner)
        for place in places[1:]:
            because = f"layer {self._matcher.filed.layers[places[0]]} decides first"
            for each in self._competing[place]:
                yield self._verdict(each.rule, "late", because, winner)
        for each in self._adding:
            yield self._verdict(each.rule, "adds", "" if winner else "nothing won")

    def _verdict(self, rule: FlatRule, word: Word, because: str = "", by: str = "") -> Verdict:
        return Verdict(rule.id, word, because, by, rule.told(self._reading, self._query))
