"""`ts rules schema` prints schemas, writes them into a project and says when they are out of date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from router.cli.rules.schema import SCHEMAS
from tests.command import Shell

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
NAMES = ["schemas/rules.json", "schemas/vocabulary.json", "schemas/settings.json"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_printed_without_a_project_as_its_file_holds_it(shell: Shell, name: str) -> None:
    done = shell.ts("rules", "schema", name)

    assert (done.code, done.err) == (0, "")
    assert done.out == (ROOT / "schemas" / f"{name}.json").read_text(encoding="utf-8")


def test_without_a_name_it_says_what_there_is(shell: Shell) -> None:
    done = shell.ts("rules", "schema")

    assert (done.code, done.out) == (2, "")
    assert "name what to print (rules, vocabulary, settings), or say --write or --check" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rule",), 'there is no schema "rule"; did you mean "rules"?'),
        (("--write", "--check"), "--write and --check exclude each other"),
        (("--write", "rules"), "a directory of that name is ./rules"),
        (("--check", "settings"), "a directory of that name is ./settings"),
    ],
)
def test_what_cannot_be_meant_is_refused(project: Shell, arguments: tuple[str, ...], told: str) -> None:
    done = project.ts("rules", "schema", *arguments)

    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert not (project.directory / "schemas").exists()


def test_all_are_written_into_the_project_and_hold_until_one_is_changed(project: Shell) -> None:
    below = Shell(project.directory / "rules" / "team", project.home)

    missing = project.ts("rules", "schema", "--check")
    written = below.ts("rules", "schema", "--write")
    fresh = below.ts("rules", "schema", "--check")
    (project.directory / NAMES[0]).write_text("{}", encoding="utf-8")
    (project.directory / NAMES[1]).unlink()
    stale = project.ts("rules", "schema", "--check")
    again = project.ts("rules", "schema", "--write")

    assert (missing.code, missing.out.count("is missing")) == (1, 3)
    assert (written.code, written.out.splitlines()) == (0, NAMES)
    assert (fresh.code, fresh.out) == (0, "3 schemas checked, 0 to be written again\n")
    assert stale.code == 1
    assert stale.out.splitlines()[:2] == [
        f"{NAMES[0]}: is not what this version generates",
        f"{NAMES[1]}: is missing",
    ]
    assert stale.err == "run: ts rules schema --write\n"
    assert again.code == 0
    assert project.ts("rules", "schema", "--check").code == 0


def test_they_are_written_and_checked_elsewhere_without_a_project(shell: Shell) -> None:
    missing = shell.ts("rules", "schema", "--check", "a/b")
    written = shell.ts("rules", "schema", "--write", "a/b")
    fresh = shell.ts("rules", "schema", "a/b", "--check")

    assert (missing.code, missing.err) == (1, "run: ts rules schema --write a/b\n")
    assert written.out.splitlines() == ["a/b/rules.json", "a/b/vocabulary.json", "a/b/settings.json"]
    assert fresh.code == 0


def test_ends_of_lines_of_another_system_are_no_difference(project: Shell) -> None:
    project.ts("rules", "schema", "--write")
    path = project.directory / NAMES[0]
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert project.ts("rules", "schema", "--check").code == 0


def test_json_names_what_was_written_and_what_is_wrong(project: Shell) -> None:
    written = project.ts("rules", "schema", "--write", "--json")
    (project.directory / NAMES[2]).unlink()
    checked = project.ts("rules", "schema", "--check", "--json")

    assert written.json == {"written": NAMES}
    assert checked.json == {"checked": NAMES, "wrong": {NAMES[2]: "is missing"}}
    assert checked.code == 1
    assert json.loads(project.ts("rules", "schema", "rules", "--json").out)["title"] == "Rules"


def test_outside_a_project_a_directory_must_be_named(shell: Shell) -> None:
    done = shell.ts("rules", "schema", "--write")

    assert done.code == 2
    assert "ts.toml" in done.err


def test_a_directory_that_cannot_be_written_is_told(project: Shell) -> None:
    project.write({"file": ""})

    done = project.ts("rules", "schema", "--write", "file")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")


def test_the_starter_brings_its_schemas(shell: Shell) -> None:
    shell.ts("init", "new")

    done = shell.ts("-C", "new", "rules", "schema", "--check")

    assert (done.code, done.err) == (0, "")
