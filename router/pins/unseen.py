"""Characters that a reader does not see, or that steer a terminal: finding them, and writing them visibly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

KINDS: Final = {
    "an escape sequence of terminals": r"\x1b|\x9b",
    "a control character": r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9a\x9c-\x9f]+",
    "hidden text in tag characters": r"[\U000e0000-\U000e007f]+",
    "a sign that turns the direction of text": r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+",
    "a soft hyphen": r"\u00ad+",
    "a variation selector": r"[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]+",
    "a character without width": (
        r"[\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
        r"\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]+"
    ),
    "a character of private use": r"[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]+",
}
"""What each is called, with the pattern that finds a run of it."""
_ONE: Final = (
    r"[\u00a9\u00ae\u203c\u2049\u2122-\u27bf\u2900-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    r"[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?"
)
_USUAL: Final = re.compile(
    rf"{_ONE}(?:\u200d{_ONE})*"
    r"(?:(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)?"
    r"|[0-9#*]\ufe0f\u20e3"
    r"|(?<=[\u0590-\u109f\u1780-\u17b3])[\u200c\u200d](?=[\u0590-\u109f\u1780-\u17b3\s]|$)"
)
"""Emoji (UTS #51) with their selectors and joiners, and the joiners that Persian and Hindi are spelt with."""
_UNSEEN: Final = re.compile("|".join(f"({each})" for each in KINDS.values()))
_NAMES: Final = tuple(KINDS)
_TAGS: Final = range(0xE0020, 0xE007F)


def unseen(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and kind of each run of what is not seen, without what emoji and scripts need."""
    usual = {at for found in _USUAL.finditer(text) for at in range(*found.span())}
    for found in _UNSEEN.finditer(text):
        places = [at for at in range(*found.span()) if at not in usual]
        if places:
            yield places[0], found.end(), _NAMES[(found.lastindex or 1) - 1]


def spelt(text: str) -> str:
    """Return what tag characters spell to a model, which reads them as ASCII."""
    return "".join(chr(ord(each) - 0xE0000) for each in text if ord(each) in _TAGS)


def escaped(text: str, keep: str = "") -> str:
    """Return a text in which nothing is unseen, as escapes of Python, JSON and TOML; `keep` stays."""
    return "".join(
        each if each in keep or (each.isprintable() and not _UNSEEN.match(each)) else _escape(each)
        for each in text
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
