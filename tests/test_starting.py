"""The starter is copied whole, overwrites nothing, and loads."""

from __future__ import annotations

from pathlib import Path

import pytest

import router
from router import starting
from router.errors import ProjectExists, ProjectNotFound
from router.starting import starter, write_starter
from tests import projects


def test_the_starter_is_written_whole_and_loads(tmp_path: Path) -> None:
    names = write_starter(tmp_path / "new" / "project")

    assert {"ts.toml", "rules/vocab.toml", "rules/team/git.toml", "prompts/git/history.md.j2"} <= set(names)
    for name in names:
        assert (tmp_path / "new" / "project" / name).read_bytes() == (starter() / name).read_bytes()
    assert len(router.load(tmp_path / "new" / "project").rules) > 20


def test_files_of_others_in_the_directory_are_left_alone(tmp_path: Path) -> None:
    projects.write(tmp_path, {"README.md": "mine", "rules/team/mine.txt": "mine"})

    write_starter(tmp_path)

    assert (tmp_path / "README.md").read_text() == "mine"


def test_nothing_is_overwritten_and_nothing_written_beside_it(tmp_path: Path) -> None:
    projects.write(tmp_path, {"rules/vocab.toml": "mine"})

    with pytest.raises(ProjectExists, match=r"would overwrite rules/vocab\.toml; nothing was written"):
        write_starter(tmp_path)

    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["vocab.toml"]
    assert (tmp_path / "rules" / "vocab.toml").read_text() == "mine"


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    projects.write(tmp_path, {"file": ""})

    with pytest.raises(ProjectNotFound, match="file: cannot be written"):
        write_starter(tmp_path / "file")


def test_the_starter_of_an_installed_package_is_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects.write(tmp_path, {"router/starting.py": "", "router/starter/ts.toml": 'language = "none"'})
    monkeypatch.setattr(starting, "__file__", str(tmp_path / "router" / "starting.py"))

    assert write_starter(tmp_path / "new") == ("ts.toml",)
    assert (tmp_path / "new" / "ts.toml").read_text() == 'language = "none"'


def test_an_installation_without_the_starter_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    projects.write(tmp_path, {"router/starting.py": "", "rules/other.toml": "of somebody else"})
    monkeypatch.setattr(starting, "__file__", str(tmp_path / "router" / "starting.py"))

    with pytest.raises(ProjectNotFound, match="missing from this installation"):
        write_starter(tmp_path / "new")

    assert not (tmp_path / "new").exists()
