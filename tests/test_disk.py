"""Files are replaced whole or not at all, and keep what their owner gave them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.disk import replace_file

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    """Set a umask that is nobody's default."""
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_a_file_is_made_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a file"

    replace_file(path, b"one")
    replace_file(path, b"\xff\r\n")

    assert path.read_bytes() == b"\xff\r\n"
    assert list(tmp_path.iterdir()) == [path]


@POSIX
@pytest.mark.usefixtures("umask")
def test_a_new_file_follows_the_umask_and_leaves_it(tmp_path: Path) -> None:
    replace_file(tmp_path / "new", b"")

    assert mode(tmp_path / "new") == 0o640
    assert os.umask(0o027) == 0o027


@POSIX
@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("given", [0o600, 0o664, 0o755, 0o444, 0o2660])
def test_a_file_keeps_its_mode(tmp_path: Path, given: int) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(given)

    replace_file(path, b"new")

    assert (path.read_text(), mode(path)) == ("new", given)


@POSIX
def test_a_private_file_is_its_owners_alone_whatever_it_was(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("")
    (tmp_path / "old").chmod(0o666)

    for name in ("new", "old"):
        replace_file(tmp_path / name, b"", private=True)
        assert mode(tmp_path / name) == 0o600


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/file").write_text("old")
    (tmp_path / "there/file").chmod(0o640)
    (tmp_path / "middle").symlink_to("there/file")
    (tmp_path / "link").symlink_to("middle")

    replace_file(tmp_path / "link", b"new")

    assert (tmp_path / "link").readlink() == Path("middle")
    assert (tmp_path / "there/file").read_text() == "new"
    assert os.name == "nt" or mode(tmp_path / "there/file") == 0o640
    assert [each.name for each in (tmp_path / "there").iterdir()] == ["file"]


def test_a_link_to_nothing_makes_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")

    replace_file(tmp_path / "link", b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_a_directory_in_the_way_stays_and_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "file/inside").mkdir(parents=True)

    with pytest.raises(OSError, match="file"):
        replace_file(tmp_path / "file", b"new")

    assert sorted(each.name for each in tmp_path.rglob("*")) == ["file", "inside"]


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "nowhere/file", b"new")

    assert list(tmp_path.iterdir()) == []


def test_what_interrupts_it_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def interrupted(_self: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_file(path, b"new")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@POSIX
@pytest.mark.skipif(os.name != "nt" and os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "file").write_text("old")
    closed.chmod(0o500)

    try:
        with pytest.raises(PermissionError):
            replace_file(closed / "file", b"new")
        assert [each.name for each in closed.iterdir()] == ["file"]
        assert (closed / "file").read_text() == "old"
    finally:
        closed.chmod(0o700)
