"""`ts auth`, run as the installed command: secrets are kept, found and removed, and told to nobody else."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import typer
from keyring.backend import KeyringBackend

from router.cli import auth
from router.errors import SecretMissing
from tests.cli.states import State, state
from tests.command import TS, Shell
from tests.secrets import rings

pytestmark = pytest.mark.slow

__all__ = ["state"]

VALUE = "hunter2"
ROOT = Path(__file__).parent.parent.parent
HEADLESS = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
UNTOUCHABLE = {"PYTHON_KEYRING_BACKEND": "tests.secrets.rings.Untouchable", "PYTHONPATH": str(ROOT)}

SETTINGS = """
[mcp.far]
url = "http://127.0.0.1:1/mcp"
auth = { type = "bearer" }
headers = { X = "${env:FAR_KEY}" }

[planner.hf]
[planner.local]
base_url = "http://127.0.0.1:1/v1"
token = "file:none"
"""


@pytest.fixture
def ring(shell: Shell) -> dict[str, str]:
    """Return variables that choose a keyring which works."""
    return {
        "PYTHON_KEYRING_BACKEND": "tests.secrets.rings.FileRing",
        "PYTHONPATH": str(ROOT),
        rings.FILE: str(shell.home / "ring.json"),
    }


def test_a_secret_is_kept_in_the_keyring_found_and_removed(shell: Shell, ring: dict[str, str]) -> None:
    done = shell.ts("auth", "set", "release", stdin=f"{VALUE}\n", **ring)
    assert (done.code, done.out, done.err) == (0, "", "release is kept in the keyring\n")
    assert json.loads((shell.home / "ring.json").read_text("utf-8")) == {"ts/release": VALUE}

    assert shell.ts("auth", "get", "release", **ring).out == f"{VALUE}\n"
    assert shell.ts("auth", "list", **UNTOUCHABLE).out == "release  the keyring\n"
    done = shell.ts("auth", "rm", "release", **ring)
    assert (done.code, done.err) == (0, "release is removed from the keyring\n")

    gone = shell.ts("auth", "get", "release", **ring)
    assert gone.code == 1
    assert "the keyring or " in gone.err
    assert gone.err.endswith("; run ts auth set release\n")


def test_without_a_keyring_the_choices_are_named_and_a_file_is_one(shell: Shell) -> None:
    refused = shell.ts("auth", "set", "my-agent", stdin=VALUE, **HEADLESS)
    assert refused.code == 1
    assert "cannot be kept in the keyring: there is none on this machine" in refused.err
    for choice in ("ts auth set my-agent --file", "$TS_SECRET_MY_AGENT,", "$TS_SECRET_MY_AGENT_FILE"):
        assert choice in refused.err
    assert VALUE not in refused.err

    path = shell.home / ".ts" / "secrets" / "my-agent"
    done = shell.ts("auth", "set", "my-agent", "--file", stdin=VALUE, **UNTOUCHABLE)
    assert (done.code, done.err) == (0, f"my-agent is kept in {path}\n")
    assert shell.ts("auth", "get", "my-agent", **HEADLESS).out == f"{VALUE}\n"
    assert path.read_text("utf-8") == VALUE


def test_what_the_environment_has_is_asked_of_no_keyring(shell: Shell) -> None:
    done = shell.ts("auth", "get", "my.agent", TS_SECRET_MY_AGENT=VALUE, **UNTOUCHABLE)

    assert (done.code, done.out) == (0, f"{VALUE}\n")
    assert shell.ts("auth", "get", "my.agent", **UNTOUCHABLE).code == rings.TOUCHED


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
def test_a_terminal_is_asked_without_showing_what_is_typed(shell: Shell) -> None:
    assert typed(shell, VALUE.encode() + b"\n") == (0, b"secret for git: \r\ngit is kept in ")
    assert (shell.home / ".ts" / "secrets" / "git").read_text("utf-8") == VALUE


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
def test_a_terminal_that_gives_nothing_changes_nothing(shell: Shell) -> None:
    code, _ = typed(shell, b"\x04")

    assert code == 2
    assert not (shell.home / ".ts").exists()


def typed(shell: Shell, keys: bytes) -> tuple[int, bytes]:
    """Type at a terminal once it asks; return the exit code, and what was shown up to the home's path."""
    terminal, side = os.openpty()
    process = subprocess.Popen(
        [TS, "auth", "set", "git", "--file"], cwd=shell.directory, env={**shell.environment, **UNTOUCHABLE},
        stdin=side, stdout=side, stderr=side, start_new_session=True,
    )  # fmt: skip
    os.close(side)
    shown = b""
    while not shown.endswith(b"git: "):
        shown += os.read(terminal, 1)
    os.write(terminal, keys)
    with suppress(OSError):  # a terminal that nobody has open any more
        while part := os.read(terminal, 1000):
            shown += part
    os.close(terminal)
    return process.wait(60), shown.partition(str(shell.home).encode())[0]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b"", "nothing was given"),
        (b" \n", "nothing was given"),
        (b"\xffhunter2", "standard input is not UTF-8"),
        (b"x" * 1_000_001, "standard input has more than the 1,000,000 bytes allowed"),
    ],
)
def test_what_can_be_no_secret_is_refused(shell: Shell, given: bytes, reason: str) -> None:
    done = shell.ts("auth", "set", "git", stdin=given, **UNTOUCHABLE)

    assert done.code == 2
    assert reason in " ".join(done.err.split())
    assert VALUE not in done.err


