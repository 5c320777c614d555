"""The way out to MCP servers over stdio, on the MCP SDK; it decides nothing and keeps no catalogue.

This is the one file of the package that calls servers through the SDK, whose messages `mcp_lines` reads and
writes; no error or type of the SDK leaves the two. A server is started at its first use, spoken to in
whichever era of the protocol it knows (`server/discover` of 2026-07-28, else the `initialize` handshake),
shared by concurrent calls and kept until `aclose`. What a server may ask of a client (sampling, elicitation,
roots) is not offered.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
from anyio.abc import TaskGroup
from mcp import Client, MCPError
from mcp.client import IncomingMessage
from mcp_types import (
    METHOD_NOT_FOUND,
    URL_ELICITATION_REQUIRED,
    CallToolResult,
    Implementation,
    LoggingMessageNotificationParams,
    PaginatedRequestParams,
    ToolListChangedNotification,
)
from pydantic import BaseModel, ValidationError

from router.core.arguments import nearest
from router.core.outcome import Result
from router.core.plan import JSON, Target
from router.core.settings import Server
from router.drivers.mcp_content import failure_of, question_of, result_of, size_bytes
from router.drivers.mcp_environment import Launch, launch_of
from router.drivers.mcp_heard import Heard, Patience
from router.drivers.mcp_held import Held, Pool
from router.drivers.mcp_lines import Lines, Unreadable
from router.drivers.mcp_program import Program, TooLong, objects_over, running
from router.drivers.mcp_tools import Wire, check_arguments, tools_of, unknown_tool
from router.errors import ProtocolBroken, ResultTooLarge, TargetUnavailable, TargetUnknown, ToolFailed
from router.ports import Call, Offer, Progress, Tool

_T = TypeVar("_T")
_MOST_PAGES: Final = 100
_AGAIN_SECONDS: Final = 0.25
_LAST_WORDS_SECONDS: Final = 2.0
_ENVELOPE_BYTES: Final = 1_048_576
_LONGEST_REASON: Final = 500
_OWN_VERSION: Final = next((each.version for each in distributions(name="ts-router")), "0")
_WE: Final = Implementation(name="ts", version=_OWN_VERSION)
_UNFIT_FOR_FILES: Final = re.compile(r"[^\w.-]")
_FOREIGN: Final = (
    MCPError,
    OSError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)
_CONFUSED: Final = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a library raises on what it did not expect a server to write; pydantic's error is a ValueError."""

