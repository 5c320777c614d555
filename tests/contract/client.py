"""The client that the MCP conformance suite drives: our driver, called as `ts` would call it.

The suite starts it with the address of its server as the last argument, and names the scenario and what
belongs to it in the environment. A person at a browser, where one is needed, says yes to everything.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import anyio
import httpx

from router.core.plan import JSON, Target
from router.core.settings import Auth, Server
from router.drivers.mcp import McpDriver
from router.drivers.mcp_login import log_in
from router.errors import CallError, RouterError
from router.ports import Call, Host, Offer, Question, Tool

VALUES: Final[Mapping[str, JSON]] = {"a": 5, "b": 3}
OF_TYPES: Final[Mapping[str, JSON]] = {
    "string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}, "null": None,
}  # fmt: skip


class Told:
    """Secrets that the suite tells."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def value(self, place: str, name: str) -> str:
        """See `router.ports.Secrets`."""
        del place, name
        return self.secret

    def filled(self, text: str) -> str:
        """See `router.ports.Secrets`."""
        return text


def auth_of(scenario: str, context: Mapping[str, Any], url: str) -> Auth | None:
    """Return how a scenario signs in."""
    if not scenario.startswith("auth/"):
        return None
    known = {
        "client_id": context.get("client_id", ""),
        "secret": "env:S" if "client_secret" in context else "",
    }
    if "client-credentials" in scenario:
        return Auth("oauth2", **known, issuer=context.get("issuer") or issuer_of(url))
    return Auth("login", **known)


async def accept(question: Question) -> dict[str, JSON]:
    """Say yes, with the defaults where there are some."""
    schema = question.schema if isinstance(question.schema, dict) else {}
    known = {
        name: each["default"] for name, each in schema.get("properties", {}).items() if "default" in each
    }
    return {**arguments(Tool("question", input_schema=schema)), **known}


def issuer_of(url: str) -> str:
    """Return the authorization server that a server names."""
    place = url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
    found: str = httpx.get(place).json()["authorization_servers"][0]
    return found


def arguments(tool: Tool) -> dict[str, JSON]:
    """Return arguments that fit a tool."""
    schema = tool.input_schema if isinstance(tool.input_schema, dict) else {}
    known = schema.get("properties", {})
    return {
        name: VALUES.get(name, OF_TYPES.get(str(known.get(name, {}).get("type")), "text"))
        for name in schema.get("required", ())
    }


def calls(scenario: str, context: Mapping[str, Any], offer: Offer) -> Iterator[tuple[str, dict[str, JSON]]]:
    """Yield the tools that a scenario wants called, with their arguments: those that it tells, else each."""
    if scenario == "json-schema-2020-12-preservation":
        tool = offer.tool("json_schema_2020_12_tool")
        yield "json_schema_echo", {"schema": tool.input_schema if tool else None}
    elif "toolCalls" in context:
        for each in context["toolCalls"]:
            yield each["name"], each.get("arguments", {})
    elif scenario != "json-schema-ref-no-deref":
        for each in offer.tools:
            yield each.name, arguments(each)


async def main(url: str) -> None:
    """List the tools and call each."""
    scenario = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    auth = auth_of(scenario, context, url)
    server = Server("suite", url=url, transport="http", auth=auth, timeout_seconds=20)
    secrets = Told(context.get("client_secret", ""))
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        async with anyio.create_task_group() as tasks:

            async def visit(address: str) -> None:
                async with httpx.AsyncClient(follow_redirects=True) as browser:
                    await browser.get(address)

            def browse(address: str) -> None:
                tasks.start_soon(visit, address)

            if auth is not None and auth.type == "login":
                await log_in(server, secrets, home, browse)
            driver = McpDriver(
                {"suite": server}, tasks=tasks, cwd=directory, state=home, secrets=secrets,
                host=Host(lambda _: None, accept),
            )  # fmt: skip
            try:
                offer = await driver.offer("suite")
                for name, given in calls(scenario, context, offer):
                    call = Call(Target("mcp", "suite", name), given, timeout_seconds=20)
                    try:
                        await driver.call(call, lambda _: None)
                    except CallError as error:
                        sys.stderr.write(f"{type(error).__name__}: {error}\n")
            finally:
                await driver.aclose()


if __name__ == "__main__":
    try:
        anyio.run(main, sys.argv[-1])
    except RouterError as error:
        sys.exit(f"{type(error).__name__}: {error}")
