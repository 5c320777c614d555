"""Opens a command's module when the command is asked for: `ts explain` loads nothing of `ts rules`."""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, ClassVar, Final, ParamSpec

import typer
from typer.core import TyperGroup

from router.cli import show
from router.errors import RouterError

Flags = ParamSpec("Flags")
OPTIONS: Final = {"help_option_names": ["-h", "--help"]}


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
                show.document({"error": {"code": "system", "message": str(failure)}})
            show.unwritable(failure)
            code = show.EXIT_FAILED
        raise typer.Exit(code)

    return run


class Commands(MutableMapping[str, Any]):
    """Commands by name; one that is only named is opened when it is looked up."""

    def __init__(self, named: Mapping[str, str], known: Mapping[str, Any]) -> None:
        self._named = named
        self._known = dict(known)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typer keeps the class of its commands to itself
        """Return a command, its module opened."""
        if name not in self._known and name in self._named:
            single = typer.Typer(
                add_completion=False,
                pretty_exceptions_enable=False,
                rich_markup_mode=None,
                context_settings=OPTIONS,
            )
            single.command(name)(ended(pkgutil.resolve_name(self._named[name])))
            self._known[name] = typer.main.get_command(single)
        return self._known[name]

    def __setitem__(self, name: str, command: Any) -> None:  # noqa: ANN401 - as above
        """Keep a command."""
        self._known[name] = command

    def __delitem__(self, name: str) -> None:
        """Forget a command."""
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names; nothing is opened."""
        return iter(dict.fromkeys((*self._named, *self._known)))

    def __len__(self) -> int:
        """Count the names."""
        return len(list(iter(self)))


class Group(TyperGroup):
    """A group of commands, each named by the place of its function."""

    named: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**settings)
        self.commands = Commands(self.named, self.commands)

    def list_commands(self, _context: object) -> list[str]:
        """Return the names in the order in which they are declared."""
        return list(self.commands)
