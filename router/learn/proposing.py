"""Proposes rules of what was taught, each proved on the record; it writes no file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from router.core.book import Rulebook
from router.core.plan import JSON, Target
from router.core.source import RuleText
from router.errors import QueryRefused, RulebookRefused
from router.learn.drafting import Draft, drafts
from router.learn.offered import Offered
from router.learn.private import masked
from router.learn.proving import Proof, Record, Witness, called, joint
from router.learn.shaping import Sketch, sketch
from router.learn.taught import Taught
from router.learn.written import table
from router.ports import Offer
from router.rulebook.formats import counted
from router.rulebook.new import LONGEST_NAME, WORDS_IN_A_NAME
from router.rulebook.read import Reading

if TYPE_CHECKING:
    from router.core.rule import Stage

LAYER: Final = "learned"
"""Whose rules these are: `rules/learned/`."""
MOST_YES: Final = 12
"""Taught texts that a rule shows; one for each of its sentences at least."""
MOST_NO: Final = 2
_NOT_IN_A_NAME: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A taught text of which no rule is proposed."""

    taught: Taught
    because: str

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {"text": masked(self.taught.text), "use": self.taught.use, "because": self.because}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that was learned, and what the record says of it."""

    id: str
    file: str
    draft: Draft
    proof: Proof = field(default_factory=Proof)
    no: tuple[str, ...] = ()
    changes: bool | None = None
    """Whether its call may change things; None where the catalogue does not know its server."""

    @property
    def name(self) -> str:
        """Of its table."""
        return self.id.partition(".")[2]

    @property
    def holds(self) -> bool:
        """Whether nothing on the record contradicts it."""
        return not self.proof.against

    @property
    def table(self) -> str:
        """Its TOML."""
        first = self.draft.first
        values: dict[str, JSON] = {"owner": "", "why": _why(self.draft), "stage": "shadow"}
        values |= {"say": [each.say for each in self.draft.sketches], "use": first.taught.use}
        values |= {"args": first.args} if first.args else {}
        values |= {"ask": first.ask} if first.ask else {}
        values |= {"yes": _yes(self.draft)} | ({"no": list(self.no)} if self.no else {})
        return table(self.name, values)

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "id": self.id,
            "file": self.file,
            "table": self.table,
            "answers": self.draft.answers,
            "taught": [each.text for each in self.draft.taught],
            "for": list(self.proof.right),
            "against": [each.to_dict() for each in self.proof.against],
            "unknown": list(self.proof.unknown),
            "changes": self.changes,
        }


@dataclass(frozen=True, slots=True)
class Proposed:
    """What came of all that was taught."""

    taught: int
    """Questions with an answer, each once."""
    proposals: tuple[Proposal, ...]
    covered: tuple[LeftOut, ...]
    """What rules give already, on trial or live."""
    left_out: tuple[LeftOut, ...]


def propose(
    reading: Reading, taught: Sequence[Taught], witnesses: Sequence[Witness], offers: Iterable[Offer] = ()
) -> Proposed:
    """Return a proposal for everything taught that no rule gives yet and that can be a rule.

    What `offers` say cannot be called is left out, and what they do not say only reads gets no slots.

    Raises QueryRefused where the layer is missing or nothing is taught, RulebookRefused where the rules do
    not load.
    """
    settings = reading.settings
    if LAYER not in settings.layers:
        layers = ", ".join(f'"{each}"' for each in (*settings.layers, LAYER))
        raise QueryRefused(f'there is no layer "{LAYER}": write layers = [{layers}] in ts.toml')
    if not taught:
        raise QueryRefused("nothing is taught: there is no answer of a model to learn from")
    book = reading.book()
    covered, left_out, open_ = _sorted(book, taught)
    sketches: list[Sketch] = []
    offered = Offered(offers)
    for each in open_:
        changes = offered.changes(Target.parse(each.use))
        made = offered.fault(each) or sketch(book, each, exact=changes is True)
        if isinstance(made, Sketch):
            sketches.append(made)
        else:
            left_out.append(LeftOut(each, made))
    proposals, tried, refused = _compiled(reading, book, sketches)
    proposals = tuple(
        replace(each, changes=offered.changes(Target.parse(each.draft.first.taught.use)))
        for each in _proved(Record(tried, witnesses), proposals)
    )
    return Proposed(len(taught), proposals, tuple(covered), (*left_out, *refused))


def _sorted(book: Rulebook, taught: Iterable[Taught]) -> tuple[list[LeftOut], list[LeftOut], list[Taught]]:
    """Return what rules give already, what they decide otherwise, and what is open."""
    covered: list[LeftOut] = []
    otherwise: list[LeftOut] = []
    open_: list[Taught] = []
    stages: dict[str, Stage] = {id_: "live" for id_, each in book.rules.items() if each.stage != "live"}
    for each in taught:
        ways = [book.decide(each.query), book.staged(each.query, stages)]
        found = next((way for way in ways if way.kind != "none"), None)
        if found is None:
            open_.append(each)
        elif found.rule is None:
            otherwise.append(LeftOut(each, f"{' and '.join(found.tied)} tie over it"))
        elif called(book, found, each.query) == (each.call,):
            covered.append(LeftOut(each, f"{found.rule} gives it"))
        else:
            otherwise.append(LeftOut(each, f"{found.rule} takes it and calls something else"))
    return covered, otherwise, open_


def _compiled(
    reading: Reading, book: Rulebook, sketches: Sequence[Sketch]
) -> tuple[tuple[Proposal, ...], Rulebook, list[LeftOut]]:
    """Return proposals that give all that was taught of them, a rulebook with them, and what was refused."""
    refused: list[LeftOut] = []
    while True:
        proposals = tuple(_named(book, drafts(book, sketches)))
        texts = tuple(text for each in proposals for text in _texts(reading, each))
        try:
            tried = reading.book(replace(reading.sources, rules=(*reading.sources.rules, *texts)))
        except RulebookRefused as error:
            bad = {problem.file: problem.message for problem in error.problems}
            lost = {
                (each.text, each.call): bad[_tried(proposal)]
                for proposal in proposals
                if _tried(proposal) in bad
                for each in proposal.draft.taught
            }
            if not lost:
                raise
        else:
            lost = dict(_lost(tried, proposals))
            if not lost:
                return proposals, tried, refused
        refused += [
            LeftOut(each.taught, lost[key])
            for each in sketches
            if (key := (each.taught.text, each.taught.call)) in lost
        ]
        sketches = [each for each in sketches if (each.taught.text, each.taught.call) not in lost]


def _texts(reading: Reading, proposal: Proposal) -> Iterator[RuleText]:
    topic = proposal.id.partition(".")[0]
    yield from reading.rule_texts(_tried(proposal), proposal.table, LAYER, topic)


def _tried(proposal: Proposal) -> str:
    """Return the name of a file that there is not, in which a proposal stands alone while it is tried."""
    return f"rules/{LAYER}/{proposal.id}.proposed.toml"


def _lost(book: Rulebook, proposals: Iterable[Proposal]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what is taught and not given by the real rules, and why."""
    for proposal in proposals:
        for each in proposal.draft.taught:
            decision = book.staged(each.query, {proposal.id: "live"})
            if decision.rule == proposal.id and called(book, decision, each.query) == (each.call,):
                continue
            verdict = next((one.verdict for one in decision.matches if one.rule == proposal.id), "near")
            yield (each.text, each.call), f"a rule made of it would not give its call ({verdict})"


