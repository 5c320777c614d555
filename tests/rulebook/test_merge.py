"""Two branches add a rule each to one topic's file: how often git cannot merge them by itself."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

import pytest

from router.rulebook.format import format_rules
from tests.command import Shell
from tests.core.making import book

TRIALS: Final = 100
RULES: Final = 60
"""In the file before. Of two names drawn at random, 2 in RULES + 2 are neighbours: 3.2 %."""
VERBS: Final = ("show", "list", "count", "find", "compare", "open", "close", "explain", "sum-up", "export")
NOUNS: Final = ("commits", "branches", "tags", "authors", "files", "reviews", "builds", "issues", "releases")
Choice = TypeVar("Choice")


def number(*seed: object) -> int:
    """Return a number that looks drawn and is the same in every run."""
    return int(hashlib.sha256(repr(seed).encode()).hexdigest(), 16)


def pick(choices: Sequence[Choice], *seed: object) -> Choice:
    return choices[number(*seed) % len(choices)]


def rule(name: str, *seed: object) -> str:
    """Return a table as people write them: much of it is the same from rule to rule."""
    said = name.replace("-", " ")
    no = '"nothing of the kind", "something else"' if pick((1, 0), name, "no", *seed) else '"something else"'
    sentences = [f'"[please] {said}"', f'"{said} of {{who:word}}"', f'"{said} since {{day:date}}"']
    return (
        f"[{name}]\n"
        f'owner = "{pick(("@platform", "@platform", "@billing"), name, *seed)}"\n'
        f"say = [{', '.join(sentences[: 1 + number(name, *seed) % 3])}]\n"
        f'use = "mcp:git/git_{pick(("log", "show", "status"), name, "use", *seed)}"\n'
        'args = { repo_path = "{{ repository or cwd }}", max_count = 10 }\n'
        'answer = "{{ result.text }}"\n'
        f'yes = ["{said}", "please {said}"]\n'
        f"no = [{no}]\n"
    )


def trial(count: int) -> tuple[str, dict[str, str]]:
    """Return a topic's file, and what it becomes with either of two more rules, each by its name."""
    names = [f"{verb}-{noun}" for verb in VERBS for noun in NOUNS]
    names.sort(key=lambda name: number(count, name))
    base = format_rules("\n".join(rule(each, count) for each in names[:RULES]))
    added = names[RULES : RULES + 2]
    return base, {name: format_rules(f"{base}\n{rule(name, count)}") for name in added}


def merged(directory: Path, base: str, ours: str, theirs: str) -> str | None:
    """Return what git makes of two changes to one file, or None where they conflict."""
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (directory / name).write_text(text)
    done = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 <= done.returncode < 128, done.stderr
    return None if done.returncode else done.stdout


def neighbours(base: str, one: str, other: str) -> bool:
    """Whether no rule of the base comes between two others."""
    low, high = sorted((one, other))
    return not any(low < name < high for name in tomllib.loads(base))


@pytest.mark.slow
def test_two_added_rules_conflict_only_if_they_are_neighbours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conflicts = 0
    for count in range(TRIALS):
        base, texts = trial(count)
        text = merged(tmp_path, base, *texts.values())
        assert (text is None) == neighbours(base, *texts)
        if text is None:
            conflicts += 1
            continue
        assert format_rules(text) == text
        assert tomllib.loads(text).keys() == {*tomllib.loads(base), *texts}
        if count % 10 == 0:
            assert {f"git.{name}" for name in texts} <= book({"team/git": text}).rules.keys()

    with capsys.disabled():
        sys.stdout.write(f"\n{conflicts} of {TRIALS} merges of two rules into {RULES} conflict\n")
    assert conflicts <= TRIALS * 0.05


def test_branches_of_a_repository_merge_as_the_files_do(tmp_path: Path) -> None:
    shell = Shell(tmp_path, tmp_path / "home")
    shell.git("init", "--initial-branch", "main")
    for count in range(3):
        base, texts = trial(count)
        file = f"rules/team/topic{count}.toml"
        commit(shell, file, base)
        for name, text in texts.items():
            shell.git("checkout", "-b", f"{count}-{name}", "main")
            commit(shell, file, text)
        shell.git("checkout", "main")
        for name in texts:
            shell.git("merge", f"{count}-{name}")

        assert (tmp_path / file).read_text() == merged(tmp_path, base, *texts.values())


def commit(shell: Shell, file: str, text: str) -> None:
    shell.write({file: text})
    shell.git("add", file)
    shell.git("commit", "-m", file)
