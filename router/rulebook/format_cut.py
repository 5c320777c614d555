"""Cuts a TOML file into its parts, each with its comments; it neither orders nor prints them.

Which comment belongs to what: one on the line of a key, header or entry to that; lines above a key or header
to what they stand above, also with a blank line between; lines directly below a table's last key to the end
of the table, and directly below its header to the table, both where a blank line follows. The first lines of
a file that a blank line follows, its last ones after a blank line, and `#:schema` lines belong to the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Final

import tree_sitter_toml
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from router.rulebook.format_parts import (
    NO_COMMENTS,
    Above,
    Array,
    Block,
    Entry,
    Inline,
    Item,
    Key,
    Parts,
    Section,
    Value,
)

_LANGUAGE: Final = Language(tree_sitter_toml.language())
_SCHEMA: Final = re.compile(r"#:schema\b")
_UNREADABLE: Final = re.compile(rb"\\+[ \t]+(?=\n)")
"""A line of a string that goes on in the next, with space behind its backslash: valid TOML, and more than the
grammar knows."""


class Uncut(ValueError):
    """The grammar does not know what the file holds, valid TOML though it is."""

    def __init__(self, line: int) -> None:
        """Take the 1-based line at which the grammar stopped."""
        super().__init__(f"line {line} is beyond the grammar")
        self.line = line


def cut(text: str) -> Parts:
    """Return the parts of a text that is valid TOML and whose lines end in LF. Raises Uncut."""
    source = text.encode()
    return _Cutter(source).cut(_root(source))


def comments(text: str) -> list[str]:
    """Return every comment of a text, in order and without the space behind it. Raises Uncut."""
    source = text.encode()
    found = QueryCursor(Query(_LANGUAGE, "(comment) @comment")).captures(_root(source)).get("comment", [])
    spans = sorted((each.start_byte, each.end_byte) for each in found)
    return [source[start:end].decode().rstrip(" \t") for start, end in spans]


def _root(source: bytes) -> Node:
    """Parse; where the grammar knows less than TOML, it is shown something of the same length instead."""
    readable = _UNREADABLE.sub(lambda found: b"x" * len(found[0]), source)
    root = Parser(_LANGUAGE).parse(readable).root_node
    if root.has_error:
        raise Uncut(_fault(root).start_point.row + 1)
    return root


def _fault(node: Node) -> Node:
    """Return the first node that the grammar does not know."""
    inner = next((each for each in node.children if each.has_error), None)
    return node if inner is None else _fault(inner)


class _Cutter:
    """Goes through a file from top to bottom, with the comments that have found no owner yet."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._parts = Parts()
        self._row = -1
        self._gap = False
        self._owner: Entry | Section | None = None
        self._waiting: list[tuple[bool, str]] = []
        self._keys: dict[str, Key] = {}

    def cut(self, root: Node) -> Parts:
        for node in root.children:
            if node.type in ("pair", "comment"):
                self._line(node)
            else:
                self._header(node)
        self._parts.tail = self._above(self._row + 2, header=True).blocks
        return self._parts

    def _line(self, node: Node) -> None:
        if node.type == "comment":
            self._comment(node)
            return
        key, value, *behind = node.named_children
        above = self._above(key.start_point.row, header=False)
        entry = Entry(self._key(key), self._value(value), above)
        self._parts.sections[-1].entries.append(entry)
        self._owner, self._row = entry, value.end_point.row
        for each in behind:
            self._comment(each)

    def _header(self, node: Node) -> None:
        key, *lines = node.named_children
        row = key.start_point.row
        above = self._above(row, header=True)
        self._owner = Section(self._key(key), node.type == "table_array_element", above)
        self._parts.sections.append(self._owner)
        self._row = row
        for each in lines:
            self._line(each)

    def _comment(self, node: Node) -> None:
        row, text = node.start_point.row, self._noted(node)
        if row == self._row and self._owner is not None:
            self._owner.behind = text
            return
        gap = self._passed(row)
        if _SCHEMA.match(text):
            self._parts.schema.append(text)
            self._gap = gap
        else:
            self._waiting.append((gap, text))
        self._row = row

    def _noted(self, node: Node) -> str:
        text = self._text(node).rstrip(" \t")
        self._parts.comments.append(text)
        return text

    def _passed(self, row: int) -> bool:
        """Whether a blank line stands above a row that is read now."""
        gap, self._gap = self._gap or row > self._row + 1, False
        return gap

    def _above(self, row: int, *, header: bool) -> Above:
        """Give what was waiting to the file, to the section that ends or has begun, or to what comes now."""
        apart = self._passed(row)
        if not self._waiting:
            return NO_COMMENTS
        touching = not self._waiting[0][0]
        blocks = list(_blocks(self._waiting))
        self._waiting = []
        section = self._parts.sections[-1]
        if len(blocks) > 1 or apart:
            if self._owner is None:
                self._parts.head = blocks.pop(0)
            elif touching and header:
                section.end = blocks.pop(0)
            elif touching and self._owner is section:
                section.opening = blocks.pop(0)
        return Above(tuple(blocks), apart) if blocks else NO_COMMENTS

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode()

    def _key(self, node: Node) -> Key:
        written = self._text(node)
        if written not in self._keys:
            segments = [self._text(each) for each in _segments(node)]
            self._keys[written] = Key(tuple(map(_name, segments)), ".".join(segments))
        return self._keys[written]

    def _value(self, node: Node) -> Value:
        if node.type == "array":
            return self._array(node)
        if node.type == "inline_table":
            return self._inline(node)
        return self._text(node)

    def _inline(self, node: Node) -> Inline:
        pairs = [each.named_children for each in node.named_children if each.type == "pair"]
        made = tuple((self._key(key), self._value(value)) for key, value in pairs)
        return Inline(made, any(not isinstance(value, str) and value.commented for _, value in made))

    def _array(self, node: Node) -> Array:
        items: list[Item] = []
        opening, above = "", list[str]()
        row, noted = node.start_point.row, len(self._parts.comments)
        for each in node.named_children:
            if each.type != "comment":
                items.append(Item(self._value(each), tuple(above)))
                above, row = [], each.end_point.row
            elif each.start_point.row != row:
                above.append(self._noted(each))
            elif items:
                items[-1] = Item(items[-1].value, items[-1].above, self._noted(each))
            else:
                opening = self._noted(each)
        return Array(tuple(items), opening, tuple(above), len(self._parts.comments) > noted)


def _blocks(comments: list[tuple[bool, str]]) -> Iterator[Block]:
    """Yield the lines of comment that stand together, of at least one."""
    block: list[str] = []
    for gap, text in comments:
        if gap and block:
            yield tuple(block)
            block = []
        block.append(text)
    yield tuple(block)


def _segments(node: Node) -> list[Node]:
    """Return the parts of a dotted key, or the key itself."""
    found: list[Node] = []
    while node.type == "dotted_key":
        node, last = node.named_children
        found.insert(0, last)
    return [node, *found]


def _name(written: str) -> str:
    return str(tomllib.loads(f"key = {written}")["key"]) if written[0] in "\"'" else written
