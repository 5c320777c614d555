"""What is kept is written whole, is private, is shared by content, and never grows without end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from unittest import mock

import pytest

from router.compiled.opening import book_path, open_book, read_seen
from router.compiled.shelf import MOST_BOOKS, MOST_SEEN, Shelf
from router.compiled.signs import Signs
from router.core.blocks import Blocks, block, joined
from router.core.filed import Filed
from router.core.indexing import CompiledRule
from tests.compiled.keeping import Kept, at_home, flipped, fresh, kept, places_of_blocks, told

NO_SIGNS: Final[Signs] = ((), ("", ()), ())
MANY: Final = 1_000_000_000


def never() -> bytes:
    raise AssertionError


def content(key: str, surroundings: str = "") -> bytes:
    """Return the least that is a compiled rulebook."""
    meta = {
        "key": key, "surroundings": surroundings, "buckets": 1, "rules": 0, "always": (), "always_near": (),
        "revision": "r:0", "layers": (),
    }  # fmt: skip
    return joined([block(each) for each in (meta, (), {}, {}, (), {})])


def aged(path: Path, seconds: int) -> None:
    """Make a file so many seconds old."""
    os.utime(path, ns=(MANY * (MANY - seconds), MANY * (MANY - seconds)))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "home", tmp_path / "project")


def books(shelf: Shelf) -> set[str]:
    return {each.stem for each in (shelf.home / "compiled").glob("*.book")}


def test_what_is_kept_is_opened_by_its_key(shelf: Shelf) -> None:
    assert shelf.open("a", never) is None
    shelf.keep("a", content("a"))
    shelf.keep("b", content("b"))
    found = shelf.open("a", never)
    assert found is not None
    assert found.meta["key"] == "a"
    assert books(shelf) == {"a", "b"}


def test_nothing_but_the_files_is_left_behind(shelf: Shelf) -> None:
    for _ in range(3):
        shelf.keep("a", content("a"))
        shelf.saw(NO_SIGNS, 7, ["ONE"], "a")
    assert len(list((shelf.home / "compiled").iterdir())) == 2


def test_what_was_seen_is_read_back(shelf: Shelf) -> None:
    shelf.saw((("x",), ("py", (("f", 1, 2, 3, 4),)), (("g", -1, -1, -1, -1),)), 7, iter(["ONE"]), "a")
    assert read_seen(str(shelf.home), str(shelf.project)) == (
        (("x",), ("py", (("f", 1, 2, 3, 4),)), (("g", -1, -1, -1, -1),)),
        7,
        ("ONE",),
        "a",
    )


def test_the_oldest_rulebooks_go_first(shelf: Shelf) -> None:
    for number in range(MOST_BOOKS):
        shelf.keep(f"k{number:02}", content(f"k{number:02}"))
        aged(Path(book_path(str(shelf.home), f"k{number:02}")), MANY // 2 - number)
    shelf.keep("new", content("new"))
    assert books(shelf) == {"new", *(f"k{number:02}" for number in range(1, MOST_BOOKS))}


def test_a_rulebook_that_was_wanted_goes_last(shelf: Shelf) -> None:
    for number in range(MOST_BOOKS):
        shelf.keep(f"k{number:02}", content(f"k{number:02}"))
        aged(Path(book_path(str(shelf.home), f"k{number:02}")), MANY // 2 - number)
    shelf.open("k00", never)
    shelf.keep("new", content("new"))
    assert books(shelf) == {"new", "k00", *(f"k{number:02}" for number in range(2, MOST_BOOKS))}


def test_what_was_seen_longest_ago_goes_first(tmp_path: Path) -> None:
    shelves = [Shelf(tmp_path / "home", tmp_path / str(number)) for number in range(MOST_SEEN)]
    folder = tmp_path / "home" / "compiled"
    for number, each in enumerate(shelves):
        each.saw(NO_SIGNS, number, (), "a")
        for path in folder.glob("*.seen"):
            if path.stat().st_mtime_ns > MANY * MANY:
                aged(path, MANY // 2 - number)
    Shelf(tmp_path / "home", tmp_path / "new").saw(NO_SIGNS, 0, (), "a")
    assert len(list(folder.iterdir())) == MOST_SEEN
    assert read_seen(str(tmp_path / "home"), str(tmp_path / "0")) is None
    assert read_seen(str(tmp_path / "home"), str(tmp_path / "1")) is not None


def test_a_file_that_another_process_removes_meanwhile_is_no_fault(shelf: Shelf) -> None:
    for number in range(MOST_BOOKS + 1):
        shelf.keep(str(number), content(str(number)))
    (shelf.home / "compiled" / "gone.book").symlink_to("nothing")
    shelf.keep("new", content("new"))
    assert shelf.open("new", never) is not None


def test_a_project_whose_rulebook_was_removed_compiles_it_anew(project: Kept) -> None:
    project.settle()
    for number in range(MOST_BOOKS):
        Shelf(project.home, project.directory).keep(f"{number}", content(f"{number}"))
    for path in project.folder.glob("*.book"):
        if len(path.stem) == 16:
            path.unlink()
    assert told(project.load()) == told(fresh(project.directory))


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"")
    shelf = Shelf(tmp_path / "home", tmp_path / "project")
    shelf.keep("a", content("a"))
    shelf.saw(NO_SIGNS, 7, (), "a")
    assert shelf.open("a", never) is None
    assert shelf.former("") == {}


def test_a_home_is_made_with_all_above_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "above" / "home", tmp_path)
    shelf.keep("a", content("a"))
    assert shelf.open("a", never) is not None


def test_a_write_that_is_cut_off_leaves_what_was_there(shelf: Shelf) -> None:
    shelf.keep("a", content("a"))
    with mock.patch("pathlib.Path.replace", side_effect=OSError(5, "Input/output error")):
        shelf.keep("a", b"something else")
    assert shelf.open("a", never) is not None
    assert [each.name for each in (shelf.home / "compiled").iterdir()] == ["a.book"]


def test_projects_of_the_same_content_share_a_rulebook(tmp_path: Path) -> None:
    with at_home(tmp_path):
        one = kept(tmp_path)
        other = Kept(kept(tmp_path / "other").directory, one.home)
        assert told(one.settle()) == told(other.settle())
        assert len(list(one.folder.glob("*.seen"))) == 2
        assert one.book.is_file()
        one.write("rules/team/git.toml", "")
        assert told(one.load()) != told(other.load())
        assert told(other.load()) == told(fresh(other.directory))


# rules of the last time


def former(project: Kept, surroundings: str | None = None) -> dict[tuple[str, str], tuple[CompiledRule, ...]]:
    """Return the rules of the last rulebook as the next one would take them."""
    meta = open_book(str(project.home), project.book.stem).meta
    found = Shelf(project.home, project.directory).former(
        meta["surroundings"] if surroundings is None else surroundings
    )
    assert isinstance(found, dict)
    return found


def test_the_rules_of_the_last_time_are_found_by_their_files(project: Kept) -> None:
    project.settle()
    found = former(project)
    assert {name: [rule.id for rule in rules] for (name, _), rules in found.items()} == {
        "rules/vocab.toml": [],
        "rules/guard/stop.toml": ["stop.picture", "stop.secret"],
        "rules/team/git.toml": ["git.branch-list", "git.history", "git.status"],
        "rules/team/money.toml": ["money.noted", "money.refund", "money.refund-some", "money.refund-tried"],
        "rules/team/steps.toml": ["steps.both"],
    }
    (stop,) = (rules for (name, _), rules in found.items() if name == "rules/guard/stop.toml")
    assert {rule.layer for rule in stop} == {"guard"}
    assert [rule.line for rule in stop] == [7, 2]


def test_nothing_is_taken_that_was_compiled_in_other_surroundings(project: Kept) -> None:
    project.settle()
    assert former(project, "others") == {}


def test_nothing_is_taken_where_nothing_was_seen(project: Kept) -> None:
    assert Shelf(project.home, project.directory).former("") == {}


def test_no_rule_is_taken_whose_block_is_damaged(project: Kept) -> None:
    project.settle()
    filed = Filed(Blocks(project.book.read_bytes()))
    first = Blocks(project.book.read_bytes()).count - 2 * len(filed)
    for place in places_of_blocks(project.book)[first : first + len(filed)]:
        flipped(project.book, place)
    assert [rule.id for rules in former(project).values() for rule in rules] == []
