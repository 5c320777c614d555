"""Writes tables as TOML in every way that people might, comments in all places; it tests nothing itself."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

from router.core.plan import JSON

spaces = st.sampled_from(("", " ", " ", " ", "  ", "\t"))
indents = st.sampled_from(("", "", "", "", "  ", "\t"))
remarks = st.sampled_from(
    ("", "why", "é 日本", '"a" = [', "[x]", "'''", "}", "\\", "#", "\u2028 \u00a0", ":schema")
)
one_in_three = st.sampled_from((True, False, False))


@dataclass
class Writer:
    """Writes with what hypothesis draws, and counts the comments that it made."""

    draw: st.DrawFn
    comments: list[str] = field(default_factory=list)

    def file(self, tables: Mapping[str, JSON]) -> str:
        """Return a file in which every table, or list of tables, is written in one of its ways."""
        head: list[str] = []
        sections: list[str] = []
        for name, table in tables.items():
            way = self.draw(st.sampled_from(("table", "table", "table", "inline", "dotted")))
            if isinstance(table, list):
                sections.append("".join(map("".join, (self.sections((name,), each, "[[") for each in table))))
            elif way == "inline":
                head.append(self.pair(name, table))
            elif way == "dotted" and table:
                head += self._dotted((name,), table)
            else:
                sections += self.sections((name,), table)
        head, sections = self.draw(st.permutations(head)), self.draw(st.permutations(sections))
        return self.noise() + "".join(head) + "".join(sections) + self.last()

    def sections(self, path: tuple[str, ...], table: Mapping[str, JSON], bracket: str = "[") -> list[str]:
        """Return a table with a header, and apart from it those of its tables that get one of their own."""
        lines: list[str] = []
        others: list[str] = []
        for key, value in table.items():
            tables = isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value)
            if isinstance(value, Mapping) and self.draw(one_in_three):
                others += self.sections((*path, key), value)
            elif tables and self.draw(one_in_three):
                below = ("".join(self.sections((*path, key), each, "[[")) for each in value)
                others.append("".join(below))
            elif isinstance(value, Mapping) and value and self.draw(one_in_three):
                lines += self._dotted((key,), value)
            else:
                lines.append(self.pair(key, value))
        header = f"{bracket}{self.draw(spaces)}{self.dotted(path)}{self.draw(spaces)}{']' * len(bracket)}"
        return [self.line(header) + "".join(self.draw(st.permutations(lines))), *others]

    def pair(self, key: str, value: JSON) -> str:
        """Return a key and its value on a line."""
        return self.line(f"{self.key(key)}{self.equals()}{self.value(value)}")

    def line(self, text: str) -> str:
        """Return a line with what may stand above and behind it."""
        return self.noise() + self.draw(indents) + text + self.draw(spaces) + self.behind() + "\n"

    def behind(self) -> str:
        """Return a comment or nothing."""
        return self.comment() if self.draw(one_in_three) else ""

    def noise(self) -> str:
        """Return empty lines and comments."""
        if not self.draw(one_in_three):
            return ""
        kinds = self.draw(st.lists(st.sampled_from(("", " ", "\t", "#", "#", "#")), max_size=4))
        made = [self.draw(indents) + self.comment() if kind == "#" else kind for kind in kinds]
        return "".join(f"{each}\n" for each in made)

    def last(self) -> str:
        """Return the end of a file, also one that ends in the middle of a line."""
        return self.noise() + self.draw(st.sampled_from(("", "", " ", "\n\n"))) + self.behind()

    def comment(self) -> str:
        """Return a comment that nothing else in the file is equal to or begins with."""
        self.comments.append(f"#{self.draw(remarks)} {len(self.comments)};")
        return self.comments[-1] + self.draw(spaces)

    def equals(self) -> str:
        """Return the sign between key and value."""
        return f"{self.draw(spaces)}={self.draw(spaces)}"

    def key(self, key: str) -> str:
        """Return a key, bare where it can be."""
        bare = key.replace("-", "").replace("_", "")
        if bare.isascii() and bare.isalnum() and not self.draw(one_in_three):
            return key
        return self.text(key, lines=False)

    def dotted(self, path: tuple[str, ...]) -> str:
        """Return a dotted key."""
        return f"{self.draw(spaces)}.{self.draw(spaces)}".join(map(self.key, path))

    def value(self, value: JSON) -> str:
        """Return a value."""
        if isinstance(value, Mapping):
            return self.inline(value)
        if isinstance(value, list | tuple):
            return self.array(list(value))
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, dt.date | dt.time):
            return value.isoformat()
        return self.text(value) if isinstance(value, str) else str(value)

    def inline(self, table: Mapping[str, JSON]) -> str:
        """Return an inline table, sometimes with dotted keys."""
        pairs = [f"{self.key(key)}{self.equals()}{self.value(value)}" for key, value in table.items()]
        joined = f"{self.draw(spaces)},{self.draw(spaces)}".join(self.draw(st.permutations(pairs)))
        return f"{{{self.draw(spaces)}{joined}{self.draw(spaces)}}}"

    def array(self, values: list[JSON]) -> str:
        """Return a list with anything between its entries."""
        text = f"[{self.gap()}"
        for number, value in enumerate(values):
            comma = "," if number + 1 < len(values) or self.draw(one_in_three) else ""
            text += f"{self.value(value)}{self.gap()}{comma}{self.gap()}"
        return f"{text}]"

    def gap(self) -> str:
        """Return what may stand between two entries of a list."""
        if not self.draw(one_in_three):
            return self.draw(spaces)
        return f"{self.draw(spaces)}{self.behind()}\n{self.noise()}{self.draw(indents)}"

    def text(self, value: str, *, lines: bool = True) -> str:
        """Return a string in one of the four quotes."""
        ways = [json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")]
        if "'" not in value and value.isprintable():
            ways.append(f"'{value}'")
        if lines:
            ways.append(f'""{ways[0]}""')
            ways.append(f'"""\\\t\n   {ways[0][1:-1]}\\\n"""')
            if "'" not in value and value.replace("\n", "").isprintable():
                ways.append(f"'''\n{value}'''")
        return self.draw(st.sampled_from(ways))

    def _dotted(self, above: tuple[str, ...], table: Mapping[str, JSON]) -> list[str]:
        lines: list[str] = []
        for key, value in table.items():
            if isinstance(value, Mapping) and value and self.draw(one_in_three):
                lines += self._dotted((*above, key), value)
            else:
                path = self.dotted((*above, key))
                lines.append(self.line(f"{path}{self.equals()}{self.value(value)}"))
        return lines
