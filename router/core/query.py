"""What is asked: the text and its context; nothing here decides or reads a clock."""

from __future__ import annotations

from router.core.light import Light

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Final

    from router.core.plan import JSON

MODES: Final = ("faves", "useful", "essential")
"""The modes of the command line's -f, -u and -e."""

LONGEST_TEXT: Final = 65_536
"""Characters of a query's text at most, as given and in the form NFKC."""
MOST_MARKS: Final = 64
"""Combining marks in a row at most: time to normalise them grows with the square of their number."""


_Frozen = type(Light.__dict__)
"""`types.MappingProxyType` without its module."""
NO_FACTS: Final[Mapping[str, str]] = _Frozen({})


class Attachment(Light):
    """A file that goes with the query; its bytes are read only when it is sent."""

    __slots__ = ("path", "media_type", "name")  # noqa: RUF023 - the order in which attachments are sorted

    def __init__(self, path: str, media_type: str, name: str) -> None:
        self.path = path
        self.media_type = media_type
        self.name = name

    def __lt__(self, other: Attachment) -> bool:
        """Sort by path, media type and name."""
        return self._values() < other._values()


class Query(Light):
    """The text and its context; refuses what no rule could be asked about."""

    __slots__ = ("attached", "cwd", "facts", "modes", "repository", "text", "time", "words")

    def __init__(
        self,
        text: str,
        modes: frozenset[str] = frozenset(),
        words: frozenset[str] = frozenset(),
        facts: Mapping[str, str] | None = None,
        attached: tuple[Attachment, ...] = (),
        cwd: str = "",
        repository: str = "",
        time: str = "",
    ) -> None:
        """Check the whole; raises QueryRefused."""
        self.text = text
        self.modes = modes
        self.words = words
        """Of `-w`: names, tags or words of descriptions, one of which a target must have."""
        self.facts: Mapping[str, str] = _Frozen(dict(sorted(facts.items()))) if facts else NO_FACTS
        """Context as key=value, both text."""
        self.attached = attached
        self.cwd = cwd
        """The working directory as templates see it; no condition reads it."""
        self.repository = repository
        """The root of the git repository around `cwd`, for templates; empty where there is none."""
        self.time = time
        """When it was asked, ISO 8601 with offset, for templates; no condition reads it."""
        if reason := _fault(self):
            from router.errors import QueryRefused

            raise QueryRefused(reason)

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the fields: `facts` themselves cannot be pickled."""
        context = (self.modes, self.words, dict(self.facts), self.attached, self.cwd, self.repository)
        return Query, (self.text, *context, self.time)

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


def _fault(query: Query) -> str:
    """Return why it can be no query, or the empty string."""
    if reason := _text_fault(query.text):
        return reason
    if not (query.words or query.modes or query.facts or query.attached):
        return ""
    for place, value in _context(query):
        if reason := _half(place, value):
            return reason
    if empty := sorted(word for word in query.words if not any(map(str.isalnum, word))):
        return f'the word "{empty[0]}" to filter by has no letter or digit'
    if unknown := sorted(query.modes - set(MODES)):
        return f"unknown mode {', '.join(unknown)}; there are {', '.join(MODES)}"
    return ""


def _context(query: Query) -> Iterator[tuple[str, str]]:
    for word in sorted(query.words):
        yield "a word to filter by", word
    for key, value in query.facts.items():
        yield f"fact {key!a}", key
        yield f"fact {key!a}", value
    for each in query.attached:
        for part in (each.path, each.media_type, each.name):
            yield f"attachment {each.path!a}", part


def _text_fault(text: str) -> str:
    if not text or text.isspace():
        return "the query is empty"
    if len(text) > LONGEST_TEXT:
        return _too_long(text, "")
    if "\0" in text:
        return f"the query holds a NUL character at position {text.index(chr(0)) + 1}"
    return "" if text.isascii() else _half("the query", text) or _marks_fault(text)


def _marks_fault(text: str) -> str:
    import unicodedata

    marks = 0
    for position, character in enumerate(text, 1):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MOST_MARKS:
            return f"the query holds more than {MOST_MARKS} combining marks in a row at position {position}"
    normal = unicodedata.normalize("NFKC", text)
    return _too_long(normal, " in the form NFKC") if len(normal) > LONGEST_TEXT else ""


def _too_long(text: str, form: str) -> str:
    return (
        f"the query has {len(text):,} characters{form}, more than the {LONGEST_TEXT:,} allowed; "
        "attach long material as a file"
    )


def _half(place: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"{place} is not valid Unicode at position {error.start + 1}: it holds half a character"
    return ""
