"""Opens the compiled rulebook of a project where nothing has changed since it was made; it makes none."""

from __future__ import annotations

import mmap
import os

from router.compiled.signs import MARGIN_NANOSECONDS, newest, signs
from router.core.blocks import Blocks, DamagedError, parted
from router.core.book import Rulebook
from router.core.filed import Filed
from router.core.written import digest
from router.places import home_of, project_above

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final

    from router.core.settings import Settings

FOLDER: Final = "compiled"
BOOK: Final = ".book"
SEEN: Final = ".seen"
OTHERS_MAY_WRITE: Final = 0o022


def unchanged_book(
    start: str, environment: Mapping[str, str], settings: Callable[[], Settings] | None = None
) -> Rulebook | None:
    """Return the rulebook of the project at or above a directory, or None where it must be looked at anew.

    `settings` gives the whole settings if somebody asks the rulebook for them.
    """
    project, home = project_above(start), home_of(environment)
    if project is None or home is None:
        return None
    try:
        seen = read_seen(home, project)
        if seen is None:
            return None
        found, taken, references, key = seen
        if newest(found) + MARGIN_NANOSECONDS > taken:
            return None
        if signs(project, home, environment, references) != found:
            return None
        return Rulebook(open_book(home, key), settings)
    except (OSError, ValueError, DamagedError):  # nothing can be mapped of an empty file
        return None


def read_seen(home: str, project: str) -> Any:
    """Return what was seen of a project: its signs, when, the variables named, the rulebook; None if nothing.

    Raises OSError and DamagedError.
    """
    path = seen_path(home, project)
    if not os.path.exists(path):
        return None
    _refuse_foreign(os.path.dirname(path), path)
    with open(path, "rb") as file:
        return parted(file.read())


def open_book(home: str, key: str, mend: Callable[[], bytes] | None = None) -> Filed:
    """Open a compiled rulebook by its key; `mend` makes its bytes anew where they turn out to be damaged.

    Raises OSError and DamagedError.
    """
    path = book_path(home, key)
    _refuse_foreign(os.path.dirname(path), path)
    with open(path, "rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    filed = Filed(Blocks(content, mend))
    if filed.meta["key"] != key:
        raise DamagedError("the rulebook of another key")
    return filed


def book_path(home: str, key: str) -> str:
    """Return where a compiled rulebook lies."""
    return os.path.join(home, FOLDER, key + BOOK)


def seen_path(home: str, project: str) -> str:
    """Return where it is written what was seen of a project."""
    return os.path.join(home, FOLDER, digest(project) + SEEN)


def _refuse_foreign(*paths: str) -> None:
    """Refuse what somebody else owns or may write: its bytes would be run as ours."""
    if not hasattr(os, "geteuid"):
        return
    for path in paths:
        found = os.stat(path)
        if found.st_uid != os.geteuid() or found.st_mode & OTHERS_MAY_WRITE:
            raise DamagedError(f"{path} is not its owner's alone")
