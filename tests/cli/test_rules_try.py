"""`ts rules try FILE`: what the rules of a file would change, told without writing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.command import Done, Shell
from tests.repositories import FILES, GIT, SETTINGS

pytestmark = pytest.mark.slow

TIME: Final = (
    '[now]\nstage = "shadow"\nwhen.all = ["time"]\nuse = "mcp:time/now"\nyes = ["what time is it"]\n'
)


@pytest.fixture
def team(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "project", tmp_path / "home")
    shell.home.mkdir()
    shell.write(FILES)
    return shell


def try_(shell: Shell, *arguments: str) -> Done:
    """Run the command, and see that it wrote nothing."""
    before = files(shell.directory.parent)
    done = shell.ts("rules", "try", *arguments)
    assert files(shell.directory.parent) == before
    return done


def files(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_file_from_elsewhere_is_tried_in_the_layer_team(team: Shell, tmp_path: Path) -> None:
    (tmp_path / "proposal.toml").write_text(TIME, encoding="utf-8")

    done = try_(team, "../proposal.toml")

    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "1 from the planner\n  what time is it\nproposal.now: 1 of 5 recorded queries would change\n"
    )


@pytest.mark.parametrize("here", [".", "rules/team"])
def test_a_shadow_rule_of_the_project_is_tried_from_anywhere(team: Shell, here: str) -> None:
    team.write({"rules/team/time.toml": TIME})
    name = "rules/team/time.toml" if here == "." else "time.toml"

    done = try_(Shell(team.directory / here, team.home), name)

    assert done.out.endswith("time.now: 1 of 5 recorded queries would change\n")


def test_rules_of_the_project_are_tried_against_a_rulebook_without_them(team: Shell) -> None:
    done = try_(team, "rules/team/git.toml")

    assert done.out == (
        "3 from the planner\n  show the commits\n  count commits of today\n  what is the status\n"
        "git.history, git.status: 3 of 5 recorded queries would change\n"
    )


def test_a_rule_that_replaces_one_and_a_tie_are_told(team: Shell) -> None:
    team.write({
        "new/git.toml": GIT.replace('["status"]', '["status", "now"]') + TIME.replace('"time"', '"commits"'),
    })  # fmt: skip

    done = try_(team, "new/git.toml", "--samples", "1")

    assert done.out == (
        "2 in a new tie of git.history and git.now\n"
        "  show the commits\n"
        "  … and 1 more\n"
        "1 that no rule would take any more, from rule git.status\n"
        "  what is the status\n"
        "git.history, git.now, git.status: 3 of 5 recorded queries would change\n"
    )


def test_a_rule_that_takes_nothing_and_one_that_takes_what_none_may(team: Shell) -> None:
    team.write({"new.toml": TIME.replace('"time"', '"nowhere"')})
    assert try_(team, "new.toml").out == "new.now: 0 of 5 recorded queries would change\n"

    team.write({"new.toml": TIME.replace('"time"', '"morning"')})
    assert try_(team, "new.toml").out.startswith(
        "1 from corpus/none.txt, which no rule may take\n  good morning\n"
    )


def test_further_queries_are_tried_and_all_is_json(team: Shell) -> None:
    team.write({"new.toml": TIME, "more.txt": "time\n[useful] time\n"})

    done = try_(team, "new.toml", "--queries", "more.txt", "--json")

    assert done.code == 0
    assert (done.json["rules"], done.json["queries"]) == (["new.now"], 7)
    assert [each["shown"] for each in done.json["moved"]["from the planner"]] == [
        "what time is it", "time", "[useful] time",
    ]  # fmt: skip


def test_a_layer_is_chosen_for_a_file_from_elsewhere_alone(team: Shell) -> None:
    team.write({
        "new.toml": '[stop]\nwhen.all = ["status"]\nuse = "mcp:time/stop"\n',
        "rules/learned/time.toml": TIME,
    })  # fmt: skip

    assert "1 from rule git.status\n" in try_(team, "new.toml", "--layer", "guard").out
    assert "would change" in try_(team, "rules/learned/time.toml", "--layer", "learned").out
    done = try_(team, "rules/learned/time.toml", "--layer", "guard")
    assert (done.code, done.err) == (
        2, "error: --layer guard: rules/learned/time.toml is in layer learned already\n",
    )  # fmt: skip
    done = try_(team, "new.toml", "--layer", "gard")
    assert (done.code, done.err) == (
        2, 'error: there is no layer "gard"; --layer takes one of guard, team, learned\n',
    )  # fmt: skip


def test_a_layer_behind_a_link_is_the_projects(team: Shell) -> None:
    team.write({"elsewhere/stop.toml": '[stop]\nwhen.all = ["status"]\nuse = "mcp:time/stop"\n'})
    (team.directory / "rules/guard").symlink_to("../elsewhere")

    assert "1 from rule git.status\n" in try_(team, "rules/guard/stop.toml").out
    assert try_(team, "rules/../rules/guard/stop.toml").out.endswith("1 of 5 recorded queries would change\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what is this", "new.toml:1:6: is not TOML: Expected '=' after a key in a key/value pair"),
        ("# nothing\n", "new.toml: there is no rule in it"),
        ('[now]\nsay = "x"\nuse = "mcp:tme/x"\n', 'new.toml:3:7: unknown server "tme"; did you mean "time"?'),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_rules_is_the_askers_mistake(team: Shell, text: str, said: str) -> None:
    team.write({"new.toml": text})

    done = try_(team, "new.toml")

    assert (done.code, done.out, done.err) == (2, "", f"error: {said}\n")
    assert try_(team, "new.toml", "--json").json["error"]["code"] == "rulebook"


def test_a_file_that_is_not_there_or_no_file_is_the_askers_mistake(team: Shell) -> None:
    assert try_(team, "nowhere.toml").err == "error: nowhere.toml: there is no such file\n"
    assert try_(team, "rules").err == "error: rules: cannot be read: it is no file\n"


@pytest.mark.parametrize("file", ["rules/vocab.toml", "rules/team/deep/a.toml"])
def test_a_file_of_the_project_that_holds_no_rules_of_a_layer_is_refused(team: Shell, file: str) -> None:
    team.write({file: '[words]\na = ["b"]\n'})

    done = try_(team, file)

    assert done.code == 2
    assert done.err.startswith(("error: there is no layer", f"error: {file}: no layer reads this file"))


def test_without_a_recorded_query_there_is_nothing_to_try(team: Shell) -> None:
    team.write({"new.toml": TIME, "corpus/queries.txt": "", "corpus/none.txt": ""})

    done = try_(team, "new.toml")

    assert done.code == 2
    assert done.err.startswith("error: corpus/queries.txt: no query is recorded")


def test_other_rules_that_do_not_load_are_named_as_well(team: Shell) -> None:
    team.write({"new.toml": TIME, "ts.toml": SETTINGS, "rules/team/odd.toml": "[odd]\n"})

    done = try_(team, "new.toml")

    assert done.code == 2
    assert all(line.startswith("error: rules/team/odd.toml:1:2: ") for line in done.err.splitlines())
