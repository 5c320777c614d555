"""What a TOML file is made of, as it is written: tables, keys, values and the comments of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

Block = tuple[str, ...]
"""Lines of comment without a blank line between them."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key or dotted key."""

    path: tuple[str, ...]
    """The names that it means."""
    written: str
    """As it is written, without the spaces around its dots."""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a list with its comments."""

    value: Value
    above: Block = ()
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Array:
    """A list."""

    items: tuple[Item, ...]
    opening: str
    """The comment behind the bracket."""
    end: Block
    """The comments below the last entry."""
    commented: bool
    """Whether there is any comment, however deep inside."""


@dataclass(frozen=True, slots=True)
class Inline:
    """An inline table."""

    pairs: tuple[tuple[Key, Value], ...]
    commented: bool
    """Whether a list in it has a comment."""


Value: TypeAlias = str | Array | Inline
"""A string, number or date is kept as it is written."""


@dataclass(frozen=True, slots=True)
class Above:
    """The comments above a key or header."""

    blocks: tuple[Block, ...] = ()
    apart: bool = False
    """Whether a blank line is between the last of them and what they belong to."""


NO_COMMENTS: Final = Above()


@dataclass(slots=True)
class Entry:
    """A key and its value."""

    key: Key
    value: Value
    above: Above
    behind: str = ""


@dataclass(slots=True)
class Section:
    """A table's header and what stands below it; without a key, what stands before the first header."""

    key: Key = field(default_factory=lambda: Key((), ""))
    array: bool = False
    """Whether it is one of `[[…]]`."""
    above: Above = field(default_factory=lambda: NO_COMMENTS)
    behind: str = ""
    opening: Block = ()
    entries: list[Entry] = field(default_factory=list)
    end: Block = ()


@dataclass(slots=True)
class Parts:
    """A whole file."""

    schema: list[str] = field(default_factory=list)
    head: Block = ()
    sections: list[Section] = field(default_factory=lambda: [Section()])
    """The first one has no header."""
    tail: tuple[Block, ...] = ()
    comments: list[str] = field(default_factory=list)
    """Every comment, wherever it stands."""
