"""Writes lines to the terminal; it knows the codes with which commands end, but no documents or errors."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

EXIT_FAILED = 1
EXIT_ASKER = 2
EXIT_NO_ROUTE = 3
EXIT_BUDGET = 4
EXIT_CHANGED = 5
EXIT_INTERRUPTED = 130

_CONTROL = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
} | {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""What could steer a terminal, or turn the direction of a line."""


def unplanned(kind: str, ambiguous: str) -> int:
    """Return the exit code for a decision that leads to no plan."""
    return EXIT_FAILED if kind == "tie" and ambiguous == "error" else EXIT_NO_ROUTE


def data(text: str) -> None:
    """Write a line of data."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Write a line that is no data."""
    _write(sys.stderr, text)


def error(message: str, *, several: bool = False) -> None:
    """Write an error; where there are several, each line of the message is one."""
    for number, line in enumerate(message.splitlines() or [""]):
        note(line if number and not several else f"error: {line}")


def to_terminal() -> bool:
    """Return whether data goes to a terminal, for which JSON is written in ASCII."""
    return sys.stdout is not None and sys.stdout.isatty()


def unwritable(failure: OSError) -> None:
    """Say that something could not be read or written, and send the rest of standard output nowhere."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, sys.stdout.fileno())
        except OSError:  # it is no file of the system's
            sys.stdout = None
        finally:
            os.close(nowhere)
    if not isinstance(failure, BrokenPipeError):
        note(f"error: {failure}")


def prepare() -> None:
    """Let every text be written, whatever the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _write(stream: TextIO | None, text: str) -> None:
    """Write a line; a terminal gets no control characters, which foreign text could steer it with."""
    if stream is None:
        return
    stream.write((text.translate(_CONTROL) if stream.isatty() else text) + "\n")
    stream.flush()
