"""The files of a project on disk, as names and texts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from router.core.findings import Findings
from router.errors import RulebookRefused
from router.rulebook.tree import Directory
from tests.core.making import written


def names(directory: Path, *files: str, folder: str = "rules") -> list[str]:
    return list(Directory(written(directory, dict.fromkeys(files, ""))).names(folder))


def test_names_are_sorted_and_relative_to_the_project(tmp_path: Path) -> None:
    files = (
        "rules/vocab.toml",
        "rules/team/b.toml",
        "rules/team/a b.toml",
        "rules/größe/x/y.md",
        "prompts/a.j2",
    )

    assert names(tmp_path, *files) == [
        "rules/größe/x/y.md", "rules/team/a b.toml", "rules/team/b.toml", "rules/vocab.toml",
    ]  # fmt: skip
    assert names(tmp_path, folder="prompts") == ["prompts/a.j2"]
    assert names(tmp_path, folder="corpus") == []


def test_what_is_hidden_is_nobodys_rule(tmp_path: Path) -> None:
    assert names(tmp_path, "rules/team/.#git.toml", "rules/.git/a.toml", "rules/team/.a.toml.x.tmp") == []


def test_a_lock_of_an_editor_does_not_keep_rules_from_loading(tmp_path: Path) -> None:
    written(tmp_path, {"rules/team/git.toml": ""})
    (tmp_path / "rules/team/.#git.toml").symlink_to("ann@host.1234:5678")

    assert list(Directory(tmp_path).names("rules")) == ["rules/team/git.toml"]


def test_folders_behind_links_are_read(tmp_path: Path) -> None:
    written(tmp_path, {"elsewhere/stop.toml": "", "rules/team/a.toml": ""})
    (tmp_path / "rules/guard").symlink_to("../elsewhere")

    assert list(Directory(tmp_path).names("rules")) == ["rules/guard/stop.toml", "rules/team/a.toml"]


def test_a_folder_that_is_called_like_a_file_is_named(tmp_path: Path) -> None:
    assert names(tmp_path, "rules/team/git.toml/README.md") == [
        "rules/team/git.toml", "rules/team/git.toml/README.md",
    ]  # fmt: skip
    findings = Findings()
    assert Directory(tmp_path).text("rules/team/git.toml", findings) is None
    assert [str(each) for each in findings.problems] == ["rules/team/git.toml: cannot be read: it is no file"]


def refused(directory: Path) -> list[str]:
    with pytest.raises(RulebookRefused) as error:
        list(Directory(directory).names("rules"))
    return [str(each) for each in error.value.problems]


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("what")

    assert refused(tmp_path) == ["rules: cannot be read: Not a directory"]


def test_a_link_that_leads_round_is_refused(tmp_path: Path) -> None:
    written(tmp_path, {"rules/team/a.toml": ""})
    for name in ("one", "other"):
        (tmp_path / "rules" / name).symlink_to(".")

    assert refused(tmp_path) == ["rules/one: cannot be read: the link leads round in a circle"]
    for name in ("one", "other"):
        (tmp_path / "rules" / name).unlink()
    (tmp_path / "rules/team/again").symlink_to("../../rules")
    assert refused(tmp_path) == ["rules/team/again: cannot be read: the link leads round in a circle"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is closed to this user")
def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    written(tmp_path, {"rules/guard/a.toml": ""})
    (tmp_path / "rules/guard").chmod(0)

    try:
        assert refused(tmp_path) == ["rules/guard: cannot be read: Permission denied"]
    finally:
        (tmp_path / "rules/guard").chmod(0o700)


def test_a_text_is_read_without_its_mark_and_with_its_line_ends(tmp_path: Path) -> None:
    (tmp_path / "ts.toml").write_bytes("\ufeffä\r\n".encode())
    findings = Findings()

    assert Directory(tmp_path).text("ts.toml", findings) == "ä\r\n"
    assert Directory(tmp_path).text("nowhere.toml", findings) is None
    assert findings.problems == []


def test_a_link_to_nowhere_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "ts.toml").symlink_to("nowhere")
    findings = Findings()

    assert Directory(tmp_path).text("ts.toml", findings) is None
    assert [str(each) for each in findings.problems] == ["ts.toml: cannot be read: No such file or directory"]
