"""A child process and its lines; how whole trees of processes end is in `test_mcp_connections.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path

import anyio
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.drivers import mcp_program
from router.drivers.mcp_environment import Launch
from router.drivers.mcp_program import LineSplitter, Program, TooLong, running
from tests import servers


@asynccontextmanager
async def run(directory: Path, script: str) -> AsyncIterator[Program]:
    launch = Launch((sys.executable, "-c", script), str(directory), dict(os.environ))
    async with running(launch, directory / "program.log") as program:
        yield program


def split(limit_bytes: int, *chunks: bytes) -> list[bytes | TooLong]:
    splitter = LineSplitter(limit_bytes)
    return [*(line for chunk in chunks for line in splitter.feed(chunk)), *splitter.finish()]


@given(st.lists(st.text("abc \r\u00e9")), st.lists(st.integers(0, 60)))
def test_lines_do_not_depend_on_how_they_arrive(lines: list[str], cuts: list[int]) -> None:
    whole = "\n".join(lines).encode()
    places = sorted({0, *(min(cut, len(whole)) for cut in cuts), len(whole)})
    chunks = [whole[start:end] for start, end in pairwise(places)]

    assert split(1_000, *chunks) == [line.encode() for line in lines if line.strip()]


def test_a_long_line_is_told_when_it_grows_too_long_and_when_it_ends() -> None:
    line = b"start" + b"x" * 1_000 + b"end"

    told = split(100, b"before\n" + line[:600], line[600:] + b"\nafter")

    start = line[:256]
    assert told == [b"before", TooLong(start), TooLong(start, line[-256:]), b"after"]


def test_a_line_of_exactly_the_limit_is_no_long_line() -> None:
    assert split(3, b"abc\nabcd\n") == [b"abc", TooLong(b"abcd"), TooLong(b"abcd", b"abcd")]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("print()", "ended with exit code 0"),
        ("raise SystemExit(4)", "ended with exit code 4"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGRTMIN + 3)", "was ended by signal 37"),
        ("import os, threading; os.close(1); threading.Event().wait()", "closed its standard output"),
    ],
)
async def test_a_program_is_known_by_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    monkeypatch.setattr(mcp_program, "GRACE_SECONDS", 0.2)
    async with run(tmp_path, script) as program:
        assert [line async for line in program.lines(100)] == []

    assert program.ending() == told


@pytest.mark.anyio
async def test_the_last_line_needs_no_end(tmp_path: Path) -> None:
    async with run(tmp_path, "print('first'); print('last', end='')") as program:
        assert [line async for line in program.lines(100)] == [b"first", b"last"]


@pytest.mark.anyio
async def test_a_program_stuck_in_its_output_ends_when_its_input_closes(tmp_path: Path) -> None:
    script = "import sys; sys.stdout.write('x' * 1_000_000); sys.stdout.flush(); sys.stdin.read()"

    async with run(tmp_path, script) as program:
        await anyio.lowlevel.checkpoint()

    assert program.ending() == "ended with exit code 0"


@pytest.mark.anyio
async def test_where_there_are_no_process_groups_the_program_itself_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_program, "GRACE_SECONDS", 0.2)
    monkeypatch.delattr(os, "killpg")
    script = "import os, threading; print(os.getpid(), flush=True); threading.Event().wait()"

    async with run(tmp_path, script) as program, program_lines(program) as lines:
        process = int(await anext(lines))

    assert await servers.have_ended(process)


@asynccontextmanager
async def program_lines(program: Program) -> AsyncIterator[AsyncIterator[bytes]]:
    lines = program.lines(100)
    yield (line async for line in lines if isinstance(line, bytes))
    await lines.aclose()


@pytest.mark.anyio
async def test_a_group_that_may_not_be_signalled_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_program, "GRACE_SECONDS", 0.05)
    asked: list[int] = []

    def refuse(_: int, number: int) -> None:
        asked.append(number)
        raise PermissionError

    monkeypatch.setattr(os, "killpg", refuse)
    async with run(tmp_path, "") as program:
        assert [line async for line in program.lines(100)] == []

    assert asked[0] == 15
    assert 9 in asked


@pytest.mark.anyio
async def test_the_log_is_told_without_what_would_move_a_cursor(tmp_path: Path) -> None:
    script = r"import sys; sys.stderr.write('\x1b[1;31mred\x1b[0m\x07 \x1b]0;title\x07tab\there \x9b2J é\n')"
    async with run(tmp_path, script) as program:
        assert [line async for line in program.lines(100)] == []

    assert program.log_tail() == "red tab\there 2J é"


@pytest.mark.anyio
async def test_a_log_that_was_cut_or_taken_away_tells_what_is_left(tmp_path: Path) -> None:
    log = tmp_path / "program.log"
    log.write_text("older\n" * 10)
    async with run(tmp_path, "") as program:
        assert program.log_tail() == ""
        log.write_text("anew")
        assert program.log_tail() == "anew"
        log.unlink()
        assert program.log_tail() == ""


@pytest.mark.anyio
async def test_a_long_line_of_the_log_is_cut(tmp_path: Path) -> None:
    script = "import sys; sys.stderr.write('x' * 5_000 + '\\nlast\\n' + 'y' * 300)"
    async with run(tmp_path, script) as program:
        assert [line async for line in program.lines(100)] == []

    assert program.log_tail() == "x" * 299 + "…\nlast\n" + "y" * 300


def test_a_program_that_nobody_ended_is_killed_when_we_exit(tmp_path: Path) -> None:
    script = """
import asyncio, sys
from pathlib import Path
from router.drivers.mcp_environment import Launch
from router.drivers.mcp_program import running
stubborn = (
    "import os, signal, threading; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print(os.getpid(), flush=True); threading.Event().wait()"
)
async def start():
    program = await opened.__aenter__()
    print((await anext(program.lines(100))).decode(), flush=True)
opened = running(Launch((sys.executable, "-c", stubborn), ".", {}), Path(sys.argv[1]))
loop = asyncio.new_event_loop()
loop.run_until_complete(start())
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "log")],
        check=False,
        capture_output=True,
        cwd=servers.PROJECT,
        timeout=20,
    )

    with suppress(psutil.NoSuchProcess):
        assert psutil.wait_procs([psutil.Process(int(done.stdout))], timeout=10)[1] == []


def test_a_start_that_is_cancelled_half_way_is_seen_to_its_end(tmp_path: Path) -> None:
    script = """
import sys, anyio
from pathlib import Path
from router.drivers.mcp_environment import Launch
from router.drivers.mcp_program import running
async def hold():
    launch = Launch((sys.executable, "-S", "-c", "import sys; sys.stdin.read()"), ".", {})
    async with running(launch, Path(sys.argv[1])):
        await anyio.sleep_forever()
async def cancel_after(steps):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hold)
        for _ in range(steps):
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
for steps in range(8):
    anyio.run(cancel_after, steps)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "log")],
        check=False,
        capture_output=True,
        cwd=servers.PROJECT,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, b"")
