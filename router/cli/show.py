"""Shows documents, errors and offers, in lines as `writing` writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from router.cli import writing
from router.cli.writing import (
    EXIT_ASKER,
    EXIT_BUDGET,
    EXIT_CHANGED,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_NO_ROUTE,
    data,
    note,
    unwritable,
)
from router.errors import AskerError, BudgetSpent, NoRoute, RouterError
from router.ports import Offer

if TYPE_CHECKING:
    from router.core.plan import JSON

__all__ = [
    "EXIT_ASKER",
    "EXIT_BUDGET",
    "EXIT_CHANGED",
    "EXIT_FAILED",
    "EXIT_INTERRUPTED",
    "EXIT_NO_ROUTE",
    "data",
    "document",
    "error",
    "exit_code",
    "note",
    "notes",
    "plain",
    "tools",
    "unwritable",
]


def tools(offer: Offer) -> str:
    """Return how many tools or skills there are, in words."""
    word = "tool" if offer.scheme == "mcp" else "skill"
    return f"{len(offer.tools)} {word}{'' if len(offer.tools) == 1 else 's'}"


def exit_code(error: RouterError) -> int:
    """Return the exit code for an error: 2 the asker's mistake, 3 no route, 4 no budget, 1 anything else."""
    if isinstance(error, AskerError):
        return EXIT_ASKER
    if isinstance(error, BudgetSpent):
        return EXIT_BUDGET
    return EXIT_NO_ROUTE if isinstance(error, NoRoute) else EXIT_FAILED


def document(value: JSON, *, indent: int | None = 2) -> None:
    """Write one JSON document; on one line where it is one of a stream."""
    data(json.dumps(value, indent=indent, ensure_ascii=writing.to_terminal(), allow_nan=False))


def notes(lines: Iterable[str]) -> None:
    """Write lines that are no data."""
    for line in lines:
        note(line)


def error(failure: RouterError | Mapping[str, JSON]) -> None:
    """Write an error, one line for each thing that is wrong."""
    message = failure["message"] if isinstance(failure, Mapping) else str(failure)
    writing.error(str(message), several=isinstance(failure, AskerError))


def plain(text: str) -> str:
    """Return a foreign name on one line, without what could forge another."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
