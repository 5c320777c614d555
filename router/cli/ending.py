"""Ends a command: its errors are told on standard error, and its code is the process's."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

from router.cli import show
from router.errors import RouterError

Flags = ParamSpec("Flags")


def ended(command: Callable[Flags, int]) -> Callable[Flags, None]:
    """Return the command with its errors told on standard error and its code as the process's."""

    @functools.wraps(command)
    def run(*flags: Flags.args, **options: Flags.kwargs) -> None:
        try:
            code = command(*flags, **options)
        except RouterError as error:
            if options.get("as_json") or options.get("as_format") == "json":
                show.document({"error": error.to_dict()}, indent=None if options.get("stream") else 2)
            show.error(error)
            code = show.exit_code(error)
        except KeyboardInterrupt:
            show.note("interrupted")
            code = show.EXIT_INTERRUPTED
        except OSError as failure:
            if options.get("as_json") and not isinstance(failure, BrokenPipeError):
                with contextlib.suppress(OSError):  # standard output may be what failed
                    show.document({"error": {"code": "system", "message": str(failure)}})
            show.unwritable(failure)
            code = show.EXIT_FAILED
        raise typer.Exit(code)

    return run
