"""Which commits a message asks for and what git says of them; nothing here writes notes or answers.

No name that a user gives reaches a git command but through `git rev-parse --verify --end-of-options`;
everything else is asked by hash.
"""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path

MOST_COMMITS = 500
LARGEST_OUTPUT_BYTES = 4_000_000
GIT_SECONDS = 20.0


class Refused(Exception):
    """What was asked for cannot be drafted; the message says why."""


class RangeMissing(Exception):
    """Neither the message nor the tags say which commits are meant."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which commits are asked for; all empty for those since the last tag."""

    since: str = ""
    """A commit, tag or branch; its own commit is left out."""
    until: str = ""
    """A commit, tag or branch; empty for HEAD."""
    count: int = 0
    """That many of the newest; 0 for all."""


REF = r"[^\s,;'\"`]+"
UP_TO = rf"(?:\s+(?:until|to|up to)\s+(?P<until>{REF}))?"
SPANS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:between|from)\s+(?P<since>{REF})\s+(?:and|to|until)\s+(?P<until>{REF})",
        r"(?<!\S)(?P<since>[^\s,;'\"`]+?)\.\.(?P<until>[^\s,;'\"`.][^\s,;'\"`]*)",
        r"\blast\s+(?:(?P<count>\d{1,6})\s+)?commits?\b",
        r"\b(?:since|after)\s+(?:the\s+)?(?:last|latest|previous)\s+(?:tag|release|version)\b",
        rf"\b(?:since|after)\s+(?:tag\s+|release\s+|version\s+)?(?P<since>{REF}){UP_TO}",
        r"\bfor\s+(?:tag\s+|release\s+|version\s+)?(?P<until>v?\d+(?:\.\w+)+(?:-[\w.]+)?)",
    )
)
ANSWERS = (re.compile(r"\s*(?P<count>\d{1,6})\s*"), re.compile(rf"\s*(?P<since>{REF})\s*"))
"""How a question for the range may be answered shortly: a number of commits, or where to start."""


def span_of(text: str, *, answering: bool = False) -> Span:
    """Read the commits that a message asks for; `answering` takes a bare number or name as well."""
    found = next((match for pattern in SPANS if (match := pattern.search(text))), None)
    if found is None and answering:
        found = next((match for pattern in ANSWERS if (match := pattern.fullmatch(text))), None)
    if found is None:
        return Span()
    named = {name: (value or "").strip(".,:!?()") for name, value in found.groupdict().items()}
    if "count" in named:
        if (count := int(named["count"] or 1)) == 0:
            raise Refused("the last 0 commits are none")
        return Span(count=count)
    return Span(named.get("since", ""), named.get("until", ""))


def span_in(data: dict[str, object], span: Span) -> Span:
    """Return the span with what a data part says instead."""
    if unknown := sorted(data.keys() - {"repo_path", "since", "until", "count"}):
        raise Refused(f"unknown key {', '.join(unknown)}; there are repo_path, since, until and count")
    count = data.get("count", span.count)
    if not isinstance(count, int | float) or count < 0:
        raise Refused(f"count is not a number of commits: {count}")
    return Span(str(data.get("since", span.since)), str(data.get("until", span.until)), int(count))


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit, without its changes."""

    hash: str
    author: str
    day: str
    subject: str
    breaking: bool


async def git(repository: Path, *arguments: str) -> str:
    """Return what git writes, with no shell, pager, prompt or inherited `GIT_` variable; raises Refused."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    process = await asyncio.create_subprocess_exec(
        *("git", "--no-pager", "-C", str(repository), *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"},
    )
    written = bytearray()
    try:
        async with asyncio.timeout(GIT_SECONDS):
            while process.stdout and (chunk := await process.stdout.read(65_536)):
                written += chunk
                if len(written) > LARGEST_OUTPUT_BYTES:
                    raise Refused(f"the history is longer than {LARGEST_OUTPUT_BYTES:,} bytes; narrow it")
            if await process.wait():
                raise Refused(f"git {arguments[0]} failed in {repository}")
    except TimeoutError:
        raise Refused(f"git {arguments[0]} took longer than {GIT_SECONDS:g} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return written.decode(errors="replace")


async def resolved(repository: Path, name: str) -> str:
    """Return the hash of a commit, tag or branch, so that no name of a user ever reaches `git log`."""
    if name.startswith("-") or len(name) > 200:
        raise Refused(f'"{name[:40]}" is not the name of a commit, tag or branch')
    try:
        return (
            await git(repository, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
        ).split()[-1]
    except Refused:
        tags = (await git(repository, "tag", "--sort=-creatordate")).split()[:5]
        known = f"; the newest tags are {', '.join(tags)}" if tags else ""
        raise Refused(f'"{name}" is not a commit, tag or branch of {repository.name}{known}') from None


async def tag_before(repository: Path, commit: str) -> str:
    """Return the nearest tag at or before a commit's hash, or an empty string."""
    try:
        return (await git(repository, "describe", "--tags", "--abbrev=0", commit)).strip()
    except Refused:
        return ""


async def completed(repository: Path, span: Span) -> Span:
    """Fill in what the message left open; raises RangeMissing where no tag can."""
    if span.since or span.count:
        return Span(span.since, span.until or "HEAD", span.count)
    until = await resolved(repository, span.until or "HEAD")
    since = await tag_before(repository, f"{until}^" if span.until else until)
    if not since and not span.until:
        raise RangeMissing
    return Span(since, span.until or "HEAD")


async def commits_of(repository: Path, span: Span) -> list[Commit]:
    """Return the commits, newest first, without merges; at most one more than MOST_COMMITS."""
    until = await resolved(repository, span.until)
    among = f"{await resolved(repository, span.since)}..{until}" if span.since else until
    most = min(span.count or MOST_COMMITS + 1, MOST_COMMITS + 1)
    layout = "--format=%h%x1f%an%x1f%cs%x1f%s%x1f%b%x1e"
    flags = ("--no-merges", "--no-color", "--no-show-signature", "--encoding=UTF-8", f"--max-count={most}")
    records = (await git(repository, "log", *flags, layout, "--end-of-options", among, "--")).split("\x1e")
    return [_commit(*record.lstrip("\n").split("\x1f", 4)) for record in records if "\x1f" in record]


def _commit(digest: str, author: str, day: str, subject: str, body: str) -> Commit:
    clean = "".join(each for each in subject if each.isprintable())
    breaking = bool(re.search(r"^BREAKING[ -]CHANGE:", body, re.MULTILINE))
    return Commit(digest, author, day, clean, breaking)
