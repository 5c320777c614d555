"""The schemas of rule files and of the vocabulary take what the loader takes, and refuse its mistakes."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import ValidationError

from router.core.query import MODES
from router.core.rule import STAGES
from router.errors import RulebookRefused
from router.rulebook.read import read_rulebook
from router.rulebook.schema import rule_schema, vocabulary_schema
from router.rulebook.tables import RuleTable, WhenTable
from router.rulebook.tree import Directory
from tests import projects

RULES: Final = Draft7Validator(rule_schema())
VOCABULARY: Final = Draft7Validator(vocabulary_schema())
SHARED: Final = """
[words]
status = ["status", "where"]
[shapes]
order = 'order (?P<order>\\d+)'
"""
FINE: Final = 'say = "x"\nuse = "mcp:git/log"\n'

# What rule tables are made of: what is right for a key, and what has the wrong type for most of them.

days = st.dates()
plain = st.one_of(st.booleans(), st.integers(0, 100), st.sampled_from((-0.5, 2.5)))
wrong = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(("a", "all", "id")), inner, max_size=2)
    ),
    max_leaves=4,
)
texts = st.sampled_from(("refund", "@status", "an order", "{n:int} commits"))
said = st.sampled_from(
    ("refund", "@status", "an order", "git.history", "{n:int} commits", "Grüße", "a|b", " \t", "")
)
"""Blank now and then, which some keys refuse and others take."""
targets = st.sampled_from(("mcp:git", "mcp:git/log", "a2a:writer/notes/short", "workflow:nightly"))
types = st.sampled_from(("image/png", "image/*", "*/*"))
values = st.recursive(
    st.one_of(plain, days, said),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(texts, inner, max_size=2)),
    max_leaves=4,
)
arguments = st.dictionaries(st.sampled_from(("path", "max count")), values, max_size=2)


def listed(each: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One value, or a list."""
    return each | st.lists(each, max_size=2)


