"""Small projects, written into a directory of the test and read back; no server of theirs is ever started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from router.config import Project, load_project
from router.core.book import Rulebook
from router.core.settings import Settings
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory

SETTINGS: Final = """
[mcp.git]
command = "git-server"
timeout = 7

[mcp.time]
command = "time-server"

[a2a.writer]
url = "http://127.0.0.1:1/"
timeout = 11.5
"""


def write(directory: Path, files: Mapping[str, str]) -> Path:
    """Write files by path below the directory, and return it."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


def project(directory: Path, files: Mapping[str, str] | None = None, settings: str = SETTINGS) -> Project:
    """Return the project of the settings and further files, without a person's own settings."""
    write(directory, {"ts.toml": settings, **(files or {})})
    return load_project(directory, {"TS_HOME": str(directory / "home")})


def book(directory: Path, rules: str, settings: str = SETTINGS, **layers: str) -> Rulebook:
    """Return the rulebook of `rules/team/rules.toml`, and of `rules/<layer>/<layer>.toml` for others."""
    files = {"rules/team/rules.toml": rules}
    files |= {f"rules/{layer}/{layer}.toml": text for layer, text in layers.items()}
    made = project(directory, files, settings)
    return read_rulebook(Directory(made.directory), made.settings)


def settings(directory: Path, text: str, /, *, person: str = "", **variables: str) -> Settings:
    """Return the settings of the text and the person's text, in an environment of the variables alone."""
    write(directory, {"project/ts.toml": text, "home/config.toml": person})
    return load_project(directory / "project", {"TS_HOME": str(directory / "home"), **variables}).settings
