"""The command line as one declaration, and the one place where errors become exit codes."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from router import __version__
from router.cli import show, snapshot
from router.cli.discover import discover
from router.cli.doctor import doctor
from router.cli.explain import explain
from router.cli.init import init
from router.cli.q import q
from router.cli.rules.check import check
from router.cli.rules.diff import diff
from router.cli.rules.fmt import fmt
from router.cli.rules.listing import list_rules, show_rule
from router.cli.rules.new import new
from router.cli.rules.proving import run_tests
from router.cli.rules.schema import schema
from router.cli.rules.trying import try_file
from router.errors import RouterError

Flags = ParamSpec("Flags")

OPTIONS = {"help_option_names": ["-h", "--help"]}


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
            show.unwritable(failure)
            code = show.EXIT_FAILED
        raise typer.Exit(code)

    return run


app = typer.Typer(
    name="ts",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=OPTIONS,
)
rules = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Author and check rules.")
for command in (q, explain, discover, init, doctor):
    app.command()(ended(command))
AUTHORING: dict[str, Callable[..., int]] = {
    "check": check, "diff": diff, "fmt": fmt, "list": list_rules, "new": new, "schema": schema,
    "show": show_rule, "test": run_tests, "try": try_file,
}  # fmt: skip
for name, author in AUTHORING.items():
    rules.command(name)(ended(author))
app.add_typer(rules, name="rules")
snapshots = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keep decisions in git.")
for keeper in (snapshot.check, snapshot.update):
    snapshots.command()(ended(keeper))
app.add_typer(snapshots, name="snapshot")


def _version(wanted: bool) -> None:
    if wanted:
        show.data(f"ts {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
]
Directory = Annotated[
    Path | None,
    typer.Option(
        "-C", "--directory", metavar="DIR", help="Run as if started there.", exists=True, file_okay=False
    ),
]


@app.callback()
def ts(version: Version = False, directory: Directory = None) -> None:
    """Route questions to MCP servers and A2A agents by rules that a team keeps in git."""
    if directory is not None:
        os.chdir(directory)


def run() -> None:
    """Run the command line of this process and exit with its code."""
    show.prepare()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    app(prog_name="ts")


def _stop(_number: int, _frame: object) -> None:
    """End as on Ctrl-C, so that servers are ended too, also where the shell had Ctrl-C ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)
