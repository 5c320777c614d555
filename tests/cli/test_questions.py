"""Questions of a server, put to the person at the terminal."""

from __future__ import annotations

import os
import pty
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests import servers
from tests.command import TS, Shell

pytestmark = pytest.mark.slow

RULES = """
[ask]
owner = "@a"
say = "ask me"
use = "mcp:everything/trigger-elicitation-request"
"""


@pytest.fixture
def asking(shell: Shell) -> Shell:
    server = servers.everything()
    shell.write({
        "ts.toml": f'[mcp.everything]\ncommand = "{server.command}"\nargs = {list(server.args)}\n',
        "rules/team/ask.toml": RULES,
    })  # fmt: skip
    return shell


def at_terminal(shell: Shell, typed: bytes) -> tuple[int, str, str]:
    """Run the command at a terminal; return its code, its answer, and what stood on the terminal."""
    ours, theirs = pty.openpty()
    answer = Path(shell.directory, "answer.txt")
    with answer.open("wb") as out:
        child = subprocess.Popen(
            [str(TS), "q", "ask me"], cwd=shell.directory, env=shell.environment, stdin=theirs, stdout=out,
            stderr=theirs,
        )  # fmt: skip
    os.close(theirs)
    shown = b""
    while b"asks:" not in shown:
        shown += os.read(ours, 65_536)
    os.write(ours, typed)
    code = child.wait(60)
    os.set_blocking(ours, False)
    with suppress(OSError):
        shown += os.read(ours, 1_000_000)
    os.close(ours)
    return code, answer.read_text(), shown.decode()


def test_a_form_is_filled_in_with_its_defaults(asking: Shell) -> None:
    code, answer, shown = at_terminal(asking, b"Ann\nmaybe\ny\n\nno address\na@b.c\n" + b"\n" * 12)

    assert code == 0
    assert "mcp:everything asks: Please provide inputs for the following fields:" in shown
    for told in (
        '"name": "Ann"',
        '"check": true',
        '"firstLine": "It was a dark',
        '"integer": 42',
        '"Guitar"',
    ):
        assert told in answer, answer
    assert "Untitled Single Select Enum (Choose your favorite friend) [Monica, Rachel, Joey" in shown


def test_control_d_declines(asking: Shell) -> None:
    code, answer, shown = at_terminal(asking, b"\x04")

    assert (code, "decline" in answer, "declined" in shown) == (0, True, True)


def test_where_nobody_is_there_nobody_is_asked(asking: Shell) -> None:
    done = asking.ts("q", "ask me")

    assert done.code == 1
    assert "asks:" not in done.err
