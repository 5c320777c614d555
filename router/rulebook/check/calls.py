"""Holds what rules would call against the catalogue: targets, arguments, templates; it calls nobody."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from router.core.bind import bind
from router.core.book import Rulebook
from router.core.findings import nearest_or_all
from router.core.plan import JSON, StepSource
from router.core.query import Query
from router.core.rule import Rule
from router.core.template import strings
from router.errors import BindingFailed
from router.ports import Offer
from router.rulebook.check.examples import Example
from router.rulebook.check.finding import Finding, of_rule

Offers = Mapping[tuple[str, str], Offer]
"""By scheme and name."""
TIME: Final = "2026-01-02T03:04:05+00:00"
"""When examples are asked; any time would do."""
FAULTS: Final = "router.core.arguments:faults"
"""Named and not imported: JSON Schema takes long to load, and only a catalogue at hand needs it."""
PLACE: Final = "/project"
"""Where they are asked."""
_TOGETHER: Final = frozenset(
    ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "dependentRequired", "dependentSchemas",
     "dependencies", "minProperties", "maxProperties", "propertyNames", "patternProperties",
     "unevaluatedProperties")
)  # fmt: skip
"""What a JSON Schema says of all arguments together."""


def targets(book: Rulebook, offers: Offers) -> tuple[int, list[Finding]]:
    """Count the targets that the catalogue knows, and find those that it knows not to exist."""
    known, unknown = 0, []
    for rule, step in _members(book):
        offer = offers.get((step.use.scheme, step.use.name))
        if offer is None:
            continue
        if offer.tool(step.use.member):
            known += 1
        else:
            hint = nearest_or_all(step.use.member, (tool.name for tool in offer.tools))
            kind = "tool" if offer.scheme == "mcp" else "skill"
            message = f'{rule.id}: {step.use.scheme}:{step.use.name} has no {kind} "{step.use.member}"'
            unknown.append(of_rule("unknown-tool", rule, message, hint))
    return known, unknown


def _members(book: Rulebook) -> Iterator[tuple[Rule, StepSource]]:
    for rule in book.rules.values():
        for step in rule.steps:
            if step.use.member:
                yield rule, step


def arguments(book: Rulebook, offers: Offers, examples: Iterable[Example]) -> Iterator[Finding]:
    """Yield what a tool's input schema would refuse, and templates that do not render; each once a rule.

    The plan of each example that its rule wins is rendered, and constant arguments of the other rules are
    compared as they stand; what reads results of earlier steps is known only when it runs.
    """
    told: set[tuple[str, str]] = set()
    rendered: set[str] = set()
    for each in examples:
        if each.wanted and each.decision.rule == each.rule.id:
            rendered.add(each.rule.id)
            for finding in _rendered(book, offers, each):
                if (each.rule.id, finding.message) not in told:
                    told.add((each.rule.id, finding.message))
                    yield finding
    for rule, step in _members(book):
        if rule.id not in rendered:
            constant = {name: value for name, value in step.args.items() if not any(strings(value))}
            yield from _faults(rule, step, offers, constant, set(step.args) - set(constant))


def _rendered(book: Rulebook, offers: Offers, example: Example) -> Iterator[Finding]:
    asked = example.query
    query = Query(asked.text, asked.modes, asked.words, asked.facts, asked.attached, PLACE, PLACE, TIME)
    try:
        plan = bind(book, example.decision, query)
    except BindingFailed as error:
        message = f'{example.rule.id}: on its example "{example.text}": {error}'
        yield of_rule("bad-template", example.rule, message)
        return
    for step in plan.steps if plan else ():
        source = next((each for each in example.rule.steps if each.id == step.id), None)
        if source is not None and source.use.member:
            late = step.later.get("args", {})
            yield from _faults(example.rule, source, offers, step.args or {}, set(late))


def _faults(
    rule: Rule, step: StepSource, offers: Offers, given: Mapping[str, JSON], late: set[str]
) -> Iterator[Finding]:
    """Yield the faults of arguments; those in `late` are there, with values that are not known yet."""
    offer = offers.get((step.use.scheme, step.use.name))
    tool = offer.tool(step.use.member) if offer else None
    if tool is None or tool.input_schema is None or (late and not _plain(tool.input_schema)):
        return
    schema = _without(tool.input_schema, late) if late else tool.input_schema
    faults: Callable[[JSON, Mapping[str, JSON]], tuple[str, ...]] = pkgutil.resolve_name(FAULTS)
    for fault in faults(schema, given):
        yield of_rule("arguments", rule, f"{rule.id}: {step.use} would refuse its arguments: {fault}")
    listed = schema["properties"] if late else {}
    closed = late and schema.get("additionalProperties", False) is False
    for name in sorted(late - set(listed)) if closed and listed else ():
        message = f'{rule.id}: {step.use} takes no argument "{name}"'
        yield of_rule("arguments", rule, message, nearest_or_all(name, listed))


def _plain(schema: JSON) -> bool:
    """Whether a schema lists its names and says of each by itself what it must be.

    Any other could ask for what it does not list, or for one argument because of another, whose value is not
    known yet.
    """
    if not isinstance(schema, dict) or any(key in schema for key in _TOGETHER):
        return False
    return isinstance(schema.get("properties"), dict) and isinstance(schema.get("required", []), list)


def _without(schema: Mapping[str, JSON], names: set[str]) -> dict[str, JSON]:
    """Return the schema without asking for some names."""
    return {**schema, "required": [each for each in schema.get("required", ()) if each not in names]}
