"""`ts cache`: the plans that are remembered."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking, show
from router.cli.table import columns
from router.config import load_project
from router.core.findings import nearest_or_all
from router.core.plan import JSON
from router.errors import QueryRefused
from router.loading import plans
from router.planner.remembered import Entry, Remembered

SHORT_KEY = 12
LONGEST_TEXT = 60

Key = Annotated[str, typer.Argument(metavar="KEY", help="The beginning of a key, as ts cache list shows it.")]


def stats(as_json: asking.AsJson = False) -> int:
    """Say how many plans are remembered, and how often one was of use."""
    remembered = _remembered()
    found = remembered.stats()
    if as_json:
        show.document({
            "directory": str(remembered.directory),
            "entries": found.entries,
            "bytes": found.bytes,
            "limit_bytes": round(remembered.cache.megabytes * 1_000_000),
            "days": remembered.cache.days,
            "hits": found.hits,
            "misses": found.misses,
            "oldest": _time(found.oldest),
            "newest": _time(found.newest),
        })  # fmt: skip
        return 0
    limit = f"{remembered.cache.megabytes:g} MB, {remembered.cache.days:g} days"
    show.data(f"plans  {found.entries}, {found.bytes / 1_000_000:.2f} MB (at most {limit})")
    show.data(f"found  {found.hits} times, {found.misses} times not")
    if found.entries:
        show.data(f"made   from {_time(found.oldest)} to {_time(found.newest)}")
    show.data(f"where  {remembered.directory}")
    _tell_empty(found.entries)
    return 0


def list_plans(as_json: asking.AsJson = False) -> int:
    """List the plans that are remembered, the newest first."""
    found = _remembered().entries()
    if as_json:
        show.document({"plans": [_told(each) for each in found]})
        return 0
    rows = [
        (
            each.key[:SHORT_KEY],
            _time(each.made_at) or "",
            _short(each.text),
            _targets(each),
            show.plain(each.model),
        )
        for each in found
    ]
    for line in columns(rows):
        show.data(line)
    _tell_empty(len(found))
    return 0


def show_plan(key: Key, as_json: asking.AsJson = False) -> int:
    """Show one plan that is remembered."""
    remembered = _remembered()
    found = remembered.show(key)
    if not found:
        known = [each.key[:SHORT_KEY] for each in remembered.entries()]
        hint = nearest_or_all(key, known) if known else "no plan is remembered"
        raise QueryRefused(f'no plan has a key that begins with "{key}"; {hint}')
    if len(found) > 1:
        keys = ", ".join(each.key[: max(SHORT_KEY, len(key) + 4)] for each in found[:5])
        raise QueryRefused(f'"{key}" begins {len(found)} keys: {keys}{", …" if len(found) > 5 else ""}')
    told = {**_told(found[0]), **found[0].stored}
    if as_json:
        show.document(told)
        return 0
    for name, value in told.items():
        if name not in ("plan", "targets"):
            show.data(f"{name:<8} {show.plain(str(value))}")
    show.document(told.get("plan"))
    return 0


def clear(as_json: asking.AsJson = False) -> int:
    """Forget all plans."""
    count = _remembered().clear()
    if as_json:
        show.document({"cleared": count})
    else:
        show.data(f"{count} plan{'' if count == 1 else 's'} forgotten")
    return 0


def _remembered() -> Remembered:
    return plans(load_project(Path.cwd()))


def _told(entry: Entry) -> dict[str, JSON]:
    return {
        "key": entry.key,
        "made_at": _time(entry.made_at),
        "text": entry.text,
        "model": entry.model,
        "targets": list(entry.targets),
    }


def _tell_empty(count: int) -> None:
    if not count:
        show.note("no plan is remembered; one is where a model makes a plan that no rule covers")


def _targets(entry: Entry) -> str:
    return show.plain(", ".join(entry.targets) or "no target")


def _time(seconds: float | None) -> str | None:
    return (
        None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")
    )


def _short(text: str) -> str:
    plain = show.plain(text)
    return plain if len(plain) <= LONGEST_TEXT else f"{plain[: LONGEST_TEXT - 1]}…"
