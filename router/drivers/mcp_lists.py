"""What an MCP server offers: its lists, asked for side by side and page by page, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import anyio
from mcp import MCPError
from mcp_types import METHOD_NOT_FOUND, PaginatedRequestParams
from pydantic import BaseModel, ValidationError

from router.core.settings import Server
from router.drivers.mcp_beyond import prompts_of, resources_of, tools_beyond
from router.drivers.mcp_lines import Unreadable
from router.drivers.mcp_tools import Wire, tools_of
from router.errors import CallError, ProtocolBroken, ToolFailed
from router.ports import Offer

if TYPE_CHECKING:
    from mcp.client.session import ClientSession

_MOST_PAGES: Final = 100
_LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Named:
    """An offer, and what the server itself calls what is in it."""

    offer: Offer
    own_names: Mapping[str, str]
    """Rules' name of a tool → the server's."""
    methods: Mapping[str, str]
    """Rules' name of what is no tool of the server → the protocol's method that it stands for."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one server."""

    server: Server
    session: ClientSession
    ask: Callable[[str, Awaitable[Any]], Awaitable[Any]]
    """Awaits the SDK for a target. Raises CallError, and MCPError where the server answers with an error."""
    _known: dict[str, list[Wire]] = field(default_factory=dict, init=False)
    """The lists beside that of tools as they came last, for when the server fails to give one."""

    async def asked(self, target: str) -> Named:
        """Ask for every list that the server keeps. Raises CallError."""
        lists = await self._all(target)
        resources = resources_of((*lists["resources"], *lists["resource_templates"]))
        prompts = prompts_of(lists["prompts"])
        own = tools_of(lists["tools"], self.server.tools)
        beyond = tools_beyond(resources, prompts, self.server.tools)
        tools = own | {name: each for name, each in beyond.items() if name not in own}
        info = self.session.server_info
        offer = Offer(
            scheme="mcp",
            name=self.server.name,
            tools=tuple(tool for _, tool in tools.values()),
            title=(info.title or info.name) if info else "",
            description=self.session.instructions or "",
            version=info.version if info else "",
            protocol=self.session.protocol_version or "",
            resources=resources,
            prompts=prompts,
        )
        methods = {name: method for name, (method, _) in beyond.items() if name not in own}
        return Named(offer, {name: own_name for name, (own_name, _) in tools.items()}, methods)

    async def _all(self, target: str) -> dict[str, list[Wire]]:
        lists: dict[str, list[Wire]] = {"resources": [], "resource_templates": [], "prompts": []}
        failures: list[CallError] = []
        can = self.session.server_capabilities
        kinds = ["tools"]
        kinds += ["resources", "resource_templates"] if can and can.resources else []
        kinds += ["prompts"] if can and can.prompts else []

        async def ask(kind: str) -> None:
            try:
                lists[kind] = self._known[kind] = await self.pages(target, kind)
            except ToolFailed:
                lists[kind] = self._known.get(kind, [])
            except CallError as error:
                failures.append(error)

        async with anyio.create_task_group() as tasks:
            for kind in kinds:
                tasks.start_soon(ask, kind)
        if failures:
            raise failures[0]
        return lists

    async def pages(self, target: str, kind: str) -> list[Wire]:
        """Return one list of the server, whole; an empty one where it keeps none. Raises CallError."""
        list_page = getattr(self.session, f"list_{kind}")
        found: list[Wire] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            try:
                page = await self.ask(target, list_page(params=PaginatedRequestParams(cursor=cursor)))
            except MCPError as error:
                if error.code == METHOD_NOT_FOUND:
                    return []
                reason = f"the server does not list its {_spoken(kind)}: {told(error)}"
                broken = ProtocolBroken if kind == "tools" else ToolFailed
                raise broken(target, reason) from error
            found += map(as_json, getattr(page, kind))
            cursor = page.next_cursor
            if not cursor:
                return found
        reason = f"the server's list of {_spoken(kind)} does not end after {_MOST_PAGES} pages"
        raise ProtocolBroken(target, reason)


def _spoken(kind: str) -> str:
    return kind.replace("_", " ")


def as_json(model: BaseModel) -> dict[str, Any]:
    """Return a message of the protocol as its JSON."""
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def told(error: BaseException) -> str:
    """Say what an error of the SDK says, on few lines."""
    if isinstance(error, MCPError):
        if isinstance(error.data, Unreadable):
            return error.data.reason
        return f"{error.message} (JSON-RPC error {error.code})"
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)[:_LONGEST_REASON]
