"""Tells by stat alone whether what a rulebook was made of is as it was; it opens no file.

As git does, it distrusts a file that changed when it was looked at or shortly before: one written twice
within a tick of the clock looks the same both times. Such files are read and compared by content.
"""

from __future__ import annotations

import os
import sys

from router.core.written import digest
from router.places import PERSON_FILE, PROJECT_FILE, variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Final, TypeAlias

    Sign: TypeAlias = tuple[str, int, int, int, int]
    """Name, time of change of content and of the entry in nanoseconds, size in bytes, number on the disk."""
    Program: TypeAlias = tuple[str, tuple[Sign, ...]]
    Signs: TypeAlias = tuple[tuple[str, ...], Program, tuple[Sign, ...]]
    """Digests of variables, the program, the files of the project and the person's settings."""
else:
    Signs = tuple

FOLDERS: Final = ("rules", "prompts")
PROGRAM_FOLDERS: Final = ("config", "core", "rulebook", "toml")
"""Of this program, what has a say in what a compiled rulebook holds."""
MARGIN_NANOSECONDS: Final = 2_000_000_000
"""File systems count in ticks of up to two seconds (FAT)."""
DEEPEST: Final = 40
GONE: Final = -1


def signs(project: str, home: str, environment: Mapping[str, str], references: Iterable[str]) -> Signs:
    """Return the signs of everything that a project's rulebook is made of.

    `references` are the other variables of the environment that its settings name. Raises OSError.
    """
    texts = (
        digest(*(each for pair in variables(environment) for each in pair)),
        *(digest(name, environment.get(name, "\0")) for name in sorted(references)),
    )
    files = [_sign(PROJECT_FILE, os.path.join(project, PROJECT_FILE))]
    files.append(_sign(PERSON_FILE, os.path.join(home, PERSON_FILE)))
    for folder in FOLDERS:
        files += _below(project, folder, DEEPEST)
    return texts, program(), tuple(sorted(files))


def program() -> Program:
    """Return the Python that runs this program, and the signs of what of it has a say in a rulebook."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    files = [sign for each in PROGRAM_FOLDERS for sign in _below(own, each, 0) if sign[0].endswith(".py")]
    return sys.implementation.cache_tag or "", tuple(sorted(files))


def newest(found: Signs) -> int:
    """Return the time of the latest change, in nanoseconds."""
    return max((max(changed, entered) for _, changed, entered, _, _ in found[2]), default=0)


def _below(top: str, folder: str, depth: int) -> Iterator[Sign]:
    try:
        entries = list(os.scandir(os.path.join(top, folder)))
    except FileNotFoundError:
        return
    for entry in entries:
        name = f"{folder}/{entry.name}"
        if entry.name.startswith("."):
            continue
        if name.endswith((".toml", ".j2")) or not entry.is_dir():  # no folder may be called so
            yield _sign(name, entry)
        elif depth == 1:
            raise OSError(f"{name} lies too deep to be looked at each time")
        elif depth:
            yield from _below(top, name, depth - 1)


def _sign(name: str, place: str | os.DirEntry[str]) -> Sign:
    try:
        found = os.stat(place) if isinstance(place, str) else place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return name, GONE, GONE, GONE, GONE
    return name, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