@pytest.mark.parametrize(
    "arguments", [("set", "../x"), ("get", ".names"), ("rm", "a b"), ("set", "x", VALUE)]
)
def test_names_are_checked_and_values_are_no_arguments(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert shell.ts("auth", *arguments, stdin=VALUE, **UNTOUCHABLE).code == 2


def test_the_home_must_be_known(shell: Shell) -> None:
    done = shell.ts("auth", "list", TS_HOME="~nobody-of-that-name")

    assert done.code == 2
    assert "$TS_HOME" in done.err


def ring_of(kind: type[KeyringBackend]) -> KeyringBackend:
    """Return a keyring; the package says no types of how one is made."""
    return kind()


@pytest.fixture
def here(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """Call commands in this process, with a keyring that works."""
    monkeypatch.setenv(rings.FILE, str(tmp_path / "ring.json"))
    monkeypatch.setattr("keyring.core._keyring_backend", ring_of(rings.FileRing))
    return state


@contextmanager
def given(value: str, tmp_path: Path) -> Iterator[None]:
    """Have a value on standard input."""
    path = tmp_path / "input"
    path.write_text(value, "utf-8")
    with path.open(encoding="utf-8") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", file)
        yield


def test_secrets_are_listed_with_the_place_that_is_used_first(
    here: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert auth.list_secrets() == 0
    assert here.printed() == ("", "no secret is kept; ts auth set NAME keeps one\n")
    with given(VALUE, tmp_path):
        assert auth.set_secret("git") == 0
    with given(VALUE, tmp_path):
        assert auth.set_secret("a.b", in_file=True) == 0
    monkeypatch.setenv("TS_SECRET_GIT", "other")
    here.printed()

    path = str(tmp_path / "home" / "secrets" / "a.b")
    assert auth.list_secrets() == 0
    assert here.printed()[0] == f"a.b  {path}\ngit  $TS_SECRET_GIT, then the keyring\n"
    assert auth.list_secrets(as_json=True) == 0
    assert here.document() == {
        "secrets": [
            {"name": "a.b", "where": [path]},
            {"name": "git", "where": ["$TS_SECRET_GIT", "the keyring"]},
        ]
    }


def test_a_place_that_comes_before_what_was_kept_is_told(
    here: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TS_SECRET_GIT", "other")

    with given(f"{VALUE}\r\n", tmp_path):
        assert auth.set_secret("git") == 0

    assert here.printed()[1] == (
        "git is kept in the keyring\nwarning: $TS_SECRET_GIT has it too, and is looked at first\n"
    )
    assert auth.get_secret("git") == 0
    assert here.printed()[0] == "other\n"
    assert auth.remove("git") == 0
    assert here.printed()[1] == ("git is removed from the keyring\nwarning: $TS_SECRET_GIT still has it\n")
    with pytest.raises(SecretMissing, match=r"^keyring:git: is not kept; ts auth list"):
        auth.remove("git")


@pytest.mark.usefixtures("here")
def test_a_closed_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(typer.BadParameter, match="standard input is closed"):
        auth.set_secret("git")


def told(shell: Shell, **variables: str) -> dict[str, str]:
    """Return what the doctor says of secrets, its state first."""
    shell.write({"ts.toml": SETTINGS})
    lines = shell.ts("doctor", "--json", **variables).json
    return {
        each["what"].removeprefix("secret "): f"{each['state']} {each['seen']}"
        for each in lines
        if each["what"].startswith("secret ")
    }


def test_the_doctor_tells_where_secrets_are_and_asks_no_keyring_in_vain(shell: Shell) -> None:
    (shell.directory / "none").write_text("of a file\n", "utf-8")

    found = told(shell, TS_SECRET_FAR=VALUE, FAR_KEY=VALUE, HF_API_KEY="hf_x", **UNTOUCHABLE)

    assert found == {
        "keyring:far": "ok found in $TS_SECRET_FAR",
        "env:FAR_KEY": "ok found in $FAR_KEY",
        "env:HF_TOKEN": "ok found in $HF_API_KEY",
        "file:none": f"ok found in {shell.directory / 'none'}",
    }


def test_the_doctor_fails_where_a_secret_of_a_server_is_missing(shell: Shell) -> None:
    missing = told(shell, HF_TOKEN="", HF_API_KEY="", **HEADLESS)

    begins = {
        "keyring:far": "fail is not found in $TS_SECRET_FAR, ",
        "env:FAR_KEY": "fail neither $FAR_KEY nor $FAR_KEY_FILE is set",
        "env:HF_TOKEN": "warn neither $HF_TOKEN nor $HF_TOKEN_FILE is set",
        "file:none": "warn ",
    }
    assert [place for place in begins if not missing[place].startswith(begins[place])] == []
