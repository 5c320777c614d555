"""`ts rules list` and `ts rules show`: the rules that there are, and one of them whole."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.command import Done, Shell
from tests.repositories import SETTINGS

pytestmark = pytest.mark.slow

RULES: Final = {
    "ts.toml": SETTINGS,
    "rules/vocab.toml": (
        'words.state = ["status", "state of things"]\n' r"shapes.order = 'order (?P<order>\d+)'" "\n"
    ),
    "rules/guard/stop.toml": '[writes]\nowner = "@security"\nwhen.all = ["push"]\nuse = "mcp:git/none"\n',
    "rules/team/git.toml": """\
# of git

[wide]
when.all = ["commits"]
use = "mcp:git/git_log"

[history]  # what was done
owner = "@platform"
was = "git.log"
why = "It is asked often."
say = "(show|list) [the] last {n:int} commits"
use = "mcp:git/git_log"
yes = ["show the last 3 commits"]
no = ["commits"]

[history.args]
max_count = "{{ n }}"

[state]
when = { all = ["@state", ["of", "in"]], none = ["health"], looks = "order" }
beats = ["git.wide"]
use = ["mcp:git/git_status", "mcp:time/now"]
stage = "canary"
share = 10
until = 2030-01-31
""",
    "rules/team/more.toml": (
        '[trace]\nwhen.all = ["commits"]\nadd = "mcp:time/trace"\n'
        '[old]\nstage = "shadow"\nwhen.all = ["commits", "old"]\nuse = "mcp:git/git_log"\n'
    ),
}
LISTED: Final = """\
stop.writes  guard  live    @security  mcp:git/none
git.history  team   live    @platform  mcp:git/git_log
git.state    team   canary  -          mcp:git/git_status, mcp:time/now
git.wide     team   live    -          mcp:git/git_log
more.old     team   shadow  -          mcp:git/git_log
more.trace   team   live    -          mcp:time/trace
"""


@pytest.fixture
def team(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "project", tmp_path / "home")
    shell.home.mkdir()
    shell.write(RULES)
    return shell


def rules(shell: Shell, *arguments: str) -> Done:
    return shell.ts("rules", *arguments)


def ids(done: Done) -> list[str]:
    return [line.split()[0] for line in done.out.splitlines()]


# The list.


def test_rules_are_listed_by_layer_and_id(team: Shell) -> None:
    done = rules(team, "list")

    assert (done.code, done.out, done.err) == (0, LISTED, "6 rules\n")
    assert rules(Shell(team.directory / "rules", team.home), "list").out == LISTED


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--layer", "guard"), ["stop.writes"]),
        (("--owner", "@platform"), ["git.history"]),
        (("--stage", "shadow"), ["more.old"]),
        (("--stage", "live", "--layer", "team"), ["git.history", "git.wide", "more.trace"]),
        (("--use", "mcp:time/now"), ["git.state"]),
        (("--use", "mcp:time"), ["git.state", "more.trace"]),
        (("--use", "git_log"), ["git.history", "git.wide", "more.old"]),
        (("--layer", "guard", "--stage", "shadow"), []),
    ],
)
def test_filters_leave_the_rules_that_fit_all_of_them(
    team: Shell, filters: tuple[str, ...], found: list[str]
) -> None:
    done = rules(team, "list", *filters)

    assert (done.code, ids(done)) == (0, found)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (("--layer", "tem"), 'no rule has the layer "tem"; did you mean "team"?'),
        (("--stage", "team"), 'no rule has the stage "team"; there are canary, live, shadow'),
        (("--stage", "lve"), 'no rule has the stage "lve"; did you mean "live"?'),
        (("--owner", "team"), 'no rule has the owner "team"; there are @platform, @security'),
        (("--owner", "@platfrom"), 'no rule has the owner "@platfrom"; did you mean "@platform"?'),
        (("--use", "mcp:git/git_lgo"), 'no rule calls "mcp:git/git_lgo"; did you mean "mcp:git/git_log"?'),
        (("--use", "a2a:"), 'no rule calls "a2a:"'),
    ],
)
def test_a_filter_that_could_fit_no_rule_is_the_askers_mistake(
    team: Shell, filters: tuple[str, ...], said: str
) -> None:
    done = rules(team, "list", *filters)

    assert (done.code, done.out, done.err) == (2, "", f"error: {said}\n")


def test_a_layer_without_rules_and_a_rulebook_without_rules_list_none(team: Shell, tmp_path: Path) -> None:
    done = rules(team, "list", "--layer", "learned")
    assert (done.code, done.out, done.err) == (0, "", "0 rules\n")
    bare = Shell(tmp_path / "bare", team.home)
    bare.write({"ts.toml": ""})

    assert rules(bare, "list", "--json").json == []
    assert rules(bare, "list", "--owner", "@a").err == 'error: no rule has the owner "@a"; there are none\n'


def test_the_list_is_json(team: Shell) -> None:
    assert rules(team, "list", "--stage", "canary", "--json").json == [
        {
            "id": "git.state",
            "at": "rules/team/git.toml:19",
            "layer": "team",
            "stage": "canary",
            "share": 10,
            "owner": "",
            "why": "",
            "until": "2030-01-31",
            "adds": False,
            "use": ["mcp:git/git_status", "mcp:time/now"],
            "yes": [],
            "no": [],
        }
    ]


# One rule.


@pytest.mark.parametrize("name", ["git.history", "git.log"])
def test_a_rule_is_shown_as_it_is_written_with_its_neighbours(team: Shell, name: str) -> None:
    done = rules(team, "show", name)

    assert (done.code, done.err) == (0, "")
    assert (
        done.out
        == """\
