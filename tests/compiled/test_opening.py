"""What is opened unread says what a fresh compile says, and is opened only where nothing changed."""

from __future__ import annotations

import copy
import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from unittest import mock

import psutil
import pytest

import router
from router.compiled.opening import book_path, open_book, read_seen, seen_path, unchanged_book
from router.compiled.shelf import Shelf
from router.compiled.signs import MARGIN_NANOSECONDS, newest, signs
from router.config import load_project
from router.core.blocks import DamagedError
from router.core.book import Rulebook
from router.core.query import Query
from router.errors import ProjectNotFound, RulebookRefused
from tests.compiled.keeping import (
    FILES,
    QUERIES,
    Kept,
    at_home,
    decided,
    flipped,
    fresh,
    kept,
    places_of_blocks,
    told,
)

OTHER_RULES: Final = '[branch-list]\nwhen = { any = ["branch", "branches of"] }\nuse = "mcp:git/git_push"\n'
LIE: Final = Query("which branches of the house")
"""What a rulebook of the other rules decides otherwise."""


needs_owners = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")


def opened_young(project: Kept) -> Rulebook:
    """Open what is kept after the files were read, since they are too young to be told by their signs."""
    project.load()
    return project.load()


def opened_unread(project: Kept) -> Rulebook:
    project.settle()
    return project.load()


OPENED: Final[dict[str, Callable[[Kept], Rulebook]]] = {"young": opened_young, "unread": opened_unread}


@pytest.mark.parametrize("how", OPENED)
def test_damage_that_shows_late_is_mended_where_the_rules_are_as_they_were(project: Kept, how: str) -> None:
    wanted = told(fresh(project.directory))
    book = OPENED[how](project)
    for place in places_of_blocks(project.book):
        flipped(project.book, place)
    assert told(book) == wanted
    assert told(project.load()) == wanted


@pytest.mark.parametrize("how", OPENED)
def test_damage_that_shows_late_is_said_plainly_where_the_rules_changed(project: Kept, how: str) -> None:
    book = OPENED[how](project)
    for place in places_of_blocks(project.book):
        flipped(project.book, place)
    project.write("rules/team/git.toml", OTHER_RULES)
    with pytest.raises(RulebookRefused, match="damaged, and its rules have changed since"):
        book.decide(LIE)
    assert told(project.load()) == told(fresh(project.directory))


@pytest.mark.parametrize("how", OPENED)
def test_a_process_goes_on_with_the_rulebook_it_opened_when_the_file_is_gone(project: Kept, how: str) -> None:
    wanted = told(fresh(project.directory))
    book = OPENED[how](project)
    shutil.rmtree(project.home)
    assert told(book) == wanted


@pytest.mark.parametrize("how", OPENED)
def test_a_process_goes_on_with_the_rulebook_it_opened_when_rules_change(project: Kept, how: str) -> None:
    wanted = told(fresh(project.directory))
    book = OPENED[how](project)
    project.write("rules/team/git.toml", OTHER_RULES)
    project.load()
    assert told(book) == wanted


SHORTENED: Final = """
import os, pathlib, router
book = router.load(".")
(path,) = pathlib.Path(os.environ["TS_HOME"], "compiled").glob("*.book")
os.truncate(path, 5000)
print(book.decide("rule number w999 please").rule)
"""


def test_a_file_that_is_cut_while_a_process_reads_it_does_not_end_the_process(tmp_path: Path) -> None:
    many = "".join(f'[r{n}]\nwhen = {{ all = ["w{n}"] }}\nuse = "mcp:git/t{n}"\n' for n in range(1000))
    with at_home(tmp_path):
        project = kept(tmp_path, {"ts.toml": FILES["ts.toml"], "rules/team/many.toml": many})
        project.load()
    environment = {**os.environ, "TS_HOME": str(project.home)}
    done = subprocess.run(
        [sys.executable, "-c", SHORTENED],
        cwd=project.directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "many.r999\n"), done.stderr


# when nothing may be opened unread


def test_a_rulebook_that_nobody_uses_holds_no_file_even_where_nothing_collects_rings(project: Kept) -> None:
    me = psutil.Process()
    project.settle()
    before = [each.path for each in me.open_files()]
    gc.disable()
    try:
        for _ in range(5):
            for each in QUERIES:
                assert project.load().decide(each).verdicts is not None
        assert [each.path for each in me.open_files()] == before
    finally:
        gc.enable()


def test_nothing_is_opened_where_there_is_no_project(tmp_path: Path) -> None:
    assert unchanged_book(str(tmp_path), {"TS_HOME": str(tmp_path / "home")}) is None


