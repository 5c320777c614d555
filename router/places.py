"""Where a project and a person's state lie, found with next to nothing loaded; it reads no file."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Final

PROJECT_FILE: Final = "ts.toml"
PERSON_FILE: Final = "config.toml"
PREFIX: Final = "TS_"
"""Of the variables that set something."""
HOME_VARIABLE: Final = "TS_HOME"
"""Moves `~/.ts`."""
KEPT_PREFIX: Final = "TS_SECRET_"
"""Of the variables that give a kept secret; they set nothing."""
AGE_VARIABLE: Final = "TS_AGE_KEY_FILE"
"""Names the file of the private key that opens files of `age`."""


def project_above(start: str) -> str | None:
    """Return the nearest directory at or above an absolute one that has a `ts.toml`, or None."""
    here = start
    while not os.path.isfile(os.path.join(here, PROJECT_FILE)):
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above
    return here


def home_of(environment: Mapping[str, str]) -> str | None:
    """Return where state is kept, absolute: `$TS_HOME`, else `~/.ts`; None where there is no home."""
    moved = environment.get(HOME_VARIABLE)
    home = os.path.expanduser(moved or "~")
    if home.startswith("~"):
        return None
    return os.path.abspath(home if moved else os.path.join(home, ".ts"))


def variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that may set something, sorted."""
    for name in sorted(environment):
        if name.startswith(PREFIX) and name != HOME_VARIABLE and not name.startswith(KEPT_PREFIX):
            yield name, environment[name]
