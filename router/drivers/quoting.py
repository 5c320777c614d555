"""Text of others, as errors here repeat it."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 500
"""Characters that an error repeats."""


def brief(text: str) -> str:
    """Return foreign text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[:LONGEST] + "…"
