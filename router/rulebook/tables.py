"""The shape of rule and vocabulary files, checked by pydantic; names and meanings are checked by the core."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, WithJsonSchema

from router.core.findings import Findings
from router.core.plan import JSON, SCHEMES
from router.core.query import MODES
from router.core.rule import STAGES
from router.core.source import Alternatives, RuleText, StepText
from router.toml.shape import Table, report


def _listed(value: object) -> object:
    """Read one value as a list of one."""
    return value if isinstance(value, list) else [value]


def _fact(value: object) -> object:
    """Read TOML's true, 3 and 2.5 as the text that `--set` would give."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _entry(value: object) -> object:
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise ValueError("must be a word or phrase, or a list of them")
    return value


def _date(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


def _json(value: JSON) -> JSON:
    """Take dates and times as text, and refuse the numbers that JSON does not know."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {key: _json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_json(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must hold no nan or inf, which JSON does not know")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _filled(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


# What a schema says of a value may be narrower than its shape: editors get to know what the core refuses.

_TEXT = {"type": "string", "pattern": r"\S"}
_WORDS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_TARGET = {"type": "string", "pattern": rf"^({'|'.join(SCHEMES)}):[^\s/]+(/\S+)?$"}
_MEDIA_TYPE = {"type": "string", "pattern": r"^[^\s/]+/[^\s/]+$"}
_DAY = {"type": "string", "pattern": r"^([0-9]{4}-?([0-9]{2}-?[0-9]{2}|W[0-9]{2}(-?[0-9])?))?$"}
_UNTIL = {"anyOf": [_DAY | {"format": "date"}, _DAY]}
"""TOML's own dates, which editors know by their format, and dates in quotes."""

Text = Annotated[str, AfterValidator(_filled), WithJsonSchema(_TEXT)]
Texts = Annotated[list[Text], BeforeValidator(_listed, json_schema_input_type=Text | list[Text])]
Entry = Annotated[Any, AfterValidator(_entry), WithJsonSchema(_WORDS)]
Entries = Annotated[list[Entry], BeforeValidator(_listed, json_schema_input_type=Text | list[Entry])]
Mode = Annotated[Text, WithJsonSchema({"type": "string", "enum": [*MODES]})]
Modes = Annotated[list[Mode], BeforeValidator(_listed, json_schema_input_type=Mode | list[Mode])]
MediaType = Annotated[Text, WithJsonSchema(_MEDIA_TYPE)]
MediaTypes = Annotated[
    list[MediaType], BeforeValidator(_listed, json_schema_input_type=MediaType | list[MediaType])
]
Target = Annotated[Text, WithJsonSchema(_TARGET)]
Targets = Annotated[list[Target], BeforeValidator(_listed, json_schema_input_type=Target | list[Target])]
Fact = Annotated[str, BeforeValidator(_fact), WithJsonSchema({"type": ["string", "boolean", "number"]})]
Arguments = Annotated[dict[str, Any], AfterValidator(_json)]


class WhenTable(Table, title="Conditions"):
    """What must hold besides `say`, all of it at once."""

    all: Entries = Field(
        default_factory=list,
        description="Words, phrases or @lists that must all stand in the text; a list is a choice.",
    )
    any: Entries = Field(
        default_factory=list, description="Words, phrases or @lists, one of which must stand in the text."
    )
    none: Entries = Field(
        default_factory=list, description="Words, phrases or @lists that must not stand in the text."
    )
    looks: Texts = Field(
        default_factory=list, description="Names of shapes of rules/vocab.toml that must all be found."
    )
    modes: Modes = Field(default_factory=list, description="Modes, one of which the question must have.")
    facts: dict[str, Fact] = Field(
        default_factory=dict, description="Context that must be equal, as given by --set KEY=VALUE."
    )
    attached: MediaTypes = Field(
        default_factory=list,
        description="Media types, one of which must be attached; image/* is every image.",
    )


class StepTable(Table, title="Step"):
    """One of several calls; it runs when all that it needs is done."""

    id: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_-]+$", description="Its name, for `needs` and {{ steps.ID }}.")
    ]
    use: Annotated[Target, Field(description="The target to call: mcp:server/tool or a2a:agent/skill.")]
    args: Arguments = Field(default_factory=dict, description="Arguments of the tool; strings are templates.")
    ask: str = Field("", description="The message to an agent: a template, or a prompt's name.")
    needs: Texts = Field(
        default_factory=list, description="Ids of steps that must be done before; a template needs by naming."
    )


