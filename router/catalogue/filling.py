"""Fills the required arguments of a tool from a question's text, or not at all; it never guesses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from router.catalogue.wording import FUNCTION_WORDS, words
from router.core.arguments import faults
from router.core.paths import bare_path
from router.core.plan import JSON

LONGEST_NUMBER: Final = 15
"""Digits before and after the point: what a number in JSON holds on every machine."""

_DIGITS: Final = rf"\d{{1,{LONGEST_NUMBER}}}"
_NUMBER: Final = re.compile(rf"(?<![\w.,:/$€£-])-?{_DIGITS}(?:\.{_DIGITS})?(?![\w:/%-]|[.,]\d)")
_SPELT_NUMBER: Final = re.compile(
    r"\b(?:zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|fifty|half|pair|dozen|"
    r"hundred|thousand|million|billion)s?\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"\"([^\"]+)\"|“([^“”]+)”|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)'`”]")
_MAILBOX: Final = re.compile(r"(?<![^\s<(])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DAY: Final = re.compile(r"(?<![\w/.-])\d{4}-\d{2}-\d{2}(?![\w/-])")
_MOMENT: Final = re.compile(
    r"(?<![\w/.-])\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})(?![\w/-])"
)
_PATH: Final = re.compile(r"(?<!\S)\S*[/\\]\S*")
_SURE_PATH: Final = re.compile(r"(?:[/~.]|[A-Za-z]:).+|.+\.[A-Za-z]\w{0,7}")
"""Other than `and/or`."""
_FORMATS: Final = {
    "date": _DAY,
    "date-time": _MOMENT,
    "email": _MAILBOX,
    "uri": _ADDRESS,
    "url": _ADDRESS,
    "path": _PATH,
    "file-path": _PATH,
    "directory-path": _PATH,
}
_PATH_NAMES: Final = frozenset(("path", "file", "filename", "filepath", "dir", "directory", "folder"))
"""How the name of an argument ends that takes a path though no format says so; `name` may follow."""
_OPAQUE: Final = (_QUOTED, _ADDRESS, _MAILBOX, _MOMENT, _DAY, _PATH)
"""What is a value as a whole: no number and no choice is looked for inside."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A value that an argument could have, and where the text tells it."""

    start: int
    end: int
    value: JSON

    def meets(self, other: _Found) -> bool:
        """Whether both are told by the same characters, at least in part."""
        return self.start < other.end and other.start < self.end


def filled(schema: JSON, text: str) -> dict[str, JSON] | None:
    """Return the required arguments, each told by the text without doubt, or None.

    A value is told where it alone in the text can be it, and no other required argument is told by the same
    characters: a choice that is named, a number, a date, an address, a path, or what stands in quotes.
    Arguments that are not required stay away; where other characters could tell one of them, what was meant
    is in doubt. What is returned fits the schema.
    """
    schema = schema if isinstance(schema, dict) else {}
    required, properties = schema.get("required") or [], schema.get("properties") or {}
    if not isinstance(required, list) or not isinstance(properties, dict):
        return None
    told: dict[str, _Found] = {}
    for name in required:
        found = list(_candidates(name, properties.get(name), text)) if isinstance(name, str) else []
        if not found or any(each.value != found[0].value for each in found):
            return None
        if any(found[0].meets(other) for other in told.values()):
            return None
        told[str(name)] = found[0]
    others = (_candidates(name, wanted, text) for name, wanted in properties.items() if name not in told)
    if any(not any(each.meets(taken) for taken in told.values()) for found in others for each in found):
        return None
    args = {name: each.value for name, each in told.items()}
    return None if faults(schema, args) else args


def without_values(text: str) -> str:
    """Return what is left of a text when all that could be an argument's value is blanked, choices aside."""
    return _blanked(text, (*_OPAQUE, _NUMBER))


def _candidates(name: str, wanted: JSON, text: str) -> Iterator[_Found]:
    """Yield all that the text tells which one argument could have."""
    if not isinstance(wanted, dict):
        return
    choices, kind, form = wanted.get("enum"), wanted.get("type"), wanted.get("format")
    if isinstance(choices, list):
        yield from _named(choices, _blanked(text, _OPAQUE))
    elif kind in ("integer", "number"):
        for found in _NUMBER.finditer(_blanked(text, _OPAQUE)):
            if "." not in found[0]:
                yield _Found(*found.span(), int(found[0]))
            elif kind == "number":
                yield _Found(*found.span(), float(found[0]))
        # Told in words, it is no number that fits, and leaves in doubt the ones that are told in digits.
        for found in _SPELT_NUMBER.finditer(_blanked(text, _OPAQUE)):
            yield _Found(*found.span(), found[0])
    elif kind == "string" and form is None and _is_of_path(name):
        yield from _paths(text)
    elif kind == "string" and form is None:
        yield from _quoted(text)
    elif kind == "string" and isinstance(form, str) and form in _FORMATS:
        yield from _formatted(form, text)


def _formatted(form: str, text: str) -> Iterator[_Found]:
    if _FORMATS[form] is _PATH:
        yield from _paths(text)
        return
    for found in _FORMATS[form].finditer(text):
        if not form.startswith("date") or _is_real(found[0]):
            yield _Found(*found.span(), found[0])


def _is_of_path(name: str) -> bool:
    parts = words(name)
    ends = parts[-2:-1] if parts[-1:] == ["name"] else parts[-1:]
    return not _PATH_NAMES.isdisjoint(ends)


def _quoted(text: str) -> Iterator[_Found]:
    for found in _QUOTED.finditer(text):
        yield _Found(*found.span(), "".join(part or "" for part in found.groups()))


def _paths(text: str) -> Iterator[_Found]:
    """Yield what is surely a path; one in quotes may have spaces."""
    rest = _PATH.finditer(_blanked(text, (_QUOTED, _ADDRESS)))
    for each in (*_quoted(text), *(_Found(*found.span(), bare_path(found[0])) for found in rest)):
        value = str(each.value)
        if _PATH.search(value) and _SURE_PATH.fullmatch(value) and "://" not in value:
            yield each


def _is_real(moment: str) -> bool:
    """Whether the calendar has such a day, and the day such a time."""
    try:
        return bool(datetime.fromisoformat(moment) if "T" in moment else date.fromisoformat(moment))
    except ValueError:
        return False


def _named(choices: list[JSON], text: str) -> Iterator[_Found]:
    """Yield the choices that the text names as whole words, case aside; not those that are in most texts."""
    for each in choices:
        if isinstance(each, str) and each and each.casefold() not in FUNCTION_WORDS:
            for found in re.finditer(rf"(?<!\w){re.escape(each)}(?!\w)", text, re.IGNORECASE):
                yield _Found(*found.span(), each)


def _blanked(text: str, patterns: Iterable[re.Pattern[str]]) -> str:
    """Return the text with as many spaces where a pattern matches, so that all else keeps its place."""
    for pattern in patterns:
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    return text
