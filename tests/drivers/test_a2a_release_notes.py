"""The example agent that drafts release notes, as a process, asked by the driver about real histories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from shutil import which
from typing import Any

import anyio
import httpx
import psutil
import pytest
from a2a.client import ClientConfig, create_client
from a2a.helpers import get_message_text, get_text_parts, new_data_part, new_text_part
from a2a.types import Message, Role, SendMessageRequest, StreamResponse, TaskState

from router.core.outcome import Result, Text
from router.core.plan import Target
from router.core.settings import Agent
from router.drivers.a2a import A2aDriver
from router.errors import ToolFailed
from router.ports import Call, Progress

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

NOTES_SINCE_1 = """\
# Release notes: since v1.0

5 commits by 2 authors, from 2026-01-03 to 2026-01-07.

## Breaking changes

- **api:** drop Python 3.10 ({4})
- rename the entry point ({2})

## Added

- **parser:** accept tabs ({3})

## Fixed

- Fix a crash on empty files ({1})

## Other changes

- Wibble ({0})
"""


class History:
    """A git repository of its own, with a commit a day."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.day = 0
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        day = f"2026-01-{max(self.day, 1):02}T12:00:00Z"
        author = "Ada" if self.day % 2 else "Grace"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{who}_{what}": value
                for who in ("AUTHOR", "COMMITTER")
                for what, value in _person(author, day)
            },
        }
        command = ["git", "-C", str(self.directory), *arguments]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, message: str) -> str:
        self.day += 1
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "--short", "HEAD")


def _person(author: str, day: str) -> list[tuple[str, str]]:
    return [("NAME", author), ("EMAIL", f"{author}@example.com"), ("DATE", day)]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


@pytest.fixture
def released(history: History) -> tuple[History, list[str]]:
    """Two commits up to v1.0, then five; with the hashes of the five, oldest first."""
    history.commit("Start")
    history.commit("feat: the first feature")
    history.git("tag", "v1.0")
    messages = [
        "Wibble",
        "Fix a crash on empty files",
        "feat: rename the entry point\n\nBREAKING CHANGE: it is called ts now",
        "feat(parser): accept tabs",
        "chore(api)!: drop Python 3.10",
    ]
    return history, [history.commit(message) for message in messages]


def drop(_: str) -> None:
    """Take progress that the test does not look at."""


async def draft(url: str, message: str, progress: Progress = drop, **args: Any) -> Result:
    driver = A2aDriver({"notes": Agent("notes", url=url)}, seen=lambda _: None)
    call = Call(Target("a2a", "notes", "draft-release-notes"), args=args, message=message)
    try:
        return await driver.call(call, progress)
    finally:
        await driver.aclose()


async def test_notes_since_a_tag_are_grouped(
    release_notes_agent: str, released: tuple[History, list[str]]
) -> None:
    history, hashes = released
    said: list[str] = []
    result = await draft(
        release_notes_agent, "draft release notes since v1.0.", said.append, repo_path=str(history.directory)
    )
    assert result.content == (Text(NOTES_SINCE_1.format(*hashes), "text/markdown"),)
    assert result.structured == {
        "commits": 5,
        "authors": 2,
        "kinds": {"Added": 1, "Breaking changes": 2, "Fixed": 1, "Other changes": 1},
        "since": "v1.0",
        "until": "HEAD",
        "truncated": False,
    }
    assert said[:2] == [f"Reading the history of {history.directory.name}", "Grouping 5 commits"]


