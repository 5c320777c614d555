"""`Retry-After`, as seconds, as a date, and as servers write it wrongly."""

from __future__ import annotations

import pytest

from router.retry_after import LONGEST_SECONDS, seconds_of


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("-1", 0.0),
        ("999999999", LONGEST_SECONDS),
        ("inf", LONGEST_SECONDS),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 -0000", 0.0),
        ("Fri, 01 Jan 2999 00:00:00 GMT", LONGEST_SECONDS),
        ("soon", None),
        ("", None),
    ],
)
def test_when_to_ask_again_is_read_as_seconds_or_a_date(told: str, seconds: float | None) -> None:
    assert seconds_of(told) == seconds
