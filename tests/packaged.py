"""Runs programs that are no dependency of ours, from the package registry, and reads YAML by one of them."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

UV: Final = Path(sys.executable).parent / ("uv.exe" if os.name == "nt" else "uv")
_TO_JSON: Final = "import json, sys, yaml; print(json.dumps(yaml.load(sys.stdin, yaml.BaseLoader)))"
"""The base loader leaves every value a string, so that `on:` is no boolean and `3.10` no number."""


@functools.cache
def parsed(text: str) -> Any:
    """Return what a YAML text holds, each scalar as it is written."""
    return json.loads(run_with("pyyaml", "-c", _TO_JSON, stdin=text))


def run_with(package: str, *arguments: str, stdin: str = "") -> str:
    """Run this Python with a package beside the standard library, and return what it prints."""
    program = (str(UV), "run", "--quiet", "--no-project", "--no-config", "--python", sys.executable)
    return run(*program, "--with", package, "python", *arguments, stdin=stdin)


def run_tool(package: str, *arguments: str, cwd: Path | None = None) -> str:
    """Run a package's program, `package=program` if it is called otherwise, and return what it prints."""
    package, _, program = package.partition("=")
    named = ("--from", package, program) if program else (package,)
    return run(str(UV), "tool", "run", "--quiet", *named, *arguments, cwd=cwd)


def run(*command: str, stdin: str = "", cwd: Path | None = None) -> str:
    """Run a program to its end and return what it prints."""
    done = subprocess.run(
        command, cwd=cwd, input=stdin, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
