"""Plans are remembered by the exact question; a cache that is broken costs a request and nothing else."""

from __future__ import annotations

import os
import pickle
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import anyio
import pytest

from router.core.settings import PlanCache
from router.planner import alone
from router.planner.planner import Plans
from router.planner.remembered import Remembered, Stats
from tests.processes import side_by_side

PLAN: Final = {
    "text": "what changed",
    "model": "hf:openai/gpt-oss-20b",
    "plan": {"steps": [{"id": "1", "use": "mcp:git/git_log", "args": {"n": 3}, "needs": []}]},
}
ON_WINDOWS: Final = os.name == "nt"


def remembered(tmp_path: Path, cache: PlanCache | None = None) -> Remembered:
    return Remembered(tmp_path / "plans", cache or PlanCache())


def test_what_is_kept_is_found_by_any_process_until_it_is_dropped(tmp_path: Path) -> None:
    plans: Plans = remembered(tmp_path)
    assert plans.find("key") is None

    plans.keep("key", PLAN)

    assert remembered(tmp_path).find("key") == PLAN
    assert plans.find("other") is None
    plans.drop("key")
    assert plans.find("key") is None


def test_asking_for_what_is_not_there_makes_no_file(tmp_path: Path) -> None:
    plans = remembered(tmp_path)

    assert plans.find("key") is None
    plans.drop("key")
    assert (plans.entries(), plans.stats(), plans.clear()) == ([], Stats(), 0)

    assert list(tmp_path.iterdir()) == []


def test_entries_can_be_read_by_a_person(tmp_path: Path) -> None:
    plans = remembered(tmp_path)
    before = time.time()
    plans.keep("aa1", PLAN)
    plans.keep("ab2", {**PLAN, "text": "größer"})
    plans.keep("b", {"plan": {"steps": [1, {}]}})
    plans.find("aa1")
    plans.find("nothing")

    listed = plans.entries()
    assert [each.key for each in listed] == ["b", "ab2", "aa1"]
    assert (listed[2].text, listed[2].model) == ("what changed", "hf:openai/gpt-oss-20b")
    assert [each.targets for each in listed] == [(), ("mcp:git/git_log",), ("mcp:git/git_log",)]
    assert before <= listed[2].made_at <= time.time()
    assert [each.key for each in plans.show("a")] == ["ab2", "aa1"]
    stats = plans.stats()
    assert (stats.entries, stats.hits, stats.misses) == (3, 1, 1)
    assert stats.oldest == listed[2].made_at
    assert stats.newest == listed[0].made_at
    assert stats.bytes > 0
    assert plans.clear() == 3
    assert plans.entries() == []


@pytest.mark.skipif(ON_WINDOWS, reason="Windows has other permissions")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    plans = remembered(tmp_path)
    plans.keep("key", {**PLAN, "long": "x" * 500_000})

    assert plans.find("key") is not None
    modes = {stat.S_IMODE(each.stat().st_mode) for each in (plans.directory, *plans.directory.rglob("*"))}
    assert modes == {0o700, 0o600}


def test_what_is_too_old_is_found_no_longer(tmp_path: Path) -> None:
    remembered(tmp_path).keep("key", PLAN)
    brief = remembered(tmp_path, PlanCache(days=1e-9))

    assert brief.find("key") is None
    assert brief.entries() == []
    brief.keep("brief", PLAN)
    assert remembered(tmp_path).find("brief") is None
    assert remembered(tmp_path).find("key") == PLAN


def test_what_was_not_used_longest_makes_room(tmp_path: Path) -> None:
    plans = remembered(tmp_path, PlanCache(megabytes=1))
    for number in range(40):
        plans.keep(f"key {number}", {"text": "x" * 50_000})
        assert plans.find("key 0") is not None

    assert 3 < len(plans.entries()) < 25
    assert plans.find("key 39") is not None
    assert plans.find("key 1") is None


