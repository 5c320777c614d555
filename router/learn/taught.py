"""What models taught: questions with the one call that answered them; of the ledger, or of a file."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

from router.core.canonical import canonical
from router.core.findings import Findings, nearest
from router.core.plan import JSON, Step, Target
from router.core.query import Query
from router.errors import QueryRefused
from router.rulebook.corpus import Recorded, read_queries

ORIGINS: Final = ("planner", "cache")
"""Of plans that a model made."""
KEYS: Final = ("text", "use", "args", "message", "model", "seen")
"""What a line of a file may hold."""
MOST_NESTED: Final = 20
"""Lists and objects in the arguments, one inside another."""
NOTHING: Final = "nothing is taught in it"
_LINE_END: Final = re.compile(r"\r\n?|\n")
_NARROWING: Final = ("words", "facts", "attached")
"""Context on which a model's answer may rest, and which a sentence knows nothing of."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A question and the call that answered it."""

    text: str
    use: str
    """The target, such as `mcp:git/git_log`."""
    args: Mapping[str, JSON] | None = None
    message: str | None = None
    """What an agent was asked; the text itself where nobody says."""
    model: str = ""
    """Who made the plan; empty where nobody says."""
    seen: str = ""
    """The day on which it was last answered so, as an ISO date; empty where it is not known."""
    count: int = 1
    """How often it was answered so."""
    first: str = ""
    """The day on which it was first answered so; empty where that is `seen`."""
    cwd: str = ""
    """The directory in which it was asked, as far as that is known."""
    repository: str = ""
    """The root of the git repository around it; empty where there is none."""
    project: str = ""
    """The directory of the project, where the one in which it was asked is not known."""
    file: str = ""
    """Name of the file that taught it; empty for the ledger."""

    @property
    def call(self) -> str:
        """The call as one text, equal for equal calls."""
        agent = self.use.startswith("a2a:")
        message = (self.text if self.message is None else self.message) if agent else None
        return told_call(self.use, self.args, message)

    @property
    def query(self) -> Query:
        """The question, at noon of its day. Raises QueryRefused."""
        return Query(self.text, cwd=self.cwd, repository=self.repository, time=_noon(self.seen))


@dataclass(frozen=True, slots=True)
class Answered:
    """A recorded question, and what was called for it."""

    recorded: Recorded
    calls: tuple[str, ...] = ()
    """Empty where a model made no plan that was carried out."""


def told_call(use: str, args: Mapping[str, JSON] | None, message: str | None) -> str:
    """Return a call as one text, equal for equal calls. Raises ValueError for what is no JSON."""
    return canonical({"use": use, "args": dict(args or {}), "message": message})


def call_of(step: Step) -> str:
    """Return the call of a step that was bound."""
    return told_call(str(step.use), step.args, step.message if step.use.scheme == "a2a" else None)


def folded(taught: Iterable[Taught]) -> tuple[Taught, ...]:
    """Return each question with each of its calls and places once, counted, in the order of the texts."""
    found: dict[tuple[str, ...], Taught] = {}
    for each in taught:
        key = (each.text, each.call, each.cwd, each.repository, each.project)
        one = found.get(key)
        found[key] = each if one is None else _both(one, each)
    return tuple(found[key] for key in sorted(found))


def _both(one: Taught, other: Taught) -> Taught:
    later = max(one, other, key=lambda each: each.seen)
    days = [day for each in (one, other) for day in (each.first, each.seen) if day]
    first = min(days, default="")
    models = ", ".join(sorted({*one.model.split(", "), *other.model.split(", ")} - {""}))
    return replace(
        later, model=models, count=one.count + other.count, first="" if first == later.seen else first
    )


def taught(records: Iterable[Mapping[str, JSON]]) -> tuple[Taught, ...]:
    """Return what records of the ledger teach: plans of one step that a model made and that were done.

    Left out are questions with words, facts or attachments: what was called may rest on these.
    """
    return folded(found for each in records if (found := _of_record(each)) is not None)


def _of_record(record: Mapping[str, JSON]) -> Taught | None:
    plan, query = _mapping(record.get("plan")), _mapping(record.get("query"))
    if record.get("state") != "done" or plan.get("from") not in ORIGINS:
        return None
    steps = _steps(plan)
    if len(steps) != 1 or steps[0].get("needs") or steps[0].get("later"):
        return None
    if any(query.get(name) for name in _NARROWING):
        return None
    step = steps[0]
    told = {"text": query.get("text"), **{name: step.get(name) for name in ("use", "args", "message")}}
    try:
        made = _made(told)
    except (QueryRefused, ValueError):
        return None
    cwd, repository = _place(record)
    return replace(
        made,
        model=str(record.get("model") or ""),
        seen=_day(str(record.get("time", ""))[:10]),
        cwd=cwd,
        repository=repository,
        project="" if cwd else _text(record, "project"),
    )


