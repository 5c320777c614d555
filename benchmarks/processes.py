"""Measures whole commands, from the shell's start of them to their end, against Python that does nothing."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.child import TS, Command, settle
from benchmarks.corpus import made_up
from benchmarks.given import Given
from benchmarks.projects import Kind
from benchmarks.results import Part, Row, machine

SIZES: Final = (10, 1_000, 10_000, 100_000)
RUNS: Final = 15
SLOW_SECONDS: Final = 2.0
"""A command that takes longer, once all is cached, joins the first round alone."""
KINDS: Final[tuple[Kind, ...]] = ("words", "shape", "sentence")
NOTHING: Final = "python -c pass"
HELLO: Final = "greet hello Camila"
HELP: Final = "--help"
TAB: Final = "<Tab>"
"""What a shell asks for when it completes the first word."""
GREETINGS: Final = '''"""Greets; the two commands of Typer's own tutorial."""

import typer

app = typer.Typer()


@app.command()
def hello(name: str) -> None:
    """Say hello."""
    print(f"Hello {name}")


@app.command()
def goodbye(name: str, formal: bool = False) -> None:
    """Say goodbye."""
    print(f"Goodbye Ms. {name}. Have a good day." if formal else f"Bye {name}!")
'''
GREET: Final = "import sys\nfrom greetings import app\nsys.exit(app())\n"


@dataclass(frozen=True, slots=True)
class Timed:
    """A command, and its wall seconds in each round in which it took part."""

    name: str
    command: Command
    kind: Kind | None = None
    """What decides the question, where there is one."""
    rules: int | None = None
    seconds: list[float] = field(default_factory=list)

    def rounds(self) -> int:
        """Run it twice, for bytecode and caches, and return in how many rounds it takes part.

        Raises RuntimeError where it prints nothing, since then it did not do what is measured.
        """
        _, printed = self.command.run()
        if not printed and self.name != NOTHING:
            raise RuntimeError(f"{self.name}: printed nothing")
        return RUNS if self.command.seconds() < SLOW_SECONDS else 1

    def row(self, nothing: list[float]) -> Row:
        """Return its line of the table."""
        ratios = (mine / bare for mine, bare in zip(self.seconds, nothing, strict=False))
        return {
            "command": self.name,
            "kind": self.kind,
            "rules": self.rules,
            "ms": 1e3 * statistics.median(self.seconds),
            "times_nothing": statistics.median(ratios),
            "runs": len(self.seconds),
        }


def measure(given: Given) -> Part:
    """Time all commands in turns."""
    home = given.directory / "home"
    home.mkdir()
    timed = list(_plain(given.directory, home))
    for size in given.sizes_or(SIZES):
        timed += _explained(given.directory / str(size), home, size)
    settle()
    rounds = [each.rounds() for each in timed]
    for number in range(RUNS):
        for each, most in zip(timed, rounds, strict=True):
            if number < most:
                each.seconds.append(each.command.seconds())
    rows = [each.row(timed[0].seconds) for each in timed]
    return Part(rows, machine={**machine(), "typer": version("typer")})


def _plain(directory: Path, home: Path) -> Iterator[Timed]:
    """Yield the commands that need no rules, the one that does nothing first."""
    (directory / "greetings.py").write_text(GREETINGS, encoding="utf-8")
    (directory / "greet").write_text(GREET, encoding="utf-8")
    programs = {"greet": (sys.executable, "greet"), "ts": (TS,)}

    def command(*arguments: str, **variables: str) -> Command:
        return Command(arguments, directory, home, variables)

    yield Timed(NOTHING, command(sys.executable, "-c", "pass"))
    yield Timed(HELLO, command(*programs["greet"], "hello", "Camila"))
    yield Timed("ts --version", command(*programs["ts"], "--version"))
    for name, program in programs.items():
        yield Timed(f"{name} {HELP}", command(*program, HELP))
        completing = {
            f"_{name.upper()}_COMPLETE": "complete_bash",
            "COMP_WORDS": f"{name} ",
            "COMP_CWORD": "1",
        }
        yield Timed(f"{name} {TAB}", command(*program, **completing))


def _explained(directory: Path, home: Path, size: int) -> Iterator[Timed]:
    """Yield a question for each kind of rule that a project of the size has."""
    corpus = made_up(size)
    corpus.write(directory)
    for kind in KINDS:
        rule = next((rule for rule in corpus.rules if rule.kind == kind), None)
        if rule is not None:
            yield Timed("ts explain", Command((TS, "explain", rule.queries[0]), directory, home), kind, size)
