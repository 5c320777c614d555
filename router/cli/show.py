"""Writes to the terminal: data to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Final, TextIO

from router.core.plan import JSON
from router.errors import AskerError, NoRoute, RouterError
from router.ports import Offer

EXIT_FAILED: Final = 1
EXIT_ASKER: Final = 2
EXIT_NO_ROUTE: Final = 3
EXIT_CHANGED: Final = 5
EXIT_INTERRUPTED: Final = 130

_CONTROL: Final = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
} | {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""What could steer a terminal, or turn the direction of a line."""


def tools(offer: Offer) -> str:
    """Return how many tools or skills there are, in words."""
    word = "tool" if offer.scheme == "mcp" else "skill"
    return f"{len(offer.tools)} {word}{'' if len(offer.tools) == 1 else 's'}"


def exit_code(error: RouterError) -> int:
    """Return the exit code for an error: 2 the asker's mistake, 3 no route, 1 anything else."""
    if isinstance(error, AskerError):
        return EXIT_ASKER
    return EXIT_NO_ROUTE if isinstance(error, NoRoute) else EXIT_FAILED


def data(text: str) -> None:
    """Write a line of data."""
    _write(sys.stdout, text)


def document(value: JSON, *, indent: int | None = 2) -> None:
    """Write one JSON document; on one line where it is one of a stream."""
    escaped = sys.stdout is not None and sys.stdout.isatty()
    _write(sys.stdout, json.dumps(value, indent=indent, ensure_ascii=escaped, allow_nan=False))


def note(text: str) -> None:
    """Write a line that is no data."""
    _write(sys.stderr, text)


def notes(lines: Iterable[str]) -> None:
    """Write lines that are no data."""
    for line in lines:
        note(line)


def error(failure: RouterError | Mapping[str, JSON]) -> None:
    """Write an error, one line for each thing that is wrong."""
    message = failure["message"] if isinstance(failure, Mapping) else str(failure)
    for number, line in enumerate(str(message).splitlines() or [""]):
        note(line if number and not isinstance(failure, AskerError) else f"error: {line}")


def plain(text: str) -> str:
    """Return a foreign name on one line, without what could forge another."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


def unwritable(failure: OSError) -> None:
    """Say that something could not be read or written, and send the rest of standard output nowhere."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