@pytest.mark.parametrize("odd", [{"a": {1}}, {"a": float("nan")}, {"a": "x" * 2_000_000}, {"a": object()}])
def test_what_is_no_json_or_far_too_long_is_not_kept(tmp_path: Path, odd: dict[str, object]) -> None:
    plans = remembered(tmp_path)
    plans.keep("key", odd)

    assert plans.find("key") is None


class Bomb:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize(
    "value", ["", "no json", "[]", "{}", '{"format": 2, "made_at": 0, "stored": {}}', 7, b"\x00", "pickle"]
)
def test_what_something_else_wrote_is_not_found_and_runs_nothing(tmp_path: Path, value: object) -> None:
    plans = remembered(tmp_path)
    plans.keep("key", PLAN)
    mode = 1
    if value == "pickle":
        value, mode = pickle.dumps(Bomb(tmp_path / "bang")), 4
    with closing(sqlite3.connect(plans.directory / "cache.db", isolation_level=None)) as connection:
        connection.execute("UPDATE Cache SET value = ?, mode = ?", (value, mode))

    assert plans.find("key") is None
    assert plans.entries() == []
    assert not (tmp_path / "bang").exists()
    plans.keep("key", PLAN)
    assert plans.find("key") == PLAN


def in_the_way(directory: Path) -> None:
    directory.write_text("in the way")


def garbage(directory: Path) -> None:
    (directory / "cache.db").write_bytes(b"garbage " * 5000)


def cut_off(directory: Path) -> None:
    path = directory / "cache.db"
    path.write_bytes(path.read_bytes()[:5000])


def overwritten(directory: Path) -> None:
    path = directory / "cache.db"
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))


def empty(directory: Path) -> None:
    (directory / "cache.db").write_bytes(b"")


def another_database(directory: Path) -> None:
    (directory / "cache.db").unlink()
    with closing(sqlite3.connect(directory / "cache.db")) as connection:
        connection.execute("CREATE TABLE Cache (other)")
        connection.execute("CREATE TABLE Settings (key TEXT NOT NULL UNIQUE, value)")
        connection.execute("INSERT INTO Settings VALUES ('cull_limit', 'many'), ('disk_odd', 1)")
        connection.commit()
    (directory / "cache.db").chmod(0o600)


def a_directory(directory: Path) -> None:
    (directory / "cache.db").unlink()
    (directory / "cache.db" / "full").mkdir(parents=True)


def for_all_to_write(directory: Path) -> None:
    (directory / "cache.db").chmod(0o666)


def a_link(directory: Path) -> None:
    (directory / "cache.db").rename(directory / "elsewhere")
    (directory / "cache.db").symlink_to(directory / "elsewhere")


def read_only(directory: Path) -> None:
    (directory / "cache.db").chmod(0o400)
    directory.chmod(0o500)


HINDRANCES: Final = (
    in_the_way, garbage, cut_off, overwritten, empty, another_database, a_directory, for_all_to_write, a_link,
    read_only,
)  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("hinder", HINDRANCES, ids=lambda each: each.__name__)
async def test_a_cache_that_is_broken_costs_a_request_and_nothing_else(
    tmp_path: Path, hinder: object
) -> None:
    plans = remembered(tmp_path)
    if hinder is not in_the_way:
        plans.keep("key", PLAN)
    assert callable(hinder)
    hinder(plans.directory)
    within = False

    async with plans.asking("key"):
        within = True
        assert plans.find("key") in (None, PLAN)
        plans.keep("key", PLAN)
    plans.drop("other")

    assert within
    assert plans.find("key") in (None, PLAN)
    if hinder in (garbage, cut_off, overwritten, empty, another_database):
        assert plans.find("key") == PLAN, "one that is ours and damaged is begun anew"
    if plans.directory.is_dir():
        plans.directory.chmod(0o700)


