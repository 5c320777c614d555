"""Days are found however they are written, so that none that was counted from today stays in a rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.learn.days import counted_from_today, texts

SEEN = "2026-11-20"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("2026-11-13", "2026-11-13"),
        ("since 2026/11/13", "2026/11/13"),
        ("13.11.2026", "13.11.2026"),
        ("11/13/2026", "11/13/2026"),
        ("20261113T000000Z", "20261113"),
        (20261113, "20261113"),
        ("Nov 13, 2026", "Nov 13, 2026"),
        ("November 13th, 2026", "November 13th, 2026"),
        ("13. November 2026", "13. November 2026"),
        ("13-Nov-2026", "13-Nov-2026"),
        (["x", {"a": "the 13th of Nov 2026"}], "13th of Nov 2026"),
        ({"2026-11-13": True}, "2026-11-13"),
        (1794528000, "1794528000"),
        (1794528000.0, "1794528000"),
        (1794528000000, "1794528000000"),
        ("1794528000", "1794528000"),
        ("2026-13-45", ""),
        ("99999999", ""),
        (42, ""),
        (4102444800123, ""),
        (1194528000, ""),
        (12.5, ""),
        ([None, True], ""),
        ("version 10.12.4", ""),
    ],
)
def test_a_day_that_the_text_does_not_name_is_told(call: Any, told: str) -> None:
    assert counted_from_today(call, "the log of last week", SEEN) == told


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("log of 2026-11-13", "2026-11-13"),
        ("log of 13.11.2026", "2026-11-13"),
        ("log of Nov 13, 2026", {"since": "20261113"}),
        ("order 20261113", 20261113),
        ("at 1794528000", 1794528000),
    ],
)
def test_a_day_that_the_text_names_however_it_does_may_stay(text: str, call: Any) -> None:
    assert counted_from_today(call, text, SEEN) == ""


def test_without_a_day_of_the_question_any_moment_of_this_century_is_one() -> None:
    assert counted_from_today(1194528000, "the log", "") == "1194528000"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.text(),
    st.sampled_from(("", SEEN, "0001-01-01", "9999-12-31")),
)
def test_whatever_a_call_holds_nothing_raises(call: Any, text: str, seen: str) -> None:
    counted_from_today(call, text, seen)
    assert all(isinstance(each, str) for each in texts(call))
