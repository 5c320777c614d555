"""Commands that are opened late: what is listed and completed is the same as if all were open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
import typer
from typer.core import TyperGroup

from router.cli import opening
from router.cli.app import Auth, Cache, Learn, Main, Rules, Snapshot, Task, app
from router.cli.opening import Later
from tests.command import TS, Shell

ROOMS: Final = """
import sys
sys.argv = {arguments!r}
from router.__main__ import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print("rooms", *sorted(name for name in sys.modules if name.partition(".")[0] == "router"))
"""

LISTING: Final = {
    "router", "router.__main__", "router.cli", "router.cli.app", "router.cli.declared", "router.cli.lean",
    "router.cli.opening", "router.cli.writing",
}  # fmt: skip
"""What may be loaded to list commands: none of them, nor what they share."""

EVERY: Final = {
    "": [*Main.named, "rules", "snapshot", "cache", "auth", "task", "learn"],
    "rules": [*Rules.named],
    "snapshot": [*Snapshot.named],
    "cache": [*Cache.named],
    "auth": [*Auth.named],
    "task": [*Task.named],
    "learn": [*Learn.named],
}


def run(shell: Shell, *arguments: str, **variables: str) -> tuple[list[str], set[str]]:
    """Return the lines that a command prints in an interpreter of its own, and our modules loaded then."""
    done = subprocess.run(
        [sys.executable, "-c", ROOMS.format(arguments=["ts", *arguments])], cwd=shell.directory,
        env={**shell.environment, **variables}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    *told, rooms = done.stdout.splitlines()
    return told, set(rooms.split()[1:])


def complete(shell: Shell, words: str, shell_name: str = "bash") -> tuple[list[str], set[str]]:
    """Return what completes the last of the words, and our modules loaded then."""
    place = str(len(words.split(" ")) - 1)
    bash = {"COMP_WORDS": words, "COMP_CWORD": place}
    fish = {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    return run(shell, _TS_COMPLETE=f"complete_{shell_name}", **bash, **fish)


def group(name: str = "") -> TyperGroup:
    """Return the whole command line, or a group of it, none of whose commands is open."""
    found: object = typer.main.get_command(app)
    if name:
        assert isinstance(found, TyperGroup)
        found = found.commands[name]
    assert isinstance(found, TyperGroup)
    return found


@pytest.mark.parametrize("name", EVERY)
def test_help_of_a_group_lists_every_command_and_opens_none(shell: Shell, name: str) -> None:
    told, rooms = run(shell, *([name] if name else []), "--help", COLUMNS="60")

    listed = [line.split()[0] for line in told[told.index("Commands:") + 1 :] if line[2:3].strip()]
    assert listed == EVERY[name]
    assert rooms == LISTING


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_help_is_the_same_as_if_all_were_open(name: str, width: int) -> None:
    late, opened = group(name), group(name)
    for each, command in opened.commands.items():
        opened.commands[each] = command.opened() if isinstance(command, Later) else command

    pages = [
        each.get_help(each.context_class(each, info_name="ts", terminal_width=width))
        for each in (late, opened)
    ]

    assert pages[0] == pages[1]
    assert not any("itself" in vars(each) for each in late.commands.values())


def test_names_of_commands_are_completed_and_none_is_opened(shell: Shell) -> None:
    assert complete(shell, "ts ") == (EVERY[""], LISTING)
    assert complete(shell, "ts ex") == (["explain"], LISTING)
    assert complete(shell, "ts rules ") == (EVERY["rules"], LISTING)
    assert complete(shell, "ts snapshot u") == (["update"], LISTING)


def test_a_completion_says_what_a_command_does(shell: Shell) -> None:
    told, rooms = complete(shell, "ts snap", "fish")

    assert told == ["snapshot\tKeep decisions in git."]
    assert rooms == LISTING


def test_flags_of_a_command_are_completed_by_opening_it_alone(shell: Shell) -> None:
    told, rooms = complete(shell, "ts rules check --f")

    assert told == ["--format"]
    assert {each for each in rooms if each.startswith("router.cli.rules.")} == {"router.cli.rules.check"}


def test_help_of_a_command_shows_all_of_it_and_opens_it_alone(shell: Shell) -> None:
    told, rooms = run(shell, "explain", "--help")

    assert told[0] == "Usage: ts explain [OPTIONS] [TEXT]..."
    assert "  Print which rule wins and why the others do not; calls no server and no" in told
    assert any("--want RULE" in line for line in told)
    assert "router.cli.explain" in rooms
    assert not rooms & {"router.cli.q", "router.cli.discover", "router.wiring"}


def test_a_mistyped_command_names_the_nearest(shell: Shell) -> None:
    done = shell.ts("rules", "chekc")

    assert done.code == 2
    assert "No such command 'chekc'. Did you mean 'check'?" in done.err


def test_a_command_that_is_not_yet_declared_is_listed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    late = group("snapshot")
    monkeypatch.setattr(opening, "HELP", {})
    undeclared = group("snapshot")

    pages = [each.get_help(each.context_class(each, info_name="ts")) for each in (late, undeclared)]

    assert pages[0] == pages[1]


@pytest.mark.parametrize("name", EVERY)
def test_a_command_has_its_parameters_when_they_are_asked_for(name: str) -> None:
    commands = [each for each in group(name).commands.values() if isinstance(each, Later)]

    assert [each.name for each in commands] == [each for each in EVERY[name] if each not in EVERY]
    assert all(each.params == each.opened().params for each in commands)
    assert any(each.params for each in commands)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_command_that_cannot_write_says_so_in_one_line(project: Shell, flags: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [TS, "rules", "list", *flags], cwd=project.directory, env=project.environment,
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert (done.returncode, done.stderr) == (1, "error: [Errno 28] No space left on device\n")
