"""Whatever is edited, in whatever order, the rulebook is that of a compile from scratch."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Final
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.core.source import Sources
from tests.compiled.changing import (
    RULES,
    SHORT,
    said,
)
from tests.compiled.keeping import Kept, at_home, decided, flipped, fresh, kept, tick
from tests.core.test_properties import on_disk
from tests.core.worlds import queries, rulebooks

importlib.import_module("tests.core.conftest")

NAMES: Final = (
    "rules/team/a.toml", "rules/team/b.toml", "rules/guard/a.toml", "rules/guard/c.toml", "rules/x/a.toml",
)  # fmt: skip
TEXTS: Final = (
    "",
    '[r]\nwhen = { all = ["branch"] }\nuse = "mcp:git/a"\n',
    '[r]\nwhen = { all = ["branch"] }\nuse = "mcp:git/b"\n',
    '[r]\nwhen = { all = ["branch", "@state"] }\nuse = "mcp:git/c"\nwas = ["a.old"]\n',
    '[s]\nsay = "refund {n:int} of {x:@state}"\nuse = "mcp:git/d"\nargs = { n = "{{ n }}" }\nwas = ["a.r"]\n',
    '[t]\nwhen = { all = ["@state"] }\nuse = "mcp:git/e"\nbeats = ["a.r"]\n',
    '[r]\nwhen = { any = ["how far", "refund"] }\nadd = "mcp:git/f"\n',
    '[r]\nwhen = { all = ["refund"] }\nuse = "mcp:git/g"\nbeats = ["b.r", "b.t"]\n',
    '[u]\nwhen = { looks = "order" }\nuse = "mcp:git/h"\nanswer = "p.j2"\n',
    '[r]\nwhen = { alll = ["x"] }\nuse = "mcp:git/a"\n',
    '[r]\nwhen = { all = ["@nothing"] }\nuse = "mcp:nowhere/a"\n',
    "[r\n",
)
OTHERS: Final = {
    "rules/vocab.toml": (
        RULES["rules/vocab.toml"],
        '[words]\nstate = ["state", "refund"]\n[shapes]\norder = "order (?P<order>[0-9]+)"\n',
        "[words]\nstate = []\n",
        "",
    ),
    "ts.toml": (
        SHORT,
        'layers = ["team", "guard"]\n' + SHORT,
        'layers = ["team", "guard", "x"]\n' + SHORT,
        SHORT + "timeout = 3\n",
        "[mcp.git]\n",
    ),
    "prompts/p.j2": ("{{ text }}", "{{ order }}", "{{"),
    "../home/config.toml": ("", 'language = "none"\n', "nonsense = 1\n"),
}
writings = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(TEXTS)),
    st.tuples(st.just("write"), st.sampled_from(NAMES[:2]), st.sampled_from(TEXTS[:6])),
    st.sampled_from(sorted(OTHERS)).flatmap(
        lambda name: st.tuples(st.just("write"), st.just(name), st.sampled_from(OTHERS[name]))
    ),
)
edits = st.one_of(
    writings,
    writings,
    st.tuples(st.just("remove"), st.sampled_from((*NAMES, "prompts/p.j2", "rules/vocab.toml")), st.just("")),
    st.tuples(st.just("move"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("link"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("turn"), st.sampled_from(NAMES), st.just("")),
    st.tuples(st.just("set"), st.sampled_from(("TS_LANGUAGE", "TOKEN")), st.sampled_from(("", "none", "x"))),
    st.tuples(st.just("damage"), st.sampled_from(("*.book", "*.seen")), st.just("")),
    st.tuples(st.just("nothing"), st.just(""), st.just("")),
)


def applied(project: Kept, kind: str, name: str, other: str) -> None:
    """Make one edit; what it needs may be missing, and then it is none."""
    path = project.directory / name
    if kind == "write":
        if path.is_symlink():
            path.unlink()
        project.write(name, other)
    elif kind == "set":
        os.environ[name] = other
    elif kind == "damage":
        for each in project.folder.glob(name):
            flipped(each, each.stat().st_size // 2)
    elif kind == "turn" and path.is_file():
        turned(path)
    elif kind in ("remove", "move", "link") and (path.is_file() or path.is_symlink()):
        disturbed(project, path, kind, other)


def turned(path: Path) -> None:
    """Ask for another word, in place, with the time of the content set back."""
    before, raw = path.stat(), path.read_bytes()
    one, other = (b"branch", b"refund") if b"branch" in raw else (b"refund", b"branch")
    with path.open("r+b") as file:
        file.write(raw.replace(one, other))
    tick(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def disturbed(project: Kept, path: Path, kind: str, other: str) -> None:
    to = project.directory / other
    if kind == "remove":
        path.unlink()
    elif kind == "move":
        to.parent.mkdir(parents=True, exist_ok=True)
        path.rename(to)
    elif path != to:
        path.unlink()
        path.symlink_to(to)


def follows(above: Path, sequence: list[tuple[tuple[str, str, str], bool]]) -> None:
    """Hold what is loaded after each edit to a compile from scratch."""
    with at_home(above), mock.patch.dict(os.environ, {"TOKEN": "t"}):
        project = kept(above, RULES)
        project.settle()
        for (kind, name, other), settled in sequence:
            applied(project, kind, name, other)
            wanted = said(lambda: fresh(project.directory))
            assert said(project.settle if settled else project.load) == wanted


@settings(max_examples=60)
@given(st.lists(st.tuples(edits, st.booleans()), min_size=1, max_size=8))
def test_after_any_edits_the_rulebook_is_that_of_a_compile_from_scratch(
    tmp_path_factory: pytest.TempPathFactory, sequence: list[tuple[tuple[str, str, str], bool]]
) -> None:
    follows(tmp_path_factory.mktemp("edits"), sequence)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=1500)
@given(st.lists(st.tuples(edits, st.booleans()), min_size=4, max_size=16))
def test_after_very_many_edits_the_rulebook_is_that_of_a_compile_from_scratch(
    tmp_path_factory: pytest.TempPathFactory, sequence: list[tuple[tuple[str, str, str], bool]]
) -> None:
    follows(tmp_path_factory.mktemp("edits"), sequence)


WORLD: Final = """
layers = ["guard", "team", "learned"]
[mcp.ledger]
command = "ledger"
[mcp.git]
command = "git"
[mcp.useful]
command = "useful"
modes = ["useful", "essential"]
[a2a.release]
url = "https://agents.example.com/release"
"""


@pytest.mark.slow
@settings(max_examples=40)
@given(st.data(), rulebooks(), rulebooks())
def test_any_rulebook_may_follow_any_other(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, one: Sources, other: Sources
) -> None:
    above = tmp_path_factory.mktemp("worlds")
    asked = [data.draw(queries(each)) for each in (one, other)]
    with at_home(above):
        project = kept(above, {"ts.toml": WORLD, **on_disk(one)})
        project.settle()
        for rule in (*one.rules[::2], *other.rules):
            name = rule.file
            (project.directory / name).unlink(missing_ok=True)
            if name in on_disk(other):
                project.write(name, on_disk(other)[name])
        loaded = said(project.load)
        assert loaded == said(lambda: fresh(project.directory))
        if isinstance(loaded, dict):
            book, wanted = project.load(), fresh(project.directory)
            assert [decided(book, each) for each in asked] == [decided(wanted, each) for each in asked]
