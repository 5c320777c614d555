"""Runs programs as somebody new would: an empty HOME, no setting of ours, bytecode compiled."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.results import ROOT

SETTLED_SECONDS: Final = 3.0
"""A compiled rulebook is trusted once the rules' files are older than a tick of the coarsest file system."""
TS: Final = str(Path(sys.executable).parent / ("ts.exe" if os.name == "nt" else "ts"))


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments and its place."""

    arguments: tuple[str, ...]
    directory: Path
    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, limit_seconds: float | None = None) -> tuple[float, str]:
        """Return its wall seconds and what it printed.

        Raises RuntimeError where it fails, and TimeoutExpired where it takes longer than the limit.
        """
        start = time.perf_counter()
        done = subprocess.run(
            self.arguments,
            cwd=self.directory,
            env=self._environment(),
            capture_output=True,
            timeout=limit_seconds,
            check=False,
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            raise RuntimeError(f"{' '.join(self.arguments)}: {done.returncode}\n{done.stderr.decode()}")
        return seconds, done.stdout.decode()

    def seconds(self) -> float:
        """Return its wall seconds."""
        return self.run()[0]

    def _environment(self) -> dict[str, str]:
        left_out = {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"}
        kept = {
            name: value for name, value in os.environ.items() if name not in left_out and name[:3] != "TS_"
        }
        homes = {"HOME": str(self.home), "USERPROFILE": str(self.home), "TS_HOME": str(self.home / ".ts")}
        return {**kept, **homes, **self.variables}


def settle() -> None:
    """Wait until what was just written counts as unchanged."""
    time.sleep(SETTLED_SECONDS)


def module(name: str, *arguments: str, home: Path) -> Command:
    """Return a module of the benchmarks as a command, and make its home."""
    home.mkdir(exist_ok=True)
    return Command((sys.executable, "-m", f"benchmarks.{name}", *arguments), ROOT, home)
