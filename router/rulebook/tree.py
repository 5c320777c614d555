"""The files of a project as names and texts, wherever they are kept; it knows no rule."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from router.core.findings import Findings
from router.errors import Problem, RulebookRefused
from router.toml.read import read_text

VOCABULARY: Final = "rules/vocab.toml"
FOLDERS: Final = ("rules", "prompts", "corpus")
"""What a rulebook and its record are made of, beside `ts.toml`."""


class Tree(Protocol):
    """The files of a project at one moment."""

    def names(self, folder: str) -> Iterator[str]:
        """Yield every file below one of the folders, sorted: `rules/team/git.toml`; none that is hidden.

        Raises RulebookRefused where that cannot be told.
        """
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
        for above, folders, files in os.walk(self.path / folder, onerror=self._refuse, followlinks=True):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            relative = Path(above).relative_to(self.path)
            for each in folders:
                if _leads_round(Path(above, each)):
                    raise _refusal((relative / each).as_posix(), "the link leads round in a circle")
            odd = (each for each in folders if each.endswith((".toml", ".j2")))
            seen = (each for each in files if not each.startswith("."))
            found += [(relative / each).as_posix() for each in (*seen, *odd)]
        yield from sorted(found)

    def text(self, name: str, findings: Findings) -> str | None:
        """See `Tree`."""
        path = self.path / name
        return read_text(path, name, findings) if path.exists() or path.is_symlink() else None

    def _refuse(self, error: OSError) -> None:
        """Refuse a folder that cannot be listed; one that is not there holds nothing."""
        if not isinstance(error, FileNotFoundError):
            raise _refusal(Path(error.filename).relative_to(self.path).as_posix(), str(error.strerror))


def _leads_round(folder: Path) -> bool:
    """Whether a folder is a link to one above it, below which there would be no end."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def _refusal(name: str, reason: str) -> RulebookRefused:
    return RulebookRefused((Problem(name, f"cannot be read: {reason}", code="unreadable"),))
