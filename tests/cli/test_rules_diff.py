"""`ts rules diff`: what is compared with what, what it says of it, and with which code it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.command import TS, Done, Shell
from tests.repositories import FILES, GIT, QUERIES, SETTINGS, committed, repository

pytestmark = pytest.mark.slow

CHANGED: Final = GIT.replace('["commits"]', '["commits", "show"]')
"""Takes one recorded query less."""
ONE: Final = """\
rules/team/git.toml:1: git.history (condition changed: with "show") changes 1 query
  count commits of today
    git.history: mcp:git/git_log → none

main → the working tree: 5 queries, 4 the same, 1 changed
"""


@pytest.fixture
def team(tmp_path: Path) -> Shell:
    return repository(tmp_path)


def diff(shell: Shell, *arguments: str, **variables: str) -> Done:
    return shell.ts("rules", "diff", *arguments, **variables)


def changed(done: Done) -> dict[str, tuple[list[str], list[str]]]:
    """Return causes and reasons by changed query, of the JSON."""
    return {
        change["shown"]: (group["causes"], group["reasons"])
        for group in done.json["groups"]
        for change in group["changes"]
    }


# The working tree.


def test_a_tree_as_it_was_committed_is_the_same(team: Shell) -> None:
    done = diff(team, "main")

    assert (done.code, done.err) == (0, "")
    assert done.out == "main → the working tree: 5 queries, 5 the same, 0 changed\n"


def test_a_changed_decision_is_told_and_ends_with_five(team: Shell) -> None:
    team.write({"rules/team/git.toml": CHANGED})

    done = diff(team, "main")

    assert (done.code, done.out, done.err) == (5, ONE, "")


def test_what_is_staged_unstaged_and_untracked_is_the_working_tree(team: Shell) -> None:
    team.write({"rules/guard/stop.toml": '[stop]\nwhen.all = ["status"]\nuse = "mcp:time/stop"\n'})
    team.git("add", "--all")
    team.write({
        "rules/team/git.toml": CHANGED,
        "rules/team/time.toml": '[now]\nwhen.all = ["time"]\nuse = "mcp:time/now"\n',
    })  # fmt: skip

    assert changed(diff(team, "HEAD", "--json")) == {
        "count commits of today": (["git.history"], ['condition changed: with "show"']),
        "what is the status": (["stop.stop"], ["added"]),
        "what time is it": (["time.now"], ["added"]),
    }


def test_two_revisions_are_compared_whatever_the_tree_holds(team: Shell) -> None:
    committed(team, {"rules/team/git.toml": CHANGED})
    team.write({"rules/team/git.toml": "not TOML"})

    done = diff(team, "HEAD~1", "HEAD")
    back = diff(team, "HEAD", "HEAD~1")

    assert (done.code, done.out) == (5, ONE.replace("main → the working tree", "HEAD~1 → HEAD"))
    assert 'git.history (condition changed: without "show")' in back.out
    assert "    none → git.history: mcp:git/git_log" in back.out


def test_merge_base_leaves_out_what_others_changed_since(team: Shell) -> None:
    team.git("checkout", "-b", "feature")
    committed(team, {"rules/team/git.toml": CHANGED})
    team.git("checkout", "main")
    committed(team, {"rules/team/time.toml": '[now]\nwhen.all = ["time"]\nuse = "mcp:time/now"\n'})

    assert changed(diff(team, "main", "feature", "--json")).keys() == {
        "count commits of today",
        "what time is it",
    }
    since = diff(team, "main", "feature", "--merge-base", "--json")
    assert changed(since).keys() == {"count commits of today"}
    assert since.json["compared"].startswith("main (merge base ")
    assert since.json["compared"].endswith(") → feature")
    assert diff(team, "feature", "--merge-base", "--json").json["changed"] == 1
    team.git("checkout", "feature")
    assert changed(diff(team, "main", "--merge-base", "--json")).keys() == {"count commits of today"}


# Where it is run.


@pytest.mark.parametrize("here", [".", "rules/team"])
def test_a_project_in_a_subdirectory_is_compared_from_below_it_too(tmp_path: Path, here: str) -> None:
    team = repository(tmp_path, below="tools/the routing")
    team.write({"rules/team/git.toml": CHANGED})
    below = Shell(team.directory / here, team.home)

    assert diff(below, "main").out == ONE
    github = diff(below, "main", "--format", "github").out
    assert github.startswith(
        "::warning file=tools/the routing/rules/team/git.toml,line=1,title=ts rules diff::"
    )
    assert "`tools/the routing/rules/team/git.toml:1`" in diff(below, "main", "--format", "md").out


def test_a_shallow_clone_compares_what_it_has_and_says_how_to_get_more(tmp_path: Path, team: Shell) -> None:
    committed(team, {"rules/team/git.toml": CHANGED})
    team.git("clone", "--depth", "1", f"file://{team.directory}", str(tmp_path / "shallow"))
    shallow = Shell(tmp_path / "shallow", team.home)
    shallow.write({"rules/team/git.toml": GIT})

    assert diff(shallow, "HEAD").code == 5
    done = diff(shallow, "HEAD~1")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: revision HEAD~1: there is no such commit; in a shallow clone fetch more, as with "
        "`git fetch --deepen 100` or `fetch-depth: 0`\n"
    )


def test_a_worktree_is_compared_with_the_branch_of_another(tmp_path: Path, team: Shell) -> None:
    team.git("worktree", "add", "-b", "feature", str(tmp_path / "tree"))
    tree = Shell(tmp_path / "tree", team.home)
    tree.write({"rules/team/git.toml": CHANGED})

    assert diff(tree, "main").out == ONE
    assert diff(team, "feature").code == 0


def test_a_hook_compares_its_own_project(tmp_path: Path) -> None:
    team = repository(tmp_path, below="routing")
    tree = Shell(tmp_path / "tree/routing", team.home)
    team.git("worktree", "add", "-b", "feature", str(tmp_path / "tree"))
    hook = tmp_path / "repository/.git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f'#!/bin/sh\nenv | grep ^GIT_DIR= > "{tmp_path}/seen"\n'
        f'"{TS}" -C routing rules diff main > "{tmp_path}/told"\n'
    )
    hook.chmod(0o755)
    tree.write({"rules/team/git.toml": CHANGED})
    tree.git("add", "--all")

    with pytest.raises(subprocess.CalledProcessError):
        tree.git("commit", "--message", "refused by the hook")

    assert (tmp_path / "told").read_text(encoding="utf-8") == ONE
    assert (tmp_path / "seen").read_text(encoding="utf-8").startswith("GIT_DIR=")


@pytest.mark.parametrize("branch", ["-x", "--help", "größer/über"])
def test_a_branch_may_look_like_an_option(team: Shell, branch: str) -> None:
    team.git("update-ref", f"refs/heads/{branch}", "HEAD")

    assert diff(team, "--", branch).out == f"{branch} → the working tree: 5 queries, 5 the same, 0 changed\n"


# What a revision may lack or hold.


def test_everything_is_new_where_there_was_no_project(tmp_path: Path) -> None:
    team = committed(repository(tmp_path, {"README.md": "nothing yet"}), FILES)

    done = diff(team, "HEAD~1", "--json")

    assert done.code == 5
    assert changed(done) == {
        "show the commits": (["git.history"], ["added"]),
        "count commits of today": (["git.history"], ["added"]),
        "what is the status": (["git.status"], ["added"]),
    }


def test_rules_that_did_not_load_are_named_as_git_writes_them(team: Shell) -> None:
    committed(team, {"rules/team/a.toml": '\n\n[broken]\nuse = "mcp:git/git_log"\nwhen.al = ["x"]\n'})
    team.write({"rules/team/a.toml": ""})

    done = diff(team, "main")

    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        'error: main:rules/team/a.toml:5:6: unknown key "al"; did you mean "all"?',
    ]
    told = diff(team, "main", "--json")
    assert told.json["error"]["code"] == "rulebook"
    assert told.json["error"]["problems"][0]["file"] == "main:rules/team/a.toml"


def test_settings_that_did_not_load_are_named_so_too_and_the_environment_is_not(team: Shell) -> None:
    committed(team, {"ts.toml": SETTINGS + "[mcp.late]\ncommand = 'x'\ntimout = 5\n"})
    team.write({"ts.toml": SETTINGS + "[mcp.late]\ncommand = 'x'\n"})

    assert (
        diff(team, "main").err == 'error: main:ts.toml:11:1: unknown key "timout"; did you mean "timeout"?\n'
    )
    done = diff(team, "HEAD~1", TS_MCP__LATE__TIMEOUT="5")
    assert done.code == 2
    assert done.err.startswith("error: $TS_MCP__LATE__TIMEOUT: ")


def test_a_recorded_line_that_could_not_be_read_is_named_with_its_revision(team: Shell) -> None:
    committed(team, {"corpus/queries.txt": "fine\n[odd] what\n"})
    team.write({"corpus/queries.txt": QUERIES})

    done = diff(team, "main")

    assert done.code == 2
    assert done.err.startswith('error: main:corpus/queries.txt:2:1: cannot be a query: unknown context "odd"')


def test_byte_order_marks_and_line_ends_bear_on_nothing(team: Shell) -> None:
    for name in ("ts.toml", "rules/team/git.toml", "corpus/queries.txt"):
        text = "\ufeff" + FILES[name].replace("\n", "\r\n")
        (team.directory / name).write_bytes(text.encode())
    team.git("config", "core.autocrlf", "false")
    committed(team, {})

    assert diff(team, "HEAD~1").out.endswith("5 queries, 5 the same, 0 changed\n")
    assert diff(team, "HEAD", "HEAD~1").code == 0


def test_rules_behind_a_symbolic_link_are_rules_at_a_revision_too(team: Shell) -> None:
    (team.directory / "rules/guard").symlink_to("../elsewhere")
    committed(team, {"elsewhere/stop.toml": '[stop]\nwhen.all = ["time"]\nuse = "mcp:time/stop"\n'})

    assert diff(team, "main").code == 0
    assert changed(diff(team, "HEAD~1", "--json")).keys() == {"what time is it"}


def test_names_with_spaces_and_umlauts_are_read(tmp_path: Path) -> None:
    rule = '[notes]\nwhen.all = ["time"]\nuse = "mcp:time/now"\nanswer = "größe und art/a b.j2"\n'
    files = {"rules/team/time.toml": rule, "prompts/größe und art/a b.j2": "{{ result.text }}"}
    team = repository(tmp_path, {**FILES, **files}, below="größe und art")

    assert diff(team, "main").code == 0
    team.write({"prompts/größe und art/a b.j2": "It is {{ result.text }}"})
    assert changed(diff(team, "main", "--json")) == {"what time is it": (["time.notes"], ["prompts changed"])}


def test_a_prompt_that_is_deleted_is_still_read_at_the_revision(team: Shell) -> None:
    rule = '[now]\nwhen.all = ["time"]\nuse = "mcp:time/now"\nanswer = "now.j2"\n'
    committed(team, {"rules/team/time.toml": rule, "prompts/now.j2": "{{ result.text }}"})
    (team.directory / "prompts/now.j2").unlink()
    assert diff(team, "main").err.startswith("error: rules/team/time.toml:4:10: no prompt is called")

    team.write({"rules/team/time.toml": rule.replace('answer = "now.j2"\n', "")})

    assert changed(diff(team, "main", "--json")) == {
        "what time is it": (["time.now"], ["answer and prompts changed"])
    }


@pytest.mark.parametrize("command", [("main",), ("main", "--json")])
def test_without_git_or_a_repository_it_says_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    apart = Shell(tmp_path / "apart", tmp_path)
    apart.write(FILES)

    assert diff(apart, *command).err.startswith("error: revision main: not a git repository")
    done = diff(repository(tmp_path), *command, PATH=str(tmp_path))
    assert (done.code, done.err) == (2, "error: revision main: git is not installed\n")
    if "--json" in command:
        assert json.loads(done.out)["error"]["code"] == "revision"


def test_an_unknown_revision_is_the_askers_mistake(team: Shell) -> None:
    for arguments in (("mian",), ("main", "mian"), ("main", ""), ("mian", "--merge-base")):
        done = diff(team, *arguments)
        assert (done.code, done.out) == (2, "")
        assert done.err in (
            "error: revision mian: there is no such commit\n",
            "error: revision : there is no such commit\n",
        )
