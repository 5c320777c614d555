"""Reads JSON as editors write it, with comments and trailing commas; it knows nothing of what it says."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Final, NoReturn

from router.core.plan import JSON
from router.errors import Problem

_TEXT: Final = r'("(?:\\.|[^"\\\n])*(?:"|\\?\Z|(?=\n)))'
_COMMENT: Final = re.compile(rf"{_TEXT}|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_COMMA: Final = re.compile(rf"{_TEXT}|,(?=\s*[}}\]])", re.DOTALL)
_SEEN: Final = re.compile(r"[^\n]")


def parse_json(text: str, shown: str, problems: list[Problem]) -> JSON:
    """Return the value, or None with the reason noted; a key that stands twice is noted too."""
    plain = _COMMA.sub(_blank, _COMMENT.sub(_blank, text))

    def together(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
        made = dict(pairs)
        if len(made) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice = ", ".join(f'"{key}"' for key, count in counts.items() if count > 1)
            problems.append(Problem(shown, f"{twice} stands more than once in one table"))
        return made

    try:
        return json.loads(plain, object_pairs_hook=together, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg}"
        problems.append(Problem(shown, message, line=error.lineno, column=error.colno))
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, NaN, a thousand brackets
        reason = "too many tables in tables" if isinstance(error, RecursionError) else str(error)
        problems.append(Problem(shown, f"is not JSON: {reason}"))
    return None


def _blank(found: re.Match[str]) -> str:
    """Return a text as it is, and anything else as blanks, so that every place stays where it is."""
    return found[1] or _SEEN.sub(" ", found[0])


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
