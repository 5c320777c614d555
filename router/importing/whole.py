"""A whole file of another tool: every server taken over and tried as settings, or refused with a reason."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import tomli_w

from router.config import Project, settings_with
from router.core.plan import JSON
from router.core.settings import Settings
from router.errors import SettingsRefused
from router.importing.finding import Foreign, Found, find
from router.importing.hiding import Hiding
from router.importing.names import allowed
from router.importing.reading import read_tables
from router.importing.references import CannotTake
from router.importing.taking import Taken, Where, taken
from router.places import PREFIX

_WIDEST: Final = 100
"""Characters of a line with a list."""
_NOWHERE: Final = Path(os.devnull)
"""Has no settings of a person."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server that is not taken over, and why."""

    place: str
    reason: str

    def __str__(self) -> str:
        """Place and reason."""
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file of another tool holds, as settings here have it."""

    servers: tuple[Taken, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    """What is lost or changed, each with its place."""


def imported(text: str, shown: str, where: Where, environment: Mapping[str, str] | None = None) -> Imported:
    """Take the servers over that the text of a file has.

    Raises SettingsRefused where it cannot be read, or names no server.
    """
    found = find(read_tables(text, shown), shown)
    hiding = Hiding()
    servers: dict[str, Taken] = {}
    refusals: list[Refusal] = []
    for each in found.servers:
        try:
            made = _one(each, found, where, hiding, servers)
            _try(made, where.project, os.environ if environment is None else environment)
            servers[made.name] = made
        except CannotTake as error:
            refusals.append(Refusal(each.place, str(error)))
    notes = [note for each in servers.values() for note in each.notes]
    if found.others:
        notes.append(f"left alone, being about something else: {', '.join(found.others)}")
    return Imported(tuple(servers.values()), tuple(refusals), tuple(notes))


def rendered(servers: Iterable[Taken]) -> str:
    """Return the tables as TOML, an empty line between them; what is switched off stands in comments."""
    return "\n".join(map(block, servers))


def block(server: Taken) -> str:
    """Return one server as TOML: a key a line, so that another may be added at the end."""
    text = "\n".join((f"[mcp.{_key(server.name)}]", *_lines("", server.table)))
    return "".join(f"# {line}\n" if server.is_off else f"{line}\n" for line in text.split("\n"))


def _lines(above: str, table: Mapping[str, JSON]) -> Iterator[str]:
    """Yield keys with values; those of a table within are dotted."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _lines(f"{above}{_key(key)}.", value)
        else:
            yield _line(f"{above}{_key(key)}", value)


def _line(key: str, value: JSON) -> str:
    """Return a key with its value; a list that is too long for a line takes one for each element."""
    line = f"{key} = {_value(value)}"
    if len(line) <= _WIDEST or not isinstance(value, list):
        return line
    return "\n".join((f"{key} = [", *(f"    {_value(each)}," for each in value), "]"))


def _key(key: str) -> str:
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")


def _value(value: JSON) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return tomli_w.dumps({"key": value}).removeprefix("key = ").removesuffix("\n")


def _one(foreign: Foreign, found: Found, where: Where, hiding: Hiding, servers: Mapping[str, Taken]) -> Taken:
    name = allowed(foreign.name)
    if not name:
        raise CannotTake("its name has no letter and no digit; give it another")
    if name in servers:
        raise CannotTake(f'it would be called "{name}", as {servers[name].place} is; give it another name')
    made = taken(foreign, name, found, where, hiding)
    notes = list(made.notes)
    if name != foreign.name:
        notes.insert(
            0, f'{foreign.place}: is called "{name}" here, where names have letters, digits, and _ . -'
        )
    if made.is_off:
        notes.append(f"{foreign.place}: is switched off there, so it stands in comments")
    return replace(made, notes=tuple(notes))


def _try(server: Taken, project: Path, environment: Mapping[str, str]) -> None:
    """Read a server as settings alone. Raises CannotTake with what is wrong."""
    plain = {name: value for name, value in environment.items() if not name.startswith(PREFIX)}
    try:
        text = block(replace(server, is_off=False))
        text.encode()
        settings_with(Project(project, _NOWHERE, Settings()), text, plain)
    except UnicodeEncodeError:
        raise CannotTake("it has half a character, which no file can hold") from None
    except SettingsRefused as error:
        told = (f"{each.message}; {each.hint}" if each.hint else each.message for each in error.problems)
        raise CannotTake("; ".join(told)) from error