@pytest.mark.parametrize(
    ("message", "args", "title", "commits"),
    [
        ("draft release notes", {}, "since v1.0", 5),
        ("what changed since the last release?", {}, "since v1.0", 5),
        ("release notes since v1.0 until v1.0~0", {}, "since v1.0 up to v1.0~0", 0),
        ("notes between v1.0 and main, please", {}, "since v1.0 up to main", 5),
        ("notes from v1.0 to HEAD~2", {}, "since v1.0 up to HEAD~2", 3),
        ("notes of v1.0..HEAD~1", {}, "since v1.0 up to HEAD~1", 4),
        ("release notes for v1.0", {}, "all up to v1.0", 2),
        ("notes for the last 3 commits", {}, "the last 3 commits", 3),
        ("notes for the last commit", {}, "the last commit", 1),
        ("notes since v1.0", {"since": "HEAD~1"}, "since HEAD~1", 1),
        ("notes", {"count": 2}, "the last 2 commits", 2),
        ("notes", {"until": "HEAD~1", "since": "v1.0"}, "since v1.0 up to HEAD~1", 4),
    ],
)
async def test_which_commits_is_read_from_the_message_or_the_data(
    release_notes_agent: str,
    released: tuple[History, list[str]],
    message: str,
    args: Any,
    title: str,
    commits: int,
) -> None:
    result = await draft(release_notes_agent, message, repo_path=str(released[0].directory), **args)
    assert result.text.splitlines()[0] == f"# Release notes: {title}"
    assert result.structured["commits"] == commits
    assert ("No commits." in result.text) == (commits == 0)


@pytest.mark.parametrize(
    ("message", "args", "reason"),
    [
        ("notes since v9.9", {}, '"v9.9" is not a commit, tag or branch of {name}; the newest tags are v1.0'),
        ("notes since --output=x", {}, '"--output=x" is not the name of a commit, tag or branch'),
        ("notes", {"since": "--output=x"}, '"--output=x" is not the name of a commit, tag or branch'),
        ("notes", {"since": "x" * 300}, f'"{"x" * 40}" is not the name of a commit, tag or branch'),
        (
            "notes",
            {"since": "v1.0", "until": "v1.0\n--all"},
            '"v1.0 --all" is not a commit, tag or branch of {name}',
        ),
        ("notes", {"colour": "red"}, "unknown key colour; there are repo_path, since, until and count"),
        ("notes", {"count": -1}, "count is not a number of commits: -1"),
        ("notes", {"count": "all"}, "count is not a number of commits: all"),
        ("notes for the last 0 commits", {}, "the last 0 commits are none"),
        ("notes", {"repo_path": "no/such"}, "no/such is not a directory"),
        ("notes", {"repo_path": "."}, "git rev-parse failed in"),
    ],
)
async def test_what_cannot_be_drafted_is_rejected_with_the_reason(
    release_notes_agent: str, released: tuple[History, list[str]], message: str, args: Any, reason: str
) -> None:
    directory = released[0].directory
    with pytest.raises(ToolFailed) as failed:
        await draft(release_notes_agent, message, **{"repo_path": str(directory), **args})
    assert "the agent rejected the task: " in failed.value.reason
    assert reason.format(name=directory.name) in failed.value.reason


async def test_no_option_reaches_git(release_notes_agent: str, released: tuple[History, list[str]]) -> None:
    directory = released[0].directory
    with pytest.raises(ToolFailed):
        await draft(release_notes_agent, f"since --output={directory}/pwned", repo_path=str(directory))
    assert not (directory / "pwned").exists()


async def test_a_history_without_a_commit_is_rejected(release_notes_agent: str, history: History) -> None:
    with pytest.raises(
        ToolFailed, match=f'"HEAD" is not a commit, tag or branch of {history.directory.name}$'
    ):
        await draft(release_notes_agent, "notes", repo_path=str(history.directory))


@pytest.fixture
def long_history(history: History) -> History:
    """501 commits of one day."""
    stream = "".join(
        f"commit refs/heads/main\ncommitter Ada <ada@example.com> {1_767_268_800 + number} +0000\n"
        f"data <<END\nAdd part {number}\nEND\n\n"
        for number in range(501)
    )
    command = ["git", "-C", str(history.directory), "fast-import", "--quiet"]
    subprocess.run(command, input=stream, check=True, text=True)
    return history


