"""Puts the concrete parts together. The only file that names them; drivers are opened when first called."""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
from anyio.abc import TaskGroup

from router.catalogue.store import Store
from router.config import Project
from router.context import query_here
from router.core.book import Rulebook
from router.core.outcome import Content, Result
from router.core.plan import Target
from router.core.settings import Peer, Server
from router.engine import Router
from router.guard import Guarded
from router.loading import breakers, budget, catalogue, ledger, loaded, pins, plans, secrets, tasks_of
from router.ports import (
    AgentTask,
    Ask,
    Call,
    Driver,
    Host,
    Offer,
    Planned,
    Planner,
    PlanRequest,
    Progress,
    Tool,
    Write,
)
from router.saving import Saver

if TYPE_CHECKING:
    from router.pins.vetting import Pins
    from router.planner.ways import Way

DRIVERS: Final = {"mcp": "router.drivers.mcp:McpDriver", "a2a": "router.drivers.a2a:A2aDriver"}
"""By scheme. Named and not imported: their SDKs take seconds to load, and most commands call nobody."""
LOG_IN: Final = "router.drivers.mcp_login:log_in"
"""Named and not imported, as drivers are."""
PLANNER: Final = "router.planner:AskingPlanner"
WRITER: Final = "router.planner.writing:Writer"
WAYS: Final = {"local": "router.planner.local:LocalWay", "hf": "router.planner.hub:HubWay"}
"""By the name that the settings give. Named and not imported, as drivers are."""


@dataclass(slots=True)
class Unopened:
    """A driver that is made when it is first used."""

    make: Callable[[], Driver]
    driver: Driver | None = field(default=None, init=False)

    def _opened(self) -> Driver:
        if self.driver is None:
            self.driver = self.make()
        return self.driver

    async def offer(self, name: str) -> Offer:
        """See `router.ports.Driver`."""
        return await self._opened().offer(name)

    async def call(self, call: Call, progress: Progress) -> Result:
        """See `router.ports.Driver`."""
        return await self._opened().call(call, progress)

    async def tasks(self, name: str) -> tuple[AgentTask, ...]:
        """See `router.ports.Driver`."""
        return await self._opened().tasks(name)

    async def cancel(self, target: Target, task: str) -> None:
        """See `router.ports.Driver`."""
        await self._opened().cancel(target, task)

    async def aclose(self) -> None:
        """See `router.ports.Driver`."""
        if self.driver is not None:
            await self.driver.aclose()


@dataclass(slots=True)
class LatePlanner:
    """A planner that is made when it is first asked."""

    make: Callable[[], Planner]
    planner: Planner | None = field(default=None, init=False)

    def _opened(self) -> Planner:
        if self.planner is None:
            self.planner = self.make()
        return self.planner

    def recall(self, request: PlanRequest) -> Planned | None:
        """See `router.ports.Planner`."""
        return self._opened().recall(request)

    async def plan(self, request: PlanRequest) -> Planned:
        """See `router.ports.Planner`."""
        return await self._opened().plan(request)

    def forget(self, request: PlanRequest) -> None:
        """See `router.ports.Planner`."""
        self._opened().forget(request)


def unopened(project: Project, book: Rulebook) -> Router:
    """Return a router that can call nobody, for questions that need no answer."""
    store = catalogue(project)
    return Router(book, {}, store, _planner(project, book, store))


@asynccontextmanager
async def open_router(
    path: str | Path = ".",
    *,
    cwd: str | Path | None = None,
    save: str | Path | None = None,
    ask: Ask | None = None,
) -> AsyncIterator[Router]:
    """Open the router of the project at or above `path`; leaving it ends every server it started.

    `cwd` is where servers are started, the working directory by default; `save` is a directory for the
    images and files of results; `ask` puts what servers want to know to a person.

    Raises ProjectNotFound, SettingsRefused, RulebookRefused.
    """
    project, book = loaded(path)
    async with opened(project, book, cwd=cwd, save=save, ask=ask) as router:
        yield router


