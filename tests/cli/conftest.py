"""A shell in an empty directory with an empty HOME."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import Shell

SERVER = Path(__file__).parent / "echo_server.py"

SETTINGS = f"""
[mcp.echo]
command = "python3"
args = ['{SERVER.as_posix()}']
tags = ["loud"]
timeout = 60
"""

RULES = """
[say]
owner = "@test"
why = "Says it again."
say = "say {text_:rest}"
use = "mcp:echo/echo"
args = { text = "{{ text_ }}" }
yes = ["say hello"]
no = ["shout hello"]

[wide]
when.all = ["say"]
use = "mcp:echo/echo"
args = { text = "wide" }
yes = ["did you say"]

[broken]
say = "break"
use = "mcp:echo/echo"
args = { tex = "x" }
yes = ["break"]

[tie-one]
when.all = ["alpha"]
use = "mcp:echo/echo"
args = { text = "one" }

[tie-two]
when.all = ["beta"]
use = "mcp:echo/echo"
args = { text = "two" }

[useful]
when = { all = ["mode"], modes = ["useful"] }
use = "mcp:echo/echo"
args = { text = "useful" }

[fact]
when = { all = ["team"], facts = { team = "ops" } }
use = "mcp:echo/echo"
args = { text = "{{ facts.team }}" }

[picture]
say = "picture"
use = "mcp:echo/picture"

[file]
when = { all = ["look"], attached = ["text/*"] }
use = "mcp:echo/echo"
args = { text = "{{ attached[0].name }}" }

[slow]
say = "slow"
use = "mcp:echo/slow"

[unbound]
say = "unbound"
use = "mcp:echo/echo"
args = { text = "{{ facts.missing }}" }
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    directory, home = tmp_path / "project", tmp_path / "home"
    directory.mkdir()
    home.mkdir()
    return Shell(directory, home)


@pytest.fixture
def project(shell: Shell) -> Shell:
    shell.write({"ts.toml": SETTINGS, "rules/team/talk.toml": RULES})
    return shell
