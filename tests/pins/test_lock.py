"""ts.lock: what is written is read back, and what is wrong in it is told with its line."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from router.core.findings import Findings
from router.errors import SettingsRefused
from router.pins import LOCK_FILE, lock_text, pinned, read_lock
from router.pins.pin import Pinned
from router.pins.reading import parsed_lock
from router.ports import Offer, Tool
from tests.pins.offers import ADD, GIT, WRITER, any_offer

BOTH = {"mcp:git": pinned(GIT), "a2a:writer": pinned(WRITER)}


def read(text: str) -> tuple[Pinned, list[str]]:
    findings = Findings()
    pins = parsed_lock(text, findings)
    return pins, list(map(str, findings.problems))


@given(st.lists(any_offer, max_size=3))
def test_what_is_written_is_read_back(offers: list[Offer]) -> None:
    pins = {f"{each.scheme}:{each.name}": pinned(each) for each in offers}

    assert read(lock_text(pins)) == (pins, [])


@given(any_offer)
def test_nothing_in_the_file_is_unseen(offer: Offer) -> None:
    text = lock_text({f"{offer.scheme}:{offer.name}": pinned(offer)})

    assert all(each == "\n" or each.isprintable() for each in text)
    assert not any(line.endswith(" ") for line in text.split("\n"))


def test_the_text_is_the_same_whatever_the_order() -> None:
    turned = {"a2a:writer": pinned(WRITER), "mcp:git": pinned(replace(GIT, tools=GIT.tools[::-1]))}

    assert lock_text(turned) == lock_text(BOTH)


def test_a_change_is_a_few_lines_of_the_diff_of_git(tmp_path: Path) -> None:
    changed = replace(ADD, description="Add files.\nSome of them.")
    for name, tool in (("before", ADD), ("after", changed)):
        pins = {"mcp:git": pinned(replace(GIT, tools=(tool, *GIT.tools[1:])))}
        (tmp_path / name).write_text(lock_text(pins), encoding="utf-8")

    command = ["git", "diff", "--no-index", "-U0", "before", "after"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    lines = [each for each in told.splitlines() if each[0] in "+-" and each[:3] not in ("+++", "---")]

    assert lines[:2] == ['-All of them."""', '+Some of them."""']
    assert [line.partition(" ")[0] for line in lines[2:]] == ["-sha256.description", "+sha256.description"]


def test_there_may_be_no_file(tmp_path: Path) -> None:
    assert read_lock(tmp_path) is None


def test_a_file_is_read_from_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text(lock_text(BOTH), encoding="utf-8")

    assert read_lock(tmp_path) == BOTH


GOOD = lock_text(BOTH)
HOSTILE = {
    "": "ts.lock: says no version, and this ts knows version 1",
    "version = 2": "ts.lock:1:11: is of version 2, and this ts knows version 1",
    "version = 1.0": "ts.lock:1:11: is of version 1.0, and this ts knows version 1",
    "version = true": "ts.lock:1:11: is of version True, and this ts knows version 1",
    'version = "one"': "ts.lock:1:11: is of version 'one', and this ts knows version 1",
    "<<<<<<< HEAD\nversion = 1": "ts.lock:1:1: is not TOML: Invalid statement",
    "version = 1\nmcp = 3": 'ts.lock:2:7: "mcp" must be a table',
    "version = 1\n\n[mcp.git]\ntools = []": 'ts.lock:4:9: "tools" must be a table',
    "version = 1\n[mcp.git.tools.add]\ndescription = 3": 'ts.lock:3:15: "description" must be text',
    "version = 1\n[mcp.git.tools.add]\nread_only = 1": 'ts.lock:3:13: "read_only" must be true or false',
    "version = 1\n[mcp.git.tools.add]\ndescriptio = 'x'": 'ts.lock:3:1: unknown key "descriptio"',
    "version = 1\n[mcp.git.tools.add]\ninput_schema = '{'": 'ts.lock:3:16: "input_schema" is not JSON',
    "version = 1\n[mcp.git.tools.add]\ninput_schema = '" + "[" * 9_999 + "'": (
        'ts.lock:3:16: "input_schema" is not JSON'
    ),
    "version = 1\n[mcp.git]\ndescription = 'x'\n": 'ts.lock:2:2: "description" is not what its hash says',
    GOOD.replace("All of them", "None of them"): ('ts.lock:51:22: "description" is not what its hash says'),
    "version = " + "[" * 9_999: "ts.lock:1:",
}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:40])
def test_what_is_wrong_is_told_with_its_line_and_what_would_do(text: str) -> None:
    pins, problems = read(text)

    assert pins == {}
    assert problems[0].startswith(HOSTILE[text])
    assert all("`ts pin` writes it again" in each or "did you mean" in each for each in problems)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"version = 1\n\x00"])
def test_a_file_of_bytes_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / LOCK_FILE).write_bytes(raw)

    with pytest.raises(SettingsRefused, match=r"ts\.lock"):
        read_lock(tmp_path)


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_is_refused(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / LOCK_FILE)

    with pytest.raises(SettingsRefused, match=r"ts\.lock: cannot be read"):
        read_lock(tmp_path)


def test_a_part_that_was_changed_without_its_hash_is_named() -> None:
    text = lock_text({"mcp:git": pinned(Offer("mcp", "git", (Tool("x", "Say.", {"a": 1}, read_only=True),)))})

    for part, (old, new) in {
        "description": ('"Say."', '"Pay."'),
        "input_schema": ('"a": 1', '"a": 2'),
        "annotations": ("= true", "= false"),
    }.items():
        _, [problem] = read(text.replace(old, new))
        assert f'"{part}" is not what its hash says' in problem


@given(st.text(max_size=200) | st.integers(0, len(GOOD)).map(lambda at: GOOD[:at]))
def test_garbage_is_refused_or_read_and_never_an_error_of_ours(text: str) -> None:
    pins, problems = read(text)

    assert not (pins and problems)
    if not problems:
        assert tomli.loads(text)["version"] == 1
