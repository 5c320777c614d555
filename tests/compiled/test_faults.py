"""Whatever became of the files of the cache, decisions are those of a fresh compile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.compiled.opening import open_book
from router.config import load_project
from router.core.blocks import DamagedError, block
from router.core.query import Query
from router.rulebook.read import Reading
from router.rulebook.tree import Directory
from tests.command import Shell
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

pytestmark = pytest.mark.slow

Fault = Callable[[Kept], object]
OTHER_RULES: Final = '[branch-list]\nwhen = { any = ["branch", "branches of"] }\nuse = "mcp:git/git_push"\n'
LIE: Final = Query("which branches of the house")
"""What a rulebook of the other rules decides otherwise."""


def cut(path: Path, part: float) -> None:
    """Leave only the first part of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])


def of_another(project: Kept, *, key: bool) -> bytes:
    """Return the bytes of another project's rulebook, with the key of this one if it lies about it."""
    meta = open_book(str(project.home), project.book.stem).meta
    other = kept(project.directory.parent / "other", {**FILES, "rules/team/git.toml": OTHER_RULES})
    reading = Reading(Directory(other.directory), load_project(project.directory).settings)
    about = {"key": meta["key"] if key else "0" * 16, "surroundings": meta["surroundings"]}
    return reading.compiler(reading.sources).content(about)


def replaced(path: Path) -> None:
    """Put a folder in the place of a file."""
    path.unlink()
    path.mkdir()


def linked(path: Path, to: str) -> None:
    """Put a link in the place of a file."""
    path.unlink()
    path.symlink_to(to)


def emptied(folder: Path) -> None:
    """Put an empty file in the place of a folder."""
    shutil.rmtree(folder)
    folder.write_bytes(b"")


