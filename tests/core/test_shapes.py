"""Shapes: Unicode classes, groups, what is refused and why, and that no pattern is slow."""

from __future__ import annotations

import subprocess
import sys

import pytest

from router.core.shapes import ShapeError, compile_shape


@pytest.mark.parametrize(
    ("pattern", "text", "groups"),
    [
        (r"order\s+#?(?P<order>\d{3,8})", "where is Order #1183?", {"order": "1183"}),
        (r"order\s+(?P<order>\d+)", "order\N{NO-BREAK SPACE}7", {"order": "7"}),
        (r"(?<n>\d+)", "٣٤", {"n": "٣٤"}),
        (r"\bübersicht\b", "die ÜBERSICHT, bitte", {}),
        (r"\bübersicht\b", "übersichtlich", None),
        (r"\bcat\b", "concat", None),
        (r"\bcat|dog\b", "a dog", {}),
        (r"\bcat|dog\b", "dogs", None),
        (r"\bcat|dog\b", "cats", {}),
        (r"\bc\+\+\b", "in c++ now", {}),
        (r"name (?P<x>\w+)", "name Ünïcödé_1", {"x": "Ünïcödé_1"}),
        (r"name (?P<x>[\w-]+)", "name é-b", {"x": "é-b"}),
        (r"x\W(?P<y>\D\S)", "x é2", {"y": "é2"}),
        (r"a(?P<x>b)?c", "ac", {}),
        (r"[]x](?P<n>\d)", "]5", {"n": "5"}),
        (r"[^]x]5", "y5", {}),
        (r"[\d\s]z", "5z", {}),
        (r"[\]\-\.]z", "-z", {}),
        (r"\(?<(?P<tag>\w+)>", "(<b>", {"tag": "b"}),
        (r"[(?P<x>)]q", "<q", {}),
        (r"\p{Greek}+", "αβγ", {}),
        (r"(?P<k>ref)\\", "ref\\", {"k": "ref"}),
        ("cafe\N{COMBINING ACUTE ACCENT}", "café", {}),
        (r"(?-i)ABC", "abc", None),
        (r"^go$", "go", {}),
        (r"^go$", "let go", None),
    ],
)
def test_a_shape_is_searched_anywhere_case_aside(
    pattern: str, text: str, groups: dict[str, str] | None
) -> None:
    assert compile_shape("s", pattern).find(text) == groups


@pytest.mark.parametrize(
    ("pattern", "offset", "message", "hint"),
    [
        (
            "(?=x)",
            0,
            "invalid perl operator: (?=",
            "look-around and back-references are not regular and are not supported",
        ),
        (
            "(?<!x)y",
            0,
            "invalid perl operator: (?<!",
            "look-around and back-references are not regular and are not supported",
        ),
        (
            r"(a)\1",
            0,
            r"invalid escape sequence: \1",
            "look-around and back-references are not regular and are not supported",
        ),
        ("a**", 0, "bad repetition operator: **", ""),
        ("(", 0, "missing ): (", ""),
        ("a{2000}", 0, "invalid repetition size: {2000}", ""),
        ("((a{0,100}){0,100})", 0, "invalid repetition size: {0,100}", ""),
        ("a\\", 0, "trailing \\", ""),
        (
            r"x\by",
            1,
            r"\b may stand only at the start or the end of a shape, outside brackets",
            "leave it out here",
        ),
        (
            r"(\bx)",
            1,
            r"\b may stand only at the start or the end of a shape, outside brackets",
            "leave it out here",
        ),
        (r"x\B", 1, r"\B is not supported", ""),
        (r"\Qx.y\E", 0, r"\Q is not supported", ""),
        (r"\C", 0, r"\C is not supported", ""),
        (r"[\W]", 1, r"\W cannot stand inside [ ]", "write the characters out"),
        (r"[[:alpha:]]", 1, r'a "[" inside [ ] must be written \[', r"for classes use \d, \w or \p{…}"),
        (r"(?P<n>a)(?P<n>b)", 12, 'group "n" stands twice', ""),
        (r"(?P<Order>a)", 4, '"Order" is not a slot name', "use small letters, digits and _"),
        (r"(?<1a>b)", 3, '"1a" is not a slot name', "use small letters, digits and _"),
        ("a*", 0, "the pattern fits the empty text, so it fits everything", ""),
        ("x|", 0, "the pattern fits the empty text, so it fits everything", ""),
        (r"\b", 0, "the pattern fits the empty text, so it fits everything", ""),
        ("ﬁle", 0, "the pattern holds characters that no text has after NFKC", "write their plain forms"),
    ],
)
def test_a_pattern_that_cannot_be_a_shape_says_why_and_where(
    pattern: str, offset: int, message: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as refused:
        compile_shape("s", pattern)
    assert (str(refused.value), refused.value.hint) == (message, hint)
    assert refused.value.offset == offset


def test_patterns_that_other_engines_take_years_over_end_at_once() -> None:
    script = """
from router.core.shapes import compile_shape
for pattern in (
    r"(a+)+$", r"(a|aa)+$", r"(a|a?)+q", r"([a-z]+)*!", r"(.*a){20}!", r"(x+x+)+y", r"(\\w+\\s?)+!",
):
    compile_shape("s", pattern + "|zz").find("a" * 60_000 + "x" * 5_000)
print("ended")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "ended\n", done.stderr


def test_shapes_of_one_name_and_pattern_are_equal() -> None:
    assert compile_shape("s", "a") == compile_shape("s", "a")
    assert compile_shape("s", "a") != compile_shape("t", "a")