async def test_a_long_history_is_cut_and_says_so(release_notes_agent: str, long_history: History) -> None:
    result = await draft(release_notes_agent, "the last 600 commits", repo_path=str(long_history.directory))
    assert "500 commits by 1 author, on 2026-01-01. Only the newest 500 commits are listed." in result.text
    assert result.structured["truncated"] is True
    assert "Add part 500 " in result.text
    assert "Add part 0 " not in result.text


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("the last 2 commits", "the last 2 commits"),
        ("1", "the last commit"),
        ("HEAD~1", "since HEAD~1"),
        ("since HEAD~2 please", "since HEAD~2"),
    ],
)
async def test_without_a_tag_it_asks_and_goes_on_with_the_answer(
    release_notes_agent: str, history: History, answer: str, title: str
) -> None:
    for message in ("one", "two", "three"):
        history.commit(message)
    question = await draft(release_notes_agent, "draft release notes", repo_path=str(history.directory))
    assert question.state == "waiting"
    assert question.text.startswith("There is no tag to start from. Which commits should the notes cover?")

    context_id, task_id = question.task.split("/")
    message = Message(
        message_id="2",
        role=Role.ROLE_USER,
        task_id=task_id,
        context_id=context_id,
        parts=[new_text_part(answer)],
    )
    events = await _send(release_notes_agent, message)
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
    drafted = [event.artifact_update for event in events if event.HasField("artifact_update")]
    assert get_text_parts(drafted[0].artifact.parts)[0].startswith(f"# Release notes: {title}\n")
    assert drafted[0].task_id == task_id


async def _send(url: str, message: Message) -> list[StreamResponse]:
    async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
        client = await create_client(url, ClientConfig(httpx_client=http))
        return [event async for event in client.send_message(SendMessageRequest(message=message))]


async def test_data_that_is_no_object_is_no_instruction(release_notes_agent: str, history: History) -> None:
    parts = [
        new_text_part("notes"),
        new_data_part(["since", "v1"]),
        new_data_part({"repo_path": str(history.directory)}),
    ]
    events = await _send(release_notes_agent, Message(message_id="1", role=Role.ROLE_USER, parts=parts))
    status = events[-1].status_update.status
    assert get_message_text(status.message).startswith('"HEAD" is not a commit')


async def test_a_page_that_rebinds_a_name_gets_nothing(release_notes_agent: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        card = "/.well-known/agent-card.json"
        assert (await http.get(release_notes_agent + card)).status_code == 200
        evil = await http.get(release_notes_agent + card, headers={"Host": "evil.example.com"})
    assert evil.status_code == 400


Start = Callable[[Path, Path], AbstractContextManager[str]]


def programs(directory: Path, instead_of_log: str) -> Path:
    """Return a directory with a git that does something else for `git log`."""
    program = directory / "programs" / "git"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *" log "*) {instead_of_log};; esac\nexec {which("git")} "$@"\n'
    )
    program.chmod(0o755)
    return program.parent


async def test_a_git_that_still_runs_is_ended_with_the_task(
    start_release_notes_agent: Start, history: History, tmp_path: Path
) -> None:
    history.commit("one")
    os.mkfifo(tmp_path / "pid")
    slow = programs(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 100")
    heard = anyio.Event()
    with start_release_notes_agent(history.directory, slow) as url:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(draft, url, "the last commit", lambda _: heard.set())
            child = psutil.Process(int(await anyio.to_thread.run_sync((tmp_path / "pid").read_text)))
            await heard.wait()
            tasks.cancel_scope.cancel()
        assert psutil.wait_procs([child], timeout=10)[0] == [child]


async def test_a_git_that_writes_too_much_is_ended(
    start_release_notes_agent: Start, history: History, tmp_path: Path
) -> None:
    history.commit("one")
    much = programs(tmp_path, "exec yes")
    reason = "the history is longer than 4,000,000 bytes; narrow it"
    with start_release_notes_agent(history.directory, much) as url, pytest.raises(ToolFailed, match=reason):
        await draft(url, "the last commit")
