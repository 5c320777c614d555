"""The files of a project as they are at a git revision; it reads the repository and changes nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from router.core.findings import Findings
from router.errors import RevisionUnknown
from router.rulebook.tree import FOLDERS
from router.toml.read import decoded

SETTINGS: Final = "ts.toml"
_FILE: Final = ("100644", "100755")
"""Modes of plain files in a tree (git-ls-tree); a symbolic link or a submodule has another."""


@dataclass(frozen=True, slots=True)
class Revision:
    """See `Tree`: what a commit holds below the project's directory."""

    name: str
    """As it was asked for: `main`, `HEAD~3`."""
    commit: str
    """Its full hash."""
    files: Mapping[str, bytes] = field(repr=False)
    links: frozenset[str] = frozenset()
    """Symbolic links, which cannot be followed here."""

    def names(self, folder: str) -> Iterator[str]:
        """See `Tree`."""
        hidden = (name for name in (*self.files, *self.links) if name.startswith(f"{folder}/"))
        yield from sorted(name for name in hidden if "/." not in name.rpartition("/")[0])

    def text(self, name: str, findings: Findings) -> str | None:
        """See `Tree`."""
        if name in self.links:
            findings.add(
                name, (), "is a symbolic link, which is not followed at a revision", code="unreadable"
            )
        raw = self.files.get(name)
        return None if raw is None else decoded(raw, name, findings)


def read_revision(project: Path, name: str, *, merge_base: bool = False) -> Revision:
    """Return the project's files at a revision; with `merge_base` where the work tree branched off from it.

    Works in a shallow clone, a worktree and a subdirectory. Raises RevisionUnknown where there is no git, no
    repository or no such commit.
    """
    commit = _git(project, name, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if not commit:
        raise RevisionUnknown(name, _unknown(project, name))
    if merge_base:
        shared = _git(project, name, "merge-base", commit.strip(), "HEAD")
        if not shared:
            raise RevisionUnknown(name, f"there is no common ancestor with HEAD; {DEEPER}")
        commit = shared
    commit = commit.strip()
    listed = _git(project, name, "ls-tree", "-r", "-z", commit, "--", SETTINGS, *FOLDERS)
    blobs: dict[str, str] = {}
    links: set[str] = set()
    for entry in filter(None, listed.split("\0")):
        about, _, path = entry.partition("\t")
        mode, _, blob = about.split(" ")
        if mode in _FILE:
            blobs[path] = blob
        elif mode == "120000":
            links.add(path)
    return Revision(name, commit, _contents(project, name, blobs), frozenset(links))


DEEPER: Final = "in a shallow clone fetch more, as with `git fetch --deepen 100` or `fetch-depth: 0`"


def _unknown(project: Path, name: str) -> str:
    shallow = _git(project, name, "rev-parse", "--is-shallow-repository").strip() == "true"
    return f"there is no such commit; {DEEPER}" if shallow else "there is no such commit"


def _contents(project: Path, name: str, blobs: Mapping[str, str]) -> dict[str, bytes]:
    """Return the bytes of blobs, by path."""
    asked = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    raw = _run(project, name, ("cat-file", "--batch"), asked).stdout
    found: dict[str, bytes] = {}
    place = 0
    for path in blobs:
        end = raw.index(b"\n", place)
        header = raw[place:end].split()
        if len(header) != 3:
            raise RevisionUnknown(
                name, f"git does not have {path}: {raw[place:end].decode(errors='replace')}"
            )
        size = int(header[2])
        found[path] = raw[end + 1 : end + 1 + size]
        place = end + size + 2
    return found


def _git(project: Path, name: str, *arguments: str) -> str:
    """Return what a git command prints; empty where it fails without a word."""
    done = _run(project, name, arguments, b"")
    if done.returncode and done.stderr.strip():
        reason = done.stderr.decode(errors="replace").strip().splitlines()[0].removeprefix("fatal: ")
        raise RevisionUnknown(name, reason)
    return done.stdout.decode(errors="surrogateescape") if not done.returncode else ""


def _run(
    project: Path, name: str, arguments: tuple[str, ...], given: bytes
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", "--no-optional-locks", *arguments],
            cwd=project,
            input=given,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise RevisionUnknown(name, "git is not installed") from error
