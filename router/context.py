"""Makes a query of a text that is asked here and now; no other place looks at the clock for it."""

from __future__ import annotations

import os
import time

from router.core.query import Query

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from router.core.query import Attachment


def query_here(
    text: str,
    *,
    cwd: str,
    modes: frozenset[str] = frozenset(),
    words: frozenset[str] = frozenset(),
    facts: Mapping[str, str] | None = None,
    attached: tuple[Attachment, ...] = (),
) -> Query:
    """Return the query with the working directory, the git repository around it and the local time.

    Raises QueryRefused for a text or a context that cannot be one.
    """
    try:
        cwd.encode()
    except UnicodeEncodeError as error:
        from router.errors import QueryRefused

        raise QueryRefused("the name of the working directory is not UTF-8") from error
    return Query(
        text,
        modes=modes,
        words=words,
        facts=facts or {},
        attached=attached,
        cwd=cwd,
        repository=repository_around(cwd),
        time=_now(),
    )


def words_of(given: Iterable[str]) -> frozenset[str]:
    """Return the words of lists that are separated by commas."""
    return frozenset(word.strip() for each in given for word in each.split(","))


def facts_of(given: Iterable[str]) -> dict[str, str]:
    """Return the facts of texts such as `key=value`. Raises QueryRefused."""
    found: dict[str, str] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or not key or found.setdefault(key, value) != value:
            from router.errors import QueryRefused

            twice = f'--set gives "{key}" two values'
            raise QueryRefused(twice if equals and key else f'--set "{each}": write KEY=VALUE')
    return found


def _now() -> str:
    """Return the local time in ISO 8601 with its offset, to the second."""
    now = time.localtime()
    sign, minutes = "-" if now.tm_gmtoff < 0 else "+", abs(now.tm_gmtoff) // 60
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', now)}{sign}{minutes // 60:02}:{minutes % 60:02}"


def repository_around(directory: str) -> str:
    """Return the root of the git repository around a directory, or the empty string."""
    here = directory
    while not os.path.exists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            return ""
        here = above
    return here


def above_project(project: Path) -> str:
    """Return the way from the root of the git repository to a project: `routing/`, empty at the root."""
    root = repository_around(str(project))
    way = project.relative_to(root).as_posix() if root else "."
    return "" if way == "." else f"{way}/"
