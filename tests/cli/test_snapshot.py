"""`ts snapshot check` and `update`: the decisions of the recorded queries, kept in git."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.command import TS, Done, Shell
from tests.repositories import FILES, GIT, QUERIES, SETTINGS, committed, repository

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).parent.parent.parent
FILE: Final = "corpus/decisions.txt"
DECISIONS: Final = """\
count commits of today ⇒ git.history ⇒ mcp:git/git_log
show the commits ⇒ git.history ⇒ mcp:git/git_log
what is the status ⇒ git.status ⇒ mcp:git/git_status
what time is it ⇒ none
"""
SAME: Final = "corpus 4 queries · 0 changed\n"
ACCEPT: Final = "to accept these decisions: ts snapshot update\n"


@pytest.fixture
def team(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "project", tmp_path / "home")
    shell.home.mkdir()
    shell.write({**FILES, FILE: DECISIONS})
    return shell


def check(shell: Shell, *arguments: str) -> Done:
    return shell.ts("snapshot", "check", *arguments)


def kept(shell: Shell) -> bytes:
    return (shell.directory / FILE).read_bytes()


# Check.


def test_decisions_as_they_are_kept_are_the_same(team: Shell) -> None:
    done = check(team)

    assert (done.code, done.out, done.err) == (0, SAME, "")
    assert kept(team) == DECISIONS.encode()
    assert check(Shell(team.directory / "rules/team", team.home)).code == 0


def test_a_changed_decision_ends_with_five_and_the_command_that_accepts_it(team: Shell) -> None:
    team.write({"rules/team/git.toml": GIT.replace('["commits"]', '["commits", "show"]')})

    done = check(team)

    assert (done.code, done.err) == (5, ACCEPT)
    assert done.out == (
        "- count commits of today ⇒ git.history ⇒ mcp:git/git_log\n"
        "+ count commits of today ⇒ none\n"
        "corpus 4 queries · 1 changed\n"
    )
    accepting = shlex.split(done.err.partition(": ")[2])
    assert accepting[0] == "ts"
    assert team.ts(*accepting[1:]).code == 0
    assert check(team).out == SAME


def test_a_query_that_is_new_or_gone_is_a_change(team: Shell) -> None:
    team.write({"corpus/queries.txt": QUERIES.replace("what time is it", "what day is it")})

    done = check(team)

    assert done.code == 5
    assert done.out.splitlines()[:2] == ["+ what day is it ⇒ none", "- what time is it ⇒ none"]


def test_a_snapshot_that_is_not_there_is_a_change(team: Shell) -> None:
    (team.directory / FILE).unlink()

    done = check(team)

    assert (done.code, done.err) == (5, f"there is no {FILE} yet\n{ACCEPT}")
    assert done.out.startswith("+ count commits of today ⇒ git.history ⇒ mcp:git/git_log\n")


def test_markers_of_a_merge_are_named(team: Shell) -> None:
    conflict = (
        "<<<<<<< HEAD\nwhat time is it ⇒ none\n=======\nwhat time is it ⇒ x.y ⇒ mcp:time/now\n>>>>>>> b\n"
    )
    team.write({FILE: DECISIONS.replace("what time is it ⇒ none\n", conflict)})

    done = check(team)

    assert done.code == 5
    assert "- what time is it ⇒ x.y ⇒ mcp:time/now\n+ what time is it ⇒ none\n" in done.out
    assert done.err == f"{FILE} holds the markers of a merge conflict\n{ACCEPT}"
    assert team.ts("snapshot", "update").code == 0
    assert kept(team) == DECISIONS.encode()


def test_lines_that_a_merge_left_twice_or_out_of_order_are_told(team: Shell) -> None:
    first, *others = DECISIONS.splitlines(keepends=True)
    team.write({FILE: "".join((*others, first, first))})

    done = check(team)

    assert (done.code, done.out) == (5, SAME)
    assert team.ts("snapshot", "check", "--json").json["current"] is False
    assert done.err == f"{FILE} is out of order or says something twice; ts snapshot update puts it right\n"
    team.write({FILE: f"{DECISIONS}what time is it ⇒ git.history ⇒ mcp:git/git_log\n"})
    assert check(team).code == 5


def test_a_checkout_with_other_line_ends_is_the_same_and_stays(team: Shell) -> None:
    for name in (FILE, "corpus/queries.txt", "rules/team/git.toml"):
        path = team.directory / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = kept(team)

    assert check(team).code == 0
    assert team.ts("snapshot", "update").out == f"{FILE}: 4 queries · 0 changed\n"
    assert kept(team) == before


def test_a_query_may_hold_the_arrow(team: Shell) -> None:
    team.write({"corpus/queries.txt": "commits ⇒ none\n\\u21d2 status \\u005cu21d2\n"})

    assert team.ts("snapshot", "update").code == 0

    assert kept(team).decode() == (
        "\\u21d2 status \\u005cu21d2 ⇒ git.status ⇒ mcp:git/git_status\n"
        "commits \\u21d2 none ⇒ git.history ⇒ mcp:git/git_log\n"
    )
    assert check(team).code == 0


def test_facts_that_are_not_listed_are_kept_as_refused(team: Shell) -> None:
    team.write({
        "ts.toml": f'{SETTINGS}[facts]\nenv = ["prod"]\n',
        "corpus/queries.txt": "[env=test] status\n[env=prod] status\n",
    })  # fmt: skip

    assert team.ts("snapshot", "update").code == 0

    assert kept(team).decode() == (
        "[env=prod] status ⇒ git.status ⇒ mcp:git/git_status\n"
        '[env=test] status ⇒ refused ⇒ fact "env" has no value "test"\n'
    )


def test_json_has_every_change_and_samples_cut_the_text(team: Shell) -> None:
    team.write({FILE: ""})

    told = check(team, "--samples", "1", "--json")
    assert told.code == 5
    assert (told.json["queries"], told.json["accept"]) == (4, "ts snapshot update")
    assert told.json["changed"][0] == {
        "query": "count commits of today", "before": "", "after": "git.history ⇒ mcp:git/git_log",
    }  # fmt: skip
    assert len(told.json["changed"]) == 4
    assert check(team, "--samples", "1").out.splitlines()[1:] == [
        "corpus 4 queries · 4 changed, 3 of them not shown"
    ]


@pytest.mark.parametrize("command", ["check", "update"])
def test_a_snapshot_of_nothing_is_the_askers_mistake(team: Shell, command: str) -> None:
    (team.directory / "corpus/queries.txt").unlink()

    done = team.ts("snapshot", command)

    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: corpus/queries.txt: no query is recorded; write queries as people ask them, one a line\n"
    )
    assert kept(team) == DECISIONS.encode()


def test_a_snapshot_that_is_no_text_is_told_and_written_anew(team: Shell) -> None:
    (team.directory / FILE).write_bytes(b"\xff\xfe")

    assert check(team).err == f"error: {FILE}: is not UTF-8: byte 1 is 0xff\n"
    assert team.ts("snapshot", "update").code == 0
    assert kept(team) == DECISIONS.encode()


# Update.


def test_an_update_is_written_once(team: Shell) -> None:
    (team.directory / FILE).unlink()

    first = team.ts("snapshot", "update")
    then = (team.directory / FILE).stat()
    second = team.ts("snapshot", "update", "--json")

    assert first.out == f"{FILE}: 4 queries · 4 changed\n"
    assert second.json == {"queries": 4, "changed": 0, "file": FILE}
    now = (team.directory / FILE).stat()
    assert (now.st_ino, now.st_mtime_ns) == (then.st_ino, then.st_mtime_ns)
    assert sorted(each.name for each in (team.directory / "corpus").iterdir()) == [
        "decisions.txt", "none.txt", "queries.txt",
    ]  # fmt: skip


def test_an_update_that_fails_leaves_everything_as_it_was(team: Shell) -> None:
    (team.directory / FILE).unlink()
    (team.directory / FILE / "in the way").mkdir(parents=True)

    done = team.ts("snapshot", "update")

    assert (done.code, done.out) == (1, "")
    assert "decisions.txt" in done.err
    assert not [each for each in (team.directory / "corpus").iterdir() if each.suffix == ".tmp"]


def test_an_update_keeps_mode_and_link(team: Shell) -> None:
    (team.directory / FILE).rename(team.directory / "kept.txt")
    (team.directory / "kept.txt").chmod(0o640)
    (team.directory / FILE).symlink_to("../kept.txt")
    team.write({"corpus/queries.txt": "status\n"})

    assert team.ts("snapshot", "update").code == 0

    assert (team.directory / FILE).is_symlink()
    assert (team.directory / "kept.txt").read_text() == "status ⇒ git.status ⇒ mcp:git/git_status\n"
    assert stat.S_IMODE((team.directory / "kept.txt").stat().st_mode) == 0o640


# In git, and everywhere the same.


def test_two_branches_that_add_a_query_each_merge(tmp_path: Path) -> None:
    team = repository(tmp_path, {**FILES, FILE: DECISIONS})
    for branch, queries in (("one", f"commits\n{QUERIES}"), ("two", f"{QUERIES}what now\n")):
        team.git("checkout", "-b", branch, "main")
        team.write({"corpus/queries.txt": queries})
        assert team.ts("snapshot", "update").code == 0
        committed(team, {})
    team.git("checkout", "main")
    team.git("merge", "one")
    team.git("merge", "two")

    done = check(team)

    assert (done.code, done.out, done.err) == (0, "corpus 6 queries · 0 changed\n", "")
    assert {"commits ⇒ git.history ⇒ mcp:git/git_log", "what now ⇒ none"} < set(
        kept(team).decode().splitlines()
    )


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_neither_hash_seed_nor_the_order_of_files_bears_on_it(team: Shell, seed: str) -> None:
    shutil.rmtree(team.directory / "rules")
    (team.directory / FILE).unlink()
    history, _, status = GIT.partition("[status]")
    rules = {
        "rules/team/b.toml": f"[z]{status}",
        "rules/team/a.toml": history.replace('["commits"]', '["commits", "@when"]') + f"[status]{status}",
        "rules/vocab.toml": 'words.when = ["today", "this week"]\n',
        "rules/guard/a2.toml": '[x]\nwhen.all = ["today"]\nadd = "mcp:time/now"\n',
    }
    team.write(dict(sorted(rules.items(), reverse=seed == "1")))
    queries = QUERIES.splitlines(keepends=True)
    team.write({"corpus/queries.txt": "".join(queries if seed == "0" else reversed(queries))})

    assert team.ts("snapshot", "update", PYTHONHASHSEED=seed).code == 0

    assert kept(team).decode() == (
        "count commits of today ⇒ a.history ⇒ mcp:git/git_log + mcp:time/now\n"
        "show the commits ⇒ none\n"
        "what is the status ⇒ a.status ⇒ mcp:git/git_status\n"
        "what time is it ⇒ none\n"
    )


def interpreter(minor: int) -> str | None:
    """Return a Python of that version on this machine; one that does not run, such as a shim, is none."""
    places = (Path.home() / ".pyenv/versions").glob(f"3.{minor}.*/bin/python3.{minor}")
    for each in (shutil.which(f"python3.{minor}"), *map(str, sorted(places))):
        if each and not subprocess.run([each, "-c", ""], capture_output=True, check=False).returncode:
            return each
    return None


def everything_asked(project: Path) -> Iterator[str]:
    """Yield the examples of every rule of a project as queries, and texts that stemming could trip over."""
    done = Shell(project, project).ts("rules", "list", "--json")
    for rule in done.json:
        yield from (*rule["yes"], *rule["no"])
    yield from (
        "Größe der Commits",
        "COMMİTS",
        "ﬁle",
        "最近のコミット",
        "последние коммиты",
        "c++ and f#",
        "e\u0301te",
    )


@pytest.mark.slow
@pytest.mark.parametrize("minor", [minor for minor in (11, 12, 13, 14) if minor != sys.version_info.minor])
def test_another_python_decides_the_same(tmp_path: Path, minor: int) -> None:
    found = interpreter(minor)
    if found is None:
        pytest.skip(f"there is no Python 3.{minor} on this machine")
    project = tmp_path / "project"
    project.mkdir()
    for name in ("rules", "prompts", "ts.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, project / name)
    (project / "corpus").mkdir()
    asked = "".join(f"{text}\n" for text in everything_asked(project))
    (project / "corpus/queries.txt").write_text(asked, encoding="utf-8")
    shell = Shell(project, tmp_path)
    assert shell.ts("snapshot", "update").code == 0
    here = kept(shell)
    (project / FILE).unlink()

    uv = shutil.which("uv", path=str(TS.parent)) or "uv"
    there = tmp_path / "python"
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    for command in (("venv", "--python", found, there), ("pip", "install", "--python", there, ROOT)):
        done = subprocess.run([uv, "--quiet", *command], env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    subprocess.run([there / "bin/ts", "snapshot", "update"], cwd=project, env=shell.environment, check=True)

    assert kept(shell) == here
    assert here.count(b"\n") > 100
