"""MCP's way in, by the official SDK: what a project serves as a server of the protocol, in both eras."""

from __future__ import annotations

import logging
import math
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.session import ServerSession
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ResourcesListChanged,
    ServerEvent,
    ToolsListChanged,
)
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from router import __version__
from router.core.plan import JSON
from router.errors import CallError
from router.serve.results import Wire
from router.serve.served import Served
from router.serve.surface import Surface

_Context = ServerRequestContext[Any, Any]
NAME: Final = "ts"
CHANGES: Final = NotificationOptions(tools_changed=True, prompts_changed=True, resources_changed=True)
PATIENCE_SECONDS: Final = 5.0
"""How long the first list waits for servers of which nothing is known yet."""
LOOK_SECONDS: Final = 1.0
"""Between two looks at whether what is served has changed."""
_PROTOCOL_LOGS: Final = ("mcp", "uvicorn.error")


class Door:
    """A project as an MCP server."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._asked = anyio.Event()
        self._sessions: weakref.WeakSet[ServerSession] = weakref.WeakSet()
        self._bus = InMemorySubscriptionBus()
        self.server: Server[dict[str, Any]] = Server(
            NAME,
            version=__version__,
            instructions=_INSTRUCTIONS if served.exposing.routed else None,
            on_list_tools=self._listed,
            on_call_tool=self._called,
            on_list_resources=self._resources,
            on_list_resource_templates=self._templates,
            on_read_resource=self._read,
            on_list_prompts=self._prompts,
            on_get_prompt=self._prompt,
            on_subscriptions_listen=ListenHandler(self._bus),
            get_tool_input_schema=lambda name: _schema(served, name),
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[TaskGroup]:
        """Ask whom nothing is known of, and tell clients of every change, until left."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._ask_unknown)
            tasks.start_soon(self._watch)
            yield tasks
            tasks.cancel_scope.cancel()

    async def _ask_unknown(self) -> None:
        await self.served.ask(self.served.unknown())
        self._asked.set()

    async def _watch(self) -> None:
        """Tell clients when what they would be listed is another."""
        before = self.served.surface
        while True:
            await anyio.sleep(LOOK_SECONDS)
            now = self.served.surface
            if now.listed != before.listed:
                await self._tell(ToolsListChanged(), ServerSession.send_tool_list_changed)
            if now.beyond.prompts != before.beyond.prompts:
                await self._tell(PromptsListChanged(), ServerSession.send_prompt_list_changed)
            if _addresses(now) != _addresses(before):
                await self._tell(ResourcesListChanged(), ServerSession.send_resource_list_changed)
            before = now

    async def _tell(self, event: ServerEvent, send: Callable[[ServerSession], Awaitable[None]]) -> None:
        await self._bus.publish(event)
        for session in tuple(self._sessions):
            with suppress(Exception):  # of whatever kind: this client is gone, and the others are to be told
                await send(session)

    async def _listed(self, context: _Context, _: PaginatedRequestParams | None) -> ListToolsResult:
        surface = await self._surface(context)
        return ListToolsResult.model_validate({"tools": list(surface.listed)})

    async def _resources(self, context: _Context, _: PaginatedRequestParams | None) -> ListResourcesResult:
        surface = await self._surface(context)
        return ListResourcesResult.model_validate({"resources": list(surface.beyond.resources)})

    async def _templates(
        self, context: _Context, _: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        surface = await self._surface(context)
        return ListResourceTemplatesResult.model_validate(
            {"resourceTemplates": list(surface.beyond.templates)}
        )

    async def _prompts(self, context: _Context, _: PaginatedRequestParams | None) -> ListPromptsResult:
        surface = await self._surface(context)
        return ListPromptsResult.model_validate({"prompts": list(surface.beyond.prompts)})

    async def _read(self, context: _Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        await self._surface(context)
        return ReadResourceResult.model_validate(await _told(self.served.read(str(params.uri))))

    async def _prompt(self, context: _Context, params: GetPromptRequestParams) -> GetPromptResult:
        await self._surface(context)
        got = self.served.prompt(params.name, params.arguments or {})
        return GetPromptResult.model_validate(await _told(got))

    async def _surface(self, context: _Context) -> Surface:
        """Return what is seen, once those of whom nothing was known had a little time."""
        self._sessions.add(context.session)
        await self._know()
        return self.served.surface

    async def _know(self) -> None:
        """Wait a little for those of whom nothing was known."""
        with anyio.move_on_after(PATIENCE_SECONDS):
            await self._asked.wait()

    async def _called(self, context: _Context, params: CallToolRequestParams) -> CallToolResult:
        if params.name not in self.served.surface.targets:
            await self._know()
        to_client, told = anyio.create_memory_object_stream[str](math.inf)

        async def pass_on() -> None:
            count = 0
            async for text in told:
                count += 1
                await context.session.report_progress(count, message=text)

        unknown = ""
        result: Wire = {}
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pass_on)
            with to_client:
                try:
                    result = await self.served.call(
                        params.name, params.arguments or {}, to_client.send_nowait
                    )
                except LookupError as error:
                    unknown = str(error.args[0])
        if unknown:
            raise MCPError(INVALID_PARAMS, unknown)
        return CallToolResult.model_validate(result)


async def over_stdio(served: Served) -> None:
    """Serve the one client at standard input and output, until it hangs up."""
    door = Door(served)
    async with door.open(), stdio_server() as (reader, writer):
        await door.server.run(reader, writer, door.server.create_initialization_options(CHANGES))


async def _told(answering: Awaitable[Wire]) -> Wire:
    """Await an answer. Raises MCPError, of the client's making or of the server's."""
    try:
        return await answering
    except LookupError as error:
        raise MCPError(INVALID_PARAMS, str(error.args[0])) from None
    except CallError as error:
        raise MCPError(INTERNAL_ERROR, str(error), error.to_dict()) from None


def _addresses(surface: Surface) -> tuple[tuple[JSON, ...], ...]:
    return surface.beyond.resources, surface.beyond.templates


def _schema(served: Served, name: str) -> dict[str, JSON] | None:
    found = next((each for each in served.surface.listed if each["name"] == name), None)
    return found["inputSchema"] if found else None


_INSTRUCTIONS: Final = (
    "Ask `route` for what the team has rules for. Else look for a tool with `find_tools` and call it with"
    " `call_tool`."
)

for _name in _PROTOCOL_LOGS:
    logging.getLogger(_name).addHandler(logging.NullHandler())
