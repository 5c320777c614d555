"""`ts init`: write the starter project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from router.cli import show
from router.starting import write_starter

Where = Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made if it does not exist.")]


def init(directory: Where = Path()) -> int:
    """Write a starter ts.toml, rules and prompts that answer questions about a repository and a machine."""
    written = write_starter(directory)
    show.note(f"wrote {len(written)} files to {directory.absolute()}")
    show.note('try: ts q "what changed in the last 3 commits"')
    return 0