FAULTS: Final[dict[str, Fault]] = {
    "the rulebook is empty": lambda it: it.book.write_bytes(b""),
    "the rulebook is cut in its head": lambda it: cut(it.book, 0.01),
    "the rulebook is cut in half": lambda it: cut(it.book, 0.5),
    "the rulebook lacks its end": lambda it: cut(it.book, 0.999),
    "the rulebook is too long": lambda it: it.book.write_bytes(it.book.read_bytes() + b"\0"),
    "the rulebook is something else": lambda it: it.book.write_bytes(b"PK\3\4" * 2000),
    "the rulebook is of nothing but zeros": lambda it: it.book.write_bytes(bytes(it.book.stat().st_size)),
    "the rulebook is another project's": lambda it: it.book.write_bytes(of_another(it, key=False)),
    "the rulebook is a folder": lambda it: replaced(it.book),
    "the rulebook is a link to nothing": lambda it: linked(it.book, "nothing"),
    "the rulebook is a link to itself": lambda it: linked(it.book, it.book.name),
    "the rulebook is gone": lambda it: it.book.unlink(),
    "what was seen is empty": lambda it: it.seen.write_bytes(b""),
    "what was seen is cut": lambda it: cut(it.seen, 0.5),
    "what was seen is something else": lambda it: it.seen.write_bytes(b"PK\3\4" * 2000),
    "what was seen is the rulebook": lambda it: it.seen.write_bytes(it.book.read_bytes()),
    "what was seen is a folder": lambda it: replaced(it.seen),
    "what was seen is gone": lambda it: it.seen.unlink(),
    "another version saw nothing": lambda it: it.seen.write_bytes(block(None)),
    "another version saw a number": lambda it: it.seen.write_bytes(block(7)),
    "another version saw less": lambda it: it.seen.write_bytes(block(("key",))),
    "another version saw more": lambda it: it.seen.write_bytes(block((1, 2, 3, "key", 5))),
    "the folder is gone": lambda it: shutil.rmtree(it.folder),
    "the folder is a file": lambda it: emptied(it.folder),
    "the home is gone": lambda it: shutil.rmtree(it.home),
    "the home is a file": lambda it: emptied(it.home),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_became_of_the_cache_the_decisions_are_those_of_a_fresh_compile(
    project: Kept, fault: str
) -> None:
    wanted = told(fresh(project.directory))
    project.settle()
    FAULTS[fault](project)
    assert told(project.load()) == wanted
    assert told(project.load()) == wanted


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_became_of_the_cache_an_edit_shows_at_once(project: Kept, fault: str) -> None:
    project.settle()
    FAULTS[fault](project)
    project.write("rules/team/git.toml", OTHER_RULES)
    book = project.load()
    assert told(book) == told(fresh(project.directory))
    assert book.decide(LIE).rule == "git.branch-list"


@pytest.mark.parametrize(
    "fault",
    [each for each in FAULTS if "a folder" not in each and "a file" not in each and "link" not in each],
)
def test_a_damaged_cache_is_whole_again_after_the_next_call(project: Kept, fault: str) -> None:
    project.settle()
    FAULTS[fault](project)
    project.settle()
    assert project.unread() is not None


@pytest.mark.parametrize(
    "fault",
    ["the rulebook is empty", "the rulebook is cut in half", "what was seen is cut", "the home is a file"],
)
def test_the_command_answers_from_a_damaged_cache_as_from_none(tmp_path: Path, fault: str) -> None:
    with at_home(tmp_path):
        project = kept(tmp_path)
        wanted = decided(fresh(project.directory), QUERIES[3])
        project.settle()
        FAULTS[fault](project)
    done = Shell(project.directory, tmp_path).ts(
        "explain", "--json", QUERIES[3].text, TS_HOME=str(project.home)
    )
    assert (done.code, done.err) == (0, "")
    assert done.json["decision"] == wanted[0]
    assert done.json["verdicts"] == wanted[1]


# one byte


def test_every_block_may_be_damaged(project: Kept) -> None:
    wanted = told(fresh(project.directory))
    project.settle()
    whole = project.book.read_bytes()
    wrong = []
    for number, place in enumerate(places_of_blocks(project.book)):
        flipped(project.book, place)
        try:
            found = told(project.load())
        except DamagedError as error:
            found = error
        if found != wanted:
            wrong.append(number)
        project.book.write_bytes(whole)
        project.settle()
    assert not wrong


def test_every_block_may_be_damaged_before_an_edit(project: Kept) -> None:
    project.settle()
    whole, path, seen = project.book.read_bytes(), project.book, project.seen.read_bytes()
    project.write("rules/team/git.toml", OTHER_RULES)
    wanted = told(fresh(project.directory))
    wrong = []
    for number, place in enumerate(places_of_blocks(path)):
        for each in project.folder.glob("*.book"):
            each.unlink()
        path.write_bytes(whole)
        path.chmod(0o600)
        project.seen.write_bytes(seen)
        flipped(path, place)
        try:
            found = told(project.load())
        except DamagedError as error:
            found = error
        if found != wanted:
            wrong.append(number)
    assert not wrong


def test_a_byte_changed_anywhere_changes_no_decision(project: Kept) -> None:
    wanted = [decided(project.settle(), each) for each in QUERIES]
    whole = {path: path.read_bytes() for path in (project.book, project.seen)}

    @settings(max_examples=100)
    @given(
        st.sampled_from(sorted(whole)), st.floats(0, 1, exclude_max=True), st.sampled_from((1, 0x80, 0xFF))
    )
    def changed(path: Path, part: float, bits: int) -> None:
        for each, content in whole.items():
            each.write_bytes(content)
        flipped(path, int(part * len(whole[path])), bits)
        assert [decided(project.load(), each) for each in QUERIES] == wanted

    changed()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_each_byte_may_be_changed(project: Kept) -> None:
    wanted = [decided(project.settle(), each) for each in QUERIES]
    wrong = []
    for path in (project.book, project.seen):
        whole = path.read_bytes()
        for place in range(len(whole)):
            flipped(path, place)
            try:
                found = [decided(project.load(), each) for each in QUERIES]
            except DamagedError:
                found = []
            if found != wanted:
                wrong.append((path.suffix, place))
            path.write_bytes(whole)
    assert not wrong


# who may have written it

MODES: Final = {
    "the rulebook may be written by all": ("book", 0o666),
    "the rulebook may be written by a group": ("book", 0o620),
    "what was seen may be written by all": ("seen", 0o666),
    "what was seen may be written by a group": ("seen", 0o660),
    "the folder may be written by all": ("folder", 0o777),
    "the folder may be written by a group": ("folder", 0o770),
}
needs_owners = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")


@needs_owners
def test_a_rulebook_that_is_its_owners_alone_is_believed(project: Kept) -> None:
    project.settle()
    project.book.write_bytes(of_another(project, key=True))
    assert project.load().flat("git.branch-list").steps[0].use.member == "git_push"


@needs_owners
@pytest.mark.parametrize("case", MODES)
def test_what_others_may_write_is_not_believed(project: Kept, case: str) -> None:
    name, mode = MODES[case]
    wanted = decided(project.settle(), LIE)
    project.book.write_bytes(of_another(project, key=True))
    path: Path = getattr(project, name)
    path.chmod(mode)
    assert project.unread() is None
    if name != "seen":
        assert decided(project.load(), LIE) == wanted
        project.write("rules/team/money.toml", "")
        assert decided(project.load(), LIE)[2] == wanted[2]


@needs_owners
@pytest.mark.parametrize("name", ["book", "seen", "folder"])
def test_what_another_owns_is_not_believed(project: Kept, name: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    wanted = decided(project.settle(), LIE)
    project.book.write_bytes(of_another(project, key=True))
    os.chown(getattr(project, name), 65_534, 65_534)
    assert project.unread() is None
    if name != "seen":
        assert decided(project.load(), LIE) == wanted


@needs_owners
@pytest.mark.parametrize("name", ["folder", "home"])
def test_a_folder_that_may_not_be_written_is_no_fault(project: Kept, name: str) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    wanted = told(fresh(project.directory))
    project.home.mkdir()
    project.folder.mkdir()
    folder: Path = getattr(project, name)
    folder.chmod(0o500)
    try:
        assert told(project.load()) == wanted
        assert told(project.load()) == wanted
    finally:
        folder.chmod(0o700)


def test_a_disk_that_takes_nothing_more_is_no_fault(project: Kept) -> None:
    wanted = told(fresh(project.directory))
    with mock.patch("router.compiled.shelf.replace_file", side_effect=OSError(28, "No space left on device")):
        assert told(project.load()) == wanted
        assert told(project.load()) == wanted
    assert not list(project.folder.iterdir())