class RuleTable(Table, title="Rule"):
    """One rule: what it asks for, what it calls, and who answers for it."""

    owner: str = Field("", description="Who answers for the rule.")
    why: str = Field("", description="Why it is as it is.")
    when: WhenTable = Field(default_factory=WhenTable)
    say: Texts = Field(
        default_factory=list,
        description="Sentence templates, one of which must be the whole text: (a|b), [maybe], {name:int}.",
    )
    use: Targets = Field(
        default_factory=list,
        description="The target or targets to call: mcp:server/tool, a2a:agent or a2a:agent/skill.",
    )
    add: Targets = Field(
        default_factory=list, description="Targets to attach to whatever won; the rule never competes."
    )
    steps: list[StepTable] = Field(
        default_factory=list, description="Several calls, in the order of their needs, in place of `use`."
    )
    args: Arguments = Field(default_factory=dict, description="Arguments of the tool; strings are templates.")
    ask: str = Field("", description="The message to an agent: a template, or a prompt's name.")
    answer: str = Field("", description="How the results read: a template, or a prompt's name.")
    stage: Annotated[str, WithJsonSchema({"type": "string", "enum": [*STAGES]})] = Field(
        "live", description="shadow is evaluated and never routes; canary routes a share; live routes."
    )
    share: int | None = Field(
        None,
        description="Per cent of keys for which a canary is live.",
        json_schema_extra={"minimum": 0, "maximum": 100},
    )
    until: Annotated[str, BeforeValidator(_date), WithJsonSchema(_UNTIL)] = Field(
        "", description="Date of the next review, such as 2027-06-30."
    )
    beats: Texts = Field(
        default_factory=list, description="Ids of rules of the same layer that lose to this one."
    )
    was: Texts = Field(default_factory=list, description="Earlier ids, the first one first.")
    yes: Texts = Field(default_factory=list, description="Questions that the rule takes.")
    no: Texts = Field(default_factory=list, description="Questions that the rule does not take.")


class VocabularyTable(Table, title="Vocabulary"):
    """rules/vocab.toml: words and shapes that rules share."""

    words: dict[str, Annotated[list[Text], Field(json_schema_extra={"minItems": 1})]] = Field(
        default_factory=dict,
        description="Lists of words and phrases: @name in a condition, {slot:@name} in a sentence.",
    )
    shapes: dict[str, Text] = Field(
        default_factory=dict,
        description="Regular expressions for `looks`, searched anywhere, case aside; named groups are slots.",
    )


def read_rule(
    raw: object, *, file: str, layer: str, topic: str, name: str, line: int, findings: Findings
) -> RuleText | None:
    """Return a table as the core takes it, or None where its shape is wrong, which goes to `findings`."""
    if not isinstance(raw, Mapping):
        message = f'"{name}" is a value outside a table'
        findings.add(file, (name,), message, f"a rule is a table: [{name}]", key=True)
        return None
    try:
        table = RuleTable.model_validate(raw)
    except ValidationError as error:
        report(error, file, (name,), RuleTable, findings)
        return None
    _refuse_idle(table, file, name, findings)
    when = table.when
    return RuleText(
        file=file, layer=layer, topic=topic, name=name, line=line,
        steps=_steps(table, raw), adds=bool(table.add), answer=table.answer, say=tuple(table.say),
        all=_alternatives(when.all), any=_alternatives(when.any), none=_alternatives(when.none),
        looks=tuple(when.looks), modes=tuple(when.modes), facts=when.facts, attached=tuple(when.attached),
        stage=table.stage, share=table.share, beats=tuple(table.beats), was=tuple(table.was),
        owner=table.owner, why=table.why, until=table.until, yes=tuple(table.yes), no=tuple(table.no),
    )  # fmt: skip


def _refuse_idle(table: RuleTable, file: str, name: str, findings: Findings) -> None:
    """Refuse what the rule would not act on because of another of its keys."""
    targets = [key for key in ("use", "add", "steps") if getattr(table, key)]
    if len(targets) > 1:
        message = f"a rule has one of use, add and steps, not {' and '.join(targets)}"
        findings.add(file, (name, targets[-1]), message, code="idle-key", key=True)
    for key in ("args", "ask"):
        if table.steps and getattr(table, key):
            hint = f"write {key} into a step"
            message = f"{key} belongs to each of the steps"
            findings.add(file, (name, key), message, hint, code="idle-key", key=True)
    if table.add and table.answer:
        message = "an `add` rule has no answer of its own"
        findings.add(file, (name, "answer"), message, code="idle-key", key=True)


def _alternatives(entries: Sequence[Any]) -> tuple[Alternatives, ...]:
    return tuple((each,) if isinstance(each, str) else tuple(each) for each in entries)


def _steps(table: RuleTable, raw: Mapping[str, JSON]) -> tuple[StepText, ...]:
    if table.steps:
        return tuple(
            StepText(id=each.id, use=each.use, args=each.args, ask=each.ask, needs=tuple(each.needs),
                     path=("steps", number, "use"))
            for number, each in enumerate(table.steps)
        )  # fmt: skip
    key = "add" if table.add else "use"
    targets = table.add or table.use
    return tuple(
        StepText(id=str(number), use=use, args=table.args, ask=table.ask,
                 path=(key, number - 1) if isinstance(raw.get(key), list) else (key,))
        for number, use in enumerate(targets, 1)
    )  # fmt: skip
