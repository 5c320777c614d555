"""Makes a rulebook of what was read; says every problem at once. It reads no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Final

from router.core.admission import Admission
from router.core.blocks import Blocks, block
from router.core.book import Rulebook
from router.core.canonical import digest
from router.core.compile_rule import RuleCompiler
from router.core.containment import narrower
from router.core.filed import Filed
from router.core.filing import CLAUSES, stored_rule
from router.core.findings import Findings, nearest
from router.core.indexing import StoredRule, laid_out
from router.core.plan import JSON
from router.core.rule import Rule
from router.core.settings import Settings
from router.core.source import RuleText, Sources, StepText
from router.core.template import Templates, strings
from router.core.text import Normaliser
from router.core.thaw import REST
from router.core.vocabulary import compile_vocabulary
from router.errors import RulebookRefused

RULE_FIELDS: Final = tuple(each.name for each in fields(RuleText) if each.name not in ("file", "line"))
"""What of a rule bears on decisions; where it is written does not."""
STEP_FIELDS: Final = tuple(each.name for each in fields(StepText) if each.name != "path")


def compile(sources: Sources, settings: Settings) -> Rulebook:
    """Return the rulebook. Raises RulebookRefused with every problem; places are paths of keys, not lines."""
    findings = Findings()
    normaliser = Normaliser(settings.language)
    vocabulary = compile_vocabulary(sources, normaliser, findings)
    templates = Templates(sources.prompts)
    for name in sorted(sources.prompts):
        if fault := templates.fault(name):
            findings.add(f"prompts/{name}", (), fault.reason, code=fault.code, line=fault.line)
    compiler = RuleCompiler(settings, vocabulary, normaliser, templates, findings)
    texts = _by_id(sources, findings)
    was = _earlier_ids(texts, findings)
    rules = {id_: compiler.rule(text) for id_, text in sorted(texts.items())}
    rules = {
        id_: replace(rule, beats=_beaten(texts[id_], texts, was, findings)) for id_, rule in rules.items()
    }
    if not findings.problems:
        _refuse_cycles(rules, texts, findings)
    if findings.problems:
        raise RulebookRefused(tuple(findings.problems))
    rules = {id_: replace(rule, reads=_reads(rule, templates)) for id_, rule in rules.items()}
    revision = "r:" + digest(_bearing(sources, settings, normaliser))
    admission = Admission.of(settings, normaliser)
    meta = {
        "revision": revision,
        "layers": settings.layers,
        "ambiguous": settings.ambiguous,
        "fallback": settings.fallback,
        "facts": {key: tuple(values) for key, values in settings.facts.items()},
        "language": settings.language,
        "modes": dict(admission.modes),
        "labels": dict(admission.labels),
    }
    layers = {layer: place for place, layer in enumerate(settings.layers)}
    stored = [_stored(rule, layers[rule.layer], admission, templates) for rule in rules.values()]
    content = laid_out(stored, meta, was, sources.prompts, ())
    return Rulebook(Filed(Blocks(content)), lambda: settings, rules)


def _stored(rule: Rule, layer: int, admission: Admission, templates: Templates) -> StoredRule:
    flat = stored_rule(rule, layer, admission, templates)
    rest = tuple(getattr(rule, name) for name in REST)
    return StoredRule(rule.id, flat[CLAUSES], block(flat), block(rest))


def _by_id(sources: Sources, findings: Findings) -> dict[str, RuleText]:
    found: dict[str, RuleText] = {}
    for text in sorted(sources.rules, key=lambda each: (each.id, each.file)):
        if other := found.get(text.id):
            message = f'rule "{text.id}" exists already, in {other.file}:{other.line}'
            hint = "rename the table or the file"
            findings.add(text.file, (text.name,), message, hint, code="same-id", key=True)
        else:
            found[text.id] = text
    return found


def _earlier_ids(texts: Mapping[str, RuleText], findings: Findings) -> dict[str, str]:
    found: dict[str, str] = {}
    for id_, text in texts.items():
        for number, earlier in enumerate(text.was):
            taken = earlier if earlier in texts else found.get(earlier)
            if taken:
                message = f'"{earlier}" is an earlier id of this rule and also {taken}'
                findings.add(text.file, (text.name, "was", number), message, code="same-id")
            found[earlier] = id_
    return found


def _beaten(
    text: RuleText, texts: Mapping[str, RuleText], was: Mapping[str, str], findings: Findings
) -> frozenset[str]:
    """Resolve `beats` to present ids of other rules of the same layer."""
    found: set[str] = set()
    for number, written in enumerate(text.beats):
        other = texts.get(was.get(written, written))
        if other is None:
            code, message, hint = (
                "unknown-rule",
                f'unknown rule "{written}" in beats',
                nearest(written, texts),
            )
        else:
            code = "idle-beats"
            message, hint = _unbeatable(text, other)
            found.add(other.id)
        if message:
            findings.add(text.file, (text.name, "beats", number), message, hint, code=code)
    return frozenset(found)


def _unbeatable(text: RuleText, other: RuleText) -> tuple[str, str]:
    """Return why a rule cannot beat another, and a hint; empty where it can."""
    if other.id == text.id:
        return "a rule cannot beat itself", ""
    if other.layer != text.layer:
        message = f'"{other.id}" is in layer {other.layer}, not {text.layer}'
        return message, "the order of layers decides between them already"
    if text.adds or other.adds:
        return "an `add` rule never competes", "leave it out of beats"
    return "", ""


def _refuse_cycles(rules: Mapping[str, Rule], texts: Mapping[str, RuleText], findings: Findings) -> None:
    """Refuse rules that lose to each other in a ring of `beats` and containment: none of them could win."""
    named = {id_ for id_, rule in rules.items() if rule.beats} | {
        each for rule in rules.values() for each in rule.beats
    }
    over = {
        id_: {
            other
            for other in named
            if rules[other].layer == rules[id_].layer
            and (other in rules[id_].beats or narrower(rules[id_].condition, rules[other].condition))
        }
        for id_ in named
    }
    for id_ in sorted(named):
        if (ring := _ring(id_, over)) and id_ == min(ring):
            chain = " beats ".join((*ring, id_))
            findings.add(
                texts[id_].file,
                (texts[id_].name, "beats"),
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


def _reads(rule: Rule, templates: Templates) -> frozenset[str]:
    """Return the slots that the rule's templates name."""
    written = [template for step in rule.steps for template in (*strings(step.args), step.ask)]
    names = [templates.names(template) for template in (*written, rule.answer) if template]
    return frozenset().union(*names) & rule.slots.keys()


