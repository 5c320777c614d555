"""Finds line and column of a value in a TOML file by the keys that lead to it; it checks nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import tomli
import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from router.errors import Problem

Path = tuple[str | int, ...]

_HEADER: Final = re.compile(r"\[(?!(?:true|false|inf|nan)\])([A-Za-z_][A-Za-z0-9_-]*)\]")
"""A header that cannot be an array in an array of several lines, since its name is no value."""
_LEAVES_OUT = ("comment", "[", "]", "{", "}", ",", "=", "[[", "]]", "ERROR")
_LITERAL: Final = re.compile(r"\r\n|.", re.DOTALL)
_BASIC: Final = re.compile(r"\\u.{4}|\\U.{8}|\\[ \t\r]*\n\s*|\\.|\r\n|.", re.DOTALL)
"""What one character of a string is written as; a backslash at the end of a line stands for none."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value begin."""

    key: tuple[int, int]
    """1-based line and column, in characters."""
    value: tuple[int, int]
    raw: str = ""
    """A string as it is written, quotes included; empty for anything else."""


class Positions:
    """Every place of one TOML file."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: dict[Path, Place] = {}

    @cached_property
    def _lines(self) -> list[bytes]:
        return self._text.encode().split(b"\n")

    @cached_property
    def _root(self) -> Node:
        return Parser(Language(tree_sitter_toml.language())).parse(self._text.encode()).root_node

    @property
    def places(self) -> dict[Path, Place]:
        """Every place, found when the first is asked for."""
        if not self._places:
            counts: dict[Path, int] = {}
            for node in self._root.children:
                if node.type == "pair":
                    self._pair((), node)
                elif node.type in ("table", "table_array_element"):
                    self._table(node, counts)
        return self._places

    @cached_property
    def _header_lines(self) -> dict[str, int]:
        """Lines of plain headers, which need no parser to be found where no string is longer than a line."""
        if '"""' in self._text or "'''" in self._text:
            return {}
        lines = enumerate(self._text.split("\n"), 1)
        found = ((_HEADER.match(line), number) for number, line in lines if line.startswith("["))
        return {header[1]: number for header, number in found if header}

    @cached_property
    def _table_lines(self) -> dict[str, int]:
        lines: dict[str, int] = {}
        for node in self._root.children:
            header = next((each for each in node.children if each.type.endswith("key")), None)
            if header is not None:
                first, *others = _segments(header)
                line = header.start_point.row + 1
                if others or node.type == "pair":
                    lines.setdefault(_key(first), line)
                else:
                    lines[_key(first)] = line
        return lines

    def table_line(self, name: str) -> int:
        """Return the line of a top-level table's header, or of the first key that makes it; 1 if unknown."""
        return self._header_lines.get(name) or self._table_lines.get(name, 1)

    def tables(self) -> tuple[str, ...]:
        """Return the names of the top-level tables, in the order of the file."""
        return tuple(self._table_lines)

    def table_text(self, name: str) -> str:
        """Return a top-level table as it is written, its sub-tables included, without comments above it."""
        found = [node for node in self._root.children if node.type != "comment" and _first_key(node) == name]
        return "\n\n".join((node.text or b"").decode().strip() for node in found)

    def of(self, path: Path) -> Place | None:
        """Return the place of a path, or of the nearest value around it, or None."""
        if exact := self._exact(path):
            return exact
        for length in range(len(path) - 1, 0, -1):
            if place := self.places.get(path[:length]):
                return Place(place.value, place.value)
        return None

    def put(self, problem: Problem) -> Problem:
        """Return the problem with its line and column."""
        place = None if problem.line else self.of(problem.path)
        if place is None:
            return problem
        if problem.key:
            line, column = place.key
        else:
            line, column = _inside(place, problem.offset)
        return replace(problem, line=line, column=column)

    def _exact(self, path: Path) -> Place | None:
        """Return the place of a path; one value may stand for a list of one."""
        return self.places.get(path) or (self.places.get(path[:-1]) if path[-1:] == (0,) else None)

    def _table(self, node: Node, counts: dict[Path, int]) -> None:
        header = next((each for each in node.children if each.type.endswith("key")), None)
        if header is None:
            return
        *before, last = _segments(header)
        at = self._point(header)
        path: Path = (*self._led(before, (), at, counts), _key(last))
        if node.type == "table_array_element":
            counts[path] = counts.get(path, -1) + 1
            self._places.setdefault(path, Place(at, at))
            path = (*path, counts[path])
        self._places[path] = Place(at, at)
        for child in node.children:
            if child.type == "pair":
                self._pair(path, child)

    def _led(
        self, segments: list[Node], path: Path, at: tuple[int, int] | None, counts: dict[Path, int]
    ) -> Path:
        """Follow the segments of a key before its last one; below an array of tables is its last element.

        The tables that they make get the header's or the segment's place where they have none of their own.
        """
        for segment in segments:
            path, here = (*path, _key(segment)), at or self._point(segment)
            self._places.setdefault(path, Place(here, here))
            if path in counts:
                path = (*path, counts[path])
        return path

    def _pair(self, above: Path, node: Node) -> None:
        named = [child for child in node.children if child.type not in _LEAVES_OUT]
        if len(named) < 2:
            return
        *before, last = _segments(named[0])
        self._value((*self._led(before, above, None, {}), _key(last)), self._point(last), named[-1])

    def _value(self, path: Path, key: tuple[int, int], node: Node) -> None:
        raw = (node.text or b"").decode() if node.type == "string" else ""
        self._places[path] = Place(key, self._point(node), raw)
        if node.type == "inline_table":
            for child in node.children:
                if child.type == "pair":
                    self._pair(path, child)
        elif node.type == "array":
            elements = [child for child in node.children if child.type not in _LEAVES_OUT]
            for number, child in enumerate(elements):
                self._value((*path, number), self._point(child), child)

    def _point(self, node: Node) -> tuple[int, int]:
        row, column = node.start_point
        return row + 1, len(self._lines[row][:column].decode(errors="replace")) + 1


def _first_key(node: Node) -> str:
    """Return the name of the top-level table that a header or a pair belongs to; empty for anything else."""
    header = next((each for each in node.children if each.type.endswith("key")), None)
    return "" if header is None else _key(_segments(header)[0])


def _segments(node: Node) -> list[Node]:
    """Return the parts of a dotted key, or the key itself."""
    if node.type != "dotted_key":
        return [node]
    return [each for child in node.children if child.type.endswith("key") for each in _segments(child)]


def _key(node: Node) -> str:
    text = (node.text or b"").decode()
    return str(tomli.loads(f"key = {text}")["key"]) if node.type == "quoted_key" else text


def _inside(place: Place, offset: int) -> tuple[int, int]:
    """Return line and column of a character of a string, counted in the string's value."""
    line, column = place.value
    if not offset or not place.raw:
        return place.value
    quote = re.match(r"(\"\"\"|''')(?:\r?\n)?|.", place.raw)
    unit = _BASIC if place.raw.startswith('"') else _LITERAL
    at = quote.end() if quote else 0
    while offset and (found := unit.match(place.raw, at)):
        offset -= not re.match(r"\\\s", found[0])
        at = found.end()
    above = place.raw.count("\n", 0, at)
    return line + above, at - place.raw.rfind("\n", 0, at) if above else column + at
