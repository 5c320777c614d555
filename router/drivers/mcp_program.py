"""A child process spoken to in lines of bytes, ended together with what it started; it knows no protocol.

The MCP SDK's own stdio client would do for servers that behave. This one also bounds the length of a line
while it arrives, tells how a server ended and what it wrote to its standard error, and ends what a server
leaves behind when it exits by itself.
"""

from __future__ import annotations

import atexit
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import ExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, cast

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, Process
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from router.drivers.mcp_environment import Launch

GRACE_SECONDS: Final = 2.0
"""For a program to end by itself once its input is closed, and again once it was asked to end; the
proportions of https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#shutdown."""

LOG_LIMIT_BYTES: Final = 1_000_000
"""A log larger than this starts anew; where its program still runs, with the last of it."""

EDGE_BYTES: Final = 256
"""Of each end of a line that is too long to be kept."""
_LOG_LOOK_SECONDS: Final = 1.0
_LAST_WORDS_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.01
_HEAD_LINES: Final = 4
_TAIL_LINES: Final = 20
_TAIL_BYTES: Final = 65_536
_LONGEST_LINE: Final = 300
_UNPRINTABLE: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[^\t\n -~\u00a0-\U0010ffff]"
)
_KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)

_running: Final[dict[int, int]] = {}
"""Process groups that were not yet seen to their end, and the process of ours that started each."""


@atexit.register
def _kill_the_rest() -> None:
    """End what a second interrupt kept us from ending."""
    for group, owner in _running.items():
        if owner == os.getpid() and hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(group, _KILL)


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line longer than is accepted, of which only the ends were kept."""

    start: bytes
    end: bytes = b""
    """Empty as long as the line has not ended."""


class Unended(bytes):
    """A line that a program was writing when it came to its end; it may be whole all the same."""


class LineSplitter:
    """Cuts a stream of bytes into lines, holding no more than the longest line that is accepted."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._size_bytes = 0
        self._start: bytes | None = None

    def feed(self, chunk: bytes) -> Iterator[bytes | TooLong]:
        """Yield the lines that end in the chunk.

        A line that grows too long is told once when it does and once more when it ends.
        """
        first, *others = chunk.split(b"\n")
        yield from self._add(first)
        for part in others:
            yield from self.finish()
            yield from self._add(part)

    def finish(self) -> Iterator[bytes | TooLong]:
        """Yield the line so far, if there is any."""
        line, start = b"".join(self._pieces), self._start
        self._pieces, self._size_bytes, self._start = [], 0, None
        if start is not None:
            yield TooLong(start, line[-EDGE_BYTES:])
        elif line.strip():
            yield line

    def _add(self, part: bytes) -> Iterator[TooLong]:
        self._pieces.append(part)
        self._size_bytes += len(part)
        if self._size_bytes > self._limit_bytes:
            line = b"".join(self._pieces)
            self._pieces = [line[-EDGE_BYTES:]]
            if self._start is None:
                self._start = line[:EDGE_BYTES]
                yield TooLong(self._start)


