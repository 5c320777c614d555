"""Nothing stale is ever served: whatever changes of a project shows at the next call."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from unittest import mock

import pytest

import router
from router.config import load_project
from router.core.findings import Findings
from router.rulebook.tree import Directory
from tests.compiled.changing import (
    RULES,
    Change,
    agrees,
    edited,
    moved,
    personal,
    rewritten,
    said,
)
from tests.compiled.keeping import Kept, at_home, fresh, kept, told


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Kept]:
    """Write a project whose state is kept beside it, with nothing compiled yet."""
    with at_home(tmp_path), mock.patch.dict(os.environ, {"TOKEN": "t"}):
        yield kept(tmp_path)


def as_a_file(folder: Path) -> None:
    """Put an empty file in the place of a folder."""
    shutil.rmtree(folder)
    folder.write_bytes(b"")


CHANGES: Final[dict[str, Change]] = {
    "a rule's target": edited("rules/team/git.toml", "git_status", "git_stash"),
    "a rule, in place, its time set back": lambda it: rewritten(
        it, "rules/team/git.toml", "git_status", "git_shelve"
    ),
    "a rule's line": edited("rules/team/git.toml", "[status]", "# moved\n\n[status]"),
    "a rule's reviewers alone": edited("rules/team/git.toml", "@platform", "@others"),
    "the name of a table": edited("rules/team/git.toml", "[status]", "[state]"),
    "an earlier id goes": edited("rules/team/git.toml", 'was = ["git.branches"]', ""),
    "a rule's stage": edited("rules/team/money.toml", '"shadow"', '"live"'),
    "a file is added": lambda it: it.write(
        "rules/guard/new.toml", '[r]\nwhen = { all = ["branch"] }\nuse = "mcp:git/new"\n'
    ),
    "a file is removed": lambda it: (it.directory / "rules/team/money.toml").unlink(),
    "a file moves to another layer": lambda it: moved(it, "rules/team/money.toml", "rules/guard/money.toml"),
    "a file is renamed": lambda it: moved(it, "rules/team/money.toml", "rules/team/coins.toml"),
    "a file goes where no layer reads it": lambda it: moved(
        it, "rules/team/money.toml", "rules/x/money.toml"
    ),
    "a file is hidden": lambda it: moved(it, "rules/team/money.toml", "rules/team/.money.toml"),
    "all rules are gone": lambda it: shutil.rmtree(it.directory / "rules"),
    "a prompt": lambda it: it.write("prompts/history.md.j2", "{{ text }}"),
    "a prompt goes": lambda it: (it.directory / "prompts/history.md.j2").unlink(),
    "a prompt that nothing names": lambda it: it.write("prompts/new.j2", "new"),
    "a prompt that does not parse": lambda it: it.write("prompts/new.j2", "{{"),
    "a list of words": edited("rules/vocab.toml", '"how far"', '"how long"'),
    "a list goes": edited("rules/vocab.toml", "[words]", "[others]"),
    "a shape": edited("rules/vocab.toml", "order\\s+", "refund\\s+"),
    "the layers' order": edited("ts.toml", '["guard", "team"]', '["team", "guard"]'),
    "a layer goes": edited("ts.toml", '["guard", "team"]', '["team"]'),
    "ties are errors": edited("ts.toml", 'layers = ["guard", "team"]', 'ambiguous = "error"'),
    "nobody is asked": edited("ts.toml", "[facts]", "fallback = []\n[facts]"),
    "the values of a fact": edited("ts.toml", '"prod", "test"', '"test"'),
    "a server's modes": edited("ts.toml", '"useful"', '"faves"'),
    "a server's tags": edited("ts.toml", '"billing"', '"coins"'),
    "a server's patience": edited("ts.toml", 'command = "git-server"', 'command = "git-server"\ntimeout = 3'),
    "a server goes": edited("ts.toml", "[mcp.git]", "[mcp.tig]"),
    "the language": edited("ts.toml", "[facts]", 'language = "german"\n[facts]'),
    "settings that do not parse": lambda it: it.write("ts.toml", "["),
    "no project": lambda it: (it.directory / "ts.toml").unlink(),
    "the person's settings": lambda it: personal(it, 'language = "none"\n'),
    "the person's settings, wrong": lambda it: personal(it, "nonsense = 1\n"),
    "a rule that does not parse": lambda it: it.write("rules/team/new.toml", "["),
    "a file that is not UTF-8": lambda it: (it.directory / "rules/team/odd.toml").write_bytes(b"\xff"),
    "a folder named as a file of rules": lambda it: (it.directory / "rules/team/x.toml").mkdir(),
    "a link to a file": lambda it: (it.directory / "rules/guard/copy.toml").symlink_to("../team/steps.toml"),
    "a link to nothing": lambda it: (it.directory / "rules/team/x.toml").symlink_to("nothing"),
    "a link to itself": lambda it: (it.directory / "rules/team/x.toml").symlink_to("x.toml"),
    "a link round": lambda it: (it.directory / "rules/team/x").symlink_to("."),
    "a name that is not UTF-8": lambda it: Path(
        os.fsdecode(os.fsencode(it.directory) + b"/rules/team/\xff.toml")
    ).write_bytes(b"[r]"),
    "rules that are a file": lambda it: as_a_file(it.directory / "rules"),
    "prompts that are a file": lambda it: as_a_file(it.directory / "prompts"),
}
SAME_REVISION: Final = ("a rule's line", "a server's patience", "nobody is asked")
"""What bears on nothing that a decision says."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows_at_the_next_call(project: Kept, change: str) -> None:
    before = project.settle().revision
    CHANGES[change](project)
    agrees(project)
    wanted = said(lambda: fresh(project.directory))
    assert (isinstance(wanted, dict) and wanted["revision"] == before) == (change in SAME_REVISION)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_is_too_young_to_be_told_by_signs_shows_at_the_next_call(
    project: Kept, change: str
) -> None:
    project.load()
    CHANGES[change](project)
    agrees(project)


