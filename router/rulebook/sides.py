"""The two rulebooks of a comparison, their rules under names that both share; it compares nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from router.core.book import Rulebook
from router.core.canonical import canonical
from router.core.conditions import Atom, Looks, Says, Sight
from router.core.containment import Containment
from router.core.decide import decide
from router.core.plan import JSON
from router.core.query import Query
from router.core.rule import Rule
from router.core.template import strings
from router.rulebook.corpus import Recorded
from router.rulebook.ways import Way, refusal, way, way_of

SETTINGS: Final = "ts.toml"
"""The cause where layers, modes, tags, facts or the language did it."""


class Names:
    """Gives rules of two rulebooks the names that both share: those of the one that renamed them last.

    Of several rules that became one, or of one that became several, a pair shares a name, and the others
    keep their own.
    """

    def __init__(self, old: Rulebook, new: Rulebook) -> None:
        self._shared: dict[str, str] = {}
        self._family: dict[str, str] = {}
        for family in _families(old, new):
            pairs = _paired(sorted(family & old.rules.keys()), sorted(family & new.rules.keys()))
            for one, other in pairs:
                name = one if other in old.was else other
                self._shared |= {one: name, other: name}
            if pairs:
                self._family |= dict.fromkeys(map(self.shared, family), self.shared(pairs[0][0]))

    @property
    def are_own(self) -> bool:
        """Whether every rule is called on both sides as it calls itself."""
        return not self._shared and not self._family

    def shared(self, id_: str) -> str:
        """Return the shared name of a rule; no two rules of one rulebook have the same."""
        return self._shared.get(id_, id_)

    def family(self, names: Collection[str]) -> tuple[str, ...]:
        """Return names that are equal for rules which became one, unless two of these are such rules."""
        joined = {self._family.get(each, each) for each in names}
        return tuple(sorted(joined if len(joined) == len(names) else names))


def _families(old: Rulebook, new: Rulebook) -> Iterable[set[str]]:
    """Return the sets of ids that renamings join."""
    found: dict[str, set[str]] = {}
    for earlier, later in (*old.was.items(), *new.was.items()):
        joined = found.get(earlier, {earlier}) | found.get(later, {later})
        found |= dict.fromkeys(joined, joined)
    return {id(each): each for each in found.values()}.values()


def _paired(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """Pair ids: those that are equal first, then the others in order."""
    equal = [each for each in old if each in new]
    others = ([each for each in ids if each not in equal] for ids in (old, new))
    return [*((each, each) for each in equal), *zip(*others, strict=False)]


@dataclass(frozen=True, slots=True)
class Written:
    """A rule under its shared name, with the text of the prompts that it reads."""

    rule: Rule
    prompts: Mapping[str, str]

    def parts(self) -> dict[str, JSON]:
        """Return what of it bears on decisions and calls, as it is written and not as it is stemmed."""
        rule = self.rule
        clauses = [[_written(atom) for atom in clause.atoms] for clause in rule.condition.clauses]
        canary = [rule.share, *rule.was] if rule.stage == "canary" else []
        steps = [step.to_dict() for step in rule.steps]
        return {
            "layer": rule.layer,
            "condition": [clauses, [str(word) for word in rule.condition.none]],
            "use/add": rule.adds,
            "targets": [step.pop("use") for step in steps],
            "calls": steps,
            "answer": rule.answer,
            "prompts": dict(self.prompts),
            "stage": [rule.stage, *canary],
            "beats": sorted(rule.beats),
        }


def _written(atom: Atom) -> JSON:
    if isinstance(atom, Looks):
        return [str(atom), atom.shape.pattern]
    if isinstance(atom, Says):
        slots = sorted(atom.template.slots().items())
        return [str(atom), {name: [entry.shown for entry in slot.entries] for name, slot in slots}]
    return str(atom)


@dataclass
class Side:
    """One of two rulebooks."""

    book: Rulebook
    names: Names
    containment: Containment = field(default_factory=Containment)
    _prompts: dict[tuple[str, ...], str] = field(default_factory=dict)

    @cached_property
    def rules(self) -> Mapping[str, Written]:
        """By shared name; what they beat is named so as well, and the key of a canary stays as it is."""
        return {self.names.shared(id_): self._shared(rule) for id_, rule in self.book.rules.items()}

    def _shared(self, rule: Rule) -> Written:
        templates = [rule.answer, *(step.ask for step in rule.steps)]
        templates += [each for step in rule.steps for each in strings(step.args)]
        read = {name for each in templates if each for name in self.book.templates.included(each)}
        renamed = replace(
            rule,
            id=self.names.shared(rule.id),
            beats=frozenset(map(self.names.shared, rule.beats)),
            was=(*rule.was, rule.id)[:1],
        )
        return Written(renamed, {name: self.book.templates.prompts[name] for name in sorted(read)})

    def sight(self, record: Recorded) -> Sight:
        """Return a query as the rulebook reads it."""
        return Sight(record.query, self.book.normaliser.read(record.query.text))

    def matching(self, sight: Sight) -> Mapping[str, Written]:
        """Return the rules that match a query, whatever becomes of them."""
        found = (self.names.shared(rule.id) for rule in self.book.candidates(sight.query))
        return {
            name: self.rules[name]
            for name in sorted(found)
            if self.rules[name].rule.condition.match(sight, near=False).full
        }

    def way(self, record: Recorded) -> Way:
        """Return where a query goes."""
        if reason := refusal(self.book, record.query):
            return Way("refused", reason=reason)
        if self.names.are_own:
            return self._own_way(record.query)
        sight = self.sight(record)
        return self.way_with(sight, self.matching(sight), self.containment)

    def _own_way(self, query: Query) -> Way:
        """Return the same where no rule has another name on this side, as decisions are made."""
        found = way(self.book, query, deeds=True)
        if found.kind != "rule":
            return found
        return replace(found, added=tuple(sorted(found.added)), does=self._with_prompts(found))

    def _with_prompts(self, found: Way) -> str:
        """Return what is done, with the prompts that the rules read."""
        ids = (*found.rules, *found.added)
        if ids not in self._prompts:
            self._prompts[ids] = canonical([dict(self.rules[id_].prompts) for id_ in ids])
        return f"{found.does}\n{self._prompts[ids]}"

    def way_with(self, sight: Sight, rules: Mapping[str, Written], containment: Containment) -> Way:
        """Return where a query would go with these rules alone, under the settings of this side."""
        plain = {name: each.rule for name, each in rules.items()}
        layers = self.book.terms.layers
        decision = decide(plain.values(), sight, layers, "", self.book.admission, containment, near=False)
        found = way_of(decision, plain, self.book.admission, sight)
        if decision.rule is None:
            return replace(found, rules=self.names.family(found.rules))
        prompts = [dict(rules[name].prompts) for name in (decision.rule, *decision.added)]
        return replace(
            found,
            rules=self.names.family(found.rules),
            added=self.names.family(found.added),
            does=f"{found.does}\n{canonical(prompts)}",
        )
