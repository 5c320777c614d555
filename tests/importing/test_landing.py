"""Servers that are added to a project's `ts.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.config import load_project
from router.errors import SettingsRefused
from router.importing import Landed, Taken, land

OLD = """\
# ours
layers = ["team"]   # only these

[mcp.git]
command = "uvx"  # pinned
args = ["mcp-server-git"]
"""
GIT = Taken("git", "mcpServers.git", {"command": "uvx", "args": ["mcp-server-git"]})
TIME = Taken("time", "mcpServers.time", {"command": "uvx", "env": {"TZ": "UTC"}})
OFF = Taken("off", "mcpServers.off", {"command": "off"}, is_off=True)


def write(directory: Path, text: str | bytes) -> Path:
    file = directory / "ts.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def landed(directory: Path, *servers: Taken) -> Landed:
    return land(load_project(directory, {"HOME": str(directory)}), servers)


def names(servers: tuple[Taken, ...]) -> list[str]:
    return [each.name for each in servers]


def test_tables_are_added_behind_what_stands_there(tmp_path: Path) -> None:
    file = write(tmp_path, OLD)

    found = landed(tmp_path, TIME, OFF)

    assert names(found.written) == ["time", "off"]
    assert file.read_text() == (
        f'{OLD}\n[mcp.time]\ncommand = "uvx"\nenv.TZ = "UTC"\n\n# [mcp.off]\n# command = "off"\n'
    )
    assert load_project(tmp_path, {"HOME": str(tmp_path)}).settings.servers["time"].env == {"TZ": "UTC"}


def test_what_is_there_already_is_not_added_again(tmp_path: Path) -> None:
    file = write(tmp_path, OLD)
    landed(tmp_path, TIME, OFF)
    before = file.read_bytes()

    found = landed(tmp_path, GIT, TIME, OFF)

    assert (names(found.there), found.written, found.refusals) == (["git", "time", "off"], (), ())
    assert file.read_bytes() == before


def test_a_name_that_another_server_has_is_refused_and_the_others_are_written(tmp_path: Path) -> None:
    file = write(tmp_path, OLD)

    found = landed(tmp_path, Taken("git", "servers.git", {"command": "other"}), TIME)

    told = "servers.git: ts.toml has another [mcp.git]; rename one of them"
    assert [str(each) for each in found.refusals] == [told]
    assert names(found.written) == ["time"]
    assert "other" not in file.read_text()


@pytest.mark.parametrize(
    ("before", "between"),
    [
        (b"", b""),
        (b"\n", b""),
        (b'language = "none"', b"\n\n"),
        (b'language = "none"\r\n', b"\r\n"),
        (b"\xef\xbb\xbf# with a mark\n", b"\n"),
    ],
)
def test_every_byte_of_a_file_stays(tmp_path: Path, before: bytes, between: bytes) -> None:
    file = write(tmp_path, before)

    landed(tmp_path, Taken("a", "a", {"command": "a"}), Taken("b", "b", {"command": "b"}))

    end = b"\r\n" if b"\r\n" in before else b"\n"
    added = b'[mcp.a]\ncommand = "a"\n\n[mcp.b]\ncommand = "b"\n'.replace(b"\n", end)
    assert file.read_bytes() == before + between + added


def test_what_would_not_load_is_not_written(tmp_path: Path) -> None:
    file = write(tmp_path, 'mcp = { git = { command = "git" } }\n')

    with pytest.raises(SettingsRefused, match=r"ts\.toml:3:\d+: is not TOML"):
        landed(tmp_path, TIME)

    assert file.read_text() == 'mcp = { git = { command = "git" } }\n'


def test_a_file_that_became_unreadable_is_refused(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    project = load_project(tmp_path, {"HOME": str(tmp_path)})
    write(tmp_path, b"\xff")

    with pytest.raises(SettingsRefused, match="is not UTF-8"):
        land(project, [TIME])
