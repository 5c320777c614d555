"""`ts rules fmt` as a person, a build and an editor run it."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.command import TS, Shell

ODD = "[b]\nuse = 'mcp:git/b' # why\nsay = ['b', 'c']\n[a]\nuse = 'mcp:git/a'\n"
NEAT = "[a]\nuse = 'mcp:git/a'\n\n[b]\nsay = [\n    'b',\n    'c',\n]\nuse = 'mcp:git/b' # why\n"
WORDS = '[words]\na = ["x"]\n'


@pytest.fixture
def project(shell: Shell) -> Shell:
    shell.write(
        {"ts.toml": "", "rules/team/git.toml": ODD, "rules/team/time.toml": ODD, "rules/vocab.toml": WORDS}
    )
    return shell


def read(shell: Shell, name: str) -> str:
    return (shell.directory / name).read_text(encoding="utf-8")


def test_files_are_formatted_and_told(project: Shell) -> None:
    done = project.ts("rules", "fmt")

    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "formatted rules/team/git.toml\nformatted rules/team/time.toml\n2 files formatted, 1 unchanged\n"
    )
    assert read(project, "rules/team/git.toml") == NEAT
    again = project.ts("rules", "fmt")
    assert (again.code, again.out) == (0, "0 files formatted, 3 unchanged\n")


def test_a_build_is_told_what_would_change_and_what_to_run(project: Shell) -> None:
    done = project.ts("rules", "fmt", "--check", "rules/team/git.toml", "rules/vocab.toml")

    assert (done.code, done.err) == (1, "run `ts rules fmt` to format them\n")
    assert done.out == "would reformat rules/team/git.toml\n1 file would be formatted, 1 unchanged\n"
    assert read(project, "rules/team/git.toml") == ODD


def test_a_build_passes_where_all_is_formatted(project: Shell) -> None:
    project.ts("rules", "fmt")

    done = project.ts("rules", "fmt", "--check")

    assert (done.code, done.out, done.err) == (0, "0 files would be formatted, 3 unchanged\n", "")


def test_paths_are_relative_to_where_one_stands(project: Shell) -> None:
    below = Shell(project.directory / "rules" / "team", project.home)

    assert below.ts("rules", "fmt", "git.toml").out == (
        "formatted rules/team/git.toml\n1 file formatted, 0 unchanged\n"
    )
    assert below.ts("rules", "fmt", ".").out.endswith("1 file formatted, 1 unchanged\n")


def test_a_path_that_is_no_rule_file_is_the_askers_mistake(project: Shell) -> None:
    done = project.ts("rules", "fmt", "ts.toml", "rules/team/git.toml")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(
        "error: ts.toml: is no rule file of this project; rule files are rules/<layer>/"
    )
    assert read(project, "rules/team/git.toml") == ODD


def test_a_file_that_is_not_toml_is_refused_and_nothing_written(project: Shell) -> None:
    project.write({"rules/team/time.toml": "[a]\nuse = \n"})

    for flags in ((), ("--check",)):
        done = project.ts("rules", "fmt", *flags)
        assert (done.code, done.out) == (2, "")
        assert done.err == "error: rules/team/time.toml:2:7: is not TOML: Invalid value\n"
    assert read(project, "rules/team/git.toml") == ODD


@pytest.mark.parametrize("flags", [(), ("--check",)])
def test_a_project_without_rule_files_fails(shell: Shell, flags: tuple[str, ...]) -> None:
    shell.write({"ts.toml": ""})

    done = shell.ts("rules", "fmt", *flags)

    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "error: there are no rule files below rules/; a check that looked at nothing proves nothing\n"
    )


def test_no_project_is_the_askers_mistake(shell: Shell) -> None:
    done = shell.ts("rules", "fmt")

    assert done.code == 2
    assert "no ts.toml here" in done.err


def test_json_names_the_files(project: Shell) -> None:
    checked = project.ts("rules", "fmt", "--check", "--json")
    done = project.ts("rules", "fmt", "--json")

    assert (checked.code, done.code) == (1, 0)
    assert checked.json == done.json == {
        "changed": ["rules/team/git.toml", "rules/team/time.toml"], "unchanged": ["rules/vocab.toml"]
    }  # fmt: skip


# An editor's filter.


def test_standard_input_comes_back_formatted_byte_for_byte(shell: Shell) -> None:
    done = shell.ts("rules", "fmt", "-", stdin=ODD.replace("\n", "\r\n"))

    assert (done.code, done.out, done.err) == (0, NEAT.replace("\n", "\r\n"), "")
    assert shell.ts("rules", "fmt", "-", stdin="").out == ""


def test_a_name_beside_it_says_which_file_it_is(shell: Shell) -> None:
    text = "[shapes]\n[words]\n"

    assert shell.ts("rules", "fmt", "-", "rules/vocab.toml", stdin=text).out == "[words]\n\n[shapes]\n"
    assert shell.ts("rules", "fmt", "-", stdin=text).out == "[shapes]\n\n[words]\n"
    broken = shell.ts("rules", "fmt", "-", "rules/team/git.toml", stdin="[a\n")
    assert (broken.code, broken.out) == (2, "")
    assert broken.err.startswith("error: rules/team/git.toml:1:3: is not TOML: ")


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (
            ("-", "a.toml", "b.toml"),
            b"",
            "error: b.toml: is one name too many for what stands on standard input",
        ),
        (("-",), b"# \xff", "error: standard input: is not UTF-8 at byte 3"),
    ],
)
def test_what_cannot_be_filtered_is_refused(
    shell: Shell, arguments: tuple[str, ...], stdin: bytes, said: str
) -> None:
    done = shell.ts("rules", "fmt", *arguments, stdin=stdin)

    assert (done.code, done.out, done.err) == (2, "", f"{said}\n")


@pytest.mark.skipif(os.name == "nt", reason="POSIX shells")
def test_closed_standard_input_is_refused(shell: Shell) -> None:
    done = subprocess.run(
        ["sh", "-c", f"'{TS}' rules fmt - <&-"],
        cwd=shell.directory, env=shell.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    told = "error: standard input: cannot be read: standard input is closed\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_standard_input_can_be_checked_and_told_as_json(shell: Shell) -> None:
    checked = shell.ts("rules", "fmt", "--check", "-", stdin=ODD)
    told = shell.ts("rules", "fmt", "--json", "-", stdin=ODD)

    assert (checked.code, checked.out) == (1, "would reformat standard input\n")
    assert shell.ts("rules", "fmt", "--check", "-", stdin=NEAT).code == 0
    assert told.json == {"changed": ["standard input"], "unchanged": [], "text": NEAT}