class Program:
    """A running child process."""

    def __init__(self, process: Process, log: Path, log_start: int) -> None:
        self._process = process
        self._stdin = cast("ByteSendStream", process.stdin)
        self._stdout = cast("ByteReceiveStream", process.stdout)
        self._log = log
        self._log_start = log_start
        self._log_end = ""
        self._was_ended = False

    @property
    def number(self) -> int:
        """The id of its process, and of the group of what it starts."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether its end has been taken note of."""
        return self._process.returncode is not None

    async def send(self, data: bytes) -> None:
        """Write to its standard input. Raises an anyio or OS error where it no longer reads."""
        await self._stdin.send(data)

    async def lines(self, limit_bytes: int) -> AsyncGenerator[bytes | TooLong, None]:
        """Yield each line of its standard output that is not blank, until it closes it."""
        splitter = LineSplitter(limit_bytes)
        async for chunk in self._chunks():
            for line in splitter.feed(chunk):
                yield line
        for line in splitter.finish():
            yield line if isinstance(line, TooLong) else Unended(line)

    async def crashed(self) -> None:
        """Wait until it has failed, and for a little of what it wrote before.

        What it left behind may hold its output open, and would be waited for without end. A program that ends
        well may have started one that goes on in its place.
        """
        if await self._process.wait():
            await anyio.sleep(_LAST_WORDS_SECONDS)
        else:
            await anyio.sleep_forever()

    def ending(self) -> str:
        """Say how it came to its end."""
        code = self._process.returncode
        if code is None or self._was_ended:
            return "closed its standard output"
        if code >= 0:
            return f"ended with exit code {code}"
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
        return f"was ended by signal {-code}"

    def log_tail(self) -> str:
        """Return the last lines of what it wrote to its standard error, without what would move a cursor.

        The first lines come before them, since some programs tell what is wrong and then how they are used.
        """
        with suppress(OSError), self._log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = self._log_start if self._log_start <= size else 0
            file.seek(max(start, size - _TAIL_BYTES))
            lines = _UNPRINTABLE.sub("", file.read().decode(errors="replace")).strip().splitlines()
            if len(lines) > _TAIL_LINES:
                lines = [*lines[:_HEAD_LINES], "…", *lines[_HEAD_LINES - _TAIL_LINES + 1 :]]
            return "\n".join(map(_cut, lines))
        return self._log_end

    async def bound_log(self) -> None:
        """Keep the log from growing without end, for as long as this is not cancelled."""
        while True:
            await anyio.sleep(_LOG_LOOK_SECONDS)
            self._shorten_log()

    def _shorten_log(self) -> None:
        """Leave no more than the end of a log that is too large; its program appends, wherever the end is."""
        with suppress(OSError):
            if self._log.is_file() and self._log.stat().st_size > LOG_LIMIT_BYTES:
                with self._log.open("r+b") as file:
                    file.seek(-_TAIL_BYTES, os.SEEK_END)
                    end = file.read(_TAIL_BYTES).partition(b"\n")
                    file.truncate(0)
                with self._log.open("ab") as file:
                    file.write(end[2] or end[0])

    async def end(self) -> None:
        """Close its input, wait a little, then end it and what it started; takes some seconds at most."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._drain)
            with suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self._stdin.aclose()
            await self._wait(lambda: self._process.returncode is None)
            for number in (signal.SIGTERM, _KILL):
                self._was_ended = self._was_ended or self._process.returncode is None
                if self._signal(number):
                    await self._wait(lambda: self._signal(0))
            tasks.cancel_scope.cancel()
        if self._process.returncode is not None:
            await self._process.aclose()
        self._log_end = self.log_tail()
        self._shorten_log()

    def kill(self) -> None:
        """End it and what it started, now; for where there is no time to wait."""
        self._signal(_KILL)

    async def _chunks(self) -> AsyncIterator[bytes]:
        with suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            async for chunk in self._stdout:
                yield chunk

    async def _drain(self) -> None:
        """Read on to nowhere: a program stuck writing its output would not see its input close."""
        async for _ in self._chunks():
            pass

    async def _wait(self, is_left: Callable[[], bool]) -> None:
        """Wait for the grace time at most; polls, since nothing tells when a whole group is gone."""
        for _ in range(round(GRACE_SECONDS / _POLL_SECONDS)):
            if self._process.returncode is not None and not is_left():
                return
            await anyio.sleep(_POLL_SECONDS)

    def _signal(self, number: int) -> bool:
        """Signal it and what it started, its process group; return whether any of them is left.

        Windows has no groups: the program alone is ended; package runners there tie their children to it.
        """
        if not hasattr(os, "killpg"):
            if number and self._process.returncode is None:
                self._process.kill()
            return self._process.returncode is None
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return False
        except PermissionError:  # what macOS says of members that have ended but are not yet waited for
            return True
        return True


@asynccontextmanager
async def running(launch: Launch, log: Path) -> AsyncIterator[Program]:
    """Run a program in its own process group; its standard error goes to the end of the file `log`.

    On leaving, however that comes about, the program and what it started are ended. Raises OSError or
    ValueError where it cannot be started.
    """
    with ExitStack() as stack:
        program = await _started(launch, log, stack)
        try:
            yield program
        finally:
            try:
                with anyio.CancelScope(shield=True):
                    await program.end()
            except BaseException:  # a second interrupt goes through every shield
                program.kill()
                raise
            finally:
                del _running[program.number]


async def _started(launch: Launch, log: Path, stack: ExitStack) -> Program:
    descriptor, log = _open_log(log, stack)
    try:
        log_start = os.lseek(descriptor, 0, os.SEEK_END)
        # Cancelled half-way, asyncio would kill it but not wait for it, and complain of that later.
        with anyio.CancelScope(shield=True):
            process = await anyio.open_process(
                launch.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=descriptor,
                cwd=launch.cwd,
                env=launch.environment,
                start_new_session=True,
            )
    finally:
        os.close(descriptor)
    _running[process.pid] = os.getpid()
    return Program(process, log, log_start)


def _open_log(log: Path, stack: ExitStack) -> tuple[int, Path]:
    """Open the log, or where that cannot be written a temporary one; a call is worth more than its log."""
    with suppress(OSError):
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _append_to(log), log
    with suppress(OSError):
        beside = tempfile.TemporaryDirectory(prefix="ts-log-", ignore_cleanup_errors=True)
        temporary = Path(stack.enter_context(beside)) / "log"
        return _append_to(temporary), temporary
    return os.open(os.devnull, os.O_WRONLY), Path(os.devnull)


def _append_to(log: Path) -> int:
    anew = os.O_TRUNC if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES else 0
    return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | anew, 0o600)


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


_Object = TypeVar("_Object")


@asynccontextmanager
async def objects_over(
    program: Program,
    limit_bytes: int,
    read: Callable[[bytes | TooLong], _Object | None],
    write: Callable[[_Object], bytes],
    lost: anyio.Event,
) -> AsyncIterator[tuple[MemoryObjectReceiveStream[_Object | Exception], MemoryObjectSendStream[_Object]]]:
    """Give a pair of streams of objects over the lines of a program, as the MCP SDK wants a transport to be.

    `read` may return None for a line to be passed over, and raise EOFError to hear no more. `lost` is set
    when the program no longer writes or reads; the stream to receive from ends after that.
    """
    to_reader, reader = anyio.create_memory_object_stream[_Object | Exception](0)
    writer, from_writer = anyio.create_memory_object_stream[_Object](0)
    hearing = anyio.CancelScope()

    async def hear() -> None:
        async with to_reader, aclosing(program.lines(limit_bytes)) as lines:
            with suppress(EOFError, anyio.BrokenResourceError, anyio.ClosedResourceError), hearing:
                async for line in lines:
                    if (heard := read(line)) is not None:
                        await to_reader.send(heard)
            lost.set()

    async def watch() -> None:
        await program.crashed()
        hearing.cancel()

    async def tell() -> None:
        try:
            async for told in from_writer:
                await program.send(write(told) + b"\n")
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            lost.set()
            to_reader.close()

    async with reader, writer, from_writer, anyio.create_task_group() as tasks:
        tasks.start_soon(hear)
        tasks.start_soon(watch)
        tasks.start_soon(tell)
        tasks.start_soon(program.bound_log)
        yield reader, writer
        tasks.cancel_scope.cancel()
