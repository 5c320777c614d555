"""The way out to MCP servers, on the MCP SDK; it decides nothing and keeps no catalogue.

A server is started or reached at its first use, spoken to in whichever era of the protocol it knows
(`server/discover` of 2026-07-28, else the `initialize` handshake), shared by concurrent calls and kept until
`aclose`. What is said to it is in `mcp_session`; what carries that in `mcp_stdio` and `mcp_http`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import anyio
from anyio.abc import TaskGroup

from router.core.arguments import nearest
from router.core.outcome import Result
from router.core.plan import JSON, Target
from router.core.settings import Server
from router.drivers.credentials import filled
from router.drivers.mcp_environment import Launch, launch_of
from router.drivers.mcp_heard import Patience
from router.drivers.mcp_held import Pool
from router.drivers.mcp_http import HttpSession
from router.drivers.mcp_session import Session
from router.drivers.mcp_signin import TOKENS, sign_in
from router.drivers.mcp_stdio import StdioSession
from router.drivers.mcp_tools import check_arguments, unknown_tool
from router.drivers.mcp_wire import is_lost_session
from router.errors import ProtocolBroken, SecretMissing, SignInFailed, TargetUnavailable, TargetUnknown
from router.ports import AgentTask, Ask, Call, Host, Offer, Progress, Question, Secrets, Tool

_UNFIT_FOR_FILES: Final = re.compile(r"[^\w.-]")


class McpDriver:
    """Calls the tools of MCP servers; a `router.ports.Driver`."""

    def __init__(
        self,
        servers: Mapping[str, Server],
        *,
        tasks: TaskGroup,
        cwd: str,
        state: Path,
        host: Host,
        secrets: Secrets | None = None,
        vet: Callable[[Target, Offer], None] | None = None,
    ) -> None:
        """Take the servers of the settings; none is started.

        Connections live in `tasks`, each in a task of its own, since the SDK's contexts must be left in the
        task that entered them. A server without a `cwd` of its own runs in `cwd`. What it writes to its
        standard error goes to `logs/<name>.log` in the directory `state`, what OAuth gives to `tokens`.
        `secrets` are put where the settings name them. `vet` sees the offer before a call is sent, and may
        raise PinBroken. Where `host` asks a person, their time is not counted; where nobody is there a call
        waits, or the server is told so. It writes text for the servers alone whose settings allow that.
        """
        self._servers = servers
        self._cwd = cwd
        self._logs = state / "logs"
        self._secrets = secrets
        self._tokens = state / TOKENS
        self._vet = vet
        asked = partial(self._asked, host.ask) if host.ask is not None else None
        self._host = replace(host, ask=asked)
        self._calls: set[anyio.CancelScope] = set()
        self._connections: Pool[Session] = Pool(tasks)

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
        with anyio.move_on_after(patience.seconds) as scope:
            self._calls.add(scope)
            try:
                return await self._called(call, server, patience, progress)
            except TargetUnavailable as error:
                if not is_lost_session(error):
                    raise
                return await self._called(call, server, patience, progress)
            finally:
                self._calls.remove(scope)
        raise patience.ran_out()

    async def _asked(self, ask: Ask, question: Question) -> dict[str, JSON] | None:
        """Ask a person, giving every call that is under way the time that they take."""
        start = anyio.current_time()
        held = {scope: scope.deadline for scope in self._calls}
        for scope in held:
            scope.deadline = math.inf
        try:
            return await ask(question)
        finally:
            for scope, deadline in held.items():
                scope.deadline = deadline + anyio.current_time() - start

    async def _called(self, call: Call, server: Server, patience: Patience, progress: Progress) -> Result:
        connection = await self._connected(server, patience)
        tool = await self._tool(connection, server, call.target)
        check_arguments(call, tool)
        if self._vet is not None:
            self._vet(call.target, await connection.listed(patience.target))
        return await connection.call(patience.target, tool.name, dict(call.args), progress)

    async def tasks(self, name: str) -> tuple[AgentTask, ...]:
        """Raise TargetUnknown: no task of an MCP server outlives its call."""
        raise TargetUnknown(f"mcp:{name}", "an MCP server keeps no tasks")

    async def cancel(self, target: Target, task: str) -> None:
        """Raise TargetUnknown: what waits here is answered within the call."""
        raise TargetUnknown(str(target), f"an MCP server has no task {task} that outlives its call")

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

    async def _connected(self, server: Server, patience: Patience) -> Session:
        """Return an open connection. Raises CallError where none comes about."""
        opening = await self._opening(server, patience.target)
        connection = await self._connections.latest(server.name, opening, patience.target)
        patience.watch_start(connection.heard)
        await connection.ready(patience.target)
        patience.watch_call(connection.heard)
        return connection

    async def _opening(self, server: Server, target: str) -> Callable[[], Session]:
        if server.url:
            signing_in = partial(sign_in, server, self._secrets, self._tokens)
            return partial(HttpSession, server, self._host, signing_in)
        launch = await anyio.to_thread.run_sync(self._launch, server, target)
        log = self._logs / f"{_UNFIT_FOR_FILES.sub('_', server.name)}.log"
        return partial(StdioSession, server, self._host, launch, log)

    def _launch(self, server: Server, target: str) -> Launch:
        fill = partial(filled, self._secrets)
        try:
            whole = replace(
                server,
                command=fill(server.command),
                args=tuple(map(fill, server.args)),
                env={name: fill(value) for name, value in server.env.items()},
            )
        except SecretMissing as error:
            raise SignInFailed(target, str(error)) from error
        return launch_of(whole, cwd=self._cwd, target=target)

    async def _tool(self, connection: Session, server: Server, target: Target) -> Tool:
        """Return the tool of the target; an unknown one is asked for anew, since tools may come."""
        for fresh in (False, True):
            offer = await connection.listed(str(target), fresh=fresh)
            if tool := offer.tool(target.member):
                return tool
        if fault := connection.lines.unreadable_tools.get(server.tools.own(target.member)):
            raise ProtocolBroken(str(target), f"the server describes this tool wrongly: {fault}")
        raise unknown_tool(target, offer, server.tools)
