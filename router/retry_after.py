"""Reads `Retry-After` of HTTP, for whoever asks models, servers or agents."""

from __future__ import annotations

import datetime as dt
import email.utils
from contextlib import suppress
from typing import Final

LONGEST_SECONDS: Final = 31_536_000.0
"""A year; nobody waits longer, and infinity, which a header may say, has no place in JSON."""


def seconds_of(value: str) -> float | None:
    """Return what the header says, seconds or a date (RFC 9110 10.2.3), as seconds from now.

    None where it says nothing that can be read.
    """
    with suppress(ValueError):
        return min(max(0.0, float(value)), LONGEST_SECONDS)
    with suppress(ValueError, TypeError, OverflowError):
        when = email.utils.parsedate_to_datetime(value)
        aware = when if when.tzinfo else when.replace(tzinfo=dt.UTC)
        return min(max((aware - dt.datetime.now(dt.UTC)).total_seconds(), 0.0), LONGEST_SECONDS)
    return None