git.history  (rules/team/git.toml:7, layer team, live)

[history]  # what was done
owner = "@platform"
was = "git.log"
why = "It is asked often."
say = "(show|list) [the] last {n:int} commits"
use = "mcp:git/git_log"
yes = ["show the last 3 commits"]
no = ["commits"]

[history.args]
max_count = "{{ n }}"

asks for   say "(show|list) [the] last {n:int} commits"
slots      {n:int}
wins over  git.wide
"""
    )


def test_lists_are_written_out_and_beats_make_neighbours(team: Shell) -> None:
    done = rules(team, "show", "git.state")

    assert (
        done.out.partition("2030-01-31\n\n")[2]
        == """\
asks for   state of things or status
           of or in
           looks like order
           not health
slots      order
wins over  git.wide
"""
    )
    assert rules(team, "show", "git.wide").out.endswith(
        "asks for   commits\nloses to   git.history\n           git.state\n"
    )


def test_add_rules_and_rules_of_other_layers_are_no_neighbours(team: Shell) -> None:
    assert rules(team, "show", "more.trace").out.endswith("\n\nasks for   commits\n")
    assert rules(team, "show", "stop.writes").out.endswith("\n\nasks for   push\n")


def test_a_rule_is_json(team: Shell) -> None:
    told = rules(team, "show", "git.state", "--json").json

    assert told["asks"] == ["state of things or status", "of or in", "looks like order", "not health"]
    assert (told["wins_over"], told["loses_to"], told["slots"]) == (["git.wide"], [], {"order": "text"})
    assert told["written"].startswith("[state]\nwhen = {")
    assert rules(team, "show", "git.history", "--json").json["slots"] == {"n": "int"}
    assert rules(team, "show", "git.history", "--json").json["loses_to"] == []


def test_a_name_that_is_no_rule_is_the_askers_mistake(team: Shell) -> None:
    done = rules(team, "show", "git.histroy")

    assert (done.code, done.err) == (
        2,
        'error: there is no rule "git.histroy"; did you mean "git.history"?\n',
    )
    assert rules(team, "show", "nothing.like-it").err == 'error: there is no rule "nothing.like-it"\n'


def test_a_rule_is_shown_however_its_table_is_written(team: Shell) -> None:
    odd = 'one.when.all = ["odd"]\none.use = "mcp:git/odd"\n["two"]\nsay = "x"\nuse = "mcp:git/x"\n'
    team.write({"rules/learned/odd.toml": odd})

    assert '\n\none.when.all = ["odd"]\n\none.use = "mcp:git/odd"\n\n' in rules(team, "show", "odd.one").out
    assert '\n\n["two"]\nsay = "x"\nuse = "mcp:git/x"\n\n' in rules(team, "show", "odd.two").out