def tables(
    keys: dict[str, st.SearchStrategy[Any]], required: tuple[str, ...] = ()
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw tables of some of the keys, now and then with a wrong value or without a required key."""
    amiss = {key: each | wrong for key, each in keys.items()}
    right = st.fixed_dictionaries(
        {key: keys[key] for key in required}, optional={key: keys[key] for key in keys if key not in required}
    )
    others = st.fixed_dictionaries({}, optional=amiss | {"unknown": values})
    return st.sampled_from((right,) * 4 + (others,)).flatmap(lambda each: each)


entries = listed(texts | st.lists(texts, max_size=2))
whens = tables({
    "all": entries, "any": entries, "none": entries,
    "looks": listed(said), "modes": listed(st.sampled_from(MODES)), "attached": listed(types),
    "facts": st.dictionaries(texts, plain | said, max_size=2),
})  # fmt: skip
steps = tables(
    {
        "id": st.sampled_from(("log", "log-2", "LOG_3", "4", "_", "a b")),
        "use": targets,
        "args": arguments,
        "ask": said,
        "needs": listed(said),
    },
    required=("id", "use"),
)
rules = tables({
    "owner": said, "why": said, "when": whens, "say": listed(said),
    "use": listed(targets), "add": listed(targets), "steps": st.lists(steps, max_size=2), "args": arguments,
    "ask": said, "answer": said, "stage": st.sampled_from(STAGES),
    "share": st.integers(0, 100), "until": days | days.map(dt.date.isoformat) | st.just(""),
    "beats": listed(said), "was": listed(said), "yes": listed(said),
    "no": listed(said),
})  # fmt: skip


def as_json(value: Any) -> Any:
    """Return what TOML read as a checker of JSON takes it: days as text."""
    if isinstance(value, dict):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def well_shaped(table: dict[str, Any]) -> bool:
    try:
        RuleTable.model_validate(table)
    except ValidationError:
        return False
    return True


def loads(directory: Path, rules: str, vocabulary: str = SHARED) -> bool:
    """Whether the loader takes a file of rules and a vocabulary."""
    made = projects.project(directory, {"rules/vocab.toml": vocabulary, "rules/team/rules.toml": rules})
    try:
        read_rulebook(Directory(made.directory), made.settings)
    except RulebookRefused:
        return False
    return True


def passes(schema: Draft7Validator, text: str) -> bool:
    """Whether a text of TOML passes a schema."""
    return schema.is_valid(as_json(tomllib.loads(text)))


@given(rules)
def test_what_has_the_right_shape_passes_the_schema_and_nothing_else_does(table: dict[str, Any]) -> None:
    assert RULES.is_valid({"rule": as_json(table)}) == well_shaped(table)


@pytest.mark.parametrize(
    "rule",
    [
        FINE,
        'say = ["x", "y {n:int}"]\nuse = ["mcp:git/log", "a2a:writer"]',
        'when = { all = "refund" }\nadd = "mcp:git/log"',
        'when.all = ["refund", ["order", "@status"]]\nwhen.none = [["a", "b"]]\nuse = "mcp:git/log"',
        'when = { any = ["a b", "c"], looks = "order", modes = "useful" }\nuse = "mcp:git/log"',
        'when.facts = { team = "ops", size = 3, share = 2.5, freeze = true }\nuse = "mcp:git/log"',
        'when.modes = ["faves", "essential"]\nwhen.attached = ["image/*", "*/*"]\nuse = "mcp:git/log"',
        f"{FINE}until = 2027-06-30",
        f'{FINE}until = "2027-06-30"',
        f'{FINE}until = "20270630"',
        f'{FINE}until = "2027-W26-3"',
        f'{FINE}until = ""\nowner = ""\nyes = []\nbeats = []',
        f'{FINE}stage = "canary"\nshare = 0',
        f'{FINE}args = {{ a = [1, {{ b = 2027-06-30, "c d" = 1.5 }}], e = true, f.g = "{{{{ text }}}}" }}',
        f'{FINE}was = "an old.id"\nyes = "x"\nno = ["y", "z"]',
        'say = "x"\nsteps = [{ id = "a", use = "mcp:git" }, { id = "b", use = "a2a:writer", needs = "a" }]',
        'say = "x"\n[[rule.steps]]\nid = "a"\nuse = "mcp:git/log"\nargs.n = 1\nneeds = []',
    ],
)
def test_each_form_of_a_value_that_loads_passes(tmp_path: Path, rule: str) -> None:
    text = f"[rule]\n{rule}"

    assert loads(tmp_path, text)
    assert passes(RULES, text)


@pytest.mark.parametrize(
    "rule",
    [
        'sya = "x"',
        'when.contains = "x"',
        "say = 3",
        'say = ""',
        'say = ["x", " "]',
        "say = [[]]",
        "use = { mcp = 1 }",
        'use = "git/log"',
        'use = ["mcp:git/"]',
        'use = "mcp:git log"',
        'add = "http:git"',
        "owner = 3",
        "why = true",
        'when = "x"',
        "when.all = 3",
        'when.all = [["a", 3]]',
        "when.any = [[]]",
        'when.any = ["a", ""]',
        "when.none = [{ a = 1 }]",
        'when.looks = [""]',
        'when.modes = "usefull"',
        'when.facts = { team = ["ops"] }',
        'when.facts = "ops"',
        'when.attached = "png"',
        'args = ["x"]',
        "ask = 3",
        'answer = ["x"]',
        'stage = "lve"',
        'stage = ""',
        'stage = "canary"\nshare = "10"',
        'stage = "canary"\nshare = 101',
        'stage = "canary"\nshare = 2.5',
        'until = "next year"',
        "until = 3",
        "yes = 3",
        'no = [""]',
        "beats = [3]",
        "was = {}",
        'steps = { id = "a", use = "mcp:git/log" }',
        'steps = [{ id = "a b", use = "mcp:git/log" }]',
        'steps = [{ id = "a" }]',
        'steps = [{ use = "mcp:git/log" }]',
        'steps = [{ id = "a", use = "mcp:git/log", need = "b" }]',
        'steps = [{ id = "a", use = "mcp:git/log", needs = [3] }]',
    ],
)
def test_mistakes_are_refused_by_loader_and_schema(tmp_path: Path, rule: str) -> None:
    text = _with(rule)

    assert not loads(tmp_path, text)
    assert not passes(RULES, text)


@pytest.mark.parametrize("text", ['say = "x"', "[rule.when]\nall = 3", '["a rule"]\n' + FINE, "rule = []"])
def test_mistakes_of_a_whole_file_are_refused_by_loader_and_schema(tmp_path: Path, text: str) -> None:
    assert not loads(tmp_path, text)
    assert not passes(RULES, text)


@pytest.mark.parametrize(
    "text",
    [
        'when.all = "x"',
        f'{FINE}add = "mcp:git/log"',
        'use = "mcp:git/log"',
        'say = "x"\nuse = "mcp:gti/log"',
        'say = "(x"\nuse = "mcp:git/log"',
        'when.all = "@nobody"\nuse = "mcp:git/log"',
        'when.all = "?"\nuse = "mcp:git/log"',
        'when.looks = "nothing"\nuse = "mcp:git/log"',
        f"{FINE}share = 10",
        f'{FINE}stage = "canary"',
        f'{FINE}until = "2027-02-30"',
        f'{FINE}beats = "rules.nobody"',
        f'{FINE}answer = "nothing.j2"',
        f'{FINE}args = {{ a = "{{{{ nothing }}}}" }}',
        f"{FINE}args = {{ a = nan }}",
        'say = "x"\nsteps = [{ id = "a", use = "mcp:git/log", needs = "a" }]',
    ],
)
def test_what_only_the_loader_can_know_passes_the_schema(tmp_path: Path, text: str) -> None:
    assert not loads(tmp_path, f"[rule]\n{text}")
    assert passes(RULES, f"[rule]\n{text}")


def _with(rule: str) -> str:
    """Return a rule that is right but for the keys given."""
    given = tomllib.loads(rule)
    fine = [line for line in FINE.splitlines() if line.split()[0] not in given]
    if {"add", "steps"} & given.keys():
        fine = [line for line in fine if not line.startswith("use")]
    return "\n".join(["[rule]", *fine, rule])


@pytest.mark.parametrize(
    ("vocabulary", "right"),
    [
        (SHARED, True),
        ("", True),
        ('[words]\n"any name" = ["a b", "@other"]\nother = ["c"]', True),
        ("words = {}\nshapes = {}", True),
        ("[word]", False),
        ('[words]\na = "b"', False),
        ("[words]\na = []", False),
        ('[words]\na = ["b", ""]', False),
        ("[words]\na = [3]", False),
        ('[shapes]\na = ""', False),
        ('[shapes]\na = ["b"]', False),
        ("shapes = []", False),
    ],
)
def test_a_vocabulary_passes_where_it_loads(tmp_path: Path, vocabulary: str, right: bool) -> None:
    assert loads(tmp_path, "", vocabulary) is right
    assert passes(VOCABULARY, vocabulary) is right


@pytest.mark.parametrize("model", [RuleTable, WhenTable])
def test_every_key_of_a_rule_is_in_the_schema(model: type[RuleTable | WhenTable]) -> None:
    assert [*rule_schema()["definitions"][model.__name__]["properties"]] == [*model.model_fields]