def _bearing(sources: Sources, settings: Settings, normaliser: Normaliser) -> JSON:
    """Return everything that bears on decisions and plans, and nothing that does not, as JSON."""
    return {
        "normaliser": normaliser.version,
        "rules": {text.id: _without_places(text) for text in sources.rules},
        "words": {name: list(words) for name, words in sources.words.items()},
        "shapes": dict(sources.shapes),
        "prompts": dict(sources.prompts),
        "layers": list(settings.layers),
        "ambiguous": settings.ambiguous,
        "peers": dict(_peers(settings)),
        "facts": {key: list(each) for key, each in settings.facts.items()},
    }


def _without_places(text: RuleText) -> JSON:
    steps = [{name: getattr(step, name) for name in STEP_FIELDS} for step in text.steps]
    return {name: getattr(text, name) for name in RULE_FIELDS} | {"steps": steps}


def _peers(settings: Settings) -> Iterator[tuple[str, JSON]]:
    for name, server in settings.servers.items():
        tools = {"allow": server.tools.allow, "deny": server.tools.deny, "rename": dict(server.tools.rename)}
        yield f"mcp:{name}", [list(server.modes), list(server.tags), server.description, tools]
    for name, agent in settings.agents.items():
        yield f"a2a:{name}", [list(agent.modes), list(agent.tags), agent.description]
