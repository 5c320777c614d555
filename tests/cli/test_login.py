"""`ts auth login` on the command line, with a real authorization server and a browser that says yes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.agents import running
from tests.command import TS, Shell

pytestmark = pytest.mark.slow

SIGNED: Final = Path(__file__).parent.parent / "drivers" / "web" / "signed.py"


def test_a_person_signs_in_and_the_server_can_be_called(shell: Shell) -> None:
    with running(sys.executable, SIGNED) as url:
        shell.write({"ts.toml": f'[mcp.web]\nurl = "{url}"\nauth = {{ type = "login" }}\n'})
        before = shell.ts("discover", "web")
        logging_in = subprocess.Popen(
            [TS, "auth", "login", "web"], cwd=shell.directory, env=shell.environment, text=True,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        with logging_in:
            assert logging_in.stderr is not None
            address = logging_in.stderr.readline().split()[-1]
            page = httpx.get(address, follow_redirects=True)
            told = logging_in.stderr.read()
        after = shell.ts("discover", "web")

    assert (before.code, "nobody is signed in; run ts auth login web" in before.err) == (1, True)
    assert (logging_in.returncode, page.text) == (0, "You are signed in and may close this page.\n")
    assert told.startswith("signed in to web; the token is kept in ")
    assert (after.code, "whoami" in after.out) == (0, True)


def test_who_cannot_be_signed_in_to_is_told(shell: Shell) -> None:
    shell.write({"ts.toml": '[mcp.web]\nurl = "http://127.0.0.1:1/mcp"\n'})

    assert shell.ts("auth", "login", "wab").err == (
        "error: mcp:wab: no MCP server is called so; did you mean mcp:web?\n"
    )
    done = shell.ts("auth", "login", "web")
    assert (done.code, done.err) == (
        1, 'error: mcp:web: write auth = { type = "login" } in [mcp.web], which needs a url\n',
    )  # fmt: skip
