"""Whatever people write, formatting keeps data, comments and decisions; once is as good as twice."""

from __future__ import annotations

import datetime as dt
import json
import math
import tomllib
from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.core.plan import JSON
from router.core.source import RuleText, Sources
from router.rulebook.format import format_project, format_rules, format_vocabulary, write_formatted
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory
from tests.core.making import SETTINGS
from tests.core.worlds import World, worlds
from tests.projects import write
from tests.rulebook.written import Writer

pytestmark = pytest.mark.slow

same = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)

names = st.sampled_from(("b", "a", "a-1", "x y", "é", "10", "2", "use", "words", "shapes", "a.b", ""))
texts = st.sampled_from(
    (
        "",
        "refund",
        "it's",
        'say "x"',
        "# none",
        "a, b",
        "[x]",
        "back\\slash\\",
        "two\nlines",
        "日本 é",
        "x" * 50,
    )
)
scalars = st.one_of(
    texts,
    texts,
    st.integers(-3, 99),
    st.booleans(),
    st.sampled_from((0.5, 1e20, math.nan, -math.inf, dt.date(2026, 11, 22), dt.time(1, 2, 3, 500))),
)
values: st.SearchStrategy[JSON] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)
lists = st.lists(texts, max_size=5)
tables = st.dictionaries(names, values, max_size=3)
whens = st.fixed_dictionaries(
    {},
    optional={
        "any": lists, "all": st.lists(st.one_of(texts, lists), max_size=3), "facts": tables, "looks": lists
    },
)  # fmt: skip
steps = st.fixed_dictionaries({"use": texts, "id": texts}, optional={"args": tables, "needs": lists})
rules = st.fixed_dictionaries(
    {},
    optional={
        "no": lists, "yes": lists, "use": texts, "when": whens, "steps": st.lists(steps, max_size=3),
        "args": tables, "why": texts, "owner": texts, "say": st.one_of(texts, lists), "other": values,
        "x y": values,
    },
)  # fmt: skip


@st.composite
def written(draw: st.DrawFn, files: st.SearchStrategy[Mapping[str, JSON]]) -> tuple[str, list[str]]:
    writer = Writer(draw)
    text = writer.file(draw(files))
    tomllib.loads(text)
    return text, writer.comments


rule_files = written(st.dictionaries(names, rules | st.lists(rules, min_size=1, max_size=2), max_size=4))
vocabularies = written(
    st.fixed_dictionaries({}, optional={"words": tables, "shapes": tables, "more": tables})
)


def comparable(text: str) -> str:
    """Return the data of TOML as one text in which nan equals nan and no order of tables matters."""
    return json.dumps(tomllib.loads(text), sort_keys=True, default=repr)


def holds(form: Callable[[str], str], text: str, comments: list[str]) -> None:
    made = form(text)

    assert comparable(made) == comparable(text)
    assert [made.count(each) for each in comments] == [1] * len(comments)
    assert form(made) == made
    assert made == "" or (made.endswith("\n") and not made.endswith("\n\n") and made[0] != "\n")
    assert form(text.replace("\n", "\r\n")).replace("\r\n", "\n") == made


@same
@given(file=rule_files)
def test_a_rule_file_keeps_its_data_and_comments(file: tuple[str, list[str]]) -> None:
    holds(format_rules, *file)


@same
@given(file=vocabularies)
def test_a_vocabulary_keeps_its_data_and_comments(file: tuple[str, list[str]]) -> None:
    holds(format_vocabulary, *file)


@settings(same, max_examples=50)
@given(file=st.one_of(rule_files, vocabularies))
def test_either_layout_is_safe_for_either_file(file: tuple[str, list[str]]) -> None:
    holds(format_rules, *file)
    holds(format_vocabulary, *file)


# Decisions.


def table(rule: RuleText) -> dict[str, JSON]:
    """Return a rule as people would write it, with what bears on no decision beside it."""
    when: dict[str, JSON] = {key: list(map(list, getattr(rule, key))) for key in ("none", "any", "all")}
    when |= {key: list(getattr(rule, key)) for key in ("modes", "looks", "attached")}
    when["facts"] = dict(rule.facts)
    made: dict[str, JSON] = {
        "no": ["nobody asks this", "nor this"],
        "add" if rule.adds else "use": [each.use for each in rule.steps],
        "args": {"z": [1, {"y": "{{ text }}", "x": 2}], "b": "{{ cwd }}"},
        "when": {key: value for key, value in when.items() if value},
        "say": list(rule.say),
        "beats": list(rule.beats),
        "stage": rule.stage,
        "why": "a reason",
    }
    made |= {} if rule.share is None else {"share": rule.share}
    return {key: value for key, value in made.items() if value}


@st.composite
def projects(draw: st.DrawFn) -> tuple[World, dict[str, str]]:
    """Draw a rulebook, a query and the files of the rulebook."""
    world = draw(worlds())
    shared: Sources = world.sources
    by_file: dict[str, dict[str, JSON]] = {}
    for rule in shared.rules:
        by_file.setdefault(rule.file, {})[rule.name] = table(rule)
    vocabulary: dict[str, dict[str, JSON]] = {
        "shapes": dict(shared.shapes), "words": {name: list(each) for name, each in shared.words.items()}
    }  # fmt: skip
    files = {name: Writer(draw).file(each) for name, each in by_file.items()}
    files["rules/vocab.toml"] = Writer(draw).file(vocabulary)
    return world, files | {f"prompts/{name}": text for name, text in shared.prompts.items()}


@settings(same, max_examples=50)
@given(drawn=projects())
def test_formatting_changes_neither_revision_nor_decision(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[World, dict[str, str]]
) -> None:
    world, files = drawn
    directory = write(tmp_path_factory.mktemp("project"), files)
    before = read_rulebook(Directory(directory), SETTINGS)

    for each in format_project(directory):
        write_formatted(each)

    after = read_rulebook(Directory(directory), SETTINGS)
    assert not any(each.changed for each in format_project(directory))
    assert (before.revision, before.rules.keys()) == (after.revision, after.rules.keys())
    decided, again = before.decide(world.query), after.decide(world.query)
    assert (decided.id, decided.verdicts) == (again.id, again.verdicts)
