"""Opens a command's module when the command is needed: `ts rules --help` loads none, `ts explain` its own."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup

from router.cli.declared import HELP

OPTIONS: Final = {"help_option_names": ["-h", "--help"]}


class Later(TyperCommand):
    """Stands for a command, of which name and help are known; asking it anything else opens its module."""

    def __init__(self, name: str, place: str, about: str | None) -> None:
        # nothing more is set: what is missing here, such as the parameters, is asked of the command itself
        self.name = name
        self.place = place
        self.hidden = self.deprecated = False
        self.short_help = None
        if about is not None:
            self.help = about

    def __getattr__(self, name: str) -> object:
        """Return what only the command itself knows."""
        return getattr(self.opened(), name)

    def opened(self) -> TyperCommand:
        """Return the command itself, its module loaded."""
        if "itself" not in self.__dict__:
            self.itself = _command(self.name or "", self.place)
        return self.itself


class Group(TyperGroup):
    """A group of commands, each named by the place of its function."""

    path: ClassVar[tuple[str, ...]] = ()
    """The words that lead to it."""
    named: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **settings: object) -> None:
        super().__init__(**cast("dict[str, Any]", settings))
        later = {name: Later(name, place, HELP.get((*self.path, name))) for name, place in self.named.items()}
        self.commands = {**later, **self.commands}


def _command(name: str, place: str) -> TyperCommand:
    """Return the command made of the function at a place, written `module:function`."""
    single = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings=OPTIONS,
    )
    module, _, function = place.partition(":")
    ended = importlib.import_module("router.cli.ending").ended
    single.command(name)(ended(getattr(importlib.import_module(module), function)))
    return cast("TyperCommand", typer.main.get_command(single))
