"""MCP servers at an address: every transport and era, and what is told where they go wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import anyio
import pytest

from router.core.settings import Auth, Server
from router.errors import (
    CallError,
    CallTimedOut,
    ProtocolBroken,
    ResultTooLarge,
    SecretMissing,
    SignInFailed,
    TargetUnavailable,
    ToolFailed,
)
from tests import servers
from tests.agents import running

pytestmark = pytest.mark.anyio

WEB: Final = Path(__file__).parent / "web"
KINDS: Final = ("http", "json", "stateless", "sse")


def over(kind: str) -> Literal["http", "sse"]:
    return "sse" if kind == "sse" else "http"


def at(url: str, kind: str = "http") -> Server:
    return Server("web", url=url, transport=over(kind))


@pytest.fixture(scope="module", params=KINDS)
def web(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(sys.executable, WEB / "server.py", request.param) as url:
        yield at(url, request.param)


@pytest.fixture(scope="module", params=["http", "sse"])
def guarded(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(sys.executable, WEB / "server.py", request.param, "s3cret") as url:
        yield at(url, request.param)


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    with running(sys.executable, WEB / "hostile.py") as url:
        yield url


class Known:
    """Secrets by their place."""

    def __init__(self, **known: str) -> None:
        self.known = known

    def value(self, place: str, name: str) -> str:
        """See `router.ports.Secrets`."""
        key = place.partition(":")[2] or name
        if key not in self.known:
            raise SecretMissing(place or name, "is not there")
        return self.known[key]

    def filled(self, text: str) -> str:
        """See `router.ports.Secrets`."""
        return text.replace("${keyring:web}", self.value("", "web"))


async def test_tools_are_listed_and_called_with_progress(tmp_path: Path, web: Server) -> None:
    told: list[str] = []
    async with servers.driving(tmp_path, web) as driver:
        offer = await driver.offer("web")
        said = await servers.ask(driver, "web/echo", text="häß 😀")
        counted = await servers.ask(driver, "web/count", to=3, progress=told.append)

    assert [each.name for each in offer.tools] == [
        "echo",
        "count",
        "sleep",
        "fail",
        "large",
        "headers",
    ]
    assert (offer.title, offer.description) == ("web", "Says what it is told.")
    tool = offer.tool("echo")
    assert tool is not None
    assert (tool.read_only, tool.idempotent, tool.destructive) == (True, True, None)
    assert (said.text, counted.text) == ("häß 😀", "3")
    if not web.url.endswith("/mcp") or told:
        assert told == ["1/3", "2/3", "3/3"]


async def test_a_tool_that_fails_says_so_and_the_connection_stays(tmp_path: Path, web: Server) -> None:
    async with servers.driving(tmp_path, web) as driver:
        with pytest.raises(ToolFailed, match="Error executing tool fail"):
            await servers.ask(driver, "web/fail")
        assert (await servers.ask(driver, "web/echo", text="still here")).text == "still here"


async def test_calls_side_by_side_share_a_connection_and_time_out_alone(tmp_path: Path, web: Server) -> None:
    late: list[CallError] = []

    async with servers.driving(tmp_path, web) as driver:
        await driver.offer("web")

        async def wait() -> None:
            try:
                await servers.ask(driver, "web/sleep", seconds=30, timeout_seconds=0.5)
            except CallError as error:
                late.append(error)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            said = [await servers.ask(driver, "web/echo", text=str(number)) for number in range(5)]

    assert [each.text for each in said] == ["0", "1", "2", "3", "4"]
    assert [type(each) for each in late] == [CallTimedOut]


async def test_a_result_over_the_limit_is_refused_alone(tmp_path: Path, web: Server) -> None:
    server = replace(web, limit_bytes=1_000)
    async with servers.driving(tmp_path, server) as driver:
        with pytest.raises(ResultTooLarge, match=r"the limit of \[mcp.web\] is 1,000"):
            await servers.ask(driver, "web/large", size=5_000)
        assert (await servers.ask(driver, "web/large", size=400)).text == "x" * 400


@pytest.mark.parametrize("auth", [Auth("bearer", "env:T"), Auth("header", "env:H", header="Authorization")])
async def test_a_sign_in_goes_along(tmp_path: Path, guarded: Server, auth: Auth) -> None:
    server = replace(guarded, auth=auth, headers={"X-Also": "a ${keyring:web}"})
    known = Known(T="s3cret", H="Bearer s3cret", web="b")
    async with servers.driving(tmp_path, server, secrets=known) as driver:
        named = await servers.ask(driver, "web/headers")

    assert isinstance(named.structured, dict)
    assert {"authorization", "x-also"} <= set(named.structured["result"])


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        (None, "it wants a sign-in (HTTP 401 Unauthorized); set auth in [mcp.web]"),
        (Auth("bearer", "env:WRONG"), "it refuses the sign-in of [mcp.web] (HTTP 401 Unauthorized)"),
        (Auth("bearer", "env:NONE"), "env:NONE: is not there"),
        (Auth("bearer", "env:LINES"), "the value for token is empty or holds what no header may"),
    ],
)
async def test_a_sign_in_that_fails_is_told(
    tmp_path: Path, guarded: Server, auth: Auth | None, told: str
) -> None:
    known = Known(WRONG="other", LINES="a\r\nX-Evil: b")
    async with servers.driving(tmp_path, replace(guarded, auth=auth), secrets=known) as driver:
        with pytest.raises(SignInFailed) as caught:
            await driver.offer("web")

    assert str(caught.value) == f"mcp:web: {told}"


HTML: Final = "it answers HTTP 500 Internal Server Error"
LOST: Final = "the connection was lost during the call"
FAULTS: Final[list[tuple[str, type[CallError], str]]] = [
    ("500", TargetUnavailable, HTML),
    ("429", TargetUnavailable, "it answers HTTP 429 Too Many Requests; Retry-After: 7"),
    ("503", TargetUnavailable, "it answers HTTP 503 Service Unavailable; Retry-After: 3"),
    ("401", SignInFailed, "it wants a sign-in (HTTP 401 Unauthorized); set auth in [mcp.web]"),
    (
        "302",
        TargetUnavailable,
        "it redirects to http://h.invalid/mcp (HTTP 302 Found), which is not followed",
    ),
    ("404", TargetUnavailable, "it no longer knows the session"),
    ("200html", ProtocolBroken, "it sends text/html, which is not MCP, at URL"),
    ("gzip", ProtocolBroken, "it sends application/json, which is not MCP, at URL"),
    ("reset", TargetUnavailable, LOST),
    ("half", TargetUnavailable, LOST),
    ("half-event", TargetUnavailable, LOST),
    ("huge", ResultTooLarge, "the result has more bytes than are read"),
    ("huge-event", ResultTooLarge, "the result has more bytes than are read"),
    ("not-json", ProtocolBroken, "the answer cannot be read"),
    ("drip", CallTimedOut, "no answer within 1 seconds"),
    ("never", CallTimedOut, "no answer within 1 seconds"),
    ("wrong-id", ProtocolBroken, "it answers request 99999, which was not asked here"),
]


@pytest.mark.parametrize(("path", "kind", "told"), FAULTS, ids=[path for path, _, _ in FAULTS])
async def test_a_fault_is_told_and_no_other_call_suffers(
    tmp_path: Path, hostile: str, path: str, kind: type[CallError], told: str
) -> None:
    bad = replace(at(f"{hostile}/{path}"), limit_bytes=1_000_000)
    good = Server("good", url=f"{hostile}/well", transport="http")
    async with servers.driving(tmp_path, bad, good) as driver:
        await driver.offer("web")
        with pytest.raises(CallError) as caught:
            await servers.ask(driver, "web/go", timeout_seconds=1 if kind is CallTimedOut else 20)
        assert (await servers.ask(driver, "good/go")).text == "done"
        offer = await driver.offer("web")

    error = caught.value
    assert (type(error), [each.name for each in offer.tools]) == (kind, ["go"])
    assert told.replace("URL", bad.url) in str(error)
    waits = {"429": 7.0, "503": 3.0}
    if isinstance(error, TargetUnavailable):
        assert (error.retry_after_seconds, error.sent) == (waits.get(path), path != "404")


async def test_an_answer_must_begin_in_time_where_the_settings_say_so(tmp_path: Path, hostile: str) -> None:
    bad = replace(at(f"{hostile}/never"), first_byte_seconds=0.5)
    async with servers.driving(tmp_path, bad) as driver:
        await driver.offer("web")
        with pytest.raises(CallTimedOut, match=r"no answer within 0\.5 seconds"):
            await servers.ask(driver, "web/go", timeout_seconds=20)


@pytest.mark.parametrize(
    ("path", "text"),
    [("well", "done"), ("invalid-utf8", "do�ne"), ("half-character", "do�ne"), ("late", "done")],
)
async def test_what_can_be_mended_is_an_answer(tmp_path: Path, hostile: str, path: str, text: str) -> None:
    async with servers.driving(tmp_path, at(f"{hostile}/{path}")) as driver:
        assert (await servers.ask(driver, "web/go")).text == text


async def test_a_redirect_without_end_is_given_up(tmp_path: Path, hostile: str) -> None:
    async with servers.driving(tmp_path, at(f"{hostile}/loop")) as driver:
        with pytest.raises(TargetUnavailable, match="redirects more than 5 times, last to /loop"):
            await driver.offer("web")
