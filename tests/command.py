"""Runs the installed `ts` as a person would: its own process, an empty HOME, a directory of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TS = Path(sys.executable).parent / ("ts.exe" if os.name == "nt" else "ts")


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Shell:
    """Where commands are run."""

    directory: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment, with an empty HOME and no setting of ours; caches of package runners stay."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TS_")}
        kept.setdefault("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
        return {**kept, "HOME": str(self.home), "USERPROFILE": str(self.home)}

    def ts(self, *arguments: str | bytes, stdin: str | bytes = "", **variables: str) -> Done:
        """Run `ts` to its end."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [str(TS), *arguments],
            cwd=self.directory,
            env={**self.environment, **variables},
            input=given,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def write(self, files: dict[str, str]) -> None:
        """Write files, by path."""
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def git(self, *arguments: str) -> None:
        """Run git with an author of its own."""
        who = {
            f"GIT_{role}_{what}": "ann@example.com"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        subprocess.run(
            ["git", *arguments],
            cwd=self.directory,
            env={**self.environment, **who},
            capture_output=True,
            check=True,
        )