def _proved(record: Record, proposals: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """Hold each against the record, alone and then beside the others that hold."""
    found = {each.id: replace(each, proof=record.proof(each.id)) for each in proposals}
    while True:
        standing = {id_: each.draft.taught for id_, each in found.items() if each.holds}
        beside = dict(joint(record.book, standing))
        if not beside:
            break
        weakest = min(beside, key=lambda id_: (found[id_].draft.answers, id_))
        proof = found[weakest].proof
        found[weakest] = replace(found[weakest], proof=replace(proof, against=(beside[weakest],)))
    return tuple(
        replace(each, no=record.nearest(id_, [one.text for one in each.draft.taught], MOST_NO))
        for id_, each in found.items()
    )


def _named(book: Rulebook, made: Iterable[Draft]) -> Iterator[Proposal]:
    """Give drafts their ids: the server and the first words of a sentence."""
    taken: set[str] = set()
    for draft in made:
        topic = _name(Target.parse(draft.first.taught.use).name) or "rules"
        words = " ".join(each for each in draft.first.parts if isinstance(each, str))
        stem = "-".join(_name(words).split("-")[:WORDS_IN_A_NAME])[:LONGEST_NAME].strip("-") or "rule"
        number, id_ = 1, f"{topic}.{stem}"
        while id_ in taken or book.find(id_) is not None:
            number += 1
            id_ = f"{topic}.{stem}-{number}"
        taken.add(id_)
        yield Proposal(id_, f"rules/{LAYER}/{topic}.toml", draft)


def _name(text: str) -> str:
    return _NOT_IN_A_NAME.sub("-", text.lower()).strip("-")


def _why(draft: Draft) -> str:
    """Say from whom and when it was learned; where nobody says it, from which file."""
    models = sorted({each.model for each in draft.taught if each.model})
    files = sorted({each.file for each in draft.taught if each.file})
    days = sorted({day for each in draft.taught for day in (each.first, each.seen) if day})
    whom = f" of {' and '.join(models or files)}" if models or (files and not days) else ""
    when = f", {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "") if days else ""
    return f"Learned from {counted(draft.answers, 'answer')}{whom}{when}"


def _yes(draft: Draft) -> list[str]:
    """Return taught texts on one line each: first those that its sentences are made of, up to a number."""
    made = {each.taught.text for each in draft.sketches}
    taught = sorted(draft.taught, key=lambda each: each.text not in made)
    texts = list(dict.fromkeys(" ".join(each.text.split()) for each in taught))
    return texts[: max(MOST_YES, len(draft.sketches))]
