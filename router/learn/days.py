"""Finds days however they are written, so that none that was counted from today stays in a rule."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Final

from router.core.plan import JSON

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = (
    r"(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_NTH: Final = r"(\d{1,2})(?:st|nd|rd|th)?"
_YEAR_FIRST: Final = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST: Final = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)")
_EIGHT_DIGITS: Final = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")
_MONTH_FIRST: Final = re.compile(rf"\b{_MONTH}\.?[ -]{_NTH},?[ -](\d{{4}})(?!\d)", re.IGNORECASE)
_DAY_FIRST: Final = re.compile(
    rf"(?<!\d){_NTH}\.?[ -](?:of )?{_MONTH}\.?,?[ -](\d{{4}})(?!\d)", re.IGNORECASE
)
_SECONDS: Final = re.compile(r"(?<!\d)(\d{9,10}|\d{12,13})(?!\d)")
_YEARS: Final = 5
"""Around the day of a question, in which a number of seconds is taken for a moment."""
_ANY: Final = (2000, 2100)
"""Years, where the day of the question is not known."""
_DATES: Final = (1900, 2200)
"""Years in which eight digits are taken for a day."""


def counted_from_today(call: JSON, text: str, seen: str) -> str:
    """Return a day that a call holds and the text does not name, or nothing.

    `seen` is the day of the question as an ISO date; empty where it is not known.
    """
    named = {day for _, days in _days(text) for day in days}
    for value in texts(call):
        for shown, days in (*_days(value), *_moments(value, seen)):
            if shown not in text and not named & days:
                return shown
    return ""


def _days(text: str) -> Iterator[tuple[str, frozenset[dt.date]]]:
    """Yield what may be a day, and which it may be."""
    for found in (*_YEAR_FIRST.finditer(text), *_EIGHT_DIGITS.finditer(text)):
        numbers = [int(each) for each in found.groups() if each.isdigit()]
        yield from _told(found[0], tuple(numbers))
    for found in _YEAR_LAST.finditer(text):
        one, other, year = int(found[1]), int(found[3]), int(found[4])
        yield from _told(found[0], (year, other, one), (year, one, other))
    for found in _MONTH_FIRST.finditer(text):
        yield from _told(found[0], (int(found[3]), _number(found[1]), int(found[2])))
    for found in _DAY_FIRST.finditer(text):
        yield from _told(found[0], (int(found[3]), _number(found[2]), int(found[1])))


def _told(shown: str, *numbers: tuple[int, ...]) -> Iterator[tuple[str, frozenset[dt.date]]]:
    days = frozenset(day for each in numbers if (day := _day(*each)) is not None)
    if days:
        yield shown, days


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if _DATES[0] <= year <= _DATES[1] else None
    except ValueError:
        return None


def _number(month: str) -> int:
    return _MONTHS.index(month[:3].casefold()) + 1


def _moments(text: str, seen: str) -> Iterator[tuple[str, frozenset[dt.date]]]:
    """Yield numbers that may be seconds or milliseconds since 1970; no text names a day so."""
    year = int(seen[:4]) if seen else 0
    first, last = (year - _YEARS, year + _YEARS) if seen else _ANY
    for found in _SECONDS.finditer(text):
        seconds = int(found[0]) / (1 if len(found[0]) <= 10 else 1000)
        if first <= dt.datetime.fromtimestamp(seconds, dt.UTC).year <= last:
            yield found[0], frozenset()


def texts(value: JSON) -> Iterator[str]:
    """Yield the texts of a JSON value, keys among them, and its numbers as texts."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(int(value) if isinstance(value, float) and value.is_integer() else value)
