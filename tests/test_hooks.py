"""The hooks for pre-commit: what they run and on which files; pre-commit itself installs and runs them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.command import Done, Shell
from tests.packaged import UV, parsed

ROOT: Final = Path(__file__).parent.parent
MANIFEST: Final = ROOT / ".pre-commit-hooks.yaml"
PAGE: Final = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
HOOKS: Final = ("ts-rules-check", "ts-rules-fmt", "ts-snapshot-check")
RULES: Final = "rules/team/billing.toml"
REFUND: Final = """\
[refund]
owner = "@billing"
why = "Look-ups go to the replica."
when = { all = ["refund"] }
use = "mcp:ledger/get_refund"
yes = ["where is my refund"]
no = ["where is my order"]
"""
UNTIDY: Final = REFUND.replace(" = [", "=[")
WRONG: Final = REFUND.replace('yes = ["where', 'yes = ["where is it", "where')
PROJECT: Final = {
    "ts.toml": '[mcp.ledger]\ncommand = "ledger-server"\n',
    "corpus/queries.txt": "where is my refund\nhello\n",
    "corpus/decisions.txt": "hello ⇒ none\nwhere is my refund ⇒ billing.refund ⇒ mcp:ledger/get_refund\n",
}
"""What every hook lets pass, once its rules are formatted."""
ELSEWHERE: Final = PROJECT["corpus/decisions.txt"].replace("get_refund", "find_refund")


@pytest.fixture
def project(tmp_path: Path) -> Shell:
    """Make a repository with a project in it that every hook lets pass."""
    shell = Shell(tmp_path / "repository", tmp_path / "home")
    shell.home.mkdir()
    shell.directory.mkdir()
    shell.git("init")
    shell.write({**PROJECT, RULES: REFUND})
    assert shell.ts("rules", "fmt").code == 0
    return shell


def hook(name: str) -> dict[str, Any]:
    """Return a hook as the manifest describes it."""
    found: dict[str, Any] = {each["id"]: each for each in parsed(MANIFEST.read_text(encoding="utf-8"))}[name]
    return found


def run(name: str, shell: Shell, *arguments: str) -> Done:
    """Run a hook's command as pre-commit does, without the names of files."""
    described = hook(name)
    program, *command = shlex.split(described["entry"])
    assert (program, described["pass_filenames"], "args" in described) == ("ts", "false", False)
    return shell.ts(*command, *arguments)


def test_there_are_three_hooks_and_the_page_names_them() -> None:
    assert [each["id"] for each in parsed(MANIFEST.read_text(encoding="utf-8"))] == [*HOOKS]
    for name in HOOKS:
        assert f"| `{name}` | `{hook(name)['entry']}`," in PAGE


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_passes_where_all_is_well(project: Shell, name: str) -> None:
    before = (project.directory / RULES).read_bytes()

    done = run(name, project)

    assert done.code == 0, done.out + done.err
    assert (project.directory / RULES).read_bytes() == before


def test_the_check_fails_on_an_error_and_where_it_is_strict_on_a_warning(project: Shell) -> None:
    project.write({RULES: REFUND.replace('owner = "@billing"\n', "")})
    assert run("ts-rules-check", project).code == 0
    assert run("ts-rules-check", project, "--strict").code == 1

    project.write({RULES: WRONG})
    assert run("ts-rules-check", project).code == 1


def test_the_formatter_rewrites_files_and_leaves_the_failing_to_pre_commit(project: Shell) -> None:
    neat = (project.directory / RULES).read_text(encoding="utf-8")
    project.write({RULES: UNTIDY})

    assert run("ts-rules-fmt", project).code == 0

    assert (project.directory / RULES).read_text(encoding="utf-8") == neat


def test_the_snapshot_fails_where_a_decision_reads_otherwise(project: Shell) -> None:
    project.write({"corpus/decisions.txt": ELSEWHERE})

    assert run("ts-snapshot-check", project).code == 5


