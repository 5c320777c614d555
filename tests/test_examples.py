"""The examples do what their pages say, through the installed command and real processes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.command import Shell

AGENTS = Path(__file__).parent.parent / "examples" / "agents"


@pytest.fixture
def releases(tmp_path: Path) -> Shell:
    """Lay the agents' project into a git repository with two commits and no tag."""
    shell = Shell(tmp_path / "repository", tmp_path / "home")
    shell.home.mkdir()
    for folder in ("rules", "corpus"):
        shutil.copytree(AGENTS / folder, shell.directory / folder)
    shutil.copy(AGENTS / "ts.toml", shell.directory)
    shell.git("init", "--initial-branch", "main")
    for subject in ("feat: add a door", "fix: close the window"):
        shell.write({"notes.txt": subject})
        shell.git("add", ".")
        shell.git("commit", "-m", subject)
    return shell


def test_a_rule_sends_a_question_to_the_agent(releases: Shell, release_notes_agent: str) -> None:
    done = releases.ts(
        "q",
        "release notes for the last 2 commits",
        "--stream",
        TS_A2A__RELEASE_NOTES__URL=release_notes_agent,
    )

    assert done.code == 0, done.err
    assert done.out.startswith("# Release notes: the last 2 commits")
    assert "add a door" in done.out
    assert "close the window" in done.out
    assert "1: Reading the history of repository" in done.err


def test_a_question_that_the_agent_asks_back_is_a_waiting_outcome(
    releases: Shell, release_notes_agent: str
) -> None:
    done = releases.ts("q", "draft release notes", "--json", TS_A2A__RELEASE_NOTES__URL=release_notes_agent)

    assert done.code == 1
    outcome = done.json["outcome"]
    assert outcome["state"] == "waiting"
    assert outcome["answer"].startswith("There is no tag to start from.")
    assert outcome["steps"][0]["task"]


def test_an_agent_that_is_not_running_is_unavailable(releases: Shell) -> None:
    done = releases.ts("q", "draft release notes", TS_A2A__RELEASE_NOTES__URL="http://127.0.0.1:9")

    assert done.code == 1
    assert "error: a2a:release-notes/draft-release-notes: nothing listens at 127.0.0.1:9" in done.err


def test_its_rules_hold_against_the_agents_skills(releases: Shell, release_notes_agent: str) -> None:
    assert releases.ts("discover", TS_A2A__RELEASE_NOTES__URL=release_notes_agent).code == 0

    checked = releases.ts("rules", "check", "--strict", TS_A2A__RELEASE_NOTES__URL=release_notes_agent)

    counts = "1 rule · 3 examples hold · corpus 3 queries · 1/1 rules exercised · 1 target in the catalogue"
    assert (checked.code, checked.out) == (0, f"{counts} · 0 errors\n")
    assert releases.ts("snapshot", "check").code == 0
