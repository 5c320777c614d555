"""`ts status`, and the guard as the command has it: a server that dies, is repeated, and is left alone."""

from __future__ import annotations

import datetime as dt
import sys
import time

import pytest

from router.cli.status import status
from router.guard import BreakersUnreadable, key_of
from router.loading import breakers
from tests.cli.states import State, state
from tests.command import Shell
from tests.servers import FAULTY

__all__ = ["state"]

RULES = '[go]\nowner = "@a"\nsay = "go"\nuse = "mcp:bad/echo"\nargs = { text = "x" }\n'
SETTINGS = """
[mcp.bad]
command = "x"
breaker = { failures = 2, seconds = 60 }
[a2a.far]
url = "https://h.invalid"
breaker = { failures = 0 }
"""


def team(shell: Shell, mode: str, *more: str) -> None:
    """Write a project with one server, which misbehaves so."""
    args = ", ".join(f"'{each}'" for each in (FAULTY, mode, *more))
    shell.write({
        "ts.toml": f"[mcp.bad]\ncommand = '{sys.executable}'\nargs = [{args}]\n"
        "retries = 1\ndelay = 0.01\nbreaker = { failures = 2, seconds = 600 }\n",
        "rules/team/git.toml": RULES,
    })  # fmt: skip


def fail(state: State, times: int) -> None:
    """Let calls of `mcp:bad` fail."""
    peer = state.project.settings.servers["bad"]
    for _ in range(times):
        breakers(state.project).failed(key_of("mcp", peer), peer.breaker, "down\x1b[2J")


def test_what_has_not_failed_is_closed_or_has_no_breaker(state: State) -> None:
    state.settings(SETTINGS)

    assert status() == 0

    out, err = state.printed()
    assert err == ""
    assert out.splitlines() == [
        "mcp:bad  closed  no failure since its last answer",
        "a2a:far  off     no failure since its last answer",
    ]


def test_a_few_failures_leave_a_target_called(state: State) -> None:
    state.settings(SETTINGS)
    fail(state, 1)

    assert status() == 0

    line = state.printed()[0].splitlines()[0]
    assert line.startswith("mcp:bad  closed  1 failure, last 20")
    assert line.endswith(": down\\x1b[2J")


def test_what_is_left_alone_is_shown_with_when_and_why(state: State) -> None:
    state.settings(SETTINGS)
    fail(state, 2)

    assert status() == 0
    line = state.printed()[0].splitlines()[0]
    assert status(as_json=True) == 0
    bad, far = state.document()["targets"]

    assert line.startswith("mcp:bad  open until ")
    assert "2 failures in a row, last 20" in line
    assert (bad["target"], bad["breaker"], bad["failures"]) == ("mcp:bad", "open", 2)
    until, failed = (dt.datetime.fromisoformat(each) for each in (bad["until"], bad["last_failure"]["time"]))
    assert dt.timedelta(0) < until - failed <= dt.timedelta(seconds=61)
    assert bad["last_failure"]["reason"] == "down\x1b[2J"
    assert far == {"target": "a2a:far", "breaker": "off", "until": None, "failures": 0, "last_failure": None}


def test_what_is_tried_is_shown_so(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.settings(SETTINGS)
    fail(state, 2)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    peer = state.project.settings.servers["bad"]

    status(as_json=True)
    before = state.document()["targets"][0]["breaker"]
    assert breakers(state.project).admit(key_of("mcp", peer), peer.breaker, 60.0).probe
    status(as_json=True)

    assert (before, state.document()["targets"][0]["breaker"]) == ("half-open", "probing")


def test_a_file_that_cannot_be_read_is_told(state: State) -> None:
    state.settings(SETTINGS)
    fail(state, 1)
    breakers(state.project).path.write_bytes(b"no database " * 100)

    with pytest.raises(BreakersUnreadable, match="move it away, and a new one is begun"):
        status()


def test_a_project_without_targets_says_so(state: State) -> None:
    assert status() == 0

    assert state.printed() == (
        "",
        "no server and no agent is configured: write [mcp.NAME] or [a2a.NAME] in ts.toml\n",
    )


def test_a_server_that_dies_is_tried_again_and_then_left_alone(shell: Shell) -> None:
    team(shell, "exits")

    first = shell.ts("q", "go", "--json").json["outcome"]["steps"][0]
    second = shell.ts("q", "go", "--json").json["outcome"]["steps"][0]
    told = shell.ts("status")

    assert first["error"]["reason"].endswith("before it answered (2 attempts)")
    assert (first["attempts"], second["attempts"]) == (2, 0)
    assert second["error"]["reason"].startswith("left alone after 2 failures in a row; it is tried again in ")
    assert second["error"]["sent"] is False
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("mcp:bad  open until ")


def test_a_server_that_starts_the_second_time_answers(shell: Shell) -> None:
    team(shell, "fails-first", "1", str(shell.home / "starts"))

    step = shell.ts("q", "go", "--json").json["outcome"]["steps"][0]

    assert (step["state"], step["content"][0]["text"], step["attempts"]) == ("done", "x", 2)
    assert shell.ts("status").out == "mcp:bad  closed  no failure since its last answer\n"
