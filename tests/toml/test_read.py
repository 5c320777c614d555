"""Reading TOML: files that cannot be read, text that does not parse, and where."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        # what TOML has since its version 1.1, which neither editors nor `ts rules fmt` read everywhere
        ("a = { b = 1, }", "f.toml:1:14: is not TOML: Invalid initial character for a key part"),
        ("a = {\n}", "f.toml:1:6: is not TOML: Invalid initial character for a key part"),
        ('a = "\\e"', "f.toml:1:8: is not TOML: Unescaped '\\' in a string"),
        ("a = 07:32", "f.toml:1:6: is not TOML: Expected newline or end of document after a statement"),
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


scalars = st.sampled_from(
    (
        "1", "-0", "+1_000", "0xFF", "0b1", "1e3", "-2.5", "inf", "nan", "true", "2027-01-31", "07:32:00.5",
        "2027-01-31T07:32:00Z", "2027-01-31 07:32:00-07:30", "'it\\'", '"\\u00e9\\t\\"x"', "'''\n a'''",
        '"""a\\\n  b"""', "[1, [2],\n# c\n]", "{ a.b = 1, c = 'x' }", "01", "1__0", "tru", '"\\x"',
        "2027-02-30",
    )
)  # fmt: skip
lines = st.builds("{} = {}".format, st.sampled_from(("a", "b.c", "'d e'", '"\\u0061"', "é")), scalars)
headers = st.sampled_from(("[t]", "[t.u]", "[[l]]", "[l.m]", "# c", "[a]", "["))


@given(st.lists(lines | headers, max_size=6), st.sampled_from(("\n", "\r\n")))
def test_every_text_is_read_as_the_parser_of_the_standard_library_reads_it(
    parts: list[str], end: str
) -> None:
    text = "\n".join(parts).replace("\n", end)
    findings = Findings()
    read = parse_toml(text, "f.toml", findings)
    if findings.problems:
        with pytest.raises(tomllib.TOMLDecodeError):
            tomllib.loads(text)
    else:
        assert repr(read) == repr(tomllib.loads(text))
