"""Writes `declared.py`: what the command line declares, as plain data for what starts before Typer could.

`python -m router.cli.declaring` writes it; with `--check` it fails where the file is out of date.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from router.cli import writing
from router.cli.app import app
from router.cli.opening import Later
from router.disk import replace_file

Words: TypeAlias = tuple[str, ...]

FILE: Final = Path(__file__).with_name("declared.py")
HOT: Final[tuple[Words, ...]] = ((), ("q",), ("explain",))
"""The commands whose options are kept: what `lean` reads."""
WIDEST: Final = 110
"""Characters of a line, as the formatter has it."""

HEAD: Final = '''"""The command line as plain data, which `python -m router.cli.declaring` writes."""

HELP: dict[tuple[str, ...], str] = {'''
BETWEEN: Final = '''}
"""What each command says of itself, by the words that lead to it."""

OPTIONS: dict[tuple[str, ...], tuple[tuple[tuple[str, ...], str, bool, bool], ...]] = {'''
END: Final = '''}
"""Flags, parameter, whether it takes a value, whether it repeats; arguments are without flags."""
'''


def main(arguments: list[str]) -> int:
    """Write the file, or check it, and return the exit code."""
    if arguments not in ([], ["--check"]):
        writing.error("python -m router.cli.declaring takes nothing or --check")
        return writing.EXIT_ASKER
    declared = dict(commands())
    text = rendered(declared)
    if FILE.read_text(encoding="utf-8") != text:
        if arguments:
            writing.data(f"{FILE.name} is not what the command line declares")
            writing.note("run: python -m router.cli.declaring")
            return writing.EXIT_FAILED
        replace_file(FILE, text.encode())
    writing.data(f"{FILE.name} has what {len(declared)} commands declare")
    return 0


def commands() -> Iterator[tuple[Words, TyperCommand | TyperGroup]]:
    """Yield every command by the words that lead to it, each opened, the groups among them."""
    waiting: list[tuple[Words, object]] = [((), typer.main.get_command(app))]
    while waiting:
        path, command = waiting.pop(0)
        if isinstance(command, TyperGroup):
            waiting += [((*path, name), each) for name, each in command.commands.items()]
            yield path, command
        elif isinstance(command, Later):
            yield path, command.opened()


def rendered(declared: Mapping[Words, TyperCommand | TyperGroup]) -> str:
    """Return the text of the file, laid out as the formatter would.

    Raises ValueError for a parameter that it cannot say.
    """
    lines = [HEAD]
    for path, command in declared.items():
        lines += _entry(path, command.help or "")
    lines.append(BETWEEN)
    for path in HOT:
        rows = [f"        {_row(each)}," for each in declared[path].params]
        lines += [f"    {_listed(path)}: (", *rows, "    ),"]
    return "\n".join((*lines, END))


def _entry(path: Words, about: str) -> list[str]:
    """Return the lines of a text: one, one in brackets, or as many as it takes."""
    short, long = f"    {_listed(path)}: {_quoted(about)},", f"        {_quoted(about)}"
    if len(short) <= WIDEST:
        return [short]
    *most, last = [about] if len(long) <= WIDEST else textwrap.wrap(about, WIDEST - len('        "" '))
    parts = (*(f"{part} " for part in most), last)
    return [f"    {_listed(path)}: (", *(f"        {_quoted(part)}" for part in parts), "    ),"]


def _row(parameter: object) -> str:
    """Return what `lean` must know of a parameter."""
    if isinstance(parameter, TyperArgument) and parameter.nargs == -1:
        return f"((), {_quoted(parameter.name)}, True, True)"
    if not isinstance(parameter, TyperOption) or not _is_plain(parameter):
        raise ValueError(f"{FILE.name} cannot say what {parameter} takes; let lean.py read it first")
    flags, name = _listed(tuple(parameter.opts)), _quoted(parameter.name)
    return f"({flags}, {name}, {not parameter.is_flag}, {parameter.multiple})"


def _is_plain(option: TyperOption) -> bool:
    """Return whether it is a flag, off by default, or takes one value at a time, from nowhere else."""
    special = (option.secondary_opts, option.count, option.envvar, option.prompt, option.required)
    return option.nargs == 1 and not any(special) and not option.default


def _listed(words: Words) -> str:
    return f"({', '.join(map(_quoted, words))}{',' * (len(words) == 1)})"


def _quoted(text: str) -> str:
    """Return a literal with the marks that the formatter would choose."""
    return repr(text) if '"' in text and "'" not in text else json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
