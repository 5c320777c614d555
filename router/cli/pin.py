"""`ts pin`: show what servers and agents say of themselves, and write down that it was reviewed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

import anyio
import typer

from router.cli import asking, show
from router.cli.discover import ask_all, chosen
from router.config import Project
from router.core.book import Rulebook
from router.core.plan import JSON
from router.disk import replace_file
from router.errors import CallError, SettingsRefused
from router.loading import loaded
from router.pins import (
    LOCK_FILE,
    Change,
    Flag,
    Pinned,
    changes,
    escaped,
    flags,
    lock_text,
    pinned,
    read_lock,
)
from router.ports import Offer
from router.wiring import opened

_SIGNS = {"new": "+", "gone": "-", "changed": "~"}
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Servers or agents; all by default.")]
Yes = Annotated[bool, typer.Option("--yes", help=f"Write {LOCK_FILE} without asking.")]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 if something differs.")]


@dataclass(frozen=True, slots=True)
class Review:
    """What was reviewed, what is said now, and what stands out in it."""

    before: Pinned
    after: Pinned
    offers: tuple[Offer, ...]
    failures: tuple[CallError, ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def silent(self) -> frozenset[str]:
        """Those that did not answer."""
        return frozenset(each.target for each in self.failures)

    @property
    def changes(self) -> dict[str, tuple[Change, ...]]:
        """What differs, by server or agent; those that do not differ are left out."""
        targets = sorted({*self.before, *self.after})
        found = {each: tuple(changes(self.before.get(each), self.after.get(each))) for each in targets}
        return {target: differs for target, differs in found.items() if differs}


def pin(names: Names = None, yes: Yes = False, check: Check = False, as_json: asking.AsJson = False) -> int:
    """Show how what servers and agents say of themselves differs from ts.lock, and write it there."""
    if yes and check:
        raise typer.BadParameter("--check writes nothing, so there is nothing to say --yes to")
    project, book = loaded()
    before = _before(project, whole=not names)
    review = anyio.run(_reviewed, project, book, before, names or [])
    differs = review.changes
    if not as_json:
        _print(review, differs)
    written = bool(differs) and not check and (yes or _agreed(as_json=as_json))
    if written:
        replace_file(project.directory / LOCK_FILE, lock_text(review.after).encode())
    if as_json:
        show.document(_document(review, differs, written=written))
    for failure in review.failures:
        show.error(failure)
    if not as_json:
        show.note(_ended(review, differs, written=written, check=check))
    return show.EXIT_FAILED if review.failures or (differs and not written) else 0


def _before(project: Project, *, whole: bool) -> Pinned:
    """Return what is pinned; a file that cannot be read is only written anew as a whole."""
    try:
        return read_lock(project.directory) or {}
    except SettingsRefused as error:
        if not whole:
            raise
        show.error(error)
        return {}


async def _reviewed(project: Project, book: Rulebook, before: Pinned, names: list[str]) -> Review:
    """Ask for what is offered now; who does not answer keeps what is pinned."""
    peers = chosen(book.settings, names)
    async with opened(project, book) as router:
        offers, failures = await ask_all(router, peers)
        known = (*offers, *router.catalogue.offers())
    there = {f"{scheme}:{name}" for scheme, name in peers}
    kept = {target: each for target, each in before.items() if names or target in there}
    now = {f"{each.scheme}:{each.name}": pinned(each) for each in offers}
    found = tuple(flag for each in offers for flag in flags(each, known))
    return Review(before, {**kept, **now}, tuple(offers), tuple(failures), found)


def _print(review: Review, differs: Mapping[str, tuple[Change, ...]]) -> None:
    for target in sorted({*review.before, *review.after}):
        show.data(f"{escaped(target)}  {_summary(target, review, differs.get(target, ()))}")
        for each in _lines(differs.get(target, ())):
            show.data(each)
        for flag in review.flags:
            if flag.target.partition("/")[0] == escaped(target):
                show.data(f"  ! {flag}")


def _summary(target: str, review: Review, differs: tuple[Change, ...]) -> str:
    if target in review.silent:
        return "does not answer; what is pinned stays"
    members = dict.fromkeys((each.member, each.state) for each in differs if each.member or each.part)
    states = [state for _, state in members]
    counts = [f"{states.count(state)} {state}" for state in _SIGNS if state in states]
    return ", ".join(counts) or (differs[0].state if differs else "as reviewed")


def _lines(differs: tuple[Change, ...]) -> Iterator[str]:
    for each in differs:
        if each.member or each.part:
            yield f"  {_SIGNS[each.state]} {escaped(each.member)}{': ' if each.member else ''}{each}"
        yield from (f"      {line}" for line in each.lines())


def _agreed(*, as_json: bool) -> bool:
    """Ask the person at the terminal; where nobody is there, nobody agrees."""
    if as_json or sys.stdin is None or not sys.stdin.isatty():
        return False
    return typer.confirm(f"write {LOCK_FILE}?", default=False, err=True)


def _ended(review: Review, differs: Mapping[str, object], *, written: bool, check: bool) -> str:
    if not review.before and not review.after:
        return "no server or agent is configured; add [mcp.NAME] or [a2a.NAME] to ts.toml"
    if written:
        return f"{LOCK_FILE} is written; commit it"
    if not differs:
        return f"{LOCK_FILE} says the same"
    return f"{LOCK_FILE} is not written; " + ("`ts pin` writes it" if check else "--yes writes it unasked")


def _document(review: Review, differs: Mapping[str, tuple[Change, ...]], *, written: bool) -> dict[str, JSON]:
    return {
        "file": LOCK_FILE,
        "written": written,
        "changes": [
            {
                "target": f"{target}/{each.member}" if each.member else target,
                "state": each.state,
                "part": each.part,
                "before": each.before,
                "after": each.after,
            }
            for target, found in differs.items()
            for each in found
        ],
        "flags": [each.to_dict() for each in review.flags],
        "errors": [each.to_dict() for each in review.failures],
    }
