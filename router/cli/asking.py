"""The options that make a query's context, the same for every command that takes one."""

from __future__ import annotations

import mimetypes
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from router.context import facts_of, query_here, words_of
from router.core.query import LONGEST_TEXT, Attachment, Query
from router.errors import QueryRefused

STANDARD_INPUT: Final = "-"

Text = Annotated[
    list[str], typer.Argument(help="The question; - reads it from standard input.", metavar="TEXT")
]
MaybeText = Annotated[
    list[str] | None,
    typer.Argument(help="The question, or a decision's id; - reads it from standard input.", metavar="TEXT"),
]
Faves = Annotated[bool, typer.Option("-f", "--faves", help="Mode faves.")]
Useful = Annotated[bool, typer.Option("-u", "--useful", help="Mode useful.")]
Essential = Annotated[bool, typer.Option("-e", "--essential", help="Mode essential.")]
Words = Annotated[
    list[str] | None,
    typer.Option(
        "-w",
        "--words",
        metavar="W,…",
        help="Use only targets with one of these in name, tags or description.",
    ),
]
Facts = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Context that rules compare.")
]
Attach = Annotated[
    list[Path] | None, typer.Option("--attach", metavar="FILE", help="A file that goes along.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def chosen_format(name: str, *, as_json: bool) -> str:
    """Return the format that `--format` and `--json` ask for. Raises BadParameter where they differ."""
    if as_json and name not in ("text", "json"):
        raise typer.BadParameter(f"--json and --format {name} exclude each other")
    return "json" if as_json else name


def query(
    text: list[str],
    *,
    faves: bool = False,
    useful: bool = False,
    essential: bool = False,
    words: list[str] | None = None,
    facts: list[str] | None = None,
    attach: list[Path] | None = None,
) -> Query:
    """Return the query that the command line asks. Raises QueryRefused."""
    flags = {"faves": faves, "useful": useful, "essential": essential}
    return query_here(
        _text(text),
        cwd=str(Path.cwd()),
        modes=frozenset(name for name, given in flags.items() if given),
        words=words_of(words or ()),
        facts=facts_of(facts or ()),
        attached=tuple(sorted(_attachment(path) for path in attach or ())),
    )


def _text(parts: list[str]) -> str:
    if parts != [STANDARD_INPUT]:
        return " ".join(parts)
    if sys.stdin is None:
        raise QueryRefused("standard input is closed")
    raw = sys.stdin.buffer.read(4 * LONGEST_TEXT + 1)
    try:
        text = raw.decode()
        if len(raw) <= 4 * LONGEST_TEXT:
            return text
    except UnicodeDecodeError as error:
        if len(raw) <= 4 * LONGEST_TEXT:
            raise QueryRefused(f"standard input is not UTF-8 at byte {error.start + 1}") from error
    raise QueryRefused(f"standard input has more than the {LONGEST_TEXT:,} characters allowed; attach a file")


def _attachment(path: Path) -> Attachment:
    if not path.is_file():
        reason = "is no file" if path.exists() else "there is no such file"
        raise QueryRefused(f"--attach {path}: {reason}")
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Attachment(str(path.absolute()), media_type, path.name)
