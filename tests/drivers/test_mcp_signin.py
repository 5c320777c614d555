"""Signing in to MCP servers by OAuth: as a client, as a person, and what is told where that fails."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import anyio
import httpx
import pytest
from anyio.abc import TaskGroup

from router.core.settings import Auth, Server
from router.drivers.mcp import McpDriver
from router.drivers.mcp_login import log_in
from router.errors import SecretMissing, SignInFailed
from tests import servers
from tests.agents import running

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SIGNED: Final = Path(__file__).parent / "web" / "signed.py"


class Known:
    """One secret, kept under every name."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def value(self, place: str, name: str) -> str:
        """See `router.ports.Secrets`."""
        if place == "env:NONE":
            raise SecretMissing(place, f"is not there for {name}")
        return self.secret

    def filled(self, text: str) -> str:
        """See `router.ports.Secrets`."""
        return text


def signed(*settings: str) -> AbstractContextManager[str]:
    return running(sys.executable, SIGNED, *settings)


def client(url: str, **more: str) -> Server:
    issuer = url.removesuffix("/mcp")
    auth = Auth("oauth2", **{"secret": "env:S", "client_id": "ts", "issuer": issuer, **more})
    return Server("web", url=url, transport="http", auth=auth)


def seen(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(url.replace("/mcp", "/seen")).json()
    return found


def revoke(url: str) -> None:
    httpx.post(url.replace("/mcp", "/revoke-all"))


async def whoami(driver: McpDriver) -> str:
    return (await servers.ask(driver, "web/whoami")).text


async def test_a_client_signs_in_with_its_own_scope_and_keeps_its_token(tmp_path: Path) -> None:
    with signed() as url:
        for _ in range(2):
            async with servers.driving(
                tmp_path, client(url, scope="one two"), secrets=Known("s3cret")
            ) as driver:
                assert await whoami(driver) == "signed in"
        (asked,) = seen(url)

    assert (asked["grant_type"], asked["scope"], asked["resource"]) == ("client_credentials", "one two", url)
    (kept,) = (tmp_path / "tokens").iterdir()
    assert (stat.S_IMODE(kept.stat().st_mode), "s3cret" in kept.read_text()) == (0o600, False)


async def test_a_token_that_was_revoked_is_asked_for_again_within_the_call(tmp_path: Path) -> None:
    with signed() as url:
        async with servers.driving(tmp_path, client(url), secrets=Known("s3cret")) as driver:
            await whoami(driver)
            revoke(url)
            assert await whoami(driver) == "signed in"
        assert len(seen(url)) == 2


@pytest.mark.parametrize(
    ("secret", "more", "settings", "told"),
    [
        ("wrong", {}, (), "signing in failed: Token exchange failed (401)"),
        ("s3cret", {"secret": "env:NONE"}, (), "env:NONE: is not there for web"),
        ("s3cret", {"issuer": "https://other.invalid"}, (), "signing in failed: "),
        ("s3cret", {}, ("issuer=https://other.invalid",), "signing in failed: "),
        ("s3cret", {}, ("open=1",), "the server never asked for the sign-in that is configured"),
    ],
    ids=["wrong-secret", "no-secret", "other-issuer", "issuer-that-lies", "open"],
)
async def test_a_sign_in_that_cannot_be_applied_is_an_error(
    tmp_path: Path, secret: str, more: dict[str, str], settings: tuple[str, ...], told: str
) -> None:
    with signed(*settings) as url:
        async with servers.driving(tmp_path, client(url, **more), secrets=Known(secret)) as driver:
            with pytest.raises(SignInFailed) as caught:
                await whoami(driver)
        sent = [each["basic"] for each in seen(url)]

    assert told in str(caught.value)
    assert secret not in str(caught.value)
    assert bool(sent) == ("Token exchange" in told)


def person(url: str) -> Server:
    return Server("web", url=url, transport="http", auth=Auth("login"))


def _start(tasks: TaskGroup, act: Callable[[str], Coroutine[object, object, None]], address: str) -> None:
    tasks.start_soon(act, address)


async def visit(url: str, state: Path, **answer: str) -> list[int]:
    """Sign a person in whose browser follows every address; return what the last pages said, as statuses."""
    statuses: list[int] = []

    async def open_page(address: str) -> None:
        async with httpx.AsyncClient() as browser:
            there = (await browser.get(address)).headers["location"]
            if answer:
                there = f"{there.partition('?')[0]}?{urlencode(answer)}"
            pages = (f"{there.partition('/callback')[0]}/favicon.ico", there)
            statuses.extend([(await browser.get(each)).status_code for each in pages])

    failure: SignInFailed | None = None
    async with anyio.create_task_group() as tasks:
        try:
            await log_in(person(url), None, state, partial(_start, tasks, open_page))
        except SignInFailed as error:
            failure = error
    if failure is not None:
        raise failure
    return statuses


async def test_a_person_signs_in_once_and_the_token_is_renewed_by_itself(tmp_path: Path) -> None:
    with signed("seconds=2") as url:
        assert await visit(url, tmp_path) == [404, 200]
        revoke(url)
        await anyio.sleep(2.1)
        async with servers.driving(tmp_path, person(url)) as driver:
            assert await whoami(driver) == "signed in"
        kinds = [each["grant_type"] for each in seen(url)]

    assert kinds == ["authorization_code", "refresh_token"]


async def test_a_person_who_is_refused_is_told(tmp_path: Path) -> None:
    with signed() as url, pytest.raises(SignInFailed, match="refuses: not you"):
        await visit(url, tmp_path, error="access_denied", error_description="not you")


async def test_nobody_is_asked_where_no_person_signed_in(tmp_path: Path) -> None:
    with signed() as url:
        async with servers.driving(tmp_path, person(url)) as driver:
            with pytest.raises(SignInFailed, match="nobody is signed in; run ts auth login web"):
                await whoami(driver)
        assert seen(url) == []


async def test_a_file_of_tokens_that_is_damaged_costs_a_sign_in(tmp_path: Path) -> None:
    with signed() as url:
        server = replace(client(url), name="a b/c")
        for number in range(2):
            async with servers.driving(
                tmp_path, replace(server, name="web"), secrets=Known("s3cret")
            ) as driver:
                assert await whoami(driver) == "signed in"
            for each in (tmp_path / "tokens").iterdir():
                each.write_text("{" * (number + 1))
        assert len(seen(url)) == 2
