"""A project and a person's state, in which commands are called in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from router.config import Project, load_project


@dataclass(frozen=True, slots=True)
class State:
    """Where a command is called, and what it prints."""

    directory: Path
    capture: pytest.CaptureFixture[str]

    @property
    def project(self) -> Project:
        """The project, as it is written now."""
        return load_project(self.directory)

    def settings(self, text: str) -> None:
        """Write the project's settings."""
        (self.directory / "ts.toml").write_text(text, encoding="utf-8")

    def printed(self) -> tuple[str, str]:
        """Return what was written since the last time: data, and the rest."""
        told = self.capture.readouterr()
        return told.out, told.err

    def document(self) -> Any:
        """Return the one JSON document that was written."""
        out, err = self.printed()
        assert not err
        return json.loads(out)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> State:
    """Make an empty project with an empty home."""
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.setenv("TS_HOME", str(tmp_path / "home"))
    made = State(directory, capsys)
    made.settings("")
    return made
