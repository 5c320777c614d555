"""Which tools of a server another tool lets through, as patterns here; it knows no other setting."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from router.core.plan import JSON
from router.importing.references import CannotTake

ALLOW: Final = ("includeTools", "enabled_tools", "allowedTools")
DENY: Final = ("excludeTools", "disabledTools", "disabled_tools")
"""Lists of names: of Gemini CLI, of Codex, and of others."""
EVERY: Final = "*"
"""Stands for every tool in a list called `tools`."""


@dataclass(slots=True)
class Tools:
    """What `tools` of a server becomes."""

    allow: list[str] | None = None
    deny: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    """What is lost or worth knowing, by key."""

    @property
    def table(self) -> dict[str, JSON]:
        """The table, without what says nothing."""
        allow = {} if self.allow is None else {"allow": self.allow}
        return {**allow, **({"deny": self.deny} if self.deny else {})}


def tools_of(left: dict[str, JSON]) -> Tools:
    """Take what says which tools are offered out of a server's keys. Raises CannotTake for no list."""
    made = Tools()
    tools = left.pop("tools", None)
    if isinstance(tools, dict):
        _of_table(tools, made)
    elif tools is not None:
        made.allow = [each if each == EVERY else glob.escape(each) for each in _names(tools, "tools")]
    if allowing := [each for each in ALLOW if each in left]:
        names = [glob.escape(name) for key in allowing for name in _names(left.pop(key), key)]
        made.allow = [*(made.allow or ()), *names]
    denying = [each for each in DENY if each in left]
    made.deny += [glob.escape(name) for key in denying for name in _names(left.pop(key), key)]
    return made


def _of_table(tools: dict[str, JSON], made: Tools) -> None:
    """Read combine-mcp's `tools`, where a table without names lets no tool through.

    A table of tables is something else: what another tool says of each, such as whom it asks before a call.
    """
    if tools and all(isinstance(each, dict) for each in tools.values()):
        made.notes |= {f"tools.{key}": "left out: there is nothing like it here" for key in tools}
        return
    allowed = tools.get("allowed")
    made.allow = list(_either_dash(() if allowed is None else _names(allowed, "tools.allowed")))
    if not made.allow:
        made.notes["tools"] = "lets no tool through, here as there"
    for key in tools:
        if key != "allowed":
            made.notes[f"tools.{key}"] = "left out: there is nothing like it here"


def _names(value: JSON, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise CannotTake(f"its {key} is no list of names")
    return value


def _either_dash(names: Iterable[str]) -> Iterator[str]:
    """Yield patterns that take `-` for `_` and the other way round, as combine-mcp does."""
    yield from (re.sub(r"[-_]", "[-_]", glob.escape(each)) for each in names)