def test_a_file_edited_twice_within_a_tick_of_the_clock_is_read_again(project: Kept) -> None:
    path = project.directory / "rules/team/git.toml"
    project.load()
    seen = project.seen.read_bytes()
    text = path.read_text().replace("git_status", "git_shelve")
    with path.open("r+") as file:
        file.write(text)
    project.load()
    frozen = path.stat()
    with mock.patch("router.compiled.opening.signs", side_effect=AssertionError("so young")):
        book = project.load()
    assert frozen == path.stat()
    assert told(book) == told(fresh(project.directory))
    assert project.seen.read_bytes() != seen


ENVIRONMENTS: Final[dict[str, dict[str, str | None]]] = {
    "a setting": {"TS_LANGUAGE": "german"},
    "a setting that ends ties": {"TS_AMBIGUOUS": "error"},
    "a setting of a server": {"TS_MCP__GIT__MODES": '["faves"]'},
    "a setting that is wrong": {"TS_LANGUAGE": "klingon"},
    "a table that is none": {"TS_NOTHING__OF__THE": "kind"},
    "a variable that means nothing": {"TS_UNKNOWN": "x"},
    "a variable that is not UTF-8": {"TS_UNKNOWN": os.fsdecode(b"\xff")},
    "a value that the settings name": {"TOKEN": "u"},
    "a value that the settings name and is gone": {"TOKEN": None},
    "a value that decides and the settings name": {"MODE": "faves"},
}


@pytest.mark.parametrize("case", ENVIRONMENTS)
def test_a_change_of_the_environment_shows_at_the_next_call(
    project: Kept, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "useful")
    edited("ts.toml", 'modes = ["useful"]', 'modes = ["${MODE}"]\nenv = { TOKEN = "${TOKEN}" }')(project)
    project.settle()
    assert project.unread() is not None
    for name, value in ENVIRONMENTS[case].items():
        monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    assert project.unread() is None
    agrees(project)
    monkeypatch.undo()


def test_a_link_that_leads_elsewhere_shows_at_the_next_call(project: Kept) -> None:
    for name in ("one", "two"):
        project.write(f"{name}.toml", RULES["rules/team/a.toml"].replace("git/a", f"git/{name}"))
    link = project.directory / "rules/team/link.toml"
    link.symlink_to("../../one.toml")
    assert project.settle().flat("link.r").steps[0].use.member == "one"
    link.unlink()
    link.symlink_to("../../two.toml")
    assert project.load().flat("link.r").steps[0].use.member == "two"
    agrees(project)


def test_a_project_at_the_end_of_a_link_is_another_when_the_link_leads_elsewhere(tmp_path: Path) -> None:
    with at_home(tmp_path), mock.patch.dict(os.environ, {"TOKEN": "t"}):
        one = kept(tmp_path / "one", RULES)
        two = kept(tmp_path / "two", {**RULES, "rules/team/b.toml": ""})
        link = Kept(tmp_path / "link", tmp_path / "home")
        link.directory.symlink_to(one.directory)
        assert link.settle().revision == fresh(one.directory).revision
        assert link.unread() is not None
        link.directory.unlink()
        link.directory.symlink_to(two.directory)
        assert link.load().revision == fresh(two.directory).revision


def test_a_file_dated_in_the_future_is_read_each_time(project: Kept) -> None:
    os.utime(project.directory / "ts.toml", ns=(2**62, 2**62))
    project.settle()
    assert project.unread() is None
    agrees(project)


# while it is read


def test_a_file_that_changes_while_it_is_read_shows_at_the_next_call(project: Kept) -> None:
    real, name = Directory.text, "rules/team/git.toml"
    later = (project.directory / name).read_text().replace("git_status", "git_stash")

    def read_and_changed(tree: Directory, asked: str, findings: Findings) -> str | None:
        text = real(tree, asked, findings)
        if asked == name:
            project.write(name, later)
        return text

    with mock.patch.object(Directory, "text", read_and_changed):
        assert project.settle().flat("git.status").steps[0].use.member == "git_status"
    assert project.load().flat("git.status").steps[0].use.member == "git_stash"
    agrees(project)


def test_settings_that_changed_since_they_were_read_are_not_remembered(project: Kept) -> None:
    before = load_project(project.directory)
    edited("ts.toml", '["guard", "team"]', '["team", "guard"]')(project)
    with mock.patch.object(router.loading, "load_project", return_value=before):
        project.settle()
    agrees(project)
