"""Targets and arguments are held against what the catalogue knows; of what it does not nothing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.core.plan import JSON
from router.ports import Offer, Tool
from tests.rulebook.check.small import checked, ids, project_of, report, told

LATE = """
[a]
when.all = "log"
yes = "log"
steps = [
    { id = "x", use = "mcp:time/now" },
    { id = "y", use = "mcp:git/git_log", args = { %s, repo_path = "{{ steps.x.text }}" } },
]
"""


PLAINLY = '[a]\nwhen.all = "log"\nyes = "log"\nuse = "mcp:git/git_log"\n'


def taking(schema: JSON) -> Offer:
    return Offer("mcp", "git", (Tool("git_log", input_schema=schema),))


def test_a_fault_of_arguments_is_a_sentence_with_the_rule_and_its_target(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        """
[a]
say = "log {n:word}"
yes = ["log 3", "log 4", "log x"]
use = "mcp:git/git_log"
args = { max_count = "{{ n }}", count = 3 }
""",
    )

    before = "rules.a: mcp:git/git_log would refuse its arguments"
    assert told(found) == [
        f'{before}: "repo_path" is missing',
        f'{before}: "max_count" must be an integer, not "3"',
        f'{before}: "count" is not an argument of this tool; did you mean "max_count"?',
        f'{before}: "max_count" must be an integer, not "4"',
        f'{before}: "max_count" must be an integer, not "x"',
    ]
    assert {(each.file, each.line) for each in found.findings} == {("rules/team/rules.toml", 2)}


def test_the_same_fault_on_several_examples_is_told_once(tmp_path: Path) -> None:
    found = checked(
        tmp_path, '[a]\nwhen.all = "log"\nyes = ["log", "log it", "a log"]\nuse = "mcp:git/git_log"'
    )

    assert ids(found) == ["arguments"]


def test_arguments_see_the_slots_the_context_and_a_place_and_time(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        """
[a]
say = "log since {day:date}"
when = { modes = "useful", facts = { team = "ops" }, attached = "image/*" }
yes = ["log since today", "log since 2026-01-31"]
use = "mcp:git/git_log"
args = { repo_path = "{{ repository }}{{ day }}{{ time }}{{ facts.team }}{{ attached[0].media_type }}" }
# corpus/queries.txt
plain
[useful team=ops image/png] log since today
""",
    )

    assert told(found) == []


def test_a_template_that_fails_names_the_example_and_the_argument(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        """
[a]
say = "log {n:int}"
yes = ["log 3", "log 0"]
use = "mcp:git/git_log"
args = { repo_path = ".", max_count = "{{ 3 // n }}" }
""",
    )

    (message,) = told(found)
    assert message.startswith('rules.a: on its example "log 0": rules.a args.max_count: ZeroDivisionError')


def test_a_template_of_a_rule_that_adds_is_tried_on_the_examples_of_others(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        """
[a]
say = "log {n:int}"
yes = "log 0"
use = "mcp:time/now"
[b]
say = "log {m:int}"
yes = "log 0"
add = "mcp:git/git_log"
args = { repo_path = ".", max_count = "{{ 3 // m }}" }
""",
    )

    assert ids(found) == ["bad-template"]
    assert "rules.b args.max_count" in found.findings[0].message


@pytest.mark.parametrize("stage", ['stage = "shadow"', 'stage = "canary"\nshare = 1', ""])
def test_constants_of_a_rule_that_wins_no_example_are_compared(tmp_path: Path, stage: str) -> None:
    found = checked(
        tmp_path,
        f"""
[a]
when.all = "log"
yes = {'["log"]' if stage else "[]"}
no = "leg"
use = "mcp:git/git_log"
args = {{ repo_path = "{{{{ cwd }}}}", max_count = "three", count = "{{{{ text }}}}" }}
{stage}
# corpus/queries.txt
plain
log
""",
    )

    assert [each for each in ids(found) if each != "no-example"] == ["arguments"] * 2
    assert 'must be an integer, not "three"' in found.findings[0].message
    assert '"count"' in found.findings[1].message


def test_what_comes_from_an_earlier_step_is_there_and_its_value_is_not_judged(tmp_path: Path) -> None:
    assert told(checked(tmp_path / "right", LATE % "max_count = 3")) == []
    assert told(checked(tmp_path / "wrong", LATE % "max_count = 'x'")) == [
        'rules.a: mcp:git/git_log would refuse its arguments: "max_count" must be an integer, not "x"'
    ]
    late = checked(tmp_path / "late", LATE % 'count = "{{ steps.x.text }}"').findings
    assert [(each.message, each.hint) for each in late] == [
        ('rules.a: mcp:git/git_log takes no argument "count"', 'did you mean "max_count"?')
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"properties": {"max_count": {}, "repo_path": {}}, "additionalProperties": True},
        {"properties": {}, "anyOf": [{"required": ["max_count"]}, {"required": ["other"]}]},
        {"properties": {"max_count": {}}, "allOf": [{"properties": {"repo_path": {}, "count": {}}}]},
        {"properties": {"max_count": {}}, "dependentRequired": {"max_count": ["repo_path"]}},
        {"properties": {"max_count": {}}, "patternProperties": {"^[a-z_]+$": {}}},
        {"$ref": "#/$defs/arguments", "$defs": {"arguments": {"required": ["repo_path"]}}},
    ],
)
def test_nothing_is_said_of_late_arguments_where_a_schema_speaks_of_all_together(
    tmp_path: Path, schema: JSON
) -> None:
    assert told(report(tmp_path, project_of(LATE % "max_count = 3"), [taking(schema)])) == []


@pytest.mark.parametrize(
    "schema",
    [
        True,
        [],
        "x",
        {"required": True},
        {"required": None},
        {"properties": None},
        {"properties": []},
        {"type": "objet"},
    ],
)
@pytest.mark.parametrize("text", [LATE % "max_count = 3", PLAINLY])
def test_a_schema_that_is_none_is_told_or_left_and_never_ends_the_check(
    tmp_path: Path, schema: JSON, text: str
) -> None:
    found = report(tmp_path, project_of(text), [taking(schema)])

    assert set(ids(found)) <= {"arguments"}
    assert all("the tool's input schema" in each for each in told(found))


def test_a_target_that_the_catalogue_cannot_confirm_is_neither_counted_nor_found(tmp_path: Path) -> None:
    text = '[a]\nwhen.all = "log"\nyes = "log"\nuse = ["mcp:useful/x", "a2a:writer", "mcp:git/git_log"]\n'
    files = project_of(text)
    none, some, empty = (
        report(tmp_path, files, offers) for offers in ([], [taking(None)], [Offer("mcp", "git", ())])
    )

    assert (none.targets, told(none)) == (0, [])
    assert (some.targets, told(some)) == (1, [])
    assert (empty.targets, ids(empty)) == (0, ["unknown-tool"])


def test_an_unknown_tool_or_skill_is_told_with_the_nearest(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        """
[a]
when.all = "log"
yes = "log"
use = ["mcp:git/git_lgo", "a2a:writer/poems", "mcp:git/xyz"]
""",
    )

    assert [(each.message, each.hint) for each in found.findings] == [
        ('rules.a: mcp:git has no tool "git_lgo"', 'did you mean "git_log"?'),
        ('rules.a: a2a:writer has no skill "poems"', 'did you mean "notes"?'),
        ('rules.a: mcp:git has no tool "xyz"', "there are git_changes, git_log"),
    ]
