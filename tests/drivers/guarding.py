"""Starts the guarded agents, tells them how to behave, and asks them by the driver."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from router.core.outcome import Result
from router.core.plan import Target
from router.core.settings import Agent
from router.drivers.a2a import A2aDriver
from router.errors import SecretMissing
from router.ports import Call, Offer
from tests.agents import TEST_AGENTS, running


@dataclass(frozen=True)
class Kept:
    """Secrets by their places."""

    values: Mapping[str, str] = field(default_factory=dict)

    def value(self, place: str, name: str) -> str:
        """See `router.ports.Secrets`."""
        where = place or f"keyring:{name}"
        if where not in self.values:
            raise SecretMissing(where, "there is no such secret")
        return self.values[where]

    def filled(self, text: str) -> str:
        """See `router.ports.Secrets`."""
        return re.sub(r"\$\{([^}]+)\}", lambda found: self.value(found[1], ""), text)


@dataclass(frozen=True)
class Guarded:
    """The agents of one process."""

    url: str
    control: httpx.Client

    def behave(self, **mode: Any) -> None:
        """Set what is asked of callers, and forget what arrived."""
        self.control.post("/control", json=mode).raise_for_status()

    def arrived(self) -> list[dict[str, Any]]:
        """Return what arrived since, in order."""
        found: list[dict[str, Any]] = self.control.get("/control").json()
        return found

    def sent(self, header: str) -> list[str | None]:
        """Return a header of each request to an agent, in order."""
        asked = (each for each in self.arrived() if "method" in each and "oauth" not in each["path"])
        return [each["headers"].get(header) for each in asked]

    def forms(self) -> list[dict[str, str]]:
        """Return what tokens were asked for with."""
        return [each["form"] for each in self.arrived() if "form" in each]

    def agent(self, name: str, **settings: Any) -> Agent:
        """Return the settings of one of them."""
        return Agent("a", url=f"{self.url}/{name}", **settings)


@contextmanager
def guarding(certificates: Path | None = None, *, verify: Any = True) -> Iterator[Guarded]:
    """Start the agents, over TLS where there are certificates; end them after."""
    more = (certificates,) if certificates else ()
    with running(sys.executable, TEST_AGENTS / "guarded.py", *more) as said:
        url = said.replace("http:", "https:") if certificates else said
        with httpx.Client(base_url=url, trust_env=False, verify=verify, timeout=20) as control:
            yield Guarded(url, control)


@asynccontextmanager
async def driving(agent: Agent, secrets: Kept | None = None) -> AsyncIterator[A2aDriver]:
    """Give a driver of one agent."""
    driver = A2aDriver({agent.name: agent}, seen=lambda _: None, secrets=secrets)
    try:
        yield driver
    finally:
        await driver.aclose()


async def ask(
    agent: Agent,
    message: str = "hello",
    secrets: Kept | None = None,
    said: list[str] | None = None,
    **more: Any,
) -> Result:
    """Ask an agent once; `more` are fields of the call."""
    heard = [] if said is None else said
    call = Call(Target("a2a", agent.name), message=message, **{"timeout_seconds": 20.0, **more})
    async with driving(agent, secrets) as driver:
        return await driver.call(call, heard.append)


async def offered(agent: Agent, secrets: Kept | None = None) -> Offer:
    """Return what an agent offers."""
    async with driving(agent, secrets) as driver:
        return await driver.offer(agent.name)
