"""What is asked: the text and its context; nothing here decides or reads a clock."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from router.core.plan import JSON
from router.errors import QueryRefused

MODES: Final = ("faves", "useful", "essential")
"""The modes of the command line's -f, -u and -e."""

LONGEST_TEXT: Final = 65_536
"""Characters of a query's text at most, as given and in the form NFKC."""
MOST_MARKS: Final = 64
"""Combining marks in a row at most: time to normalise them grows with the square of their number."""


@dataclass(frozen=True, slots=True, order=True)
class Attachment:
    """A file that goes with the query; its bytes are read only when it is sent."""

    path: str
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class Query:
    """The text and its context; refuses what no rule could be asked about."""

    text: str
    modes: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    """Of `-w`: names, tags or words of descriptions, one of which a target must have."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Context as key=value, both text."""
    attached: tuple[Attachment, ...] = ()
    cwd: str = ""
    """The working directory as templates see it; no condition reads it."""
    repository: str = ""
    """The root of the git repository around `cwd`, for templates; empty where there is none."""
    time: str = ""
    """When it was asked, ISO 8601 with offset, for templates; no condition reads it."""

    def __post_init__(self) -> None:
        """Check the whole; raises QueryRefused."""
        _refuse(self.text)
        for place, value in _context(self):
            _refuse_half(place, value)
        if empty := sorted(word for word in self.words if not any(map(str.isalnum, word))):
            raise QueryRefused(f'the word "{empty[0]}" to filter by has no letter or digit')
        if unknown := sorted(self.modes - set(MODES)):
            raise QueryRefused(f"unknown mode {', '.join(unknown)}; there are {', '.join(MODES)}")
        object.__setattr__(self, "facts", MappingProxyType(dict(sorted(self.facts.items()))))

    def __hash__(self) -> int:
        """Agree with equality, which compares `facts` by content."""
        return hash((self.text, self.modes, self.words, tuple(self.facts.items()), self.attached))

    def to_dict(self) -> dict[str, JSON]:
        """Return what bears on a decision, as `ts explain --json` prints it."""
        return {
            "text": self.text,
            "modes": [mode for mode in MODES if mode in self.modes],
            "words": sorted(self.words),
            "facts": dict(self.facts),
            "attached": sorted(each.media_type for each in self.attached),
        }


def _context(query: Query) -> Iterator[tuple[str, str]]:
    yield from (("a word to filter by", word) for word in sorted(query.words))
    for key, value in query.facts.items():
        yield from ((f"fact {key!a}", key), (f"fact {key!a}", value))
    for each in query.attached:
        yield from ((f"attachment {each.path!a}", part) for part in (each.path, each.media_type, each.name))


def _refuse(text: str) -> None:
    if not text.strip():
        raise QueryRefused("the query is empty")
    _refuse_long(text, "")
    if "\0" in text:
        raise QueryRefused(f"the query holds a NUL character at position {text.index(chr(0)) + 1}")
    _refuse_half("the query", text)
    if text.isascii():
        return
    marks = 0
    for position, character in enumerate(text, 1):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MOST_MARKS:
            raise QueryRefused(
                f"the query holds more than {MOST_MARKS} combining marks in a row at position {position}"
            )
    _refuse_long(unicodedata.normalize("NFKC", text), " in the form NFKC")


def _refuse_long(text: str, form: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise QueryRefused(
            f"the query has {len(text):,} characters{form}, more than the {LONGEST_TEXT:,} allowed; "
            "attach long material as a file"
        )


def _refuse_half(place: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise QueryRefused(
            f"{place} is not valid Unicode at position {error.start + 1}: it holds half a character"
        ) from None
