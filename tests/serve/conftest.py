"""A project that serves two MCP servers and an agent, with a shell to run `ts` in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import servers
from tests.command import Shell

SETTINGS = """
[mcp.odd]
command = {python!r}
args = [{server!r}]

[mcp.dead]
command = "no-such-program"

[a2a.writer]
url = {agent!r}

[serve.profiles]
few = ["mcp:odd/echo"]
"""
RULES = '[shout]\nsay = "shout {it:rest}"\nuse = "mcp:odd/echo"\nargs = { text = "{{ it }}!" }\n'


@pytest.fixture
def shell(tmp_path: Path, speaking_agents: str) -> Shell:
    """Return a shell in the project, with an empty HOME."""
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    shell = Shell(tmp_path / "project", tmp_path / "home")
    agent, server = f"{speaking_agents}/streams", str(servers.FAULTY)
    settings = SETTINGS.format(python=sys.executable, server=server, agent=agent)
    shell.write({"ts.toml": settings, "rules/team/rules.toml": RULES})
    return shell
