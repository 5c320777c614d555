"""A long run of many questions: all of them decided, and progress told on standard error."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from router.rulebook.many import MANY
from tests.command import TS, Shell

LINES = MANY + 1


@pytest.fixture
def busy(tmp_path: Path) -> Shell:
    """Write a project with one rule and very many recorded questions."""
    shell = Shell(tmp_path / "project", tmp_path / "home")
    shell.home.mkdir()
    shell.write(
        {
            "ts.toml": '[mcp.all]\ncommand = "all"\n',
            "rules/team/t.toml": '[even]\nwhen = { all = ["even"] }\nuse = "mcp:all/even"\n',
            "corpus/queries.txt": "".join(f"{('odd', 'even')[n % 2]} number {n}\n" for n in range(LINES)),
        }
    )
    return shell


def test_every_question_is_decided_and_quarters_are_told(busy: Shell) -> None:
    updated = busy.ts("snapshot", "update")

    assert updated.code == 0, updated.err
    decided = (busy.directory / "corpus/decisions.txt").read_text().splitlines()
    assert len(decided) == LINES
    assert sum(line.endswith("t.even ⇒ mcp:all/even") for line in decided) == LINES // 2
    told = updated.err.splitlines()
    assert len(told) == 4
    assert told[-1] == f"deciding: {LINES:,} of {LINES:,}"
    checked = busy.ts("snapshot", "check", "--json")
    assert (checked.code, checked.json["queries"]) == (0, LINES)


@pytest.mark.slow
def test_a_changed_rule_is_found_among_many_questions(busy: Shell) -> None:
    for command in (
        ["git", "init", "-q"],
        ["git", "add", "."],
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"],
    ):
        subprocess.run(command, cwd=busy.directory, env=busy.environment, check=True)
    rule = busy.directory / "rules/team/t.toml"
    rule.write_text(rule.read_text().replace('["even"]', '["even", "7"]'))

    found = busy.ts("rules", "diff", "HEAD", "--json")

    assert found.code == 5
    assert found.json["changed"] == LINES // 2 - 1  # all but the one with a 7
    assert found.err.splitlines()[-1] == f"comparing: {LINES:,} of {LINES:,}"


@pytest.mark.skipif(os.name == "nt", reason="there is no such terminal")
def test_a_terminal_gets_a_bar(busy: Shell) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [str(TS), "snapshot", "update"], cwd=busy.directory, env=busy.environment, stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as running:  # fmt: skip
        os.close(theirs)
        shown = b""
        while b"100%" not in shown:
            shown += os.read(ours, 1024)
        assert running.wait() == 0
    os.close(ours)
    assert b"deciding" in shown
