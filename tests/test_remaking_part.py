"""Only what changed is parsed again, and what it makes with the rest is what a full compile makes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from unittest import mock

import pytest

from tests.compiled.changing import (
    RULES,
    SHORT,
    Change,
    agrees,
    edited,
    moved,
    parsed,
    said,
)
from tests.compiled.keeping import Kept, at_home, fresh, kept, tick, told

MANY: Final = {
    **RULES,
    **{
        f"rules/team/f{number}.toml": "".join(
            f'[r{each}]\nwhen = {{ all = ["w{number}", "v{each}"] }}\nuse = "mcp:git/t{number}-{each}"\n'
            for each in range(5)
        )
        for number in range(30)
    },
}
ALL: Final = sorted(name for name in MANY if name.startswith("rules/team/"))
PARSED: Final[dict[str, tuple[Change, list[str]]]] = {
    "nothing": (lambda _: None, []),
    "a touched file": (lambda it: tick(it.directory / ALL[3]), []),
    "one file": (edited(ALL[3], "git/t", "git/u"), [ALL[3]]),
    "a comment": (edited(ALL[3], "[r1]", "# why\n[r1]"), [ALL[3]]),
    "two files": (
        lambda it: (edited(ALL[3], "git/t", "git/u")(it), edited(ALL[5], "git/t", "git/u")(it)),
        [ALL[3], ALL[5]],
    ),
    "a file that is added": (
        lambda it: it.write("rules/guard/z.toml", RULES["rules/team/a.toml"]),
        ["rules/guard/z.toml"],
    ),
    "a file that is removed": (lambda it: (it.directory / ALL[3]).unlink(), []),
    "a file that is renamed": (
        lambda it: moved(it, ALL[3], "rules/team/g.toml"),
        ["rules/team/g.toml"],
    ),
    "a file that moves to another layer": (
        lambda it: moved(it, ALL[3], "rules/guard/g.toml"),
        ["rules/guard/g.toml"],
    ),
    "the corpus": (lambda it: it.write("corpus/queries.txt", "x"), []),
    "what bears on no decision": (lambda it: it.write("ts.toml", SHORT + "timeout = 3\n"), []),
    "the words": (edited("rules/vocab.toml", '"where"', '"how"'), ALL),
    "a prompt": (lambda it: it.write("prompts/p.j2", "x"), ALL),
    "the layers": (lambda it: it.write("ts.toml", 'layers = ["team"]\n' + SHORT), ALL),
    "the language": (lambda it: it.write("ts.toml", 'language = "none"\n' + SHORT), ALL),
}


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Kept]:
    """Write a project of many files, and compile it."""
    with at_home(tmp_path), mock.patch.dict(os.environ, {"TOKEN": "t"}):
        project = kept(tmp_path, MANY)
        project.settle()
        yield project


@pytest.mark.parametrize("case", PARSED)
def test_only_what_changed_is_parsed(many: Kept, case: str) -> None:
    change, wanted = PARSED[case]
    change(many)
    with parsed() as names:
        book = many.load()
    assert sorted(names) == wanted
    assert told(book) == told(fresh(many.directory))
    with parsed() as names:
        assert told(many.load()) == told(book)
    assert names == []


def test_after_edits_one_by_one_each_is_parsed_once(many: Kept) -> None:
    for name in ALL[:6]:
        edited(name, "git/", "git/x")(many)
        with parsed() as names:
            book = many.load()
        assert names == [name]
    assert told(book) == told(fresh(many.directory))


def test_where_something_is_wrong_all_is_read_and_said_once_it_is_right_only_the_changed(many: Kept) -> None:
    edited(ALL[3], "mcp:git", "mcp:tig")(many)
    with parsed() as names:
        wrong = said(many.load)
    assert set(names) == set(ALL)
    assert wrong == said(lambda: fresh(many.directory))
    edited(ALL[3], "mcp:tig/t", "mcp:git/u")(many)
    with parsed() as names:
        book = many.load()
    assert names == [ALL[3]]
    assert told(book) == told(fresh(many.directory))


A: Final = "rules/team/a.toml"
B: Final = "rules/team/b.toml"
BEATING: Final = '[r]\nwhen = { all = ["branch"] }\nuse = "mcp:git/a"\nbeats = ["b.r"]\n'
BEATEN: Final = '[r]\nwhen = { all = ["state"] }\nuse = "mcp:git/b"\n'
APART: Final = '[z]\nsay = "sleep well"\nuse = "mcp:git/z"\n'
CROSSING: Final[dict[str, tuple[Mapping[str, str], Change, str]]] = {
    "a beaten rule is renamed": (
        {A: BEATING, B: BEATEN},
        lambda it: it.write(B, BEATEN.replace("[r]", "[s]") + 'was = ["b.r"]\n'),
        "",
    ),
    "a beaten rule is renamed twice": (
        {A: BEATING, B: BEATEN.replace("[r]", "[s]") + 'was = ["b.r"]\n'},
        lambda it: it.write(B, BEATEN.replace("[r]", "[t]") + 'was = ["b.r", "b.s"]\n'),
        "",
    ),
    "a beaten rule is renamed and its old name forgotten": (
        {A: BEATING, B: BEATEN},
        lambda it: it.write(B, BEATEN.replace("[r]", "[s]")),
        'a.toml:4:10: unknown rule "b.r" in beats',
    ),
    "a beaten rule goes": (
        {A: BEATING, B: BEATEN},
        lambda it: it.write(B, ""),
        'a.toml:4:10: unknown rule "b.r" in beats',
    ),
    "the file of a beaten rule goes": (
        {A: BEATING, B: BEATEN},
        lambda it: (it.directory / B).unlink(),
        'a.toml:4:10: unknown rule "b.r" in beats',
    ),
    "a beaten rule begins to add": (
        {A: BEATING, B: BEATEN},
        lambda it: it.write(B, BEATEN.replace("use", "add")),
        "a.toml:4:10: an `add` rule never competes",
    ),
    "a beaten rule moves to another layer": (
        {A: BEATING, B: BEATEN},
        lambda it: moved(it, B, "rules/guard/b.toml"),
        'a.toml:4:10: "b.r" is in layer guard, not team',
    ),
    "a rule of the same id comes before": (
        {A: BEATING, B: BEATEN},
        lambda it: it.write("rules/guard/a.toml", BEATEN),
        'team/a.toml:1:2: rule "a.r" exists already, in rules/guard/a.toml:1',
    ),
    "a rule of the same id comes behind": (
        {"rules/guard/a.toml": BEATEN, B: BEATEN},
        lambda it: it.write(A, "\n" + BEATEN),
        'team/a.toml:2:2: rule "a.r" exists already, in rules/guard/a.toml:1',
    ),
    "an earlier id is taken again": (
        {A: BEATEN, B: BEATEN.replace("[r]", "[s]") + 'was = ["b.r"]\n'},
        lambda it: it.write(A, BEATEN + 'was = ["b.r"]\n'),
        '"b.r" is an earlier id of this rule and also a.r',
    ),
    "an earlier id is a present one": (
        {A: BEATEN + 'was = ["b.s"]\n', B: BEATEN},
        lambda it: it.write(B, BEATEN.replace("[r]", "[s]")),
        'a.toml:4:8: "b.s" is an earlier id of this rule and also b.s',
    ),
    "a ring of two": (
        {A: BEATING, B: BEATEN},
        lambda it: it.write(B, BEATEN + 'beats = ["a.r"]\n'),
        "a ring in which no rule can win: a.r beats b.r beats a.r",
    ),
    "a ring of three": (
        {A: BEATING, B: BEATEN + 'beats = ["c.r"]\n', "rules/team/c.toml": BEATEN},
        lambda it: it.write("rules/team/c.toml", BEATEN + 'beats = ["a.r"]\n'),
        "a ring in which no rule can win: a.r beats b.r beats c.r beats a.r",
    ),
    "a ring of a name and a condition": (
        {A: BEATING, B: BEATEN},
        lambda it: it.write(B, BEATEN.replace('["state"]', '["branch", "state"]')),
        "a ring in which no rule can win: a.r beats b.r beats a.r",
    ),
    "a ring by way of an earlier id": (
        {A: BEATING, B: BEATEN},
        lambda it: it.write(B, BEATEN.replace("[r]", "[s]") + 'was = ["b.r"]\nbeats = ["a.r"]\n'),
        "a ring in which no rule can win: a.r beats b.s beats a.r",
    ),
    "a ring that is undone": (
        {A: BEATING, B: BEATEN, "rules/team/c.toml": BEATEN + 'beats = ["a.r"]\n'},
        lambda it: it.write("rules/team/c.toml", BEATEN),
        "",
    ),
}


@pytest.mark.parametrize("case", CROSSING)
def test_rules_that_name_each_other_across_files_are_held_together_anew(tmp_path: Path, case: str) -> None:
    rules, change, wrong = CROSSING[case]
    with at_home(tmp_path), mock.patch.dict(os.environ, {"TOKEN": "t"}):
        project = kept(tmp_path, {"ts.toml": SHORT, "rules/team/z.toml": APART, **rules})
        project.settle()
        change(project)
        with parsed() as names:
            found = said(project.load)
        assert found == said(lambda: fresh(project.directory))
        if wrong:
            assert wrong in found[1]
            assert set(names) >= {name for name in rules if (project.directory / name).exists()}
        else:
            assert isinstance(found, dict)
            assert "rules/team/z.toml" not in names
        agrees(project)
