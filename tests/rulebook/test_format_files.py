"""Formatting the files of a project: which ones, and how they are written."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from router.errors import RulebookRefused
from router.rulebook.format import format_project, write_formatted
from tests.projects import write

FILES = {
    "rules/vocab.toml": "[shapes]\n[words]\n",
    "rules/team/git.toml": "[b]\n[a]\n",
    "rules/team/vocab.toml": "[words]\n\n[shapes]\n",
    "rules/guard/git.toml": "[a]\n",
    "rules/README.md": "[b]\n[a]\n",
    "ts.toml": "[b]\n[a]\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, FILES)


def refused(project: Path, *only: Path) -> list[str]:
    with pytest.raises(RulebookRefused) as raised:
        format_project(project, only)
    return [str(each) for each in raised.value.problems]


def test_rules_and_the_vocabulary_are_formatted_and_nothing_else(project: Path) -> None:
    found = {each.file: each.after for each in format_project(project) if each.changed}

    assert found == {
        "rules/team/git.toml": "[a]\n\n[b]\n",
        "rules/team/vocab.toml": "[shapes]\n\n[words]\n",
        "rules/vocab.toml": "[words]\n\n[shapes]\n",
    }
    assert {name: (project / name).read_text() for name in FILES} == FILES


@pytest.mark.parametrize(
    ("only", "files"),
    [
        (["rules/team/git.toml"], ["rules/team/git.toml"]),
        (["rules/team", "rules/team/git.toml"], ["rules/team/git.toml", "rules/team/vocab.toml"]),
        (["rules/guard/../vocab.toml"], ["rules/vocab.toml"]),
        (["."], sorted(each for each in FILES if each.startswith("rules/") and each.endswith(".toml"))),
    ],
)
def test_paths_choose_files(project: Path, only: list[str], files: list[str]) -> None:
    assert [each.file for each in format_project(project, [project / each for each in only])] == files


def test_a_path_that_is_no_rule_file_is_refused_with_all_the_others(project: Path) -> None:
    told = refused(project, project / "ts.toml", project / "rules/guard", project / "rules/team/gone.toml")

    where = "rule files are rules/<layer>/<topic>.toml and rules/vocab.toml"
    assert told == [
        f"{project}/ts.toml: is no rule file of this project; {where}",
        f"{project}/rules/team/gone.toml: does not exist; {where}",
    ]


def test_every_file_that_is_not_toml_is_told_at_once(project: Path) -> None:
    write(project, {"rules/guard/git.toml": "[a", "rules/vocab.toml": "words = "})
    (project / "rules/team/git.toml").write_bytes(b"# \xff")

    assert refused(project) == [
        "rules/guard/git.toml:1:3: is not TOML: Expected ']' at the end of a table declaration",
        "rules/team/git.toml: is not UTF-8: byte 3 is 0xff",
        "rules/vocab.toml:1:9: is not TOML: Invalid value",
    ]


def test_a_project_without_rules_has_no_files(tmp_path: Path) -> None:
    assert format_project(write(tmp_path, {"ts.toml": ""})) == ()


def test_a_file_is_replaced_with_its_mode_line_ends_and_mark(project: Path) -> None:
    path = project / "rules/team/git.toml"
    path.write_bytes(b"\xef\xbb\xbf[b]\r\n[a]\r\n")
    path.chmod(0o640)
    (file,) = format_project(project, [path])

    write_formatted(file)

    assert path.read_bytes() == b"\xef\xbb\xbf[a]\r\n\r\n[b]\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert not format_project(project, [path])[0].changed
    assert sorted(each.name for each in path.parent.iterdir()) == ["git.toml", "vocab.toml"]


def test_a_link_stays_a_link(project: Path, tmp_path: Path) -> None:
    target = tmp_path / "shared.toml"
    target.write_text("[b]\n[a]\n")
    link = project / "rules/team/shared.toml"
    link.symlink_to(target)
    (file,) = format_project(project, [link])

    write_formatted(file)

    assert link.is_symlink()
    assert (file.file, target.read_text()) == ("rules/team/shared.toml", "[a]\n\n[b]\n")


def test_a_write_that_fails_leaves_the_file_and_nothing_else(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = format_project(project, [project / "rules/team/git.toml"])

    def full(_self: Path, _mode: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "chmod", full)
    with pytest.raises(RulebookRefused, match=r"^rules/team/git\.toml: cannot be written: No space left"):
        write_formatted(file)

    assert file.path.read_text() == FILES["rules/team/git.toml"]
    assert sorted(each.name for each in file.path.parent.iterdir()) == ["git.toml", "vocab.toml"]
