"""The starter project answers real questions through servers that other people wrote."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import router
from tests.command import Shell

ROOT = Path(__file__).parent.parent


@pytest.fixture
def starter(tmp_path: Path) -> Shell:
    """Lay the starter into a git repository with three commits and an edit."""
    shell = Shell(tmp_path / "repository", tmp_path / "home")
    shell.home.mkdir()
    for name in ("rules", "prompts"):
        shutil.copytree(ROOT / name, shell.directory / name)
    shutil.copy(ROOT / "ts.toml", shell.directory)
    shell.git("init", "--initial-branch", "main")
    for number, subject in enumerate(("Add a house", "Paint the house", "Add a garden"), 1):
        shell.write({"notes.txt": f"{number}\n"})
        shell.git("add", ".")
        shell.git("commit", "-m", subject)
    shell.write({"notes.txt": "edited\n"})
    return shell


def test_it_has_at_least_twenty_rules_in_three_layers_each_with_owner_reason_and_examples(
    starter: Shell,
) -> None:

    book = router.load(starter.directory)

    assert len(book.rules) >= 20
    assert {rule.layer for rule in book.rules.values()} == {"guard", "team", "learned"}
    for rule in book.rules.values():
        assert rule.owner, rule.id
        assert rule.why, rule.id
        assert rule.yes, rule.id
        assert rule.no, rule.id


def test_its_rules_hold_against_what_the_servers_offer(starter: Shell) -> None:
    discovered = starter.ts("discover")
    assert discovered.code == 0, discovered.err

    checked = starter.ts("rules", "check")

    assert checked.code == 0, checked.out
    targets = re.search(r"(\d+) targets known", checked.out)
    assert targets
    assert int(targets[1]) >= 29


ANSWERS = [
    (
        "what changed in the last 2 commits",
        r"^\S+  \w{9}  Add a garden  \(.+\)\n\S+  \w{9}  Paint the house  ",
    ),
    ("what is going on here", r"(?s)On branch main.*notes\.txt.*Add a house\n$"),
    ("reset all my work", r"(?s)^Nothing was changed.*\+edited"),
    ("what time is it in São Paulo", r"^\w+day \d{4}-\d\d-\d\d \d\d:\d\d \(America/Sao_Paulo\)\n$"),
    ("how much memory is free", r"^[\d.]+ \w+ available of "),
]
MORE_ANSWERS = [
    ("show the last commit", r"(?s)^commit \w{40}\n.*Add a garden"),
    ("show my changes", r"(?s)-3\n\+edited"),
    ("what was in notes.txt at HEAD~2", r"(?m)^1$"),
    ("list commits since 2001-01-01", r"Add a house"),
    ("who are the authors", r"^ann@example\.com\n$"),
    ("which branches are there", r"\* main"),
    ("convert 15:30 from Berlin to Tokyo", r"^15:30 Europe/Berlin is \d\d:30 Asia/Tokyo, "),
    ("is my disk full?", r"(?m)^/\S*: .* free of "),
    ("how is this machine doing", r"(?m)^processor .* busy\nmemory "),
    ("which processes use the most memory", r"^ +\d+ +[\d.]+ MB  \S"),
    ("uptime", r": \w+ .*, up "),
]


@pytest.mark.parametrize(
    ("question", "pattern"),
    [*ANSWERS, *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE_ANSWERS)],
)
def test_it_answers(starter: Shell, question: str, pattern: str) -> None:
    done = starter.ts("q", question)

    assert (done.code, done.err) == (0, "")
    assert re.search(pattern, done.out), done.out


def test_it_answers_from_below_the_root_of_the_repository(starter: Shell) -> None:
    below = starter.directory / "a" / "b"
    below.mkdir(parents=True)

    done = Shell(below, starter.home).ts("q", "what changed in the last 1 commits")

    assert "Add a garden" in done.out


def test_no_question_can_reach_a_tool_that_writes(starter: Shell) -> None:
    told = starter.ts("discover", "git", "--json").json

    tools = told["offers"][0]["tools"]
    assert len(tools) == 7
    assert all(tool["read_only"] for tool in tools)
