"""Names what is another than it was reviewed, and shows the difference in lines; it judges nothing."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from router.core.plan import JSON
from router.pins.pin import PeerPin, ToolPin, compact
from router.pins.unseen import escaped

PARTS: Final = {
    "description": "description",
    "input_schema": "input schema",
    "output_schema": "output schema",
}
_EFFECTS: Final = {
    "read_only": ("that it is read-only", "that it is not read-only", "whether it is read-only"),
    "idempotent": (
        "that repeating it changes nothing",
        "that repeating it may change more",
        "whether it may be repeated",
    ),
    "destructive": (
        "that it may delete or overwrite",
        "that it deletes and overwrites nothing",
        "whether it may delete or overwrite",
    ),
}
State = Literal["new", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is another than it was."""

    member: str
    """The tool or skill; empty for the server or agent itself."""
    state: State
    part: str = ""
    """What of it changed, such as `description`; empty where all of it is new or gone."""
    before: str | bool | None = None
    """Texts as they are, schemas as compact JSON."""
    after: str | bool | None = None

    def __str__(self) -> str:
        """Say it in a few words, such as `its description changed`."""
        if self.state != "changed":
            return "is new" if self.state == "new" else "is gone"
        if self.part in _EFFECTS:
            yes, no, unsaid = _EFFECTS[self.part]
            now = f"now {yes if self.after else no}"
            return f"it says {f'no longer {unsaid}' if self.after is None else now}"
        return f"its {PARTS.get(self.part, self.part)} changed"

    def lines(self) -> Iterator[str]:
        """Yield what was there with `-` and what is there now with `+`, nothing of it unseen."""
        if self.part.endswith("_schema"):
            yield from _schema_lines(_flat(self.before), _flat(self.after))
        elif self.part in ("", "description"):
            yield from _text_lines(str(self.before or ""), str(self.after or ""))


def changes(before: PeerPin | None, after: PeerPin | None) -> Iterator[Change]:
    """Yield all that differs, the server or agent itself first, then tool by tool."""
    if before is None or after is None:
        yield _whole("", before, after)
    elif before != after:
        if before.description != after.description:
            yield Change("", "changed", "description", before.description, after.description)
        if before.card != after.card:
            yield Change("", "changed", "card", before.card, after.card)
    old, new = before.tools if before else {}, after.tools if after else {}
    for name in sorted({*old, *new}):
        yield from tool_changes(name, old.get(name), new.get(name))


def tool_changes(name: str, before: ToolPin | None, after: ToolPin | None) -> Iterator[Change]:
    """Yield what differs of one tool or skill."""
    if before is None or after is None:
        if before != after:
            yield _whole(name, before, after)
        return
    for part in (*PARTS, *_EFFECTS):
        was, now = getattr(before, part), getattr(after, part)
        if was != now:
            yield Change(name, "changed", part, was, now)


def _whole(name: str, before: PeerPin | ToolPin | None, after: PeerPin | ToolPin | None) -> Change:
    """Return that all of something is new or gone, with its description."""
    if before is not None:
        return Change(name, "gone", before=before.description)
    return Change(name, "new", after=after.description if after is not None else None)


def _text_lines(before: str, after: str) -> Iterator[str]:
    for line in difflib.ndiff(before.split("\n") if before else [], after.split("\n") if after else []):
        if line[0] in "+-":
            yield f"{line[0]} {escaped(line[2:])}".rstrip()


def _schema_lines(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            sides = (("-", before), ("+", after))
            yield from (f"{sign} {path}: {each[path]}" for sign, each in sides if path in each)


def _flat(schema: str | bool | None) -> dict[str, str]:
    """Return the values of a schema by the path that leads to them."""
    return dict(_values(json.loads(schema), ())) if isinstance(schema, str) and schema else {}


def _values(value: JSON, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list) and value:
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _values(each, (*path, escaped(str(key))))
    else:
        yield ".".join(path) or "all of it", compact(value)
