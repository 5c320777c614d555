"""Replaces files in one step, so that nobody ever reads half of one; it knows nothing of what they hold."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

PLAIN: Final = 0o666
"""What a new file may be used for, less what the process's umask takes away."""


def replace_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all; it keeps its mode, and a `private` one is its owner's alone.

    A symbolic link stays, and what it leads to is replaced. Raises OSError, with the file as it was.
    """
    path = Path(os.path.realpath(path))
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if not private:
            Path(temporary).chmod(_mode(path))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """Return the mode of a file, or that of a new one."""
    if path.exists():
        return path.stat().st_mode & 0o7777
    mask = os.umask(0o077)
    os.umask(mask)
    return PLAIN & ~mask
