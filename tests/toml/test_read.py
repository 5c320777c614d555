"""Reading TOML: files that cannot be read, text that does not parse, and where."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from router.core.findings import Findings
from router.toml.read import LARGEST_BYTES, parse_toml, read_text


def said(findings: Findings) -> list[str]:
    return [str(each) for each in findings.problems]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a = 1", "a = 1"),
        (b"\xef\xbb\xbfa = 1", "a = 1"),
        ("ü".encode(), "ü"),
        (b"", ""),
        (b"a\r\nb", "a\r\nb"),
    ],
)
def test_a_file_is_read_as_utf_8_with_or_without_a_mark(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(content)
    findings = Findings()
    assert read_text(path, "f.toml", findings) == text
    assert said(findings) == []


def test_a_file_in_another_encoding_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes("a = 'ü'".encode("latin-1"))
    findings = Findings()
    assert read_text(path, "f.toml", findings) is None
    assert said(findings) == ["f.toml: is not UTF-8: byte 6 is 0xfc"]


@pytest.mark.parametrize(("make", "why"), [(False, "No such file or directory"), (True, "it is no file")])
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, make: bool, why: str) -> None:
    path = tmp_path / "f.toml"
    if make:
        path.mkdir()
    findings = Findings()
    assert read_text(path, "f.toml", findings) is None
    assert said(findings) == [f"f.toml: cannot be read: {why}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = ", "f.toml:1:5: is not TOML: Invalid value"),
        ("a = 1\nb = ü", "f.toml:2:5: is not TOML: Invalid value"),
        ("a = 1\r\nb = ü", "f.toml:2:5: is not TOML: Invalid value"),
        ("a = 1\na = 2", "f.toml:2:6: is not TOML: Cannot overwrite a value"),
        ("[a]\n[a]", "f.toml:2:3: is not TOML: Cannot declare ('a',) twice"),
        ("a = [1,\n", "f.toml:2:1: is not TOML: Invalid value"),
        ('a = "x', "f.toml:1:7: is not TOML: Unterminated string"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_place(text: str, problem: str) -> None:
    findings = Findings()
    assert parse_toml(text, "f.toml", findings) == {}
    assert said(findings) == [problem]


def test_brackets_beyond_all_measure_are_refused() -> None:
    findings = Findings()
    assert parse_toml("a = " + "[" * 50_000, "f.toml", findings) == {}
    assert len(findings.problems) == 1
    assert findings.problems[0].message.startswith("is not TOML: ")


def test_tables_are_read() -> None:
    findings = Findings()
    assert parse_toml("[a]\nb.c = 1", "f.toml", findings) == {"a": {"b": {"c": 1}}}
    assert said(findings) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    os.mkfifo(path)
    findings = Findings()
    assert read_text(path, "f.toml", findings) is None
    assert said(findings) == ["f.toml: cannot be read: it is no file"]


def test_a_file_beyond_all_measure_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    findings = Findings()
    assert read_text(path, "f.toml", findings) is None
    assert said(findings) == ["f.toml: is larger than 50,000,000 bytes"]


def test_a_number_too_long_for_python_is_a_problem_and_no_crash() -> None:
    findings = Findings()
    assert parse_toml(f"a = {'9' * 5000}", "f.toml", findings) == {}
    assert "is not TOML: " in said(findings)[0]
