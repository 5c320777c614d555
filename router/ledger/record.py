"""One question of the ledger and all that became of it; reading rows and the lines of older versions."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from router.core.decision import Decision
from router.core.plan import JSON
from router.core.query import Attachment, Query
from router.errors import QueryRefused
from router.ports import Usage

if TYPE_CHECKING:
    import sqlite3

LONG_AGO: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
"""When a record was made that does not say when."""


@dataclass(frozen=True, slots=True)
class Record:
    """A question, its decision, and what came of it as far as that is known."""

    time: dt.datetime
    project: str
    query: Mapping[str, JSON]
    """As `Query.to_dict` gives it; empty where it cannot be read."""
    decision: Mapping[str, JSON]
    """As `Decision.to_dict` gives it."""
    number: int = 0
    """Of the row; 0 for a line of an older version."""
    source: str = ""
    """Which fallback made the plan: `cache`, `planner` or `search`; empty where none did."""
    plan: Mapping[str, JSON] | None = None
    """What a fallback made; None where a rule decides, or nobody made a plan."""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    shown: int = 0
    """Tools and skills that the model was shown."""
    known: int = 0
    """Tools and skills that it might have been shown."""
    warnings: tuple[str, ...] = ()
    failures: tuple[Mapping[str, JSON], ...] = ()
    """Why fallbacks made no plan, as `RouterError.to_dict` gives it."""
    state: str = ""
    """`done`, `failed` or `waiting`; empty where the question was never carried out to an end."""
    ended: str = ""
    steps: tuple[Mapping[str, JSON], ...] = ()
    """Of each step `id`, `state`, `seconds`, `attempts` and `error`."""
    cwd: str = ""
    """The directory in which it was asked; empty where an older version wrote it."""
    repository: str = ""
    """The root of the git repository around it; empty where there is none."""
    task: str = ""
    """The handle of the agent's task that the text answers, by no decision of its own; empty for a question.
    """

    @property
    def text(self) -> str:
        """What was asked."""
        return str(self.query.get("text", ""))

    @property
    def id(self) -> str:
        """The decision's id."""
        return str(self.decision.get("id", ""))

    @property
    def kind(self) -> str:
        """The decision's kind: `rule`, `tie` or `none`."""
        return str(self.decision.get("kind", ""))

    @property
    def origin(self) -> str:
        """Where its plan came from; empty where there was none."""
        return "rule" if self.kind == "rule" else self.source

    def asked(self) -> Query | None:
        """Return the query, or None where none can be made of what was written."""
        try:
            told = self.query
            attached = tuple(Attachment("", each, "") for each in told["attached"])
            modes, words = frozenset(told["modes"]), frozenset(told["words"])
            context = (modes, words, told["facts"], attached, self.cwd, self.repository)
            return Query(told["text"], *context)
        except (QueryRefused, KeyError, TypeError, AttributeError):
            return None

    def decided(self) -> Decision:
        """Return the decision without its verdicts, which are not written down."""
        told = self.decision
        return Decision(
            id=self.id,
            revision=str(told.get("revision", "")),
            kind=told.get("kind", "none"),
            rule=told.get("rule"),
            at=told.get("at"),
            layer=told.get("layer"),
            slots=told.get("slots") or {},
            tied=tuple(told.get("tied") or ()),
            added=tuple(told.get("added") or ()),
        )

    def to_dict(self) -> dict[str, JSON]:
        """Return all of it as JSON."""
        return {
            "number": self.number,
            "time": self.time.isoformat(timespec="milliseconds"),
            "project": self.project,
            "cwd": self.cwd,
            "repository": self.repository,
            "query": dict(self.query),
            "decision": dict(self.decision),
            "from": self.origin or None,
            "plan": dict(self.plan) if self.plan is not None else None,
            "model": self.model,
            "usage": {**asdict(self.usage), "tokens": self.usage.tokens},
            "shown": self.shown,
            "known": self.known,
            "warnings": list(self.warnings),
            "failures": [dict(each) for each in self.failures],
            "state": self.state or None,
            "ended": self.ended or None,
            "steps": [dict(each) for each in self.steps],
            "task": self.task or None,
        }


def of_row(row: sqlite3.Row) -> Record:
    """Return the record that a row holds; what cannot be read of it is empty."""
    usage = _mapping(row["usage"])
    plan = _mapping(row["plan"])
    return Record(
        time=moment(row["time"]),
        project=row["project"],
        query=_mapping(row["query"]),
        decision=_mapping(row["decision"]),
        number=row["number"],
        source=row["source"],
        plan=plan or None,
        model=row["model"],
        usage=Usage(**{each.name: usage[each.name] for each in fields(Usage) if each.name in usage}),
        shown=row["shown"],
        known=row["known"],
        warnings=tuple(map(str, _list(row["warnings"]))),
        failures=_mappings(row["failures"]),
        state=row["state"],
        ended=row["ended"],
        steps=_mappings(row["steps"]),
        cwd=row["cwd"],
        repository=row["repository"],
        task=row["task"],
    )


def of_line(line: str) -> Record | None:
    """Return the record that a line of an older version holds, or None where it was cut off or is none."""
    told = _mapping(line)
    query, decision = told.get("query"), told.get("decision")
    if not told:
        return None
    return Record(
        time=moment(str(told.get("time", ""))),
        project=str(told.get("project", "")),
        query=query if isinstance(query, dict) else {},
        decision=decision if isinstance(decision, dict) else {},
    )


def lines(folder: Path, month: str = "") -> Iterator[Record]:
    """Yield what older versions wrote from a month on, of every project: JSON lines, a file a month.

    Raises OSError where a file cannot be read.
    """
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        if path.stem >= month:
            for line in path.read_bytes().decode(errors="replace").split("\n"):
                record = of_line(line)
                if record is not None:
                    yield record


def task_id(handle: str) -> str:
    """Return a task's id as the agent gave it, of the handle that `Result.task` gives."""
    return unquote(handle.partition("/")[2] or handle)


def moment(text: str) -> dt.datetime:
    """Return a moment that was written; one without a zone is UTC, and what is none was long ago."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return LONG_AGO
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _read(text: str | None) -> JSON:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _mapping(text: str | None) -> dict[str, JSON]:
    read = _read(text)
    return read if isinstance(read, dict) else {}


def _list(text: str | None) -> list[JSON]:
    read = _read(text)
    return read if isinstance(read, list) else []


def _mappings(text: str | None) -> tuple[Mapping[str, JSON], ...]:
    return tuple(each for each in _list(text) if isinstance(each, dict))
