"""The starter project answers real questions through servers that other people wrote."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import router
from tests.command import Shell

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.fixture
def starter(tmp_path: Path) -> Shell:
    """Lay the starter into a git repository with three commits and an edit."""
    shell = Shell(tmp_path / "repository", tmp_path / "home")
    shell.home.mkdir()
    for name in ("rules", "prompts", "corpus"):
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
    targets = re.search(r"(\d+) targets in the catalogue", checked.out)
    assert targets
    assert int(targets[1]) >= 29


ANSWERS = [
    ("what is going on here", r"(?s)On branch main.*notes\.txt.*Add a house\n$"),
    ("reset all my work", r"(?s)^Nothing was changed.*\+edited"),
    ("what time is it in São Paulo", r"^\w+day \d{4}-\d\d-\d\d \d\d:\d\d \(America/Sao_Paulo\)\n$"),
    ("how much memory is free", r"^[\d.]+ \w+ available of "),
]
MORE_ANSWERS = [
    (
        "what changed in the last 2 commits",
        r"^\S+  \w{9}  Add a garden  \(.+\)\n\S+  \w{9}  Paint the house  ",
    ),
    ("show the last commit", r"(?s)^commit \w{40}\n.*Add a garden"),
    ("show my changes", r"(?s)-3\n\+edited"),
    ("what was in notes.txt at HEAD~2", r"(?m)^1$"),
    ("list commits since 2001-01-01", r"Add a house"),
    ("who are the authors", r"^ann@example\.com\n$"),
    ("which branches are there", r"\* main"),
    ("convert 15:30 from Berlin to Tokyo", r"^15:30 Europe/Berlin is \d\d:30 Asia/Tokyo, "),
    ("is my disk full?", r"(?m)^/\S*: .* free of "),
    ("git diff", r"(?s)-3\n\+edited"),
    ("diff HEAD~1", r"(?s)-2\n\+edited"),
    ("what changed today", r"Add a garden"),
    ("what changed on 2001-01-01", r"^no commits\n$"),
    ("last 99999999999 commits", r"Add a house"),
    ("show HEAD~1", r"Paint the house"),
    ("commit everything", r"(?s)^Nothing was changed.*modified: +notes\.txt.*\+edited"),
    ("undo my last commit", r"(?s)^Nothing was changed.*Add a garden"),
    ("delete branch main", r"(?m)^Nothing was changed(.*\n)+^\* main$"),
    ("kill process 1", r"^Nothing was stopped: .*\n\n +\d+ +[\d.]+ MB  \S"),
    ("what is my IP", r"(?m)^\w\S*: "),
    ("what is the CPU load", r"^[\d.]+% busy; \d+ cores, \d+ logical\n"),
    ("how is this machine doing", r"(?m)^processor .* busy\nmemory "),
    ("which processes use the most memory", r"^ +\d+ +[\d.]+ MB  \S"),
    ("uptime", r": \w+ .*, up "),
]


ROUTES = {
    "convert 15:30 Berlin to New York": "time.convert",
    "what's the time in Tokyo": "time.now-in",
    "what time is it in sao paulo": "time.now-in",
    "please tell me the time in Paris": "time.now-in",
    "what\N{RIGHT SINGLE QUOTATION MARK}s the date?": "time.now",
    "kill process 1": "writes.kill",
    "kill the process that eats my memory": "writes.kill",
    "delete branch dev": "writes.branch",
    "delete the feature/login branch": "writes.branch",
    "commit everything": "writes.commit",
    "commit my work": "writes.commit",
    "undo my last commit": "writes.uncommit",
    "push it to origin please": "writes.push",
    "throw away all my work": "writes.discard",
    "which processes are running": "machine.processes",
    "what's eating my memory": "machine.processes",
    "how many cpus do I have": "machine.processor",
    "what is the CPU load": "machine.processor",
    "how much space is left": "machine.disk",
    "how much memory is free please": "machine.memory",
    "hostname": "machine.system",
    "what is my IP": "machine.network",
    "show README.md at HEAD~1": "git.file-at",
    "show me README.md at v1.0": "git.file-at",
    "show commit 12345678": "git.show-commit",
    "show 3f2a9c1d": "git.show-hash",
    "what's in the last commit": "git.last-commit",
    "which files changed in the last commit": "git.last-commit",
    "please show the last commit": "git.last-commit",
    "show HEAD": "git.last-commit",
    "show the latest commits": "git.recent-commits",
    "show me the latest 5 commits": "git.history",
    "what changed in last 3 commits": "git.history",
    "what changed yesterday": "git.changes-on",
    "what changed since yesterday": "git.changes-since",
    "what changed in the last 2 weeks": "git.changes-within",
    "what's the status": "git.status",
    "do I have uncommitted changes": "git.status",
    "is there anything uncommitted?": "git.status",
    "what files did I modify": "git.status",
    "status please": "git.status",
    "what's staged": "git.staged",
    "git diff --staged": "git.staged",
    "git diff": "git.unstaged",
    "show my changes please": "git.uncommitted",
    "diff main": "git.compare",
    "git diff old-login": "git.compare-branch",
    "what branch is this": "git.branches",
    "current branch": "git.branches",
    "what's going on": "git.standup",
}
NO_ROUTES = [
    "which processes use the most cpu",
    "what is the end to end process",
    "stop the release process",
    "show me the process for code review",
    "what is the publish process for this branch",
    "push notifications change",
    "clean my files on disk",
    "is my work edit clean",
    "show meetings at noon",
    "print invoice in pdf",
    "show client/server in action",
    "show order 12345678",
    "show 12345678",
    "show defaced",
    "what is on stage",
    "convert 3pm Berlin to New York",
    "convert 25:00 Berlin to New York",
    "last -1 commits",
    "show the last 0 commits",
    "what changed this week",
    "compare main and dev",
    "git diff main..dev",
    "compare this with that",
    "list all tags",
    "how do I undo my last commit",
    "how much memory does Python use",
    "what cpu should I buy",
    "what's the time complexity of this",
    "who is the author of Hamlet",
]


@pytest.fixture(scope="module")
def book() -> router.Rulebook:
    """Load the starter's rules; no server is started."""
    return router.load(ROOT)


