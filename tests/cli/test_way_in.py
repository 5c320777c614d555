"""The way in as a process: what is written where it cannot be, and how it ends when it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import router
from tests.command import TS, Shell

WRITES: Final = """
import sys
from types import ModuleType
from router import __main__
from router.cli import lean, writing
way = sys.modules["way"] = ModuleType("way")
way.answer = lambda asked: writing.data(asked.text) or 0
lean.WAYS = ("way",)
sys.argv = ["ts", "explain", "--json", "hello \\u2603"]
__main__.main()
"""

SIGNALLED: Final = """
import os, signal, sys
from types import ModuleType
from router import __main__
from router.cli import lean
way = sys.modules["way"] = ModuleType("way")
way.answer = lambda asked: os.kill(os.getpid(), signal.{name})
lean.WAYS = ("way",)
sys.argv = ["ts", "explain", "hello"]
signal.signal(signal.SIGINT, signal.{before})
__main__.main()
"""


def python(program: str, **settings: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end."""
    return subprocess.run(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, check=False, timeout=60, **settings
    )


def test_the_version_is_told() -> None:
    done = subprocess.run([TS, "--version"], capture_output=True, check=True, timeout=60)

    assert (done.stdout.split(), done.stderr) == ([b"ts", router.__version__.encode()], b"")


def test_a_question_handed_on_is_asked_from_where_it_was_to_be(project: Shell) -> None:
    above = Shell(project.directory.parent, project.home)

    done = above.ts("-C", project.directory.name, "explain", "say hello")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("rule talk.say ")


def test_text_that_an_encoding_lacks_is_written_all_the_same() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = python(WRITES, stdout=subprocess.PIPE, env=environment)

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, b"hello \\u2603", b"")


def test_a_reader_that_went_away_is_no_error_to_tell() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = python(WRITES, stdout=writing)
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
@pytest.mark.parametrize("command", [["--version"], ["-C", "/", "--version"], ["rules", "schema", "rules"]])
def test_what_cannot_be_written_is_said_in_one_line(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        leaned = python(WRITES, stdout=full)
        done = subprocess.run([TS, *command], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)

    for each in (leaned, done):
        assert each.returncode == 1
        assert each.stderr.decode().splitlines() == ["error: [Errno 28] No space left on device"]


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("SIGINT", "default_int_handler"),
        ("SIGTERM", "default_int_handler"),
        ("SIGHUP", "default_int_handler"),
        ("SIGTERM", "SIG_IGN"),
    ],
)
def test_a_signal_ends_it_as_interrupted(name: str, before: str) -> None:
    done = python(SIGNALLED.format(name=name, before=before))

    assert (done.returncode, done.stderr.decode().split()) == (130, ["interrupted"])