def answered(records: Iterable[Mapping[str, JSON]]) -> Iterator[Answered]:
    """Yield the questions that were recorded, with what a model's plan called where it was carried out."""
    for record in records:
        query, plan = _mapping(record.get("query")), _mapping(record.get("plan"))
        for each in read_queries("ledger.jsonl", json.dumps(query), Findings(), shown_as="ledger"):
            done = record.get("state") == "done" and plan.get("from") in ORIGINS
            here = replace(each, query=_asked_there(each.query, record))
            yield Answered(here, tuple(_calls(plan)) if done else ())


def _asked_there(query: Query, record: Mapping[str, JSON]) -> Query:
    """Return a query with the time and place of its record, which its call may have been made of."""
    time = _noon(_day(str(record.get("time", ""))[:10]))
    cwd, repository = _place(record)
    return Query(query.text, query.modes, query.words, query.facts, query.attached, cwd, repository, time)


def _place(record: Mapping[str, JSON]) -> tuple[str, str]:
    """Return the directory in which it was asked and the repository around it, as far as they are known."""
    return _text(record, "cwd"), _text(record, "repository")


def _text(record: Mapping[str, JSON], name: str) -> str:
    found = record.get(name)
    return found if isinstance(found, str) else ""


def _calls(plan: Mapping[str, JSON]) -> Iterator[str]:
    for step in _steps(plan):
        args, message = _mapping(step.get("args")), step.get("message")
        yield told_call(str(step.get("use")), args, message if isinstance(message, str) else None)


def read_taught(name: str, text: str, findings: Findings) -> tuple[Taught, ...]:
    """Return what a file of JSON lines teaches; every line that teaches nothing goes to the findings."""
    found: list[Taught] = []
    for number, line in enumerate(_LINE_END.split(text), 1):
        if not line.strip():
            continue
        try:
            found.append(replace(_of_line(line), file=PurePath(name).name))
        except (QueryRefused, ValueError, RecursionError) as error:
            findings.add(name, (), f"teaches nothing: {error}", code="bad-query", line=number)
    if not found and not findings.problems:
        hint = 'write {"text": …, "use": …, "args": {…}} a line'
        findings.add(name, (), NOTHING, hint, code="no-queries")
    return folded(found)


def _of_line(line: str) -> Taught:
    """Read a line. Raises QueryRefused and ValueError, with what is wrong."""
    told = json.loads(line)
    if not isinstance(told, dict):
        raise QueryRefused('a line is an object with "text", "use" and "args"')
    if odd := sorted(told.keys() - {*KEYS}):
        raise QueryRefused(f'unknown key "{odd[0]}"; {nearest(odd[0], KEYS)}'.rstrip("; "))
    made = _made(told)
    for key in ("model", "seen"):
        if not isinstance(told.get(key, ""), str):
            raise QueryRefused(f'"{key}" must be a text')
    if told.get("seen") and not _day(told["seen"]):
        raise QueryRefused(f'"seen" must be a day such as 2026-11-20, not "{told["seen"]}"')
    return replace(made, model=told.get("model", ""), seen=told.get("seen", ""))


def _made(told: Mapping[str, JSON]) -> Taught:
    """Make it of text, use, args and message. Raises QueryRefused and ValueError, with what is wrong."""
    text, use, args, message = (told.get(name) for name in ("text", "use", "args", "message"))
    if not isinstance(text, str) or not isinstance(use, str):
        raise QueryRefused('"text" and "use" must be texts')
    if args is not None and not isinstance(args, dict):
        raise QueryRefused('"args" must be an object')
    if message is not None and not isinstance(message, str):
        raise QueryRefused('"message" must be a text')
    target = Target.parse(use)
    if message is not None and target.scheme != "a2a":
        raise QueryRefused(f"{use} takes args, not a message")
    Query(text)
    made = Taught(text, use, args, message)
    if _deep(args):
        raise QueryRefused(f"the arguments are nested more than {MOST_NESTED} deep")
    try:
        made.call.encode()
    except UnicodeEncodeError as error:
        raise QueryRefused("the arguments hold half a character") from error
    return made


def _deep(value: JSON) -> bool:
    level = [value]
    for _ in range(MOST_NESTED):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def _noon(day: str) -> str:
    return f"{day}T12:00:00+00:00" if day else ""


def _day(text: str) -> str:
    """Return a day as it is written, or nothing where it is none."""
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _mapping(value: JSON) -> Mapping[str, JSON]:
    return value if isinstance(value, Mapping) else {}


def _steps(plan: Mapping[str, JSON]) -> list[Mapping[str, JSON]]:
    steps = plan.get("steps")
    return [_mapping(each) for each in steps] if isinstance(steps, list) else []
