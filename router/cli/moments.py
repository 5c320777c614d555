"""Reads moments that a person writes: `7d`, `24h` or a date."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from router.errors import QueryRefused

_AGO: Final = re.compile(r"(\d{1,6})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, option: str) -> dt.datetime:
    """Return the moment that an option names. Raises QueryRefused for what is no time."""
    found = _AGO.fullmatch(text)
    try:
        if found:
            return dt.datetime.now(dt.UTC) - dt.timedelta(**{_UNITS[found[2]]: int(found[1])})
        return dt.datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as error:
        raise QueryRefused(f'{option} "{text}" is no time such as 7d, 24h or 2026-10-01') from error
