"""A small project in a git repository, as a team keeps it; its one server is never started."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.command import Shell

SETTINGS: Final = """\
layers = ["guard", "team", "learned"]

[mcp.git]
command = "no-such-program"
tags = ["code"]

[mcp.time]
command = "no-such-program"
"""
GIT: Final = """\
[history]
when.all = ["commits"]
use = "mcp:git/git_log"
yes = ["show the commits"]

[status]
when.all = ["status"]
use = "mcp:git/git_status"
yes = ["what is the status"]
"""
QUERIES: Final = """\
show the commits
count commits of today
what is the status
what time is it
"""
FILES: Final = {
    "ts.toml": SETTINGS,
    "rules/team/git.toml": GIT,
    "corpus/queries.txt": QUERIES,
    "corpus/none.txt": "good morning\n",
}


def repository(directory: Path, files: Mapping[str, str] | None = None, *, below: str = "") -> Shell:
    """Make a repository with one commit on `main`, and return a shell in the project, `below` its root."""
    root = Shell(directory / "repository", directory / "home")
    root.directory.mkdir()
    root.home.mkdir()
    root.git("init", "--initial-branch", "main")
    shell = Shell(root.directory / below, root.home)
    return committed(shell, FILES if files is None else files)


def committed(shell: Shell, files: Mapping[str, str]) -> Shell:
    """Commit files and whatever else there is, and return the shell."""
    shell.write(dict(files))
    shell.git("add", "--all", ".")
    shell.git("commit", "--allow-empty", "--message", "a step")
    return shell


def git(shell: Shell, *arguments: str) -> str:
    """Return what a git command prints, without the line's end."""
    done = subprocess.run(
        ["git", *arguments], cwd=shell.directory, env=shell.environment, capture_output=True, check=True
    )
    return done.stdout.decode().strip()
