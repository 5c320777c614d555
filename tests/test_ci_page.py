"""The page on CI: its blocks are valid, its commands work, and it names every input of the action."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.command import TS, Shell
from tests.composite import expressions
from tests.packaged import parsed, run_tool
from tests.repositories import git, repository

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
ACTION: Final = ROOT / ".github/actions/rules-diff/action.yml"
BLOCKS: Final = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
"""By the file that each is for; the last of a name."""
RULES: Final = """\
[history]
owner = "@platform"
why = "It only reads."
when = { all = ["commits"] }
use = "mcp:git/git_log"
yes = ["show the commits"]
no = ["show the branches"]
"""
FILES: Final = {
    "ts.toml": '[mcp.git]\ncommand = "no-such-program"\n',
    "rules/team/git.toml": RULES,
    "corpus/queries.txt": "show the commits\nhello\n",
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Make a clone, on a branch that changes nothing, of a project that every command lets pass."""
    origin = repository(tmp_path, FILES)
    for command in (("rules", "fmt"), ("snapshot", "update")):
        assert origin.ts(*command).code == 0
    origin.git("commit", "--all", "--amend", "--no-edit")
    origin.git("add", ".")
    origin.git("commit", "--message", "decisions")
    origin.git("clone", origin.directory.as_uri(), str(tmp_path / "clone"))
    clone = Shell(tmp_path / "clone", origin.home)
    clone.git("switch", "--create", "branch")
    return clone


def ran(shell: Shell, script: str, **variables: str) -> int:
    """Run lines of a block but the installation as a CI does, with the installed `ts`; return its code."""
    lines = [line for line in script.splitlines() if " install " not in line]
    environment = {**shell.environment, "PATH": f"{TS.parent}:{shell.environment['PATH']}", **variables}
    command = ["bash", "-e", "-c", "\n".join(lines)]
    return subprocess.run(command, cwd=shell.directory, env=environment, check=False).returncode


def change(shell: Shell) -> None:
    """Commit a rule of which a recorded question goes another way."""
    shell.write({"rules/team/git.toml": RULES.replace("git_log", "git_show")})
    shell.git("commit", "--all", "--message", "change")


def test_the_commands_for_any_ci_pass_and_stop_at_a_change(shell: Shell) -> None:
    [script] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert script.count("\nts ") == 4
    assert ran(shell, script) == 0

    change(shell)
    *_, last = script.splitlines()
    assert ran(shell, last) == 5
    assert ran(shell, f"{last} || test $? -eq 5") == 0


def test_the_script_for_gitlab_leaves_the_comparison_as_a_file(shell: Shell) -> None:
    job = parsed(BLOCKS[".gitlab-ci.yml"])["routing"]
    script = "\n".join(job["script"])
    base = git(shell, "rev-parse", "HEAD")

    change(shell)
    shell.ts("snapshot", "update")
    assert ran(shell, script, CI_MERGE_REQUEST_DIFF_BASE_SHA=base) == 0

    [left] = job["artifacts"]["paths"]
    assert "git_show" in (shell.directory / left).read_text(encoding="utf-8")


def test_code_scanning_gets_its_file_also_where_the_check_fails(shell: Shell) -> None:
    steps = parsed(BLOCKS[".github/workflows/scanning.yml"])["jobs"]["check"]["steps"]
    [command] = [each["run"] for each in steps if "ts rules" in each.get("run", "")]
    [upload] = [each for each in steps if "upload-sarif" in each.get("uses", "")]
    shell.write({"rules/team/git.toml": RULES.replace("show the commits", "show it all")})

    assert ran(shell, command) == 1

    assert "yes-unmatched" in (shell.directory / upload["with"]["sarif_file"]).read_text(encoding="utf-8")


def test_every_input_and_output_of_the_action_is_on_the_page() -> None:
    action = parsed(ACTION.read_text(encoding="utf-8"))
    rows = dict(re.findall(r"(?m)^\| `([\w-]+)` \| (.*?) \|", PAGE[PAGE.index("| input |") :]))

    assert [*rows] == [*action["inputs"]]
    for name, each in action["inputs"].items():
        if each["default"] and "${{" not in each["default"]:
            assert rows[name] == f"`{each['default']}`"
    for name in action["outputs"]:
        assert re.search(rf"Its outputs are .*`{name}`", PAGE)


def test_the_workflow_gives_the_action_what_it_asks_for() -> None:
    workflow = parsed(BLOCKS[".github/workflows/rules.yml"])
    [step] = [each for each in workflow["jobs"]["diff"]["steps"] if "rules-diff" in each["uses"]]

    folder = step["uses"].removeprefix("OWNER/ts/").partition("@")[0]
    assert ROOT / folder == ACTION.parent
    assert step["with"].keys() <= parsed(ACTION.read_text(encoding="utf-8"))["inputs"].keys()
    assert workflow["permissions"]["pull-requests"] == "write"
    assert [*expressions(workflow["jobs"])] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "schema"),
    [
        (".github/workflows/rules.yml", "vendor.github-workflows"),
        (".github/workflows/scanning.yml", "vendor.github-workflows"),
        (".gitlab-ci.yml", "vendor.gitlab-ci"),
    ],
)
def test_a_block_is_valid(name: str, schema: str, tmp_path: Path) -> None:
    file = tmp_path / "block.yml"
    file.write_text(BLOCKS[name], encoding="utf-8")

    run_tool("check-jsonschema", "--builtin-schema", schema, str(file))
