"""The shape of rule and vocabulary files, checked by pydantic; names and meanings are checked by the core."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from router.core.findings import Findings
from router.core.plan import JSON
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
    words = value if isinstance(value, list) else [value]
    if not words or not all(isinstance(each, str) for each in words):
        raise ValueError("must be a word or phrase, or a list of them")
    return value


def _date(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


def _json(value: JSON) -> JSON:
    """Take dates and times as text, and refuse the numbers that JSON does not know."""
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


Text = Annotated[str, AfterValidator(_filled)]
Texts = Annotated[list[Text], BeforeValidator(_listed)]
Entries = Annotated[list[Annotated[Any, AfterValidator(_entry)]], BeforeValidator(_listed)]
Arguments = Annotated[dict[str, Any], AfterValidator(_json)]


class WhenTable(Table):
    """`when = { … }`: what must hold."""

    all: Entries = Field(
        default_factory=list, description="Words, phrases or @lists that must all stand in the text."
    )
    any: Entries = Field(
        default_factory=list, description="Words, phrases or @lists, one of which must stand there."
    )
    none: Entries = Field(
        default_factory=list, description="Words, phrases or @lists that must not stand there."
    )
    looks: Texts = Field(default_factory=list, description="Names of shapes that must all be found.")
    modes: Texts = Field(default_factory=list, description="Modes, one of which the query must have.")
    facts: dict[str, Annotated[str, BeforeValidator(_fact)]] = Field(
        default_factory=dict, description="Context that must be equal, as given by --set."
    )
    attached: Texts = Field(default_factory=list, description="Media types, one of which must be attached.")


class StepTable(Table):
    """One of `steps = [ … ]`."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    use: Text
    args: Arguments = Field(default_factory=dict)
    ask: str = ""
    needs: Texts = Field(default_factory=list)


class RuleTable(Table):
    """One table of a rule file."""

    owner: str = Field("", description="Who answers for the rule.")
    why: str = Field("", description="Why it is as it is.")
    when: WhenTable = Field(default_factory=WhenTable)
    say: Texts = Field(
        default_factory=list, description="Sentence templates, one of which must be the whole text."
    )
    use: Texts = Field(default_factory=list, description="The target or targets to call.")
    add: Texts = Field(default_factory=list, description="Targets to attach to whatever won.")
    steps: list[StepTable] = Field(default_factory=list, description="Several calls, as a DAG.")
    args: Arguments = Field(default_factory=dict, description="Arguments of the tool; strings are templates.")
    ask: str = Field("", description="The message to an agent: a template, or a prompt's name.")
    answer: str = Field("", description="How the results read: a template, or a prompt's name.")
    stage: str = Field("live", description="shadow, canary or live.")
    share: int | None = Field(None, description="Per cent of keys for which a canary is live.")
    until: Annotated[str, BeforeValidator(_date)] = Field("", description="Date of the next review.")
    beats: Texts = Field(default_factory=list, description="Rules of the same layer that lose to this one.")
    was: Texts = Field(default_factory=list, description="Earlier ids.")
    yes: Texts = Field(default_factory=list, description="Queries that the rule takes.")
    no: Texts = Field(default_factory=list, description="Queries that the rule does not take.")


class VocabularyTable(Table):
    """`rules/vocab.toml`."""

    words: dict[str, list[Text]] = Field(default_factory=dict)
    shapes: dict[str, Text] = Field(default_factory=dict)


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
        findings.add(file, (name, targets[-1]), message, key=True)
    for key in ("args", "ask"):
        if table.steps and getattr(table, key):
            hint = f"write {key} into a step"
            findings.add(file, (name, key), f"{key} belongs to each of the steps", hint, key=True)
    if table.add and table.answer:
        findings.add(file, (name, "answer"), "an `add` rule has no answer of its own", key=True)


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
