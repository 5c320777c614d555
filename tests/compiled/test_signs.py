"""Every change of what a rulebook is made of shows in its signs, and nothing else does."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from unittest import mock

import pytest

import router
from router.compiled import signs as module
from router.compiled.signs import GONE, Signs, newest, program, signs
from tests.compiled.keeping import Kept, tick

Change = Callable[[Kept], object]
ENVIRONMENT: Final = {"TS_LANGUAGE": "english", "TOKEN": "t", "PATH": "/bin"}


def of(project: Kept, *references: str, **changed: str) -> Signs:
    """Return the signs of a project in an environment of our own."""
    environment = {**ENVIRONMENT, **changed}
    return signs(str(project.directory), str(project.home), environment, references)


def in_place(project: Kept) -> None:
    """Edit a file so that size, time and number on the disk are as they were."""
    path = project.directory / "rules/team/git.toml"
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"#")
    tick(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (
        before.st_size,
        before.st_mtime_ns,
        before.st_ino,
    )


def moved(project: Kept, name: str, to: str) -> None:
    path = project.directory / to
    path.parent.mkdir(parents=True, exist_ok=True)
    (project.directory / name).rename(path)


def each_of(*changes: Change) -> Change:
    """Make one change of several."""

    def change(project: Kept) -> None:
        for each in changes:
            each(project)

    return change


def linked(project: Kept, name: str, to: str) -> None:
    path = project.directory / name
    path.unlink(missing_ok=True)
    path.symlink_to(to)


CHANGES: Final[dict[str, Change]] = {
    "a file is written in place and its time set back": in_place,
    "a file of rules is added": lambda it: it.write("rules/team/new.toml", ""),
    "a layer is added": lambda it: it.write("rules/learned/new.toml", ""),
    "a file is removed": lambda it: (it.directory / "rules/team/git.toml").unlink(),
    "a folder is removed": lambda it: shutil.rmtree(it.directory / "rules/team"),
    "all rules are removed": lambda it: shutil.rmtree(it.directory / "rules"),
    "a file is renamed": lambda it: moved(it, "rules/team/git.toml", "rules/team/tig.toml"),
    "a file moves to another layer": lambda it: moved(it, "rules/team/git.toml", "rules/guard/git.toml"),
    "two files change places": each_of(
        lambda it: moved(it, "rules/team/git.toml", "x"),
        lambda it: moved(it, "rules/team/money.toml", "rules/team/git.toml"),
        lambda it: moved(it, "x", "rules/team/money.toml"),
    ),
    "a copy with the same time takes a file's place": each_of(
        lambda it: shutil.copy2(it.directory / "rules/team/git.toml", it.directory / "x"),
        lambda it: moved(it, "x", "rules/team/git.toml"),
    ),
    "a file is touched": lambda it: os.utime(it.directory / "rules/team/git.toml", (1, 1)),
    "a prompt changes": lambda it: it.write("prompts/history.md.j2", "{{ text }}"),
    "a prompt is added": lambda it: it.write("prompts/deep/new.j2", ""),
    "the words change": lambda it: it.write("rules/vocab.toml", "[words]"),
    "the settings change": lambda it: it.write("ts.toml", ""),
    "the settings are gone": lambda it: (it.directory / "ts.toml").unlink(),
    "the person gets settings": each_of(
        lambda it: it.home.mkdir(),
        lambda it: (it.home / "config.toml").write_text(""),
    ),
    "a link leads elsewhere": lambda it: linked(it, "rules/team/link.toml", "money.toml"),
    "a link leads nowhere": lambda it: linked(it, "rules/team/link.toml", "nothing"),
    "a linked file changes": lambda it: it.write("elsewhere/shared.toml", "#"),
    "a linked folder gets a file": lambda it: it.write("elsewhere/further.toml", ""),
    "rules are a file": each_of(
        lambda it: shutil.rmtree(it.directory / "rules"),
        lambda it: (it.directory / "rules").write_bytes(b""),
    ),
}


@pytest.fixture
def linking(project: Kept) -> Kept:
    """Write a project with a linked file and a linked folder."""
    project.write("elsewhere/shared.toml", "")
    linked(project, "rules/team/link.toml", "git.toml")
    linked(project, "rules/shared", "../elsewhere")
    return project


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows(linking: Kept, change: str) -> None:
    before = of(linking)
    assert of(linking) == before
    CHANGES[change](linking)
    try:
        assert of(linking) != before
    except OSError:  # which is a sign as well: who asks must look at all anew
        assert "are a file" in change


def test_no_prompts_and_then_prompts_that_are_a_file_show(project: Kept) -> None:
    shutil.rmtree(project.directory / "prompts")
    before = of(project)
    (project.directory / "prompts").write_bytes(b"")
    try:
        assert of(project) != before
    except OSError:
        return


UNSEEN: Final[dict[str, Change]] = {
    "a hidden file": lambda it: it.write("rules/team/.git.toml.swp", "x"),
    "a hidden folder": lambda it: it.write("rules/.cache/x.toml", "x"),
    "the corpus": lambda it: it.write("corpus/queries.txt", "x"),
    "a file beside": lambda it: it.write("README.md", "x"),
    "a reading": lambda it: (it.directory / "rules/team/git.toml").read_bytes(),
    "what is kept": lambda it: it.write("../home/compiled/x.book", "x"),
}


@pytest.mark.parametrize("change", UNSEEN)
def test_what_bears_on_no_rulebook_does_not_show(project: Kept, change: str) -> None:
    before = of(project)
    UNSEEN[change](project)
    assert of(project) == before


VARIABLES: Final = {
    "a variable of ours changes": ({"TS_LANGUAGE": "german"}, True),
    "a variable of ours is added": ({"TS_AMBIGUOUS": "error"}, True),
    "a variable of ours is added that is empty": ({"TS_AMBIGUOUS": ""}, True),
    "name and value are cut elsewhere": ({"TS_LANGUAGE": "", "TS_LANGUAGEenglish": ""}, True),
    "a variable that is named changes": ({"TOKEN": "u"}, True),
    "a variable that is named becomes empty": ({"TOKEN": ""}, True),
    "the home is said to be elsewhere": ({"TS_HOME": "/elsewhere"}, False),
    "another variable changes": ({"PATH": "/usr/bin"}, False),
}


@pytest.mark.parametrize("case", VARIABLES)
def test_variables_show_where_they_bear_on_it(project: Kept, case: str) -> None:
    changed, shows = VARIABLES[case]
    assert (of(project, "TOKEN", **changed) != of(project, "TOKEN")) is shows


def test_a_variable_that_is_not_set_differs_from_an_empty_one(project: Kept) -> None:
    fixed = str(project.directory), str(project.home)
    assert signs(*fixed, {}, ["TOKEN"]) != signs(*fixed, {"TOKEN": ""}, ["TOKEN"])


def test_no_value_of_a_variable_can_be_read_from_the_signs(project: Kept) -> None:
    assert "hunter2" not in repr(
        of(project, "TOKEN", **dict.fromkeys(("TOKEN", "TS_MCP__GIT__ARGS"), "hunter2"))
    )


def test_the_order_of_variables_and_references_does_not_show(project: Kept) -> None:
    fixed = str(project.directory), str(project.home)
    turned = dict(reversed(ENVIRONMENT.items()))
    assert signs(*fixed, ENVIRONMENT, ["TOKEN", "PATH"]) == signs(*fixed, turned, ["PATH", "TOKEN"])


def test_a_variable_that_is_not_utf_8_is_told_as_any_other(project: Kept) -> None:
    odd = os.fsdecode(b"\xff")
    assert of(project, "TOKEN", TOKEN=odd, TS_X=odd) == of(project, "TOKEN", TOKEN=odd, TS_X=odd)
    assert of(project, "TOKEN", TOKEN=odd) != of(project, "TOKEN", TOKEN=os.fsdecode(b"\xfe"))


def test_no_file_is_opened(project: Kept) -> None:
    with mock.patch("builtins.open", side_effect=AssertionError("a file was opened")):
        assert len(of(project)[2]) == 8


def test_a_file_that_is_not_there_is_told_as_gone(project: Kept) -> None:
    assert of(project)[2][0] == ("config.toml", GONE, GONE, GONE, GONE)


def test_the_latest_change_is_that_of_a_file_or_of_its_entry(project: Kept) -> None:
    path = project.directory / "rules/team/git.toml"
    os.utime(path, ns=(2**61, 2**61))
    assert newest(of(project)) == 2**61
    os.utime(path, ns=(1, 1))
    entered = max(each.stat().st_ctime_ns for each in project.directory.rglob("*") if each.is_file())
    assert newest(of(project)) == entered
    assert newest(((), ("", ()), ())) == 0


# links that lead round


def test_a_link_to_itself_is_no_error_of_the_signs(project: Kept) -> None:
    linked(project, "rules/team/round.toml", "round.toml")
    with pytest.raises(router.RouterError, match=r"round\.toml: cannot be read"):
        project.load()


@pytest.mark.timeout(10)
def test_links_that_lead_round_come_to_an_end(project: Kept) -> None:
    for name in ("one", "two", "three"):
        linked(project, f"rules/team/{name}", ".")
    with pytest.raises(router.RouterError, match="the link leads round in a circle"):
        project.load()


# the program


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """Copy this program, and let its signs look at the copy."""
    copy = tmp_path / "copy" / "router"
    there = Path(module.__file__).parents[1]
    shutil.copytree(there, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    with mock.patch.object(module, "__file__", str(copy / "compiled" / "signs.py")):
        yield copy


def test_a_change_of_the_program_shows(own: Path, project: Kept) -> None:
    before, told_before = program(), of(project)
    assert program() == before
    with (own / "core" / "compile.py").open("a") as file:
        file.write("#")
    tick(own / "core" / "compile.py")
    assert program() != before
    assert of(project) != told_before


def test_a_module_that_comes_or_goes_shows(own: Path) -> None:
    before = program()
    (own / "rulebook" / "later.py").write_text("")
    added = program()
    (own / "toml" / "read.py").unlink()
    assert len({before, added, program()}) == 3


def test_what_python_compiles_of_the_program_does_not_show(own: Path) -> None:
    before = program()
    (own / "core" / "__pycache__").mkdir()
    (own / "core" / "__pycache__" / "compile.cpython-311.pyc").write_bytes(b"")
    (own / "core" / "notes.txt").write_bytes(b"")
    assert program() == before


def test_another_python_shows(own: Path) -> None:
    before = program()
    with mock.patch.object(sys.implementation, "cache_tag", "cpython-399"):
        assert program()[0] == "cpython-399"
        assert program() != before
    assert own.is_dir()


@pytest.mark.parametrize(
    "name",
    [
        "core/compile.py", "core/stem.py", "rulebook/read.py", "rulebook/tables.py", "toml/read.py",
        "config/tables.py", "config/project.py", "config/making.py", "config/variables.py",
    ],
)  # fmt: skip
def test_everything_that_makes_a_rulebook_of_files_is_part_of_the_program(name: str) -> None:
    importlib.import_module("router." + name.removesuffix(".py").replace("/", "."))
    assert name in {sign[0] for sign in program()[1]}


def test_a_rulebook_of_another_program_is_compiled_anew(own: Path, project: Kept) -> None:
    revision = project.settle().revision
    assert project.unread() is not None
    with (own / "core" / "compile.py").open("a") as file:
        file.write("#")
    tick(own / "core" / "compile.py")
    assert project.unread() is None
    assert project.load().revision == revision
    assert len(list(project.folder.glob("*.book"))) == 2
