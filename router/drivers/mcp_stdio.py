"""MCP over the standard input and output of a program that is started for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from router.core.settings import Server
from router.drivers.mcp_environment import Launch
from router.drivers.mcp_lists import told
from router.drivers.mcp_program import Program, objects_over, running
from router.drivers.mcp_session import Session
from router.errors import CallError
from router.ports import Host

if TYPE_CHECKING:
    from mcp.client import Transport


class StdioSession(Session):
    """One started server and the SDK's client for it."""

    def __init__(
        self,
        server: Server,
        host: Host,
        launch: Launch,
        log: Path,
    ) -> None:
        super().__init__(server, host)
        self._launch = launch
        self._log = log
        self._program: Program | None = None
        self._has_agreed = False

    @property
    def is_over(self) -> bool:
        """Whether it takes no more calls."""
        has_ended = self._has_agreed and self._program is not None and self._program.has_ended
        return has_ended or super().is_over

    @asynccontextmanager
    async def _carried(self) -> AsyncIterator[Transport]:
        async with self._running() as program:
            self._program = program
            yield self._spoken(program)

    def _spoken(self, program: Program) -> Transport:
        return objects_over(program, self._limit_bytes, self.lines.read, self.lines.written, self._lost)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[Program]:
        """Run the server, and when it has ended keep what tells why."""
        program = None
        try:
            async with running(self._launch, self._log) as program:
                yield program
        finally:
            if program is not None:
                self.heard.ending, self.heard.log_tail = program.ending(), program.log_tail()

    def _agreed(self) -> None:
        self._has_agreed = True

    def _no_start(self, target: str, error: BaseException) -> CallError:
        return self.heard.no_start(target, told(error), is_lost=self._lost.is_set())
