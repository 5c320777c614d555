"""Prints the parts of a rule file in the one layout that rule files have; it reads no TOML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from router.rulebook.format_order import Order, Rank
from router.rulebook.format_parts import Above, Array, Block, Entry, Parts, Section, Value

WIDTH: Final = 100
"""Characters of a line up to which a list stays on it."""
_INDENT: Final = 4


def lay_out(parts: Parts, order: Order) -> str:
    """Return the text of a file."""
    first, *others = parts.sections
    chunks = ["\n".join(parts.schema), "\n".join(parts.head)]
    chunks += ["\n".join(_section(each, order)) for each in (first, *_sorted(others, order))]
    chunks += map("\n".join, parts.tail)
    return "\n\n".join(filter(None, chunks)) + "\n" if any(chunks) else ""


def _sorted(sections: list[Section], order: Order) -> list[Section]:
    """Sort by name and then, inside of a rule, by its sub-tables; what is below `[[x]]` keeps its order."""
    lists = {each.key.path for each in sections if each.array}

    def place(section: Section) -> tuple[Rank, ...]:
        path = section.key.path
        return order.place(path[:1] if path[:1] in lists else path[:2])

    return sorted(sections, key=place)


def _section(section: Section, order: Order) -> Iterator[str]:
    here = order.at(section.key.path)
    if section.key.path:
        yield from _above(section.above)
        header = f"[[{section.key.written}]]" if section.array else f"[{section.key.written}]"
        yield header + _behind(section.behind)
    if section.opening:
        yield from (*section.opening, "")
    before: Entry | None = None
    for entry in sorted(section.entries, key=lambda each: here.place(each.key.path)):
        if before and not section.key.path and before.key.path[0] != entry.key.path[0]:
            yield ""
        yield from _above(entry.above)
        yield _entry(entry, here.at(entry.key.path))
        before = entry
    yield from section.end


def _above(above: Above) -> Iterator[str]:
    for number, block in enumerate(above.blocks):
        if number:
            yield ""
        yield from block
    if above.apart:
        yield ""


def _behind(comment: str) -> str:
    return f" {comment}" if comment else ""


def _entry(entry: Entry, order: Order) -> str:
    value, start, end = entry.value, f"{entry.key.written} = ", _behind(entry.behind)
    if not isinstance(value, Array) or value.commented or not value.items:
        return start + _inline(value, order) + end
    line = start + _inline(value, order) + end
    if (order.a_line_each and len(value.items) > 1) or len(line) > WIDTH or "\n" in line:
        return start + _lines(value, order, 0) + end
    return line


def _inline(value: Value, order: Order, indent: int = 0) -> str:
    """Return a value on one line; a list with comments takes more, and strings the lines that they have."""
    if isinstance(value, str):
        return value
    if isinstance(value, Array):
        if value.commented:
            return _lines(value, order, indent)
        return "[" + ", ".join([_inline(each.value, order, indent) for each in value.items]) + "]"
    pairs = sorted(value.pairs, key=lambda each: order.place(each[0].path))
    shown = [f"{key.written} = {_inline(each, order.at(key.path), indent)}" for key, each in pairs]
    return "{ " + ", ".join(shown) + " }" if shown else "{}"


def _lines(array: Array, order: Order, indent: int) -> str:
    """Return a list with an entry on each line."""
    inner = indent + _INDENT
    lines = ["[" + _behind(array.opening)]
    for item in array.items:
        lines += _indented(item.above, inner)
        lines.append(" " * inner + _inline(item.value, order, inner) + "," + _behind(item.behind))
    lines += _indented(array.end, inner)
    return "\n".join((*lines, " " * indent + "]"))


def _indented(block: Block, indent: int) -> list[str]:
    return [" " * indent + line for line in block]