@pytest.mark.parametrize(
    ("path", "hooks"),
    [
        ("rules/team/billing.toml", HOOKS),
        ("routing/rules/vocab.toml", HOOKS),
        ("ts.toml", ("ts-rules-check", "ts-snapshot-check")),
        ("a/b/ts.toml", ("ts-rules-check", "ts-snapshot-check")),
        ("prompts/git/history.md.j2", ("ts-rules-check", "ts-snapshot-check")),
        ("routing/corpus/queries.txt", ("ts-rules-check", "ts-snapshot-check")),
        ("corpus/decisions.txt", ("ts-rules-check", "ts-snapshot-check")),
        ("schemas/rules.json", ("ts-rules-check", "ts-snapshot-check")),
        ("parts.toml", ()),
        ("ts.toml.orig", ()),
        ("docs/rules.md", ()),
        ("overrules/x.toml", ()),
        ("README.md", ()),
    ],
)
def test_a_hook_runs_for_the_files_of_a_project_wherever_it_is(path: str, hooks: tuple[str, ...]) -> None:
    assert tuple(name for name in HOOKS if re.search(hook(name)["files"], path)) == hooks


# pre-commit itself.


def checkout(directory: Path, home: Path) -> str:
    """Commit this checkout as it is now, with what is not committed yet, and return its commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, directory / name)
    shell = Shell(directory, home)
    for command in (("init",), ("add", "--all"), ("commit", "--message", "x"), ("tag", "v0.1.0")):
        shell.git(*command)
    return directory.as_uri()


def configured(shell: Shell, repository: str, number: int) -> None:
    """Write and stage a configuration of the page, which takes hooks from a repository."""
    blocks = re.findall(r"```yaml\n(# \.pre-commit-config\.yaml\n.*?)```", PAGE, re.DOTALL)
    text = blocks[number].replace("https://github.com/OWNER/ts", repository)
    shell.write({".pre-commit-config.yaml": text})
    shell.git("add", "--all")


def pre_commit(shell: Shell, *arguments: str) -> Done:
    """Run pre-commit on all files, with this repository's `ts` out of sight and a home of its own."""
    path = [each for each in os.environ["PATH"].split(os.pathsep) if ".venv" not in each]
    environment = {
        **shell.environment,
        "PATH": os.pathsep.join(path),
        "PIP_CACHE_DIR": str(Path.home() / ".cache/pip"),
        "PRE_COMMIT_HOME": str(shell.home / "pre-commit"),
    }
    command = (str(UV), "tool", "run", "--quiet", "pre-commit", "run", "--all-files", *arguments)
    done = subprocess.run(
        command, cwd=shell.directory, env=environment, capture_output=True, text=True, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pre_commit_installs_the_hooks_of_the_page_and_each_passes_and_fails(
    project: Shell, tmp_path: Path
) -> None:
    repository = checkout(tmp_path / "checkout", project.home)
    configured(project, repository, 0)
    neat = (project.directory / RULES).read_text(encoding="utf-8")

    done = pre_commit(project)

    assert done.code == 0, done.out + done.err
    assert re.findall(r"(?m)^(ts .*?)\.+Passed$", done.out) == [
        "ts rules fmt", "ts rules check", "ts snapshot check",
    ]  # fmt: skip
    for name, files, told in (
        (
            "ts-rules-fmt",
            {RULES: UNTIDY},
            "files were modified by this hook\n\nformatted rules/team/billing.toml",
        ),
        ("ts-rules-check", {RULES: WRONG}, 'does not match its own example "where is it"'),
        ("ts-snapshot-check", {"corpus/decisions.txt": ELSEWHERE}, "to accept these decisions"),
    ):
        project.write({**PROJECT, RULES: neat, **files})
        project.git("add", "--all")
        failed = pre_commit(project, name)
        assert failed.code == 1, failed.out
        assert told in failed.out

    project.write({f"routing/{name}": text for name, text in {**PROJECT, RULES: WRONG}.items()})
    configured(project, repository, 1)
    below = pre_commit(project)
    assert below.code == 1, below.out
    assert "ts rules check in routing" in below.out
    assert "rules/team/billing.toml:1: error: billing.refund" in below.out