@asynccontextmanager
async def opened(
    project: Project,
    book: Rulebook,
    *,
    cwd: str | Path | None = None,
    save: str | Path | None = None,
    ask: Ask | None = None,
) -> AsyncIterator[Router]:
    """Open the router of a project that is loaded already."""
    _make_private(project.home)
    store = catalogue(project)
    failure: BaseException | None = None
    async with anyio.create_task_group() as tasks:
        here = _directory(cwd)
        reviewed = pins(project)
        drivers = _drivers(project, store, tasks, here, ask, reviewed)
        keep: Callable[[Content], Content] = Saver(Path(save)) if save else _as_is
        try:
            yield Router(
                book,
                drivers,
                store,
                _planner(project, book, store),
                ledger=ledger(project),
                tasks=tasks_of(project),
                query=partial(query_here, cwd=str(here)),
                keep=keep,
                caution=reviewed.warning,
            )
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            failure = error  # raised after the group, which would wrap it
        finally:
            with anyio.CancelScope(shield=True):
                await _close(drivers.values())
    if failure is not None:
        raise failure


def _make_private(home: Path) -> None:
    """Make the directory of state for its owner alone; one that is there stays as its owner has it.

    Where it cannot be made nothing is kept, which costs time later and no answer now: who writes below it
    says so.
    """
    with suppress(OSError):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)


async def _close(drivers: Iterable[Driver]) -> None:
    """Close every driver, even where closing another one fails."""
    async with AsyncExitStack() as stack:
        for driver in drivers:
            stack.push_async_callback(driver.aclose)


def _directory(cwd: str | Path | None) -> Path:
    return Path(cwd).absolute() if cwd else Path.cwd()


def _as_is(content: Content) -> Content:
    return content


def _drivers(
    project: Project, store: Store, tasks: TaskGroup, cwd: Path, ask: Ask | None, reviewed: Pins
) -> Mapping[str, Driver]:
    settings = project.settings

    def mcp() -> Driver:
        return _named("mcp")(
            settings.servers,
            tasks=tasks,
            cwd=str(cwd),
            state=project.home,
            host=Host(store.keep, ask, _writer(project)),
            secrets=secrets(project),
            vet=reviewed.vet,
        )

    def a2a() -> Driver:
        return _named("a2a")(settings.agents, seen=store.keep, secrets=secrets(project), vet=reviewed.vet)

    guard = partial(_guarded, project, store)
    return {
        "mcp": guard("mcp", Unopened(mcp), settings.servers),
        "a2a": guard("a2a", Unopened(a2a), settings.agents),
    }


def _guarded(
    project: Project, store: Store, scheme: str, driver: Driver, peers: Mapping[str, Peer]
) -> Driver:
    def tool(target: Target) -> Tool | None:
        offers = (each for each in store.offers() if (each.scheme, each.name) == (scheme, target.name))
        return next((offer.tool(target.member) for offer in offers), None)

    return Guarded(scheme, driver, peers, breakers(project), tool)


async def log_in(project: Project, server: Server, show: Callable[[str], None]) -> Path:
    """Sign a person in to an MCP server, and return the directory where the token is kept.

    `show` gets the address that the person is to open. Raises CallError where it fails.
    """
    act: Callable[..., Awaitable[Path]] = pkgutil.resolve_name(LOG_IN)
    return await act(server, secrets(project), project.home, show)


def ways(project: Project) -> list[Way]:
    """Return the ways to models in the order of the settings; none of them is asked."""
    store, pricing = secrets(project), {"hf": (budget(project).prices.refresh,)}
    return [
        pkgutil.resolve_name(WAYS[each.name])(each, store, *pricing.get(each.name, ()))
        for each in project.settings.planning.ways
    ]


def _planner(project: Project, book: Rulebook, store: Store) -> Planner | None:
    """Return who plans what no rule decides, or None where the settings name no model."""
    planning, fallback = project.settings.planning, project.settings.fallback
    if not planning.ways:
        return None

    def made() -> Planner:
        make: Callable[..., Planner] = pkgutil.resolve_name(PLANNER)
        remembered = plans(project) if "cache" in fallback else None
        return make(planning, store, book, lambda: ways(project), lambda: budget(project), remembered)

    return LatePlanner(made)


def _writer(project: Project) -> Write | None:
    """Return who has a model write text for servers, or None where no server may ask for it."""
    settings = project.settings
    if not any(each.sampling for each in settings.servers.values()):
        return None
    make: Callable[..., Write] = pkgutil.resolve_name(WRITER)
    return make(settings.planning, lambda: ways(project), lambda: budget(project))


def _named(scheme: str) -> Callable[..., Driver]:
    logger = logging.getLogger(scheme)  # of the SDK: what it says on the way in belongs to no answer
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    driver: Callable[..., Driver] = pkgutil.resolve_name(DRIVERS[scheme])
    return driver
