"""`ts rules fmt`: bring rule files into their one layout."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking, show
from router.config import find_project
from router.errors import Problem, RulebookRefused
from router.rulebook.format import (
    FormattedFile,
    format_project,
    format_rules,
    format_vocabulary,
    write_formatted,
)
from router.rulebook.tree import VOCABULARY

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH", help="Rule files or directories of them, all by default; or - for standard input."
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 if a file would change.")]


def fmt(paths: Paths = None, check: Check = False, as_json: asking.AsJson = False) -> int:
    """Lay rule files out: tables by name, keys in order, one example a line; comments are kept."""
    if asking.STANDARD_INPUT in (paths or ()):
        return _filter([each for each in paths or () if each != asking.STANDARD_INPUT], check, as_json)
    files = format_project(find_project(Path.cwd()), [Path(each) for each in paths or ()])
    changed = [each for each in files if each.changed]
    for each in changed:
        if not check:
            write_formatted(each)
        if not as_json:
            show.data(f"{'would reformat' if check else 'formatted'} {each.file}")
    if as_json:
        show.document(_told(files))
    elif files:
        show.data(_summary(len(changed), len(files) - len(changed), check))
    return _ended(files, check)


def _filter(names: list[str], check: bool, as_json: bool) -> int:
    """Format standard input, as the file of the name if there is one, onto standard output."""
    if len(names) > 1:
        raise RulebookRefused((Problem(names[1], "is one name too many for what stands on standard input"),))
    name = names[0] if names else "standard input"
    text = _read(name)
    vocabulary = Path(name).absolute().as_posix().endswith(f"/{VOCABULARY}")
    made = (format_vocabulary if vocabulary else format_rules)(text, name)
    file = FormattedFile(name, Path(name), text, made)
    if as_json:
        show.document({**_told((file,)), "text": made})
    elif check and file.changed:
        show.data(f"would reformat {name}")
    elif not check and sys.stdout is not None:
        sys.stdout.buffer.write(made.encode())
        sys.stdout.flush()
    return _ended((file,), check)


def _read(name: str) -> str:
    if sys.stdin is None:
        raise RulebookRefused((Problem(name, "cannot be read: standard input is closed"),))
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise RulebookRefused((Problem(name, f"is not UTF-8 at byte {error.start + 1}"),)) from error


def _told(files: Sequence[FormattedFile]) -> dict[str, list[str]]:
    return {
        "changed": [each.file for each in files if each.changed],
        "unchanged": [each.file for each in files if not each.changed],
    }


def _summary(changed: int, unchanged: int, check: bool) -> str:
    verb = "would be formatted" if check else "formatted"
    return f"{changed} file{'' if changed == 1 else 's'} {verb}, {unchanged} unchanged"


def _ended(files: Sequence[FormattedFile], check: bool) -> int:
    """Return the exit code and say on standard error what would do."""
    if not files:
        show.note(
            "error: there are no rule files below rules/; a check that looked at nothing proves nothing"
        )
        return show.EXIT_FAILED
    if check and any(each.changed for each in files):
        show.note("run `ts rules fmt` to format them")
        return show.EXIT_FAILED
    return 0
