"""The command line as plain data: it is what Typer reads from the functions."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.core import TyperCommand

from router.cli import declared, declaring


def test_what_is_written_is_what_the_command_line_declares() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "router.cli.declaring", "--check"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"declared.py has what {len(declared.HELP)} commands declare\n"


def test_every_command_is_there_with_what_help_says_of_it() -> None:
    assert {("explain",), ("q",), ("rules",), ("rules", "check"), ("snapshot", "update")} <= {*declared.HELP}
    assert all(declared.HELP.values())
    assert {path: command.help for path, command in declaring.commands()} == declared.HELP


def test_a_file_out_of_date_fails_the_check_and_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    current = declaring.FILE.read_text(encoding="utf-8")
    stale = tmp_path / "declared.py"
    stale.write_text(current.replace("dry_run", "dry"), encoding="utf-8")
    monkeypatch.setattr(declaring, "FILE", stale)

    assert declaring.main(["--check"]) == 1
    told = capsys.readouterr()
    assert told.out == "declared.py is not what the command line declares\n"
    assert told.err == "run: python -m router.cli.declaring\n"
    assert stale.read_text(encoding="utf-8") != current

    assert declaring.main([]) == 0
    assert stale.read_text(encoding="utf-8") == current
    assert declaring.main(["--check"]) == 0


def test_it_takes_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert declaring.main(["--chekc"]) == 2
    assert "takes nothing or --check" in capsys.readouterr().err


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[int, typer.Option("-v", count=True)],
        Annotated[bool, typer.Option("--one/--other")],
        Annotated[str, typer.Option("--one", envvar="ONE")],
        Annotated[tuple[str, str], typer.Option("--pair")],
        Annotated[str, typer.Argument()],
    ],
)
def test_a_parameter_that_the_lean_way_cannot_read_is_refused(annotation: object) -> None:
    def command(one: object = None) -> None:
        """Take one."""

    command.__annotations__["one"] = annotation
    app = typer.Typer(add_completion=False)
    app.command()(command)
    made = typer.main.get_command(app)
    assert isinstance(made, TyperCommand)

    with pytest.raises(ValueError, match=r"declared\.py cannot say what <Typer\w+ one> takes"):
        declaring.rendered(dict.fromkeys(declaring.HOT, made))


def test_a_long_text_is_cut_between_words_and_keeps_its_marks(tmp_path: Path) -> None:
    app = typer.Typer(add_completion=False)
    about = 'Say "so" ' + "and so on " * 30 + "."
    app.command(help=about)(lambda: None)
    made = typer.main.get_command(app)
    assert isinstance(made, TyperCommand)

    text = declaring.rendered(dict.fromkeys(declaring.HOT, made))

    written = tmp_path / "declared.py"
    written.write_text(text, encoding="utf-8")
    assert runpy.run_path(str(written))["HELP"] == dict.fromkeys(declaring.HOT, about)
    assert max(map(len, text.splitlines())) <= declaring.WIDEST
