"""The lean way in: reads what is asked most as Typer would, loads next to nothing, and hands on the rest.

It knows no options of its own: `declared` has them from the functions that Typer reads.
"""

from __future__ import annotations

import os

from router import __version__
from router.cli import writing
from router.cli.declared import OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    Given = dict[str, list[str]]
    """Values by parameter; of a flag, an empty one."""
    Row = tuple[tuple[str, ...], str, bool, bool]
    """Flags, parameter, whether it takes a value, whether it repeats."""

WAYS = ("router.cli.quick",)
"""Modules whose `answer` is asked in turn; it returns None where the next must."""

_COMMON = {"text", "faves", "useful", "essential", "words", "facts", "as_json", "dry_run", "no_planner"}
_MODES = ("faves", "useful", "essential")


class Asked:
    """One question and its context, as the command line has them."""

    __slots__ = ("as_json", "command", "facts", "modes", "planner", "text", "words")

    def __init__(self, command: str, text: str, given: Given) -> None:
        self.command = command
        """`explain`, or `q` with `--dry-run`."""
        self.text = text
        self.modes = frozenset(mode for mode in _MODES if mode in given)
        self.words = tuple(given.get("words", ()))
        self.facts = tuple(given.get("facts", ()))
        self.as_json = "as_json" in given
        self.planner = "no_planner" not in given


def run(arguments: list[str]) -> int | None:
    """Do what is asked and return the exit code; None, with nothing printed or changed, where Typer must."""
    read = _read((), arguments) if _are_plain(arguments) else None
    if read is None:
        return None
    given, rest = read
    if "version" in given:
        return version()
    asked = _asked(rest) if given.keys() <= {"directory"} else None
    if asked is None:
        return None
    return _answered_there(asked, given["directory"][0] or ".") if "directory" in given else _answered(asked)


def version() -> int:
    """Print the version."""
    try:
        writing.data(f"ts {__version__}")
    except OSError as failure:
        writing.unwritable(failure)
        return writing.EXIT_FAILED
    return 0


def _are_plain(arguments: list[str]) -> bool:
    """Return whether they are a command line, in UTF-8, that nobody is to expand or to complete."""
    if os.environ.get("_TS_COMPLETE"):
        return False
    joined = "".join(arguments)
    if os.name == "nt" and not set(joined).isdisjoint("*?[]~$%"):
        return False
    try:
        joined.encode()
    except UnicodeEncodeError:
        return False
    return True


def _asked(arguments: list[str]) -> Asked | None:
    """Return what a command and its arguments ask; None where it is not for us."""
    path = tuple(arguments[:1])
    read = _read(path, arguments[1:]) if path and path in OPTIONS else None
    if read is None:
        return None
    given, text = read
    if given.keys() - _COMMON or not text or text == ["-"] or (path == ("q",) and "dry_run" not in given):
        return None
    if path == ("explain",) and len(text) == 1 and text[0].startswith("d:"):
        return None  # may be the id of a decision
    return Asked(path[0], " ".join(text), given)


def _answered_there(asked: Asked, directory: str) -> int | None:
    """Ask from a directory; where nobody answers, the process is back where it was."""
    before = _entered(directory)
    if before is None:
        return None
    try:
        code = _answered(asked)
        if code is None:
            os.fchdir(before)
        return code
    finally:
        os.close(before)


def _entered(directory: str) -> int | None:
    """Go to a directory and return what leads back; None where Typer would refuse or nothing leads back."""
    if not hasattr(os, "fchdir") or not os.access(directory, os.R_OK):
        return None
    try:
        before = os.open(".", os.O_RDONLY)
    except OSError:
        return None
    try:
        os.chdir(directory)
    except OSError:
        os.close(before)
        return None
    return before


def _answered(asked: Asked) -> int | None:
    try:
        for way in WAYS:
            code: int | None = __import__(way, fromlist=("answer",)).answer(asked)
            if code is not None:
                return code
    except OSError as failure:  # a way keeps to itself what it cannot read, so this could not be written
        writing.unwritable(failure)
        return writing.EXIT_FAILED
    return None


def _read(path: tuple[str, ...], arguments: list[str]) -> tuple[Given, list[str]] | None:
    """Return the options and the other arguments of a command; None where Typer would refuse or ask more.

    A group's own options end at the first argument that is none.
    """
    rows = {flag: row for row in OPTIONS[path] for flag in row[0]}
    waiting = arguments[::-1]
    given: Given = {}
    others = []
    while waiting and (each := waiting.pop()) != "--":
        if len(each) > 1 and each[0] == "-":
            if not _take(rows, each, waiting, given):
                return None
        else:
            others.append(each)
            if not path:
                break
    return given, others + waiting[::-1]


def _take(rows: dict[str, Row], argument: str, waiting: list[str], given: Given) -> bool:
    """Take an option, or several short ones in one, and the value; return whether that could be done."""
    flag, equals, value = argument.partition("=")
    if len(flag) > 2:
        if flag in rows:
            return _keep(rows[flag], value if equals else None, waiting, given)
        if argument[1] == "-":
            return False
    for place, letter in enumerate(argument[1:], 2):
        row = rows.get(f"-{letter}")
        if row is None:
            return False
        if row[2]:
            return _keep(row, argument[place:] or None, waiting, given)
        _keep(row, None, waiting, given)
    return True


def _keep(row: Row, value: str | None, waiting: list[str], given: Given) -> bool:
    """Keep an option with its value, which may be the next argument; return whether it is as it should be."""
    _, name, takes_value, repeats = row
    if takes_value:
        if value is None and not waiting:
            return False
        value = waiting.pop() if value is None else value
    elif value is not None:
        return False
    given[name] = [*(given.get(name, ()) if repeats else ()), value or ""]
    return True
