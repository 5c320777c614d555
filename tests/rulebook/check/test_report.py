"""A report says what it looked at, in which words, and that looking at nothing proves nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from router.rulebook.check import Report
from router.rulebook.check.finding import Finding, Related
from tests.rulebook.check.small import PLAIN, checked, ids, project_of, report, told

LOG = '[a]\nwhen.all = "log"\nyes = "log"\nuse = "mcp:time/now"\n'


def test_a_report_gives_its_denominators(tmp_path: Path) -> None:
    text = f'{LOG}no = "leg"\n'
    one = report(tmp_path / "one", PLAIN)
    more = checked(tmp_path / "more", f"{text}# corpus/queries.txt\nplain\nplain\n  plain \nlog\n\n# x\nleg")
    wrong = checked(tmp_path / "wrong", text.replace('yes = "log"', 'yes = ["log", "leg"]'))

    assert str(one) == (
        "1 rule · 1 example holds · corpus 1 query · 1/1 rules exercised · "
        "1 target in the catalogue · 0 errors"
    )
    assert str(more) == (
        "2 rules · 3 examples hold · corpus 3 queries · 2/2 rules exercised · "
        "2 targets in the catalogue · 0 errors"
    )
    assert str(wrong) == (
        "2 rules · 3 of 4 examples hold · corpus 3 queries · 2/2 rules exercised · "
        "2 targets in the catalogue · 1 error"
    )


def test_the_smallest_numbers_are_told_in_the_singular_or_as_none() -> None:
    assert str(Report(1, 1, 0, 1, 0, 0, 1, (Finding("no-taken", "", 0, ""),))) == (
        "1 rule · 0 of 1 example holds · corpus 1 query · 0/1 rules exercised · "
        "1 target in the catalogue · 1 error"
    )
    assert str(Report(findings=(Finding("tie", "", 0, ""),))) == (
        "0 rules · 0 examples hold · corpus 0 queries · 0/0 rules exercised · "
        "0 targets in the catalogue · 0 errors · 1 warning"
    )


def test_what_does_not_load_is_told_with_all_that_is_wrong(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        f"{LOG}wy = 1\n# rules/team/notes.txt\nx\n# corpus/queries.txt\n[usefull] log\nplain\n",
    )

    assert ids(found) == ["unknown-key", "bad-query", "stray-file"]
    assert (found.loaded, found.rules, found.queries) == (False, 0, 0)
    assert str(found) == "the rulebook does not load · 2 errors · 1 warning"


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("rules/team/plain.toml", "no-rules"),
        ("corpus/queries.txt", "no-queries"),
    ],
)
def test_nothing_to_look_at_is_an_error(tmp_path: Path, file: str, wanted: str) -> None:
    empty = report(tmp_path / "empty", {**PLAIN, file: ""})
    missing = report(tmp_path / "missing", {name: text for name, text in PLAIN.items() if name != file})

    for found in (empty, missing):
        assert [(each.id, each.severity) for each in found.findings] == [(wanted, "error")]


def test_rules_without_any_example_are_one_error_and_not_a_warning_each(tmp_path: Path) -> None:
    rules = LOG.replace("yes", "why")
    found = report(tmp_path, {**PLAIN, "rules/team/plain.toml": f"{rules}{rules.replace('[a]', '[b]')}"})

    assert ids(found).count("no-examples") == 1
    assert "no-example" not in ids(found)


def test_a_rule_that_can_never_win_is_not_asked_for_an_example_or_a_query(tmp_path: Path) -> None:
    found = checked(tmp_path, '[a]\nwhen = { all = "log", none = "log" }\nuse = "mcp:time/now"')

    assert ids(found) == ["never-wins"]
    assert (found.rules, found.exercised) == (2, 1)


def test_errors_come_before_warnings(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        '# rules/team/notes.txt\nx\n# rules/team/rules.toml\n[a]\nowner = ""\nwhen.all = "log"\n'
        'yes = ["log", "leg"]\nuse = "mcp:git/git_lgo"\n# rules/vocab.toml\n[words]\nx = ["y"]',
    )

    assert [(each.severity, each.id) for each in found.findings] == [
        ("error", "yes-unmatched"),
        ("error", "unknown-tool"),
        ("warning", "stray-file"),
        ("warning", "no-owner"),
        ("warning", "unused"),
    ]


def test_a_finding_says_place_severity_and_what_would_do(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        '[a]\nwhen.all = ["log", "last"]\nyes = ["last log", "log"]\nuse = "mcp:git/git_lgo"\n',
    )

    assert "\n".join(map(str, found.findings)) == (
        'rules/team/rules.toml:1: error: rules.a does not match its own example "log", which lacks last; '
        "widen the rule, or take the example out of `yes` [yes-unmatched]\n"
        'rules/team/rules.toml:1: error: rules.a: mcp:git has no tool "git_lgo"; did you mean "git_log"? '
        "[unknown-tool]"
    )


def test_a_finding_without_place_or_hint_is_its_message() -> None:
    assert str(Finding("tie", "", 0, "y")) == "warning: y [tie]"
    assert str(Finding("tie", "f", 0, "y", severe=True)) == "f: error: y [tie]"
    assert str(Finding("tie", "f", 3, "y", "z", 4)) == "f:3:4: warning: y; z [tie]"


def test_a_finding_takes_a_line_whatever_it_quotes() -> None:
    found = Finding("no-taken", "f", 1, 'takes "a\nb\u2028c"', related=(Related("g", 2, "d\ne"),))

    assert str(found).splitlines() == ['f:1: error: takes "a b c" [no-taken]', "  g:2: d e"]


def test_a_report_is_json_with_every_number(tmp_path: Path) -> None:
    found = checked(tmp_path, f"{LOG}# corpus/none.txt\nwrite me a log\n")
    (taken,) = found.findings

    assert found.to_dict() == {
        "rules": 2,
        "examples": 2,
        "held": 2,
        "queries": 2,
        "none": 1,
        "exercised": 2,
        "targets": 2,
        "errors": 1,
        "warnings": 0,
        "loaded": True,
        "findings": [taken.to_dict()],
    }
    assert taken.to_dict() == {
        "id": "none-taken",
        "severity": "error",
        "at": "corpus/none.txt:1",
        "file": "corpus/none.txt",
        "line": 1,
        "column": 0,
        "message": 'rules.a takes "write me a log", which no rule may take',
        "hint": "narrow the rule, or take the query out of the file",
        "related": [{"file": "rules/team/rules.toml", "line": 1, "message": "rules.a takes it"}],
        "documentation": "docs/findings.md#none-taken",
    }


def test_a_tie_over_what_no_rule_may_take_names_all_of_them(tmp_path: Path) -> None:
    other = '[b]\nwhen.all = "on"\nyes = "on"\nuse = "mcp:time/zones"\n'
    (found,) = checked(tmp_path, f"{LOG}{other}# corpus/none.txt\n[useful] log on\n").findings

    assert found.message == 'rules.a and rules.b tie over "[useful] log on", which no rule may take'
    assert [each.line for each in found.related] == [1, 6]


def test_a_query_that_no_rule_may_take_is_no_recorded_query(tmp_path: Path) -> None:
    found = checked(tmp_path, f"{LOG}# corpus/queries.txt\nplain\n# corpus/none.txt\nleg\n")

    assert ids(found) == ["unmatched"]
    assert found.findings[0].hint == "record one in corpus/queries.txt, or delete the rule"
    assert (found.queries, found.none, found.exercised) == (1, 1, 1)


def test_a_rule_that_matches_and_loses_is_exercised(tmp_path: Path) -> None:
    late = f"# rules/learned/rules.toml\n{LOG}# rules/guard/first.toml\n{LOG.replace('now', 'zones')}"
    found = checked(tmp_path, f"{late}# corpus/queries.txt\nplain\nlog\n")

    assert (found.exercised, found.rules) == (3, 3)
    assert "unmatched" not in ids(found)


def test_a_review_is_due_the_day_after_its_date(tmp_path: Path) -> None:
    found = checked(tmp_path, f"{LOG}until = 2026-11-21\n").findings[0]

    assert found.message == "rules.a was to be reviewed by 2026-11-21"
    assert ids(checked(tmp_path, f"{LOG}until = 2026-11-22\n")) == []


def test_without_a_date_today_s_is_taken(tmp_path: Path) -> None:
    tomorrow = dt.datetime.now().astimezone().date() + dt.timedelta(days=1)
    text = (
        f"{LOG}until = {tomorrow}\n[b]\nwhen.all = 'b'\nyes = 'b'\nuse = 'mcp:time/now'\nuntil = 2020-01-01\n"
    )

    assert told(report(tmp_path, project_of(text), today=None)) == [
        "rules.b was to be reviewed by 2020-01-01"
    ]
