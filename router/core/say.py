"""Reads templates such as `(show|list) [the] last {n:int} commits` into the sentences they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from router.core.sentence import Branch, Literal, Template
from router.core.slots import SLOT_TYPES, Entry, Slot
from router.core.spans import unspaced

MOST_BRANCHES: Final = 512
"""Sentences that one template may stand for."""
MOST_NESTED: Final = 20
"""Brackets inside brackets."""


class TemplateError(ValueError):
    """A template that cannot be read; `offset` says where, in characters."""

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


Stems = Callable[[str], tuple[str, ...]]
Entries = Callable[[str], tuple[Entry, ...] | None]


def parse(text: str, stems: Stems, entries: Entries) -> Template:
    """Read a template; `stems` normalises words and `entries` looks a list up, None where it is unknown.

    Raises TemplateError with what is wrong and where.
    """
    reader = _Reader(text, stems, entries)
    branches = reader.sequence(closing="")
    if any(not branch for branch in branches):
        raise TemplateError("a template must require at least one word or slot", 0)
    if any(len(set(names := _slot_names(each))) != len(names) for each in branches):
        raise TemplateError("a slot stands twice in one sentence", 0)
    return Template(text, tuple(dict.fromkeys(branches)))


def _slot_names(branch: Branch) -> list[str]:
    return [each.name for each in branch if isinstance(each, Slot)]


def _joined(left: list[Branch], right: list[Branch], place: int) -> list[Branch]:
    if len(left) * len(right) > MOST_BRANCHES:
        raise TemplateError(
            f"the template stands for more than {MOST_BRANCHES} sentences",
            place,
            "split it, or use a list slot such as {x:@list}",
        )
    return [first + second for first in left for second in right]


class _Reader:
    """Reads a template from left to right."""

    def __init__(self, text: str, stems: Stems, entries: Entries) -> None:
        self.text = text
        self.stems = stems
        self.entries = entries
        self.place = 0
        self.depth = 0
        self.types: dict[str, str] = {}

    def sequence(self, closing: str) -> list[Branch]:
        """Read up to the closing bracket, or to a `|` inside one, or to the end."""
        branches: list[Branch] = [()]
        while self.place < len(self.text):
            character = self.text[self.place]
            if character in (closing or None, "|" if closing else None):
                return branches
            start = self.place
            branches = _joined(branches, self._part(character), start)
        if closing:
            raise TemplateError(f'a "{closing}" is missing', len(self.text))
        return branches

    def _part(self, character: str) -> list[Branch]:
        if character == "(":
            return self._alternatives(")")
        if character == "[":
            return [*self._alternatives("]"), ()]
        if character == "{":
            return [(self._slot(),)]
        if character in ")]}|":
            raise TemplateError(f'a "{character}" stands alone', self.place)
        return [self._words()]

    def _alternatives(self, closing: str) -> list[Branch]:
        opening = self.place
        self._set_off(opening - 1)
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise TemplateError(f"brackets are nested more than {MOST_NESTED} deep", opening)
        found: list[Branch] = []
        while True:
            self.place += 1
            found += self.sequence(closing)
            if self.text[self.place] == closing:
                break
        self.place += 1
        self.depth -= 1
        self._set_off(self.place)
        if any(not branch for branch in found):
            raise TemplateError(f"an alternative in {self.text[opening]}…{closing} is empty", opening)
        return found

    def _set_off(self, place: int) -> None:
        """Words and brackets are set off by a space: `commit[s]` would not do what it looks like."""
        beside = self.text[place : place + 1] if place >= 0 else ""
        if (beside.isalnum() and not unspaced(beside)) or beside in tuple("'_-"):
            raise TemplateError(
                "a bracket is glued to a word", place, "put a space between them; endings need no bracket"
            )

    def _words(self) -> Branch:
        start = self.place
        while self.place < len(self.text) and self.text[self.place] not in "()[]{}|":
            self.place += 1
        return tuple(Literal(stem) for stem in self.stems(self.text[start : self.place]))

    def _slot(self) -> Slot:
        start = self.place
        end = self.text.find("}", start)
        if end < 0:
            raise TemplateError('a "}" is missing', start)
        self._set_off(start - 1)
        self.place = end + 1
        self._set_off(self.place)
        name, colon, kind = (part.strip() for part in self.text[start + 1 : end].partition(":"))
        if not colon and name in SLOT_TYPES:
            kind = name
        if not (name.isidentifier() and name.islower()):
            raise TemplateError(f'"{name}" is not a slot name', start, "use small letters, digits and _")
        if self.types.get(name, kind) != kind:
            raise TemplateError(f'slot "{name}" has two types, {self.types[name]} and {kind}', start)
        slot = self._typed(name, kind, start)
        self.types[name] = kind
        return slot

    def _typed(self, name: str, kind: str, start: int) -> Slot:
        if kind.startswith("@"):
            found = self.entries(kind[1:])
            if found is None:
                raise TemplateError(f'unknown list "{kind}"', start, kind)
            return Slot(name, "list", kind[1:], found)
        if kind == "rest" and name not in self.types and "rest" in self.types.values():
            raise TemplateError("a template has at most one slot of type rest", start)
        for known in SLOT_TYPES:
            if kind == known:
                return Slot(name, known)
        types = ", ".join(SLOT_TYPES)
        message = f'slot "{name}" has no type' if not kind else f'unknown slot type "{kind}"'
        raise TemplateError(message, start, f"the types are {types} and @list")
