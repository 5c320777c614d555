"""Processes and threads may compile and ask at once; what cannot be kept or read is no more than slow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from unittest import mock

import pytest

from router.compiled.shelf import Shelf
from router.config import load_project
from router.core.plan import JSON
from router.core.query import Query
from router.errors import RulebookRefused
from router.loading import book_of
from tests.compiled.changing import (
    agrees,
)
from tests.compiled.keeping import QUERIES, Kept, at_home, decided, flipped, fresh, kept, told


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Kept]:
    """Write a project whose state is kept beside it, with nothing compiled yet."""
    with at_home(tmp_path), mock.patch.dict(os.environ, {"TOKEN": "t"}):
        yield kept(tmp_path)


AT_ONCE: Final = """
import hashlib, os, pathlib, sys, router
sys.stdin.readline()
folder = pathlib.Path(os.environ["TS_HOME"], "compiled")
for number in range(12):
    if number % 3 == int(sys.argv[1]):
        for each in folder.glob("*"):
            each.unlink(missing_ok=True)
    if number % 4 == int(sys.argv[1]):
        os.utime("rules/team/git.toml")
    book = router.load(".")
    decisions = [book.decide(each) for each in sys.argv[2:]]
    told = [(each.to_dict(), [verdict.to_dict() for verdict in each.verdicts]) for each in decisions]
    print(hashlib.sha256(repr((book.revision, told, list(book.rules))).encode()).hexdigest())
"""


def test_processes_that_compile_at_once_do_not_disturb_each_other(project: Kept) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-W", "error", "-c", AT_ONCE]
    running = [
        subprocess.Popen(
            [*command, str(number), *(each.text for each in QUERIES)],
            cwd=project.directory, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for number in range(3)
    ]  # fmt: skip
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    done = [each.communicate(timeout=120) for each in running]
    assert [err for _, err in done] == [""] * 3
    assert [each.returncode for each in running] == [0] * 3
    assert len({line for out, _ in done for line in out.splitlines()}) == 1
    assert [each for each in project.folder.iterdir() if each.suffix not in (".book", ".seen")] == []
    agrees(project)


def test_threads_may_ask_one_rulebook_and_load_it_at_once(project: Kept) -> None:
    wanted = [decided(fresh(project.directory), each) for each in QUERIES]
    book = project.settle()

    def asked(number: int) -> JSON:
        own = book if number % 2 else project.load()
        return [decided(own, each) for each in QUERIES]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(asked, range(24))) == [wanted] * 24


def test_a_rulebook_that_is_not_kept_is_the_same(project: Kept) -> None:
    wanted = told(fresh(project.directory))
    with mock.patch.object(Shelf, "keep", return_value=False):
        assert told(project.load()) == wanted
    assert not project.home.exists() or not list(project.folder.glob("*.book"))


def test_one_project_at_a_time_is_asked_for_with_its_own_settings(project: Kept) -> None:
    made = load_project(project.directory)
    book = book_of(made)
    assert book.settings is made.settings
    project.settle()
    assert book_of(made).settings is made.settings


@pytest.mark.parametrize("file", ["rules/team/git.toml", "rules/vocab.toml", "prompts/history.md.j2"])
def test_damage_that_shows_when_files_cannot_be_read_any_more_is_said(project: Kept, file: str) -> None:
    project.load()
    book = project.load()
    for place in range(500, project.book.stat().st_size, 10):
        flipped(project.book, place)
    (project.directory / file).write_bytes(b"\xff")
    with pytest.raises(RulebookRefused, match="damaged, and its rules have changed since"):
        book.decide(Query("how far is the branch"))
