"""The starter project: found beside the package, copied where a user asks; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from router.errors import ProjectExists, ProjectNotFound

PATTERNS: Final = ("ts.toml", "rules/**/*.toml", "prompts/**/*.j2", "corpus/*.txt", "schemas/*.json")
"""What a starter is made of."""


def starter() -> Path:
    """Return where the starter is: inside the installed package, or the checkout around it."""
    package = Path(__file__).resolve().parent
    installed = package / "starter"
    return installed if installed.is_dir() else package.parent


def write_starter(directory: Path) -> tuple[str, ...]:
    """Copy the starter and return the files' names, relative to `directory`.

    Raises ProjectExists, before anything is written, where a file is there already; ProjectNotFound where
    `directory` is a file or cannot be written, or the installation lacks the starter.
    """
    source = starter()
    names = tuple(sorted(_names(source)))
    if "ts.toml" not in names:
        raise ProjectNotFound(str(source), "the starter project is missing from this installation")
    if taken := tuple(name for name in names if (directory / name).exists()):
        raise ProjectExists(str(directory.absolute()), taken)
    try:
        for name in names:
            target = directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((source / name).read_bytes())
    except OSError as error:
        raise ProjectNotFound(str(directory.absolute()), f"cannot be written: {error.strerror}") from error
    return names


def _names(source: Path) -> Iterator[str]:
    for pattern in PATTERNS:
        for path in source.glob(pattern):
            yield path.relative_to(source).as_posix()
