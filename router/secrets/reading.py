"""Reads secrets of variables and of files; what it says of one that it cannot read repeats none of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from router.errors import SecretMissing

LARGEST_BYTES: Final = 1_000_000
"""Of a file that is read for a secret."""
OF_FILE: Final = "_FILE"
"""Ends the name of a variable that says in which file the value is."""


@dataclass(frozen=True, slots=True)
class Found:
    """A secret, and where it was."""

    value: str = field(repr=False)
    where: str
    """In words, such as `$TOKEN` or `the keyring`."""


def of_variable(variable: str, environment: Mapping[str, str], place: str) -> Found | None:
    """Return the secret of a variable, else that of the file which `…_FILE` names, or None.

    Raises SecretMissing, `place` being what was asked for, where that file cannot be read. Its path stays
    unsaid: people put the secret itself there by mistake.
    """
    if value := environment.get(variable):
        return Found(value, f"${variable}")
    if path := environment.get(f"{variable}{OF_FILE}"):
        where = f"the file that ${variable}{OF_FILE} names"
        return Found(of_file(path, place, where), where)
    return None


def of_file(path: str, place: str, where: str) -> str:
    """Return what a file holds, without one newline at its end. Raises SecretMissing."""
    text = text_of(content_of(path, place, where), place, where)
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise SecretMissing(place, f"{where} is empty")
    return value


def content_of(path: str, place: str, where: str) -> bytes:
    """Return the bytes of a file, `~` at its beginning being the person's home. Raises SecretMissing."""
    try:
        with Path(expanded(path)).open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SecretMissing(place, f"{where} cannot be read: {type(error).__name__}") from error
    if len(content) > LARGEST_BYTES:
        raise SecretMissing(place, f"{where} has more than the {LARGEST_BYTES:,} bytes allowed")
    return content


def text_of(content: bytes, place: str, where: str) -> str:
    """Return bytes as text. Raises SecretMissing."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise SecretMissing(place, f"{where} is not UTF-8") from None  # the error holds all of it


def expanded(path: str) -> str:
    """Return a path with the person's home in the place of `~`, where that is known."""
    try:
        return str(Path(path).expanduser())
    except RuntimeError:
        return path
