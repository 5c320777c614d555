"""The pytest plugin as a team uses it: installed with the package, in a project of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.command import Done, Shell

pytestmark = pytest.mark.slow

RULES: Final = '[history]\nsay = "what changed"\nuse = "mcp:git/git_log"\n'
TESTS: Final = """
def test_history(rulebook):
    assert rulebook.decide("what changed").rule == "git.history"

def test_routes(routing_snapshot):
    routing_snapshot.assert_corpus("corpus/queries.txt")
"""
DECISIONS: Final = "good morning ⇒ none\nwhat changed ⇒ git.history ⇒ mcp:git/git_log\n"
FILES: Final = {
    "ts.toml": '[mcp.git]\ncommand = "git-server"\n',
    "rules/team/git.toml": RULES,
    "corpus/queries.txt": "what changed\ngood morning\n",
    "corpus/decisions.txt": DECISIONS,
    "test_routing.py": TESTS,
}


@pytest.fixture
def team(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "team", tmp_path / "home")
    shell.home.mkdir()
    shell.write(FILES)
    return shell


def run(shell: Shell, *arguments: str) -> Done:
    """Run pytest in a process of its own, which finds the plugin by its entry point alone."""
    environment = {name: value for name, value in shell.environment.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:cov", *arguments],
        cwd=shell.directory,
        env={**environment, "PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
        timeout=120,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_the_rulebook_and_the_decisions_of_the_corpus_are_fixtures(team: Shell) -> None:
    done = run(team)

    assert done.code == 0, done.out
    assert "2 passed" in done.out


def test_a_changed_decision_fails_and_names_what_accepts_it(team: Shell) -> None:
    team.write({"rules/team/git.toml": RULES.replace("what changed", "(what changed|good morning)")})

    done = run(team)

    assert done.code == 1
    assert "- good morning ⇒ none" in done.out
    assert "+ good morning ⇒ git.history ⇒ mcp:git/git_log" in done.out
    assert "to accept these decisions: pytest --snapshot-update, or ts snapshot update" in done.out
    assert "1 failed, 1 passed" in done.out


def test_many_changed_decisions_are_cut_short(team: Shell) -> None:
    team.write({"corpus/queries.txt": "".join(f"question {number}\n" for number in range(30))})

    done = run(team)

    assert "32 decisions changed, as decisions.txt has them:" in done.out
    assert "… and 12 more" in done.out


@pytest.mark.slow
def test_snapshot_update_writes_what_the_command_writes(team: Shell) -> None:
    decisions = team.directory / "corpus" / "decisions.txt"
    decisions.unlink()

    assert run(team).code == 1
    updating = run(team, "--snapshot-update")
    assert "Created snapshots" in updating.out
    assert decisions.read_text(encoding="utf-8") == DECISIONS
    assert run(team).code == 0
    assert team.ts("snapshot", "check").code == 0


def test_another_file_of_queries_has_a_snapshot_of_its_own(team: Shell) -> None:
    test = 'def test_it(routing_snapshot):\n    routing_snapshot.assert_corpus("corpus/incidents.txt")\n'
    team.write({"corpus/incidents.txt": "what changed\n", "test_routing.py": test})

    run(team, "--snapshot-update")

    assert (team.directory / "corpus" / "incidents.decisions.txt").exists()
    assert run(team).code == 0


@pytest.mark.slow
def test_it_runs_under_xdist(team: Shell) -> None:
    done = run(team, "-n", "2")

    assert done.code == 0, done.out
    assert "2 passed" in done.out


def test_a_project_elsewhere_is_named_in_pytests_settings(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "repository", tmp_path / "home")
    shell.home.mkdir()
    shell.write({f"routing/{name}": text for name, text in FILES.items() if name != "test_routing.py"})
    shell.write({"tests/test_routing.py": TESTS, "pytest.ini": "[pytest]\nts_project = routing\n"})

    assert run(shell).code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"ts.toml": None}, "there is no ts.toml; set ts_project in pytest's settings"),
        (
            {"rules/team/git.toml": '[a]\nsay = "a"\nuse = "mcp:gti/x"'},
            'rules/team/git.toml:3:7: unknown server "gti"',
        ),
        ({"corpus/queries.txt": "# nothing\n"}, "corpus/queries.txt: no query is recorded"),
        ({"corpus/queries.txt": None}, "corpus/queries.txt: no query is recorded"),
    ],
)
def test_what_is_wrong_with_a_project_is_said_without_a_traceback(
    team: Shell, files: dict[str, str | None], said: str
) -> None:
    for name, text in files.items():
        (team.directory / name).unlink()
        if text is not None:
            team.write({name: text})

    done = run(team)

    assert done.code == 1
    assert said in done.out
    assert "Traceback" not in done.out
    assert "pytest_plugin.py" not in done.out


def test_it_is_silent_where_there_is_no_project(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "other", tmp_path / "home")
    shell.home.mkdir()
    shell.write({"test_other.py": "def test_it():\n    assert True\n"})

    with_plugin, without = run(shell), run(shell, "-p", "no:ts")

    assert with_plugin.code == without.code == 0
    times = str.maketrans("", "", "0123456789.s")
    assert with_plugin.out.translate(times) == without.out.translate(times)
    assert with_plugin.err == ""


def test_loading_the_plugin_opens_nothing_of_the_house(tmp_path: Path) -> None:
    code = "import sys, router.pytest_plugin; print(sorted(n for n in sys.modules if n.startswith('router')))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ},
    )

    assert done.stdout.strip() == "['router', 'router.errors', 'router.pytest_plugin']"
