"""Makes a query of a text that is asked here and now; no other place looks at the clock for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from router.core.query import Attachment, Query
from router.errors import QueryRefused


def query_here(
    text: str,
    *,
    cwd: Path,
    modes: frozenset[str] = frozenset(),
    words: frozenset[str] = frozenset(),
    facts: Mapping[str, str] | None = None,
    attached: tuple[Attachment, ...] = (),
) -> Query:
    """Return the query with the working directory, the git repository around it and the local time.

    Raises QueryRefused for a text or a context that cannot be one.
    """
    try:
        str(cwd).encode()
    except UnicodeEncodeError as error:
        raise QueryRefused("the name of the working directory is not UTF-8") from error
    return Query(
        text,
        modes=modes,
        words=words,
        facts=facts or {},
        attached=attached,
        cwd=str(cwd),
        repository=repository_around(cwd),
        time=dt.datetime.now().astimezone().isoformat(timespec="seconds"),
    )


def repository_around(directory: Path) -> str:
    """Return the root of the git repository around a directory, or the empty string."""
    return next((str(each) for each in (directory, *directory.parents) if (each / ".git").exists()), "")


def above_project(project: Path) -> str:
    """Return the way from the root of the git repository to a project: `routing/`, empty at the root."""
    root = repository_around(project)
    way = project.relative_to(root).as_posix() if root else "."
    return "" if way == "." else f"{way}/"