# The SDK logs what it cannot read, under both names. Where an application has set up no logging, Python's
# handler of last resort would print that between the answers.
for _name in ("mcp", "client"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


class McpDriver:
    """Calls the tools of MCP servers; a `router.ports.Driver`."""

    def __init__(
        self,
        servers: Mapping[str, Server],
        *,
        tasks: TaskGroup,
        cwd: str,
        logs: Path,
        seen: Callable[[Offer], None],
    ) -> None:
        """Take the servers of the settings; none is started.

        Connections live in `tasks`, each in a task of its own, since the SDK's contexts must be left in the
        task that entered them. A server without a `cwd` of its own runs in `cwd`. What it writes to its
        standard error goes to `<name>.log` in `logs`. `seen` takes each list of tools that a server gives.
        """
        self._servers = servers
        self._cwd = cwd
        self._logs = logs
        self._seen = seen
        self._connections: Pool[_Connection] = Pool(tasks)

    async def offer(self, name: str) -> Offer:
        """Ask the server what it offers; only the tools that the settings let through are told.

        Raises TargetUnknown, TargetUnavailable, ProtocolBroken or CallTimedOut.
        """
        target = Target("mcp", name)
        server = self._server(target)
        patience = Patience(str(target), server.timeout_seconds)
        with anyio.move_on_after(patience.seconds):
            connection = await self._connected(server, patience)
            return await connection.listed(patience.target, fresh=True)
        raise patience.ran_out()

    async def call(self, call: Call, progress: Progress) -> Result:
        """Check the arguments against the tool's input schema, send the call and wait for its result.

        Raises any kind of CallError; ToolFailed where the tool itself reports an error. A call that was sent
        is never sent again.
        """
        server = self._server(call.target)
        patience = Patience(str(call.target), call.timeout_seconds)
        with anyio.move_on_after(patience.seconds):
            connection = await self._connected(server, patience)
            tool = await self._tool(connection, server, call.target)
            check_arguments(call, tool)
            return await connection.call(patience.target, tool.name, dict(call.args), progress)
        raise patience.ran_out()

    async def aclose(self) -> None:
        """Close every connection and end every child process, within some seconds."""
        await self._connections.aclose()

    def _server(self, target: Target) -> Server:
        server = self._servers.get(target.name)
        if server is None:
            near = nearest(target.name, self._servers)
            hint = str(Target(target.scheme, near, target.member)) if near else ""
            raise TargetUnknown(str(target), f'no MCP server is called "{target.name}"', hint)
        return server

    async def _connected(self, server: Server, patience: Patience) -> _Connection:
        """Return an open connection, trying as often as the settings say where the server does not start."""
        launch = launch_of(server, cwd=self._cwd, target=patience.target)
        log = self._logs / f"{_UNFIT_FOR_FILES.sub('_', server.name)}.log"
        opening = partial(_Connection, server, launch, log, self._seen)
        for attempt in range(server.retries + 1):
            if attempt:
                await anyio.sleep(server.delay_seconds)
            connection = await self._connections.latest(server.name, opening, patience.target)
            patience.watch_start(connection.heard)
            try:
                await connection.ready(patience.target)
            except TargetUnavailable as failure:
                tried = f" ({attempt + 1} attempts)" if attempt else ""
                patience.failed(replace(failure, reason=f"{failure.reason}{tried}"))
            else:
                patience.watch_call(connection.heard)
                return connection
        raise patience.ran_out()

    async def _tool(self, connection: _Connection, server: Server, target: Target) -> Tool:
        """Return the tool of the target; an unknown one is asked for anew, since tools may come."""
        for fresh in (False, True):
            offer = await connection.listed(str(target), fresh=fresh)
            if tool := offer.tool(target.member):
                return tool
        if fault := connection.lines.unreadable_tools.get(server.tools.own(target.member)):
            raise ProtocolBroken(str(target), f"the server describes this tool wrongly: {fault}")
        raise unknown_tool(target, offer, server.tools)


class _Connection(Held):
    """One started server and the SDK's client for it."""

    def __init__(self, server: Server, launch: Launch, log: Path, seen: Callable[[Offer], None]) -> None:
        super().__init__()
        self.heard = Heard()
        self.lines = Lines(self.heard)
        self._server = server
        self._launch = launch
        self._log = log
        self._seen = seen
        self._lost = anyio.Event()
        self._program: Program | None = None
        self._listing = anyio.Lock()
        self._offer: Offer | None = None
        self._own_names: dict[str, str] = {}
        self._listeners: list[Progress] = []

    @property
    def is_over(self) -> bool:
        """Whether it takes no more calls."""
        has_ended = self._program is not None and self._program.has_ended
        return has_ended or self._lost.is_set() or super().is_over

    async def _hold(self) -> None:
        failure: BaseExceptionGroup[Exception] | None = None
        try:
            async with self._running() as program, self._speaking(program) as client:
                self._session, self._program = client.session, program
                self.lines.version = client.session.protocol_version or self.lines.version
                self._opened()
                await self._lost.wait()
        except* (*_FOREIGN, *_CONFUSED) as errors:
            failure = errors
        if failure is not None:
            told, is_lost = _told(_first(failure)), self._lost.is_set()
            raise self.heard.no_start(f"mcp:{self._server.name}", told, is_lost=is_lost) from failure

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

    def _speaking(self, program: Program) -> Client:
        # JSON may need three times the bytes of a text, and base64 four thirds of the bytes.
        limit_bytes = 3 * self._server.limit_bytes + _ENVELOPE_BYTES
        return Client(
            objects_over(program, limit_bytes, self.lines.read, self.lines.written, self._lost),
            mode="auto",
            cache=None,
            client_info=_WE,
            log_level="info",
            logging_callback=self._pass_on,
            message_handler=self._notice,
        )

    async def listed(self, target: str, *, fresh: bool = False) -> Offer:
        """Return what the server offers, asked again where that is not known or `fresh` is asked for."""
        async with self._listing:
            if self._offer is None or fresh:
                tools = tools_of(await self._pages(target), self._server.tools)
                info = self._session.server_info
                self._own_names = {name: own_name for name, (own_name, _) in tools.items()}
                self._offer = Offer(
                    scheme="mcp",
                    name=self._server.name,
                    tools=tuple(tool for _, tool in tools.values()),
                    title=(info.title or info.name) if info else "",
                    description=self._session.instructions or "",
                    version=info.version if info else "",
                    protocol=self._session.protocol_version or "",
                )
                self._seen(self._offer)
            return self._offer

    async def _pages(self, target: str) -> list[Wire]:
        tools: list[Wire] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            try:
                page = await self._ask(
                    target, self._session.list_tools(params=PaginatedRequestParams(cursor=cursor))
                )
            except MCPError as error:
                if error.code == METHOD_NOT_FOUND:
                    return []
                raise ProtocolBroken(target, f"the server does not list its tools: {_told(error)}") from error
            tools += map(_as_json, page.tools)
            cursor = page.next_cursor
            if not cursor:
                return tools
        raise ProtocolBroken(target, f"the server's list of tools does not end after {_MOST_PAGES} pages")

    async def call(self, target: str, tool: str, args: dict[str, JSON], progress: Progress) -> Result:
        """Call a tool that was listed and return its result; `progress` is told what comes before."""
        self._listeners.append(progress)
        try:
            return await self._rounds(target, self._own_names.get(tool, tool), args, progress)
        except MCPError as error:
            if error.code == URL_ELICITATION_REQUIRED and isinstance(error.data, dict):
                return question_of({"params": each} for each in error.data.get("elicitations", ()))
            raise ToolFailed(target, _told(error)) from error
        finally:
            self._listeners.remove(progress)

    async def _rounds(self, target: str, tool: str, args: dict[str, JSON], listener: Progress) -> Result:
        """Call until there is a result or a question; a server may want to be called again with its state."""

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            listener(message or (f"{progress:g}/{total:g}" if total else f"{progress:g}"))

        state: str | None = None
        while True:
            answering = self._session.call_tool(
                tool, args, progress_callback=tell, request_state=state, allow_input_required=True
            )
            answer = await self._ask(target, answering)
            if isinstance(answer, CallToolResult):
                return self._result(target, answer)
            if answer.input_requests:
                return question_of(map(_as_json, answer.input_requests.values()))
            state = answer.request_state
            await anyio.sleep(_AGAIN_SECONDS)

    def _result(self, target: str, answer: CallToolResult) -> Result:
        content = [_as_json(block) for block in answer.content]
        try:
            result = result_of({"content": content, "structuredContent": answer.structured_content})
        except ValueError as error:
            raise ProtocolBroken(target, f"the result holds {error}") from error
        size = size_bytes(result)
        if size > self._server.limit_bytes:
            raise self._too_large(target, f"{size:,} bytes")
        if answer.is_error:
            raise ToolFailed(target, failure_of(result))
        return result

    async def _ask(self, target: str, answering: Awaitable[_T]) -> _T:
        """Await the SDK. Raises CallError, but MCPError where the server itself answers with an error."""
        try:
            return await answering
        except MCPError as error:
            if isinstance(error.data, TooLong):
                raise self._too_large(target, "more bytes than are read") from error
            if isinstance(error.data, Unreadable):
                raise ProtocolBroken(target, error.data.reason) from error
            if not self.is_over:
                raise
            with anyio.move_on_after(_LAST_WORDS_SECONDS):
                await self.ended.wait()
            raise self.heard.went_away(target, is_lost=self._lost.is_set()) from error
        except _CONFUSED as error:
            raise ProtocolBroken(target, f"the answer is not what was agreed: {_told(error)}") from error

    def _too_large(self, target: str, size: str) -> ResultTooLarge:
        limit = f"{self._server.limit_bytes:,}"
        return ResultTooLarge(
            target, f"the result has {size}, the limit of [mcp.{self._server.name}] is {limit}"
        )

    async def _pass_on(self, params: LoggingMessageNotificationParams) -> None:
        """Hand a log message to every call that is under way, since it does not say which it belongs to."""
        text = params.data if isinstance(params.data, str) else json.dumps(params.data, ensure_ascii=False)
        for progress in tuple(self._listeners):
            progress(text)

    async def _notice(self, message: IncomingMessage) -> None:
        if isinstance(message, ToolListChangedNotification):
            self._offer = None


def _as_json(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _told(error: BaseException) -> str:
    """Say what an error of the SDK says, on few lines."""
    if isinstance(error, MCPError):
        if isinstance(error.data, Unreadable):
            return error.data.reason
        return f"{error.message} (JSON-RPC error {error.code})"
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)[:_LONGEST_REASON]
