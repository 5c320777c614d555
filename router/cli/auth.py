"""`ts auth`: secrets that are kept for a person; none is ever taken from an argument."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking, show
from router.cli.table import columns
from router.config.project import home_directory
from router.errors import SecretMissing
from router.secrets import NAME, SecretStore
from router.secrets.kept import Kept
from router.secrets.reading import LARGEST_BYTES


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise typer.BadParameter(f'"{name}" is not a name: use letters, digits, and _ . - behind the first')
    return name


Name = Annotated[
    str, typer.Argument(metavar="NAME", help="As settings write it: keyring:NAME.", callback=_named)
]
InFile = Annotated[
    bool, typer.Option("--file", help="Keep it in a file for you alone, where there is no keyring.")
]


def set_secret(name: Name, in_file: InFile = False) -> int:
    """Keep a secret, which standard input gives or a hidden prompt asks for."""
    kept = _kept()
    where = kept.keep(name, _given(name), in_file=in_file)
    show.note(f"{name} is kept in {where}")
    first = kept.places(name)[0]
    if first != where:
        show.note(f"warning: {first} has it too, and is looked at first")
    return 0


def get_secret(name: Name) -> int:
    """Print a secret, from wherever it is found first."""
    show.data(_kept().find(name, f"keyring:{name}").value)
    return 0


def list_secrets(as_json: asking.AsJson = False) -> int:
    """List the names of the secrets that are kept, and where each is found; the first place is used."""
    found = _kept().names()
    if as_json:
        show.document({"secrets": [{"name": name, "where": [*places]} for name, places in found.items()]})
        return 0
    for line in columns([(name, ", then ".join(places)) for name, places in found.items()]):
        show.data(line)
    if not found:
        show.note("no secret is kept; ts auth set NAME keeps one")
    return 0


def remove(name: Name) -> int:
    """Forget a secret."""
    kept = _kept()
    removed = kept.remove(name)
    if not removed:
        raise SecretMissing(f"keyring:{name}", "is not kept; ts auth list tells what is")
    show.note(f"{name} is removed from {' and '.join(removed)}")
    if left := kept.places(name):
        show.note(f"warning: {left[0]} still has it")
    return 0


def _kept() -> Kept:
    return SecretStore(home_directory(os.environ), Path.cwd(), os.environ).kept


def _given(name: str) -> str:
    """Return the secret that standard input gives, without a newline at its end, or a person types."""
    if sys.stdin is None:
        raise typer.BadParameter("standard input is closed")
    if sys.stdin.isatty():
        return _checked(_typed(name))
    raw = sys.stdin.buffer.read(LARGEST_BYTES + 1)
    if len(raw) > LARGEST_BYTES:
        raise typer.BadParameter(f"standard input has more than the {LARGEST_BYTES:,} bytes allowed")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise typer.BadParameter("standard input is not UTF-8") from None
    return _checked(text.removesuffix("\n").removesuffix("\r"))


def _typed(name: str) -> str:
    try:
        return getpass.getpass(f"secret for {name}: ")
    except EOFError:
        return ""


def _checked(value: str) -> str:
    if not value.strip():
        raise typer.BadParameter("nothing was given: write the secret to standard input, or type it")
    return value
