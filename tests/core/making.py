"""Makes rulebooks and projects from TOML text, so that tests read as tables; it tests nothing itself."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from router.core.book import Rulebook
from router.core.compile import compile
from router.core.decision import Decision
from router.core.findings import Findings
from router.core.plan import JSON
from router.core.query import Attachment, Query
from router.core.settings import Agent, Server, Settings, ToolFilter
from router.core.source import RuleText, Sources
from router.errors import Problem, RulebookRefused
from router.rulebook.read import read_rulebook
from router.rulebook.tables import read_rule
from router.rulebook.tree import Directory

SETTINGS: Final = Settings(
    layers=("guard", "team", "learned"),
    servers={
        "ledger": Server("ledger", tags=("money",), description="Invoices and refunds", command="ledger"),
        "git": Server("git", tags=("code",), command="git", tools=ToolFilter(deny=("git_push",))),
        "useful": Server("useful", modes=("useful", "essential"), command="useful"),
    },
    agents={"release": Agent("release", tags=("code",), url="https://agents.example.com/release")},
)
"""What every rulebook here is compiled against, unless a test says otherwise."""


def sources(
    rules: str | Mapping[str, str], *, vocabulary: str = "", prompts: Mapping[str, str] | None = None
) -> Sources:
    """Read TOML into what `compile` takes: one text is `rules/team/t.toml`, else texts by `layer/topic`."""
    named = {"team/t": rules} if isinstance(rules, str) else rules
    findings = Findings()
    made = [each for path, text in named.items() for each in _rules(path, text, findings)]
    if findings.problems:
        raise RulebookRefused(tuple(findings.problems))
    shared = tomllib.loads(vocabulary)
    return Sources(
        rules=tuple(made),
        words={name: tuple(words) for name, words in shared.get("words", {}).items()},
        shapes=shared.get("shapes", {}),
        prompts=prompts or {},
    )


def _rules(path: str, text: str, findings: Findings) -> Iterable[RuleText]:
    layer, topic = path.split("/")
    for name, raw in tomllib.loads(text).items():
        rule = read_rule(
            raw, file=f"rules/{path}.toml", layer=layer, topic=topic, name=name, line=1, findings=findings
        )
        if rule is not None:
            yield rule


def book(
    rules: str | Mapping[str, str],
    *,
    vocabulary: str = "",
    prompts: Mapping[str, str] | None = None,
    settings: Settings = SETTINGS,
    language: str = "english",
) -> Rulebook:
    """Compile TOML. A rule without a target gets one of its own, so that rules differ in what they do."""
    made = sources(_with_targets(rules), vocabulary=vocabulary, prompts=prompts)
    return compile(made, replace(settings, language=language))


def _with_targets(rules: str | Mapping[str, str]) -> dict[str, str]:
    named = {"team/t": rules} if isinstance(rules, str) else rules
    return {
        path: toml(
            {
                name: {**rule, **({} if rule.keys() & {"use", "add", "steps"} else {"use": _use(path, name)})}
                for name, rule in tomllib.loads(text).items()
            }
        )
        for path, text in named.items()
    }


def _use(path: str, name: str) -> str:
    return f"mcp:ledger/{path.replace('/', '.')}.{name}"


def toml(tables: Mapping[str, JSON]) -> str:
    """Write tables of JSON values as TOML, a table for each name."""
    return "\n".join(
        f"[{_quoted(name)}]\n" + "".join(f"{key} = {_inline(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )


def _inline(value: JSON) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_quoted(key)} = {_inline(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return value.isoformat() if isinstance(value, dt.date) else _quoted(value)


def _quoted(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)


def problems(
    rules: str | Mapping[str, str], *, vocabulary: str = "", prompts: Mapping[str, str] | None = None
) -> list[Problem]:
    """Compile TOML that must be refused, and return what is said of it."""
    with pytest.raises(RulebookRefused) as refused:
        compile(sources(rules, vocabulary=vocabulary, prompts=prompts), SETTINGS)
    return list(refused.value.problems)


def query(text: str, **context: JSON) -> Query:
    """Make a query; `attached` is a list of media types."""
    types = enumerate(context.pop("attached", ()))
    attached = tuple(Attachment(f"file{number}", each, f"file{number}") for number, each in types)
    modes, words = (frozenset(context.pop(name, ())) for name in ("modes", "words"))
    return Query(text, modes, words, attached=attached, **context)


def changed(asked: Query, **fields: JSON) -> Query:
    """Return the query with other fields."""
    return Query(**{name: getattr(asked, name) for name in Query.__slots__} | fields)


def verdicts(decision: Decision) -> dict[str, str]:
    """Return the verdict on each rule, without the topic `t.` of rules in one file."""
    return {each.rule.removeprefix("t."): each.verdict for each in decision.verdicts}


def decided(rules: str | Mapping[str, str], text: str, **context: JSON) -> dict[str, str]:
    """Compile, decide and return the verdicts."""
    return verdicts(book(rules).decide(query(text, **context)))


def written(directory: Path, files: Mapping[str, str]) -> Path:
    """Write files by their path and return the directory."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return directory


def refused(directory: Path, files: Mapping[str, str], settings: Settings = SETTINGS) -> list[str]:
    """Read a project that must be refused; return its problems as they are shown."""
    with pytest.raises(RulebookRefused) as error:
        read_rulebook(Directory(written(directory, files)), settings)
    return [str(each) for each in error.value.problems]
