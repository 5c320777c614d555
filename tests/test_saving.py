"""Files of results: names that are safe anywhere, nothing overwritten, no half of a file."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from router.core.outcome import Blob, Link, Text
from router.saving import Saver


def saved(directory: Path, blob: Blob) -> Path:
    kept = Saver(directory)(blob)
    assert isinstance(kept, Blob)
    assert kept.data == blob.data
    path = Path(kept.path)
    assert path.read_bytes() == blob.data
    return path


def test_a_blob_is_written_into_a_directory_that_is_made(tmp_path: Path) -> None:
    assert saved(tmp_path / "a" / "b", Blob(b"12", "image/png", "p.png")) == tmp_path / "a" / "b" / "p.png"


@pytest.mark.parametrize("content", [Text("a"), Link("file:///a")])
def test_what_is_no_blob_is_left_alone(tmp_path: Path, content: Text | Link) -> None:
    assert Saver(tmp_path / "out")(content) is content
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    names = [saved(tmp_path, Blob(bytes([each]), "image/png", "p.png")).name for each in range(3)]

    assert names == ["p.png", "p-2.png", "p-3.png"]


@pytest.mark.parametrize(
    ("name", "media_type", "written"),
    [
        ("", "image/png", "image.png"),
        ("chart", "image/png", "chart.png"),
        ("chart.svg", "image/png", "chart.svg"),
        ("data.tar.gz", "application/gzip", "data.tar.gz"),
        ("", "application/x-unheard-of", "application"),
        ("", "../../etc/passwd", "file"),
        ("", "", "file"),
        ("", "im\0age/x", "im_age"),
        ("../../etc/passwd", "application/x-unheard-of", "passwd"),
        ("C:\\Users\\me\\a.txt", "text/plain", "a.txt"),
        ("..", "application/x-unheard-of", "application"),
        (".hidden", "application/x-unheard-of", "hidden"),
        ("dot.", "application/x-unheard-of", "dot"),
        ("a b\n\0c*?.txt", "text/plain", "a_b_c_.txt"),
        ("con.txt", "text/plain", "_con.txt"),
        ("LPT1", "application/x-unheard-of", "_LPT1"),
        ("größe.txt", "text/plain", "größe.txt"),
    ],
)
def test_a_name_is_safe_whatever_the_sender_called_it(
    tmp_path: Path, name: str, media_type: str, written: str
) -> None:
    path = saved(tmp_path, Blob(b"1", media_type, name))

    assert path == tmp_path / written


@pytest.mark.parametrize("letter", ["a", "ä", "\N{MATHEMATICAL BOLD SMALL A}", "語"])
def test_a_long_name_is_cut_to_what_file_systems_take(tmp_path: Path, letter: str) -> None:
    for _ in range(2):
        path = saved(tmp_path, Blob(b"1", "text/plain", letter * 300 + ".x" + "y" * 300))
        assert len(os.fsencode(path.name)) <= 255


def test_a_directory_that_is_a_file_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")

    with pytest.raises(OSError, match="out"):
        Saver(tmp_path / "out")(Blob(b"1"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_leaves_no_half_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.png").symlink_to("/dev/full")
    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda path, _mode: opened(path, "wb"))

    with pytest.raises(OSError, match="No space left") as raised:
        Saver(tmp_path)(Blob(b"1", "image/png", "p.png"))

    assert raised.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []
