"""The command line as one declaration."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from router.cli import lean
from router.cli.opening import OPTIONS, Group


class Main(Group):
    """`ts …`."""

    named: ClassVar[Mapping[str, str]] = {
        "q": "router.cli.q:q",
        "explain": "router.cli.explain:explain",
        "orchestrate": "router.cli.orchestrate:orchestrate",
        "discover": "router.cli.discover:discover",
        "pin": "router.cli.pin:pin",
        "init": "router.cli.init:init",
        "import": "router.cli.import_:import_",
        "doctor": "router.cli.doctor:doctor",
        "status": "router.cli.status:status",
        "serve": "router.cli.serve:serve",
        "budget": "router.cli.budget:budget",
        "log": "router.cli.log:log",
    }


class Rules(Group):
    """`ts rules …`."""

    path: ClassVar[tuple[str, ...]] = ("rules",)
    named: ClassVar[Mapping[str, str]] = {
        "check": "router.cli.rules.check:check",
        "test": "router.cli.rules.proving:run_tests",
        "diff": "router.cli.rules.diff:diff",
        "try": "router.cli.rules.trying:try_file",
        "new": "router.cli.rules.new:new",
        "fmt": "router.cli.rules.fmt:fmt",
        "list": "router.cli.rules.listing:list_rules",
        "show": "router.cli.rules.listing:show_rule",
        "schema": "router.cli.rules.schema:schema",
    }


class Snapshot(Group):
    """`ts snapshot …`."""

    path: ClassVar[tuple[str, ...]] = ("snapshot",)
    named: ClassVar[Mapping[str, str]] = {
        "check": "router.cli.snapshot:check",
        "update": "router.cli.snapshot:update",
    }


class Cache(Group):
    """`ts cache …`."""

    path: ClassVar[tuple[str, ...]] = ("cache",)
    named: ClassVar[Mapping[str, str]] = {
        "stats": "router.cli.cache:stats",
        "list": "router.cli.cache:list_plans",
        "show": "router.cli.cache:show_plan",
        "clear": "router.cli.cache:clear",
    }


class Auth(Group):
    """`ts auth …`."""

    path: ClassVar[tuple[str, ...]] = ("auth",)
    named: ClassVar[Mapping[str, str]] = {
        "set": "router.cli.auth:set_secret",
        "get": "router.cli.auth:get_secret",
        "list": "router.cli.auth:list_secrets",
        "rm": "router.cli.auth:remove",
        "login": "router.cli.login:login",
    }


class Task(Group):
    """`ts task …`."""

    path: ClassVar[tuple[str, ...]] = ("task",)
    named: ClassVar[Mapping[str, str]] = {
        "list": "router.cli.task:list_tasks",
        "cancel": "router.cli.task:cancel",
    }


class Learn(Group):
    """`ts learn …`."""

    path: ClassVar[tuple[str, ...]] = ("learn",)
    named: ClassVar[Mapping[str, str]] = {"promote": "router.cli.learn:promote"}


app = typer.Typer(
    name="ts",
    cls=Main,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=OPTIONS,
)
rules = typer.Typer(cls=Rules, no_args_is_help=True, rich_markup_mode=None, help="Author and check rules.")
app.add_typer(rules, name="rules")
snapshot = typer.Typer(
    cls=Snapshot, no_args_is_help=True, rich_markup_mode=None, help="Keep decisions in git."
)
app.add_typer(snapshot, name="snapshot")
cache = typer.Typer(
    cls=Cache, no_args_is_help=True, rich_markup_mode=None, help="Look after plans that are remembered."
)
app.add_typer(cache, name="cache")
auth = typer.Typer(
    cls=Auth, no_args_is_help=True, rich_markup_mode=None, help="Keep secrets that settings name."
)
app.add_typer(auth, name="auth")
task = typer.Typer(
    cls=Task, no_args_is_help=True, rich_markup_mode=None, help="Look after agents' tasks that wait."
)
app.add_typer(task, name="task")
learning = typer.Typer(cls=Learn, invoke_without_command=True, rich_markup_mode=None)
app.add_typer(learning, name="learn")


def _version(wanted: bool) -> None:
    if wanted:
        raise typer.Exit(lean.version())


Version = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
]
Directory = Annotated[
    Path | None,
    typer.Option(
        "-C", "--directory", metavar="DIR", help="Run as if started there.", exists=True, file_okay=False
    ),
]

From = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", help="Learn from this record: a call a line, as JSON."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the proposals and write nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.callback()
def ts(version: Version = False, directory: Directory = None) -> None:
    """Route questions to MCP servers and A2A agents by rules that a team keeps in git."""
    if directory is not None:
        os.chdir(directory)


@learning.callback()
def learn(
    context: typer.Context, from_file: From = None, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Propose rules, in shadow, of what models answered, and prove each on the record."""
    if context.invoked_subcommand is None:
        ended = importlib.import_module("router.cli.ending").ended
        command = ended(importlib.import_module("router.cli.learn").learn)
        command(from_file, dry_run=dry_run, as_json=as_json)
    elif from_file is not None or dry_run or as_json:
        raise typer.BadParameter("learn promote takes them behind its name, or not at all")


def run() -> None:
    """Run the command line of this process and exit with its code."""
    app(prog_name="ts")