def test_nothing_is_opened_where_there_is_no_home(project: Kept) -> None:
    project.settle()
    assert unchanged_book(str(project.directory), {"TS_HOME": "~nobody-of-that-name/ts"}) is None


def test_nothing_is_opened_of_which_nothing_was_seen(project: Kept) -> None:
    assert project.unread() is None
    assert read_seen(str(project.home), str(project.directory)) is None


def test_nothing_is_opened_by_another_path_to_the_same_project(project: Kept) -> None:
    project.settle()
    link = project.directory.with_name("link")
    link.symlink_to(project.directory)
    assert unchanged_book(str(link), os.environ) is None
    assert told(router.load(link)) == told(project.load())


@pytest.mark.parametrize(("age", "opened"), [(-1, False), (0, True), (1, True)])
def test_files_that_changed_shortly_before_are_not_told_by_their_signs(
    project: Kept, age: int, opened: bool
) -> None:
    found = signs(str(project.directory), str(project.home), os.environ, ())
    taken = newest(found) + MARGIN_NANOSECONDS + age
    with mock.patch("time.time_ns", return_value=taken):
        project.load()
    assert (project.unread() is not None) is opened


def test_a_rulebook_is_opened_from_every_folder_below_its_project(project: Kept) -> None:
    project.settle()
    for folder in ("rules", "rules/team", "prompts"):
        book = unchanged_book(str(project.directory / folder), os.environ)
        assert book is not None
        assert book.revision == fresh(project.directory).revision


@pytest.mark.parametrize("name", ["missing", "ts.toml", "rules/missing/further"])
def test_what_is_no_folder_has_no_rulebook_whether_or_not_one_is_kept(project: Kept, name: str) -> None:
    with pytest.raises(ProjectNotFound) as before:
        router.load(project.directory / name)
    project.settle()
    with pytest.raises(ProjectNotFound) as after:
        router.load(project.directory / name)
    assert str(after.value) == str(before.value)


def test_settings_are_read_when_somebody_asks_for_them(project: Kept) -> None:
    project.settle()
    unread = project.unread()
    assert unread is not None
    with pytest.raises(LookupError, match="without its settings"):
        _ = unread.settings
    assert project.load().settings == load_project(project.directory).settings


# the files


def test_a_rulebook_of_another_key_is_refused(project: Kept) -> None:
    project.settle()
    key = project.book.stem
    project.book.rename(book_path(str(project.home), "0" * 16))
    with pytest.raises(DamagedError, match="another key"):
        open_book(str(project.home), "0" * 16)
    with pytest.raises(FileNotFoundError):
        open_book(str(project.home), key)


def test_files_are_named_by_digests_so_that_no_path_is_told(project: Kept) -> None:
    project.settle()
    assert seen_path(str(project.home), str(project.directory)) == str(project.seen)
    assert all(len(each.stem) == 16 and each.stem.isalnum() for each in project.folder.iterdir())


@needs_owners
def test_files_and_folders_are_their_owners_alone_whatever_the_umask(project: Kept) -> None:
    before = os.umask(0)
    try:
        project.load()
    finally:
        os.umask(before)
    assert [each.stat().st_mode & 0o777 for each in (project.home, project.folder)] == [0o700, 0o700]
    assert {each.stat().st_mode & 0o777 for each in project.folder.iterdir()} == {0o600}


def test_what_nothing_has_changed_is_opened_with_no_file_read(project: Kept) -> None:
    wanted = told(fresh(project.directory))
    project.settle()
    with mock.patch("pathlib.Path.read_bytes", side_effect=AssertionError("a file was read")):
        book = project.unread()
        assert book is not None
        assert [decided(book, each) for each in QUERIES] == wanted["decisions"]
    assert told(project.load()) == wanted


def test_where_nothing_can_be_written_what_is_kept_is_opened_for_ever(project: Kept) -> None:
    project.settle()
    os.utime(project.book, (1, 1))
    with mock.patch("os.utime", side_effect=OSError(30, "Read-only file system")):
        assert project.unread() is not None
        assert Shelf(project.home, project.directory).open(project.book.stem, lambda: b"") is not None
    assert project.book.stat().st_mtime == 1
    assert project.unread() is not None
    assert project.book.stat().st_mtime > 1


@pytest.mark.parametrize("how", OPENED)
def test_a_rulebook_whose_file_is_damaged_is_mended_before_it_is_sent(project: Kept, how: str) -> None:
    wanted = told(fresh(project.directory))
    book = OPENED[how](project)
    for place in places_of_blocks(project.book):
        flipped(project.book, place)
    assert told(copy.copy(book)) == wanted
