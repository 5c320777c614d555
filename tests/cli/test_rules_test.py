"""`ts rules test`: examples and recorded queries, what they leave out, and when that is a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.command import Done, Shell
from tests.repositories import FILES, GIT, QUERIES

COUNTS: Final = "2 rules · 2 of 2 examples hold · corpus 4 queries · 1 that no rule may take\n"


@pytest.fixture
def team(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "project", tmp_path / "home")
    shell.home.mkdir()
    shell.write(FILES)
    return shell


def run(shell: Shell, *arguments: str) -> Done:
    return shell.ts("rules", "test", *arguments)


def test_what_holds_is_counted(team: Shell) -> None:
    done = run(team)

    assert (done.code, done.out, done.err) == (0, COUNTS, "")
    assert run(Shell(team.directory / "rules/team", team.home)).out == COUNTS


def test_an_example_that_does_not_hold_is_named_and_fails(team: Shell) -> None:
    team.write({"rules/team/git.toml": GIT.replace('["show the commits"]', '["show the log"]')})

    done = run(team)

    assert done.code == 1
    assert done.out == (
        'rules/team/git.toml:1: error: git.history does not match its own example "show the log", which lacks'
        " commits; widen the rule, or take the example out of `yes` [yes-unmatched]\n"
    ) + COUNTS.replace("2 of 2", "1 of 2")


def test_a_recorded_query_that_no_rule_may_take_fails(team: Shell) -> None:
    team.write({"corpus/none.txt": "good status\n"})

    done = run(team, "--json")

    assert done.code == 1
    assert [each["id"] for each in done.json["findings"]] == ["none-taken"]


# Coverage.


def test_rules_and_conditions_that_no_query_exercises_are_listed(team: Shell) -> None:
    team.write({
        "rules/team/time.toml": (
            '[now]\nwhen = { all = ["time"], none = ["zone", "daylight"], any = ["what", "tell me"] }\n'
            'use = "mcp:time/now"\nyes = ["what time is it"]\nno = ["what time zone is it"]\n'
            '[never]\nwhen.all = ["eternity"]\nuse = "mcp:time/now"\n'
        ),
    })  # fmt: skip

    done = run(team, "--coverage")

    assert done.code == 0
    assert done.out == (
        "rules/team/time.toml:6: time.never matches no query\n"
        "rules/team/time.toml:1: time.now: no query exercises tell me\n"
        "rules/team/time.toml:1: time.now: no query exercises none daylight\n"
        "coverage 3/4 rules · 5/8 conditions · 66.6 %\n"
        "4 rules · 4 of 4 examples hold · corpus 4 queries · 1 that no rule may take\n"
    )


def test_a_list_is_one_condition(team: Shell) -> None:
    team.write({
        "rules/vocab.toml": 'words.moment = ["time", "hour", "minute"]\n',
        "rules/team/time.toml": '[now]\nwhen.all = ["@moment"]\nuse = "mcp:time/now"\nyes = ["what time"]\n',
    })  # fmt: skip

    assert "coverage 3/3 rules · 3/3 conditions · 100.0 %\n" in run(team, "--coverage").out


def test_coverage_is_json(team: Shell) -> None:
    team.write(
        {"corpus/queries.txt": "good evening\n", "rules/team/git.toml": GIT.replace('yes = ["what', '#"')}
    )

    done = run(team, "--coverage", "--json")

    assert done.code == 0
    assert done.json == {
        "rules": 2, "examples": 1, "held": 1, "queries": 1, "findings": [],
        "coverage": {
            "queries": 3, "rules": 2, "rules_covered": 1, "conditions": 2, "conditions_covered": 1,
            "uncovered": [
                {"rule": "git.status", "at": "rules/team/git.toml:6", "matched": 0, "conditions": ["status"]}
            ],
        },
    }  # fmt: skip
    assert run(team, "--json").json["coverage"] is None


def test_999_of_1000_are_not_100_per_cent(team: Shell) -> None:
    words = [f"word{number}x" for number in range(997)]
    listed = ", ".join(f'"{each}"' for each in (*words, "never"))
    team.write({
        "rules/team/git.toml": f'[one]\nwhen.any = [{listed}]\nuse = "mcp:git/git_log"\nyes = ["word1x"]\n',
        "rules/team/two.toml": '[two]\nsay = "two"\nuse = "mcp:git/git_log"\nyes = ["two"]\n',
        "corpus/queries.txt": "".join(f"{each}\n" for each in words),
    })  # fmt: skip

    done = run(team, "--fail-under", "100")

    assert done.code == 1
    assert "rules/team/git.toml:1: git.one: no query exercises never\n" in done.out
    assert "coverage 2/2 rules · 998/999 conditions · 99.9 %\n" in done.out
    assert done.err == "error: coverage is under 100 %\n"
    assert run(team, "--fail-under", "99.9").code == 0
    assert run(team, "--fail-under", "99.99999").err == "error: coverage is under 99.99999 %\n"


@pytest.mark.parametrize("threshold", ["101", "-1", "nan", "much"])
def test_a_threshold_is_a_percentage(team: Shell, threshold: str) -> None:
    done = run(team, "--fail-under", threshold)

    assert (done.code, done.out) == (2, "")
    assert "--fail-under" in done.err


def test_all_that_is_covered_reaches_a_hundred(team: Shell) -> None:
    assert run(team, "--fail-under", "100").code == 0


# Some rules.


@pytest.mark.parametrize("name", ["git.history", "git.old-name"])
def test_a_rule_is_chosen_by_its_id_or_an_earlier_one(team: Shell, name: str) -> None:
    team.write({"rules/team/git.toml": GIT.replace("[history]", '[history]\nwas = "git.old-name"')})

    done = run(team, name, "--coverage")

    assert done.out == (
        "coverage 1/1 rule · 1/1 condition · 100.0 %\n"
        "1 rule · 1 of 1 example hold · corpus 4 queries · 1 that no rule may take\n"
    )


def test_a_topic_chooses_its_rules_and_names_add_up(team: Shell) -> None:
    team.write({"rules/team/time.toml": '[now]\nsay = "now"\nuse = "mcp:time/now"\nyes = ["now"]\n'})

    assert run(team, "git").out == COUNTS
    assert run(team, "git.status", "time", "time.now").out.startswith("2 rules · 2 of 2 examples hold")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("git.histroy", '; did you mean "git.history"?'),
        ("gti", '; did you mean "git"?'),
        ("git.", ""),
        ("history", ""),
    ],
)
def test_a_name_that_is_no_rule_is_the_askers_mistake(team: Shell, name: str, hint: str) -> None:
    done = run(team, name)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f'error: there is no rule or topic "{name}"')
    assert hint in done.err


def test_a_test_of_nothing_fails(team: Shell) -> None:
    without = "\n".join(line for line in GIT.splitlines() if not line.startswith("yes"))
    team.write({"corpus/queries.txt": "# none\n", "rules/team/git.toml": without})

    done = run(team, "--json")

    assert done.code == 1
    assert [each["id"] for each in done.json["findings"]] == ["no-examples", "no-queries"]


def test_a_corpus_that_cannot_be_read_is_the_askers_mistake(team: Shell) -> None:
    team.write({"corpus/queries.txt": QUERIES + "[odd] what\n"})

    done = run(team)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith('error: corpus/queries.txt:5:1: cannot be a query: unknown context "odd"')