@pytest.mark.parametrize(("question", "rule"), ROUTES.items())
def test_it_knows_the_question(book: router.Rulebook, question: str, rule: str) -> None:
    assert book.decide(question).rule == rule


@pytest.mark.parametrize("question", NO_ROUTES)
def test_it_takes_no_question_that_only_looks_alike(book: router.Rulebook, question: str) -> None:
    decision = book.decide(question)

    assert (decision.kind, decision.rule) == ("none", None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "pattern"),
    [*ANSWERS, *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE_ANSWERS)],
)
def test_it_answers(starter: Shell, question: str, pattern: str) -> None:
    done = starter.ts("q", question)

    assert (done.code, done.err) == (0, "")
    assert re.search(pattern, done.out), done.out


@pytest.mark.slow
def test_it_answers_from_below_the_root_of_the_repository(starter: Shell) -> None:
    below = starter.directory / "a" / "b"
    below.mkdir(parents=True)

    done = Shell(below, starter.home).ts("q", "what changed in the last 1 commits")

    assert "Add a garden" in done.out


ODD_MESSAGE = """Quote a log

Commit: fake
Author: Fake Person
Commit: 0123456789012345678901234567890123456789
Author: Fake Person
Message: in the wrong order

Commit: 0123456789012345678901234567890123456789"""


@pytest.mark.parametrize(
    ("question", "pattern"),
    [
        ("show the last 2 commits", r"^\S+  \w{9}  Quote a log  \(.+\)\n\S+  \w{9}  Add a garden  \(.+\)\n$"),
        pytest.param("what is going on here", r"\n\S+  \w{9}  Quote a log\n", marks=pytest.mark.slow),
        pytest.param("who are the authors", r"^ann@example\.com\n$", marks=pytest.mark.slow),
    ],
)
def test_a_message_that_reads_like_a_log_invents_no_commit(
    starter: Shell, question: str, pattern: str
) -> None:
    starter.git("commit", "--all", "-m", ODD_MESSAGE)

    done = starter.ts("q", question)

    assert (done.code, done.err) == (0, "")
    assert re.search(pattern, done.out), done.out
    assert "Fake" not in done.out


@pytest.mark.slow
def test_no_question_can_reach_a_tool_that_writes(starter: Shell) -> None:
    told = starter.ts("discover", "git", "--json").json

    tools = told["offers"][0]["tools"]
    assert len(tools) == 7
    assert all(tool["read_only"] for tool in tools)
