"""Lets one of all processes do a thing at a time; who dies on it holds up nobody."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import anyio

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LONGEST_WAIT_SECONDS: Final = 300.0
"""After that a holder is taken for stuck, and the same is done twice."""
_FIRST_PAUSE_SECONDS: Final = 0.005
_LONGEST_PAUSE_SECONDS: Final = 0.1


@asynccontextmanager
async def alone(path: Path) -> AsyncIterator[None]:
    """Hold the lock file while the body runs, once nobody else does; the system lets go of it where one dies.

    Where it cannot be locked, for want of a disk to write on, or somebody has it for very long, the body
    runs all the same.
    """
    handle = await _held(path)
    try:
        yield
    finally:
        if handle is not None:
            _let_go(path, handle)


async def _held(path: Path) -> int | None:
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while time.monotonic() < until:
        try:
            handle = _tried(path)
        except OSError:
            return None
        if handle is not None:
            return handle
        await anyio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
    return None


def _tried(path: Path) -> int | None:
    """Return the locked file, or None where another has it. Raises OSError where it cannot be locked."""
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if _locked(handle) and _is_still(path, handle):
            return handle
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _is_still(path: Path, handle: int) -> bool:
    """Whether the file that was locked is the one that others would lock: who lets go takes it away."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(handle))
    return False


def _let_go(path: Path, handle: int) -> None:
    """Take the file away while it is held, where the system can, and let go of it."""
    try:
        if sys.platform != "win32" and _is_still(path, handle):
            with suppress(OSError):
                path.unlink()
    finally:
        os.close(handle)


if sys.platform == "win32":

    def _locked(handle: int) -> bool:
        """Lock the file's first byte; return whether nobody else has."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:

    def _locked(handle: int) -> bool:
        """Lock the file; return whether nobody else has."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
