"""The files of a project as names and texts, wherever they are kept; it knows no rule."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from router.core.findings import Findings
from router.toml.read import read_text

FOLDERS: Final = ("rules", "prompts", "corpus")
"""What a rulebook and its record are made of, beside `ts.toml`."""


class Tree(Protocol):
    """The files of a project at one moment."""

    def names(self, folder: str) -> Iterator[str]:
        """Yield every file below one of the folders, sorted: `rules/team/git.toml`."""
        ...

    def text(self, name: str, findings: Findings) -> str | None:
        """Return a file's text; None where there is none, or with the reason noted."""
        ...


@dataclass(frozen=True, slots=True)
class Directory:
    """The files as they are on disk now."""

    path: Path

    def names(self, folder: str) -> Iterator[str]:
        """See `Tree`."""
        found: list[str] = []
        for above, folders, files in os.walk(self.path / folder, followlinks=True):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            relative = Path(above).relative_to(self.path)
            odd = (each for each in folders if each.endswith((".toml", ".j2")))
            found += [(relative / each).as_posix() for each in (*files, *odd)]
        yield from sorted(found)

    def text(self, name: str, findings: Findings) -> str | None:
        """See `Tree`."""
        path = self.path / name
        return read_text(path, name, findings) if path.exists() or path.is_symlink() else None
