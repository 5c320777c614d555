"""Makes a rulebook of what was read; says every problem at once. It reads no file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final, TypeAlias

from router.core.admission import Admission
from router.core.blocks import Blocks, block, parted
from router.core.book import Rulebook
from router.core.canonical import canonical
from router.core.compile_rule import RuleCompiler
from router.core.contained import narrower
from router.core.filed import Filed
from router.core.filing import CLAUSES, stored_rule, ways
from router.core.findings import Findings, nearest
from router.core.flat import LOOKS, FlatRule
from router.core.indexing import CompiledRule, laid_out
from router.core.plan import JSON
from router.core.rule import Rule
from router.core.settings import Settings
from router.core.source import RuleText, Sources, StepText
from router.core.template import Templates
from router.core.text import Normaliser
from router.core.thaw import REST, Rules
from router.core.vocabulary import compile_vocabulary
from router.core.written import digest
from router.errors import RulebookRefused

RULE_FIELDS: Final = tuple(each.name for each in fields(RuleText) if each.name not in ("file", "line"))
"""What of a rule bears on decisions; where it is written does not."""
STEP_FIELDS: Final = tuple(each.name for each in fields(StepText) if each.name != "path")
_rule_values = attrgetter(*(name for name in RULE_FIELDS if name != "steps"))
_step_values = attrgetter(*STEP_FIELDS)


def compile(sources: Sources, settings: Settings) -> Rulebook:
    """Return the rulebook. Raises RulebookRefused with every problem; places are paths of keys, not lines."""
    return Compiler(sources, settings).book()


Head: TypeAlias = RuleText | CompiledRule
"""What of a rule is compared with others: both have its id, place, layer and what it names."""


class Compiler:
    """Makes the bytes of a rulebook of sources, and of rules that were compiled before."""

    def __init__(self, sources: Sources, settings: Settings, kept: Sequence[CompiledRule] = ()) -> None:
        """Compile everything; `kept` are rules of files that `sources` leave out. Raises RulebookRefused."""
        self.sources = sources
        self.settings = settings
        self.made: dict[str, Rule] = {}
        """The rules that were compiled now."""
        self._findings = Findings()
        self._normaliser = Normaliser(settings.language)
        self._admission = Admission.of(settings, self._normaliser)
        self._templates = Templates(sources.prompts)
        heads = _by_id((*kept, *sources.rules), self._findings)
        self._was = _earlier_ids(heads, self._findings)
        beats = {
            id_: _beaten(head, heads, self._was, self._findings) for id_, head in heads.items() if head.beats
        }
        self.made = self._rules([each for each in heads.values() if isinstance(each, RuleText)], beats)
        self._refuse_problems()
        self._compiled_rules = {
            id_: head if isinstance(head, CompiledRule) else self._compiled(head)
            for id_, head in heads.items()
        }
        _refuse_rings(self._compiled_rules, beats, self._findings)
        self._refuse_problems()

    def book(self, content: bytes | None = None) -> Rulebook:
        """Return the rulebook, in memory; `content` are its bytes where they are made already."""
        filed = Filed(Blocks(self.content({}) if content is None else content))
        return Rulebook(filed, lambda: self.settings, Rules(filed, self.made))

    def content(self, about: Mapping[str, JSON], files: Mapping[str, str] | None = None) -> bytes:
        """Return the bytes, with more said `about` them, and with digests of the rule files by name."""
        settings, admission = self.settings, self._admission
        meta = {
            "revision": self._revision(),
            "layers": settings.layers,
            "ambiguous": settings.ambiguous,
            "fallback": settings.fallback,
            "plans": bool(settings.planning.ways),
            "facts": {key: tuple(values) for key, values in settings.facts.items()},
            "language": settings.language,
            "modes": dict(admission.modes),
            "labels": dict(admission.labels),
            **about,
        }
        rules = tuple(self._compiled_rules.values())
        return laid_out(rules, meta, self._was, self.sources.prompts, files or {})

    def _refuse_problems(self) -> None:
        if self._findings.problems:
            raise RulebookRefused(tuple(self._findings.problems))

    def _rules(self, texts: Iterable[RuleText], beats: Mapping[str, frozenset[str]]) -> dict[str, Rule]:
        vocabulary = compile_vocabulary(self.sources, self._normaliser, self._findings)
        for name in sorted(self.sources.prompts):
            if fault := self._templates.fault(name):
                self._findings.add(f"prompts/{name}", (), fault.reason, code=fault.code, line=fault.line)
        compiler = RuleCompiler(self.settings, vocabulary, self._normaliser, self._templates, self._findings)
        return {text.id: compiler.rule(text, beats.get(text.id, frozenset())) for text in texts}

    def _compiled(self, text: RuleText) -> CompiledRule:
        rule = self.made[text.id]
        layer = self.settings.layers.index(rule.layer)
        flat = stored_rule(rule, text.beats, layer, self._admission, self._templates)
        clauses = flat[CLAUSES]
        keyed = tuple(ways(each) for each in clauses)
        unkeyed = (clause for clause, each in zip(clauses, keyed, strict=True) if not each)
        return CompiledRule(
            id=rule.id, file=text.file, line=text.line, layer=text.layer, adds=text.adds, was=text.was,
            beats=text.beats, digest=digest(canonical(_without_places(text))), ways=keyed,
            tells_unkeyed=any(kind != LOOKS for kind, _, _ in unkeyed), flat=block(flat),
            rest=block(tuple(getattr(rule, name) for name in REST)),
        )  # fmt: skip

    def _revision(self) -> str:
        """Return a hash of everything that bears on decisions and plans, and of nothing that does not."""
        sources = self.sources
        all_of_it = {
            "normaliser": self._normaliser.version,
            "rules": {id_: each.digest for id_, each in self._compiled_rules.items()},
            "words": {name: list(words) for name, words in sources.words.items()},
            "shapes": dict(sources.shapes),
            "prompts": dict(sources.prompts),
            **bearing(self.settings),
        }
        return f"r:{digest(canonical(all_of_it))}"


def _by_id(heads: Iterable[Head], findings: Findings) -> dict[str, Head]:
    found: dict[str, Head] = {}
    for head in sorted(heads, key=lambda each: (each.id, each.file)):
        if other := found.get(head.id):
            message = f'rule "{head.id}" exists already, in {other.file}:{other.line}'
            hint = "rename the table or the file"
            findings.add(head.file, (head.name,), message, hint, code="same-id", key=True)
        else:
            found[head.id] = head
    return found


def _earlier_ids(heads: Mapping[str, Head], findings: Findings) -> dict[str, str]:
    found: dict[str, str] = {}
    for id_, head in heads.items():
        for number, earlier in enumerate(head.was):
            taken = earlier if earlier in heads else found.get(earlier)
            if taken:
                message = f'"{earlier}" is an earlier id of this rule and also {taken}'
                findings.add(head.file, (head.name, "was", number), message, code="same-id")
            found[earlier] = id_
    return found


def _beaten(
    head: Head, heads: Mapping[str, Head], was: Mapping[str, str], findings: Findings
) -> frozenset[str]:
    """Resolve `beats` to present ids of other rules of the same layer."""
    found: set[str] = set()
    for number, written in enumerate(head.beats):
        other = heads.get(was.get(written, written))
        if other is None:
            code, message, hint = (
                "unknown-rule",
                f'unknown rule "{written}" in beats',
                nearest(written, heads),
            )
        else:
            code = "idle-beats"
            message, hint = _unbeatable(head, other)
            found.add(other.id)
        if message:
            findings.add(head.file, (head.name, "beats", number), message, hint, code=code)
    return frozenset(found)


def _unbeatable(head: Head, other: Head) -> tuple[str, str]:
    """Return why a rule cannot beat another, and a hint; empty where it can."""
    if other.id == head.id:
        return "a rule cannot beat itself", ""
    if other.layer != head.layer:
        message = f'"{other.id}" is in layer {other.layer}, not {head.layer}'
        return message, "the order of layers decides between them already"
    if head.adds or other.adds:
        return "an `add` rule never competes", "leave it out of beats"
    return "", ""


def _refuse_rings(
    rules: Mapping[str, CompiledRule], beats: Mapping[str, frozenset[str]], findings: Findings
) -> None:
    """Refuse rules that lose to each other in a ring of `beats` and containment: none of them could win."""
    named = {*beats, *(each for beaten in beats.values() for each in beaten)}
    flat = {id_: FlatRule(parted(rules[id_].flat)) for id_ in named}
    over = {
        id_: {
            other
            for other in named
            if rules[other].layer == rules[id_].layer
            and (other in beats.get(id_, ()) or narrower(flat[id_], flat[other]))
        }
        for id_ in named
    }
    for id_ in sorted(named):
        if (ring := _ring(id_, over)) and id_ == min(ring):
            chain = " beats ".join((*ring, id_))
            findings.add(
                rules[id_].file,
                (rules[id_].name, "beats"),
                f"a ring in which no rule can win: {chain}",
                "a rule that asks for more wins already",
                code="beats-ring",
            )


def _ring(start: str, over: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return a shortest way from a rule back to itself, or nothing."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for other in sorted(over[way[-1]]):
            if other == start:
                return way
            if other not in seen:
                seen.add(other)
                ways.append((*way, other))
    return ()


def _without_places(text: RuleText) -> JSON:
    steps = [_step_values(step) for step in text.steps]
    return [*_rule_values(text), steps]


def bearing(settings: Settings) -> dict[str, JSON]:
    """Return what of the settings bears on decisions and plans."""
    return {
        "layers": list(settings.layers),
        "ambiguous": settings.ambiguous,
        "peers": dict(_peers(settings)),
        "facts": {key: list(each) for key, each in settings.facts.items()},
    }


def _peers(settings: Settings) -> Iterator[tuple[str, JSON]]:
    for name, server in settings.servers.items():
        tools = {"allow": server.tools.allow, "deny": server.tools.deny, "rename": dict(server.tools.rename)}
        yield f"mcp:{name}", [list(server.modes), list(server.tags), server.description, tools]
    for name, agent in settings.agents.items():
        yield f"a2a:{name}", [list(agent.modes), list(agent.tags), agent.description]
