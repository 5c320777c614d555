"""How the MCP driver opens, shares, keeps and ends its servers; every process of them is gone in the end."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import anyio
import psutil
import pytest

from router import __version__
from router.drivers import mcp_program
from router.drivers.mcp import McpDriver
from router.errors import CallTimedOut, TargetUnavailable
from router.ports import Offer
from tests import servers

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that ignore that they are to end would otherwise take four seconds each."""
    monkeypatch.setattr(mcp_program, "GRACE_SECONDS", 0.2)


async def process_of(driver: McpDriver, name: str = "faulty") -> int:
    return int((await servers.ask(driver, f"{name}/pid")).text)


async def test_no_server_is_started_before_its_first_use(tmp_path: Path) -> None:
    started, go_on = tmp_path / "started", tmp_path / "go-on"
    go_on.touch()
    async with servers.driving(tmp_path, servers.faulty("waits", str(started), str(go_on))) as driver:
        assert not started.exists()
        process = await process_of(driver)

        assert started.read_text() == str(process)


async def test_concurrent_first_users_start_a_server_once(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    server = servers.faulty("fails-first", "0", str(starts))
    async with servers.driving(tmp_path, server) as driver, anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(process_of, driver)

    assert starts.read_bytes() == b"."


async def test_a_server_that_died_is_started_again_by_the_next_call(tmp_path: Path) -> None:
    seen: list[Offer] = []
    async with servers.driving(tmp_path, servers.faulty(), seen=seen.append) as driver:
        first = await process_of(driver)
        assert await process_of(driver) == first
        with pytest.raises(TargetUnavailable):
            await servers.ask(driver, "faulty/die")
        second = await process_of(driver)

        assert second != first
        assert await servers.have_ended(first)
    assert len(seen) == 2


async def test_a_server_that_died_between_two_calls_is_started_again(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        first = await process_of(driver)
        psutil.Process(first).kill()
        assert await servers.have_ended(first)

        # The very next call may be on its way before the end is noted, and is not sent twice.
        with suppress(TargetUnavailable):
            await process_of(driver)
        assert await process_of(driver) != first


async def test_closing_twice_ends_every_process_and_lets_none_be_started(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty(), servers.faulty(name="other")) as driver:
        processes = [await process_of(driver), await process_of(driver, "other")]
        await driver.aclose()
        await driver.aclose()

        assert await servers.have_ended(*processes)
        with pytest.raises(TargetUnavailable, match="all connections are closed"):
            await process_of(driver)


async def test_closing_ends_a_call_that_is_under_way(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver, anyio.create_task_group() as tasks:

        async def hang() -> None:
            with pytest.raises(TargetUnavailable, match="the connection was closed during the call"):
                await servers.ask(driver, "faulty/hang")

        await process_of(driver)
        tasks.start_soon(hang)
        await anyio.wait_all_tasks_blocked()
        await driver.aclose()


@pytest.mark.usefixtures("short_grace")
async def test_closing_ends_a_start_that_is_under_way(tmp_path: Path) -> None:
    started = tmp_path / "started"
    server = servers.faulty("waits", str(started), str(tmp_path / "never"))
    async with servers.driving(tmp_path, server) as driver, anyio.create_task_group() as tasks:

        async def start() -> None:
            with pytest.raises(TargetUnavailable, match="the connection was closed while it was opened"):
                await process_of(driver)

        tasks.start_soon(start)
        process = await written(started)
        await driver.aclose()

        assert await servers.have_ended(process)


async def written(file: Path) -> int:
    """Wait for a process id in a file."""
    for _ in range(1000):
        if number := number_in(file):
            return number
        await anyio.sleep(0.01)
    raise AssertionError(f"{file} was not written")


def number_in(file: Path) -> int:
    return int(file.read_text() or 0) if file.exists() else 0


async def test_the_processes_that_a_package_runner_starts_end_with_it(tmp_path: Path) -> None:
    others = {child.pid for child in psutil.Process().children()}
    async with servers.driving(tmp_path, servers.time(), servers.kubernetes(tmp_path)) as driver:
        for name in ("time", "kubernetes"):
            await driver.offer(name)
        children = (child for child in psutil.Process().children() if child.pid not in others)
        runners = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
        family = [each for runner in runners for each in (runner, *runner.children(recursive=True))]
        assert len(family) >= 4
        await driver.aclose()

        assert await servers.have_ended(*(each.pid for each in family))


@pytest.mark.usefixtures("short_grace")
async def test_a_server_that_ignores_its_end_is_killed(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty("stubborn")) as driver:
        process = await process_of(driver)
        await driver.aclose()

        assert await servers.have_ended(process)


async def test_a_child_that_a_server_leaves_behind_is_ended(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        child = int((await servers.ask(driver, "faulty/leave-child")).text)
        assert psutil.pid_exists(child)
        await driver.aclose()

        assert await servers.have_ended(child)


@pytest.mark.usefixtures("short_grace")
async def test_cancelling_the_owner_of_the_connections_ends_every_process(tmp_path: Path) -> None:
    started = tmp_path / "started"
    waiting = servers.faulty("waits", str(started), str(tmp_path / "never"), name="waiting")
    with anyio.CancelScope() as scope:
        async with (
            servers.driving(tmp_path, servers.faulty(), waiting) as driver,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(process_of, driver, "waiting")
            processes = [await written(started), await process_of(driver)]
            tasks.start_soon(servers.ask, driver, "faulty/hang")
            await anyio.wait_all_tasks_blocked()
            scope.cancel()

    assert scope.cancelled_caught
    assert await servers.have_ended(*processes)


INTERRUPTED = """
import sys, anyio
from pathlib import Path
from tests import servers
async def main():
    async with servers.driving(Path(sys.argv[1]), servers.faulty(sys.argv[2])) as driver:
        print((await servers.ask(driver, 'faulty/pid')).text, flush=True)
        print((await servers.ask(driver, 'faulty/leave-child')).text, flush=True)
        await servers.ask(driver, 'faulty/hang')
anyio.run(main)
"""


@contextmanager
def interrupted(directory: Path, mode: str) -> Iterator[subprocess.Popen[str]]:
    """Give a process that will call a server and wait."""
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(directory), mode],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=servers.PROJECT,
    ) as child:
        yield child


def told_processes(child: subprocess.Popen[str]) -> list[psutil.Process]:
    assert child.stdout is not None
    return [psutil.Process(int(child.stdout.readline())) for _ in range(2)]


def test_an_interrupt_ends_every_process(tmp_path: Path) -> None:
    with interrupted(tmp_path, "well") as child:
        processes = told_processes(child)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=20)

    assert told.endswith("KeyboardInterrupt\n")
    assert psutil.wait_procs(processes, timeout=10)[1] == []


def test_an_impatient_interrupt_leaves_no_process(tmp_path: Path) -> None:
    with interrupted(tmp_path, "stubborn") as child:
        processes = told_processes(child)
        while child.poll() is None:
            child.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                child.wait(0.3)
        child.communicate(timeout=20)

    assert psutil.wait_procs(processes, timeout=10)[1] == []


@pytest.mark.usefixtures("short_grace")
async def test_a_start_that_nobody_waits_for_any_more_is_given_up(tmp_path: Path) -> None:
    started = tmp_path / "started"
    server = servers.faulty("waits", str(started), str(tmp_path / "never"))
    async with servers.driving(tmp_path, server) as driver, anyio.create_task_group() as tasks:
        tasks.start_soon(process_of, driver)
        process = await written(started)
        tasks.cancel_scope.cancel()

    async with servers.driving(tmp_path, server) as driver:
        with pytest.raises(CallTimedOut):
            await servers.ask(driver, "faulty/pid", timeout_seconds=0.1)
        assert await servers.have_ended(process)


async def test_a_start_goes_on_for_those_who_still_wait(tmp_path: Path) -> None:
    started, go_on = tmp_path / "started", tmp_path / "go-on"
    processes: list[int] = []
    server = servers.faulty("waits", str(started), str(go_on))
    async with servers.driving(tmp_path, server) as driver, anyio.create_task_group() as tasks:

        async def wait() -> None:
            processes.append(await process_of(driver))

        tasks.start_soon(wait)
        with pytest.raises(CallTimedOut):
            await servers.ask(driver, "faulty/pid", timeout_seconds=0.1)
        process = await written(started)
        go_on.touch()

    assert processes == [process]


async def test_a_server_runs_in_the_directory_of_the_asker(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        assert (await servers.ask(driver, "faulty/directory")).text == str(tmp_path)


async def test_a_server_runs_in_its_own_directory(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    async with servers.driving(tmp_path, replace(servers.faulty(), cwd=str(own))) as driver:
        assert (await servers.ask(driver, "faulty/directory")).text == str(own)


async def test_a_server_sees_what_it_is_given_and_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    server = replace(servers.faulty(), env={"GIVEN": "yes", "TZ": "Asia/Tokyo"})
    async with servers.driving(tmp_path, server) as driver:
        environment = (await servers.ask(driver, "faulty/environment")).text

    assert '"GIVEN": "yes"' in environment
    assert '"TZ": "Asia/Tokyo"' in environment
    assert '"https_proxy": "http://127.0.0.1:9"' in environment
    assert "HF_TOKEN" not in environment
    assert "VIRTUAL_ENV" not in environment


async def test_the_log_of_a_server_is_for_our_eyes_only(tmp_path: Path) -> None:
    server = servers.faulty("exits", name="odd name/..")
    async with servers.driving(tmp_path, server) as driver:
        with pytest.raises(TargetUnavailable):
            await driver.offer(server.name)

    log = tmp_path / "logs" / "odd_name_...log"
    assert "no configuration" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


async def test_a_log_goes_on_until_it_is_large_and_then_starts_anew(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "faulty.log"
    log.parent.mkdir()
    log.write_text("old\n")
    async with servers.driving(tmp_path, servers.faulty("exits")) as driver:
        with pytest.raises(TargetUnavailable) as caught:
            await driver.offer("faulty")
        assert log.read_text().startswith("old\n")
        assert caught.value.log == "no configuration found in /etc/faulty.conf"

        log.write_bytes(b"x" * (mcp_program.LOG_LIMIT_BYTES + 1))
        with pytest.raises(TargetUnavailable):
            await driver.offer("faulty")
    assert log.stat().st_size < 100


async def test_a_log_does_not_grow_without_end_while_its_server_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_program, "_LOG_LOOK_SECONDS", 0.01)
    log = tmp_path / "logs" / "faulty.log"
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        for _ in range(2):
            await servers.ask(driver, "faulty/flood", lines=15_000, length=99)
            assert await has_shrunk(log)

        assert await has_come(log, "14999".ljust(99) + "\n")
        with pytest.raises(TargetUnavailable) as caught:
            await servers.ask(driver, "faulty/die")
    assert caught.value.log.endswith("14999".ljust(99) + "\nout of memory")


async def has_come(log: Path, last: str) -> bool:
    """Return whether a server's last words are there, soon: they take another way than its answer."""
    for _ in range(1000):
        if (await anyio.Path(log).read_text()).endswith(last):
            return True
        await anyio.sleep(0.01)
    return False


async def has_shrunk(log: Path) -> bool:
    for _ in range(1000):
        if (await anyio.Path(log).stat()).st_size <= mcp_program.LOG_LIMIT_BYTES:
            return True
        await anyio.sleep(0.01)
    return False


async def test_a_log_is_short_once_its_server_has_ended(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        await servers.ask(driver, "faulty/flood", lines=15_000, length=99)

    assert (tmp_path / "logs" / "faulty.log").stat().st_size <= 65_536


async def test_a_server_is_told_who_we_are(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        told = (await servers.ask(driver, "faulty/client")).text

    assert told == f'{{"name": "ts", "version": "{__version__}"}}'
