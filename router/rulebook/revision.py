"""The files of a project as they are at a git revision; it reads the repository and changes nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final, NoReturn

from router.core.findings import Findings
from router.errors import Problem, RevisionUnknown
from router.rulebook.tree import FOLDERS
from router.toml.read import decoded

SETTINGS: Final = "ts.toml"
_FILE: Final = ("100644", "100755")
"""Modes of plain files in a tree (git-ls-tree); a symbolic link or a submodule has another."""
_LINK: Final = "120000"
_READ: Final = ("", ".toml", ".j2", ".txt")
"""Suffixes of what may hold rules, prompts or queries; a directory has none."""
_MOST_LINKS: Final = 5
"""Links behind links that are followed."""
_OF_HOOKS: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git tells its hooks of the repository that runs them, which need not be the project's."""
DEEPER: Final = "in a shallow clone fetch more, as with `git fetch --deepen 100` or `fetch-depth: 0`"


@dataclass(frozen=True, slots=True)
class Revision:
    """See `Tree`: what a commit holds below the project's directory."""

    name: str
    """As errors name it: `main`, `HEAD~3`, or the beginning of the commit's hash."""
    commit: str
    """Its full hash."""
    files: Mapping[str, bytes] = field(repr=False)

    def names(self, folder: str) -> Iterator[str]:
        """See `Tree`."""
        yield from sorted(name for name in self.files if name.startswith(f"{folder}/") and "/." not in name)

    def text(self, name: str, findings: Findings) -> str | None:
        """See `Tree`."""
        raw = self.files.get(name)
        return None if raw is None else decoded(raw, name, findings)

    def placed(self, problem: Problem) -> Problem:
        """Name the place of a problem as git writes it: `main:rules/team/git.toml`."""
        return replace(problem, file=f"{self.name}:{problem.file}") if problem.file in self.files else problem


def read_revision(project: Path, name: str, *, fork_of: str = "") -> Revision:
    """Return the project's files at a revision, or at the one where `fork_of` branched off from it.

    Works in a shallow clone, a worktree and a subdirectory. Symbolic links inside the repository are
    followed. Raises RevisionUnknown where there is no git, no repository, no such commit, or where the files
    are not in the repository.
    """
    git = _Git(project, name)
    commit = git.commit(name)
    if fork_of:
        shared = git.text("merge-base", commit, _Git(project, fork_of).commit(fork_of)).strip()
        if not shared:
            raise RevisionUnknown(name, f"there is no common ancestor with {fork_of}; {DEEPER}")
        commit, name = shared, shared[:12]
    return Revision(name, commit, git.contents(git.blobs(commit)))


@dataclass(frozen=True, slots=True)
class _Git:
    """Asks git of the repository around a project."""

    project: Path
    revision: str
    """For errors."""

    def commit(self, name: str) -> str:
        """Return the full hash of a commit."""
        verify = ("rev-parse", "--verify", "--quiet", "--end-of-options")
        found = self.text(*verify, name).strip()  # first by itself: `:/fix` takes all behind it for a text
        commit = self.text(*verify, f"{found}^{{commit}}").strip() if found else ""
        if commit:
            return commit
        shallow = self.text("rev-parse", "--is-shallow-repository").strip() == "true"
        raise RevisionUnknown(name, "there is no such commit" + (f"; {DEEPER}" if shallow else ""))

    def blobs(self, commit: str) -> dict[str, str]:
        """Return the hashes of the project's files at a commit, by path."""
        blobs: dict[str, str] = {}
        links = self._sort(self._listed("", commit, "--", SETTINGS, *FOLDERS), blobs)
        for _ in range(_MOST_LINKS):
            entries: list[tuple[str, str, str]] = []
            for link, (kind, id_) in zip(links, self._followed(commit, links), strict=True):
                if kind == "tree":
                    entries += self._listed(f"{link}/", "--full-tree", id_)
                elif kind == "blob":
                    blobs[link] = id_
                elif PurePosixPath(link).suffix in _READ:
                    self._refuse(link, "a symbolic link that leads out of the repository or nowhere")
            links = self._sort(entries, blobs)
        if links:
            self._refuse(links[0], "a symbolic link that leads to itself")
        return blobs

    def _listed(self, above: str, *arguments: str) -> Iterable[tuple[str, str, str]]:
        """Return mode, hash and path of everything below a tree."""
        for entry in filter(None, self.text("ls-tree", "-r", "-z", *arguments).split("\0")):
            about, _, path = entry.partition("\t")
            mode, _, id_ = about.split(" ")
            yield mode, id_, above + path

    def _sort(self, entries: Iterable[tuple[str, str, str]], blobs: dict[str, str]) -> list[str]:
        """Add plain files to the blobs, and return symbolic links."""
        links: list[str] = []
        for mode, id_, path in entries:
            if mode in _FILE:
                blobs[path] = id_
            elif mode == _LINK:
                links.append(path)
            else:
                self._refuse(path, "a submodule, whose files another repository holds")
        return links

    def _followed(self, commit: str, links: list[str]) -> Iterator[tuple[str, str]]:
        """Yield what each link leads to: `blob` or `tree` with its hash, or why it leads to neither."""
        asked = "".join(f"{commit}:./{each}\n" for each in links)
        answers = iter(self._batch("--batch-check", asked, "--follow-symlinks").split(b"\n"))
        for _ in links:
            first, second, *_rest = next(answers).decode(errors="replace").split(" ")
            if second in ("blob", "tree"):
                yield second, first
            else:
                next(answers)  # where it leads; see "--follow-symlinks" of git-cat-file
                yield first, ""

    def contents(self, blobs: Mapping[str, str]) -> dict[str, bytes]:
        """Return the bytes of blobs, by path."""
        raw = self._batch("--batch", "".join(f"{id_}\n" for id_ in blobs.values()))
        found: dict[str, bytes] = {}
        place = 0
        for path in blobs:
            end = raw.index(b"\n", place)
            header = raw[place:end].split()
            if len(header) != 3:
                self._refuse(path, "not there: " + raw[place:end].decode(errors="replace"))
            size = int(header[2])
            found[path] = raw[end + 1 : end + 1 + size]
            place = end + size + 2
        return found

    def _refuse(self, path: str, what: str) -> NoReturn:
        raise RevisionUnknown(self.revision, f"{path} is {what}")

    def _batch(self, kind: str, asked: str, *options: str) -> bytes:
        done = self._run("cat-file", kind, *options, given=os.fsencode(asked))
        if done.returncode:
            raise RevisionUnknown(self.revision, _reason(done))
        return done.stdout

    def text(self, *arguments: str) -> str:
        """Return what a git command prints; empty where it fails without a word."""
        done = self._run(*arguments)
        if done.returncode and done.stderr.strip():
            raise RevisionUnknown(self.revision, _reason(done))
        return "" if done.returncode else os.fsdecode(done.stdout)

    def _run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["git", "--no-optional-locks", *arguments],
                cwd=self.project,
                env=_environment(self.project),
                input=given,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise RevisionUnknown(self.revision, "git is not installed") from error


def _environment(project: Path) -> dict[str, str]:
    """Return the environment for git: in English, of the repository around the project if there is one."""
    kept = os.environ | {"LC_ALL": "C"}
    if any((above / ".git").exists() for above in (project, *project.parents)):
        return {name: value for name, value in kept.items() if name not in _OF_HOOKS}
    return kept


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return the first line of what git says went wrong."""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    first = lines[0] if lines else f"git ended with code {done.returncode}"
    return first.removeprefix("fatal: ").removeprefix("error: ")
