"""Opens the compiled rulebook of a project where nothing has changed since it was made; it makes none."""

from __future__ import annotations

import os
import time

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
SEEN_PARTS: Final = 4
DAY_SECONDS: Final = 86_400


def unchanged_book(
    start: str,
    environment: Mapping[str, str],
    settings: Callable[[], Settings] | None = None,
    mend: Callable[[str], bytes] | None = None,
) -> Rulebook | None:
    """Return the rulebook of the project at or above a directory, or None where it must be looked at anew.

    `settings` gives the whole settings if somebody asks the rulebook for them; `mend` makes the bytes of a
    key anew where they turn out to be damaged.
    """
    project, home = project_above(start), home_of(environment)
    if project is None or home is None or not os.path.isdir(start):
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
        return Rulebook(open_book(home, key, mend and (lambda: mend(key))), settings)
    except (OSError, DamagedError):
        return None


def read_seen(home: str, project: str) -> Any:
    """Return what was seen of a project: its signs, when, the variables named, the rulebook; None if nothing.

    Raises OSError and DamagedError.
    """
    path = seen_path(home, project)
    if not os.path.exists(path):
        return None
    with open(_opened(path), "rb") as file:
        seen = parted(file.read())
    if not isinstance(seen, tuple) or len(seen) != SEEN_PARTS:
        raise DamagedError("what was seen is not told as this program tells it")
    return seen


def open_book(home: str, key: str, mend: Callable[[], bytes] | None = None) -> Filed:
    """Open a compiled rulebook by its key; `mend` makes its bytes anew where they turn out to be damaged.

    Raises OSError and DamagedError.
    """
    path = book_path(home, key)
    try:
        content = Content(path)
        _touch(path, content.used)
        filed = Filed(Blocks(content, mend))
        own = filed.meta["key"] == key
    except (EOFError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DamagedError("the rulebook is not laid out as this program does") from error
    if not own:
        raise DamagedError("the rulebook of another key")
    return filed


class Content:
    """The bytes of a file, read where they are wanted; of one that is cut meanwhile there are fewer."""

    __slots__ = ("_handle", "_size", "_whole", "used")

    def __init__(self, path: str) -> None:
        self._handle = _opened(path)
        found = os.fstat(self._handle)
        self._size = found.st_size
        self._whole = b"" if hasattr(os, "pread") else os.read(self._handle, found.st_size)
        """All of them on Windows, which cannot read at a place without moving there first."""
        self.used = found.st_mtime

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        if self._whole:
            return self._whole[start:stop]
        return os.pread(self._handle, max(stop - start, 0), start)

    def __del__(self) -> None:
        if handle := getattr(self, "_handle", 0):
            os.close(handle)


def book_path(home: str, key: str) -> str:
    """Return where a compiled rulebook lies."""
    return os.path.join(home, FOLDER, key + BOOK)


def seen_path(home: str, project: str) -> str:
    """Return where it is written what was seen of a project."""
    return os.path.join(home, FOLDER, digest(project) + SEEN)


def _opened(path: str) -> int:
    """Open a file of ours; raises DamagedError where somebody else owns or may write it, or its folder.

    Its bytes would be run as ours. Windows tells no owner here: there the person's folders are trusted.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    for found in (os.fstat(handle), os.stat(os.path.dirname(path))):
        if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or found.st_mode & OTHERS_MAY_WRITE):
            os.close(handle)
            raise DamagedError(f"{path} is not its owner's alone")
    return handle


def _touch(path: str, used: float) -> None:
    """Count a rulebook as used today, so that those go first which nobody uses."""
    if time.time() - used > DAY_SECONDS:
        try:
            os.utime(path)
        except OSError:  # where nothing can be written, nothing is thrown away either
            return