@pytest.mark.parametrize("hinder", [garbage, cut_off, another_database], ids=lambda each: each.__name__)
def test_a_damaged_cache_is_told_where_it_is_read_and_can_be_cleared(tmp_path: Path, hinder: object) -> None:
    plans = remembered(tmp_path)
    plans.keep("key", PLAN)
    assert callable(hinder)
    hinder(plans.directory)

    for read in (plans.entries, plans.stats):
        with pytest.raises(OSError, match=r"cannot be read: .*; ts cache clear begins a new one"):
            read()
    assert plans.clear() == 0
    assert plans.entries() == []


@pytest.mark.skipif(ON_WINDOWS, reason="Windows tells no owner")
def test_a_cache_of_others_is_neither_read_nor_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = remembered(tmp_path)
    plans.keep("key", PLAN)
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)

    assert plans.find("key") is None
    plans.keep("key", {})
    plans.drop("key")
    for read in (plans.entries, plans.clear):
        with pytest.raises(OSError, match="not its owner's alone"):
            read()

    monkeypatch.undo()
    assert plans.find("key") == PLAN


def test_a_cache_that_another_process_holds_is_left_alone(tmp_path: Path) -> None:
    plans = remembered(tmp_path)
    plans.keep("key", PLAN)
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
    )
    arguments = [sys.executable, "-c", program, str(plans.directory / "cache.db")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n" or ON_WINDOWS
        assert plans.find("key") is None
        plans.keep("key", {})
        other.communicate()

    assert plans.find("key") == PLAN


ASKING: Final = """
import sys
from pathlib import Path
import anyio
from router.core.settings import PlanCache
from router.planner.remembered import Remembered
async def ask():
    home, number = sys.argv[1:]
    plans = Remembered(Path(home) / "plans", PlanCache())
    async with plans.asking("key"):
        if plans.find("key") is None:
            with (Path(home) / "asked").open("a") as file:
                file.write("once\\n")
            await anyio.sleep(0.1)
            plans.keep("key", {"text": number})
    print(plans.find("key")["text"])
anyio.run(ask)
"""


@pytest.mark.slow
def test_twenty_processes_that_ask_the_same_ask_once(tmp_path: Path) -> None:
    told = side_by_side(ASKING, 20, str(tmp_path))

    assert (tmp_path / "asked").read_text() == "once\n"
    assert len(set(told)) == 1
    assert list((tmp_path / "plans" / "asking").iterdir()) == [] or ON_WINDOWS


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that asks and never hears."""
    program = ASKING.replace("await anyio.sleep(0.1)", "print('asking', flush=True); await anyio.sleep(600)")
    arguments = [sys.executable, "-c", program, str(tmp_path), "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.anyio
async def test_who_dies_while_asking_holds_up_nobody(tmp_path: Path, asker: subprocess.Popen[bytes]) -> None:
    plans = remembered(tmp_path)
    with anyio.move_on_after(0.05) as waiting:
        async with plans.asking("key"):
            pytest.fail("somebody else is asking")
    async with plans.asking("another"):
        asker.kill()

    assert waiting.cancelled_caught
    with anyio.fail_after(20):
        async with plans.asking("key"):
            assert plans.find("key") is None


@pytest.mark.anyio
async def test_tasks_of_one_process_take_turns_and_an_error_lets_go(tmp_path: Path) -> None:
    plans = remembered(tmp_path)
    within: list[int] = []

    async def ask(number: int) -> None:
        async with plans.asking("key"):
            within.append(number)
            await anyio.sleep(0.001)
            assert within[-1] == number
            raise ZeroDivisionError

    async def asked(number: int) -> None:
        with pytest.raises(ZeroDivisionError):
            await ask(number)

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(asked, number)

    assert sorted(within) == list(range(10))


@pytest.mark.anyio
async def test_a_holder_that_is_stuck_is_waited_for_no_longer_than_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "LONGEST_WAIT_SECONDS", 0.05)
    plans = remembered(tmp_path)

    async with plans.asking("key"), plans.asking("key"):
        pass
