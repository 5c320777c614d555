"""Reads TOML files; what cannot be read or parsed goes to the findings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import tomli

from router.core.findings import Findings
from router.errors import Problem

LARGEST_BYTES: Final = 50_000_000
"""A file that people write is smaller; a larger one is taken for a mistake."""
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_text(path: Path, shown: str, findings: Findings) -> str | None:
    """Return a file's text, or None with the reason noted."""
    try:
        if path.exists() and not path.is_file():
            findings.add(shown, (), "cannot be read: it is no file", code="unreadable")
            return None
        if path.stat().st_size > LARGEST_BYTES:
            findings.add(shown, (), f"is larger than {LARGEST_BYTES:,} bytes", code="unreadable")
            return None
        return decoded(path.read_bytes(), shown, findings)
    except OSError as error:
        findings.add(shown, (), f"cannot be read: {error.strerror}", code="unreadable")
    return None


def decoded(raw: bytes, shown: str, findings: Findings) -> str | None:
    """Return the text of a file's bytes, or None with the reason noted."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8: byte {error.start + 1} is {raw[error.start]:#04x}"
        findings.add(shown, (), message, code="unreadable")
    return None


def parse_toml(text: str, shown: str, findings: Findings) -> dict[str, Any]:
    """Return a file's tables; empty with the reason noted where it is not TOML."""
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a plain ValueError
        message = str(error)
        place = _PLACE.search(message)
        plain = message[: place.start()] if place else message
        last = (text.count("\n") + 1, len(text) - text.rfind("\n"))
        line, column = (int(place[1]), int(place[2])) if place and place[1] else last
        findings.problems.append(
            Problem(shown, f"is not TOML: {plain}", line=line, column=column, code="not-toml")
        )
        return {}
