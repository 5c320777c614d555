"""How search cuts text into words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.catalogue.wording import first_sentence, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("git_log", ["git", "log"]),
        ("drawing_getCanvasPng", ["drawing", "get", "canvas", "png"]),
        ("parseHTTPResponse", ["parse", "http", "response"]),
        ("get-36kr-trending", ["get", "36kr", "trending"]),
        ("Straße, \N{FULLWIDTH LATIN CAPITAL LETTER A}BC!", ["strasse", "abc"]),
        ("搜索pdf文件", ["搜", "索", "pdf", "文", "件"]),
        ("", []),
        ("\0 -- _ ", []),
    ],
)
def test_words_come_folded_and_in_parts(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text())
def test_any_text_gives_words_without_spaces(text: str) -> None:
    assert all(word and not any(each.isspace() for each in word) for word in words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Shows the commit logs", "Shows the commit logs"),
        ("Retrieve CPU usage.\n\n    Args:\n        interval: seconds", "Retrieve CPU usage."),
        ("Reads a file\nfrom the disk. Then stops.", "Reads a file from the disk."),
        ("Takes a name (e.g. 'UTC'). More.", "Takes a name (e.g. 'UTC')."),
        ("Version 1.2.3 only! Really.", "Version 1.2.3 only!"),
        ("执行搜索。返回结果。", "执行搜索。"),
        ("\n\n  Late start. x", "Late start."),
        ("red \x1b[31malert\x07", "red [31malert"),
        ("", ""),
    ],
)
def test_the_first_sentence_is_one_line(text: str, expected: str) -> None:
    assert first_sentence(text) == expected


@given(st.text())
def test_the_first_sentence_of_any_text_can_be_printed(text: str) -> None:
    assert first_sentence(text).isprintable()
