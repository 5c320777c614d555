"""What failures below A2A mean, where no server on this machine can bring them about."""

from __future__ import annotations

import httpx
import pytest
from a2a.client import A2AClientError

from router.core.settings import Agent
from router.drivers.a2a_wire import brief, open_http, patiently, translated
from router.errors import ProtocolBroken, TargetUnavailable, ToolFailed

REQUEST = httpx.Request("POST", "https://agents.example.com/rpc")


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (
            httpx.ConnectError("no route to host", request=REQUEST),
            TargetUnavailable("a2a:a", "no connection to agents.example.com:443: no route to host"),
        ),
        (
            httpx.ReadError("", request=REQUEST),
            TargetUnavailable("a2a:a", "the connection was lost during the call: ReadError"),
        ),
        (
            A2AClientError("JSON-RPC Error 7: no"),
            ToolFailed("a2a:a", "JSON-RPC Error 7: no"),
        ),
        (
            RecursionError(),
            ProtocolBroken("a2a:a", "what it answers is not A2A: RecursionError: RecursionError"),
        ),
    ],
)
def test_a_failure_is_translated(error: Exception, meaning: Exception) -> None:
    assert translated(error, "a2a:a") == meaning


@pytest.mark.parametrize(
    ("place", "advice"),
    [
        ("/v2/card", "; set the agent's url to that"),
        ("https://agents.example.com:8443/", "; set the agent's url to that"),
        ("http://agents.example.com/", ", which is not followed"),
        ("https://evil.example.com/", ", which is not followed"),
        ("file:///etc/passwd", ", which is not followed"),
        ("file://agents.example.com/etc/passwd", ", which is not followed"),
        ("https://[/", ", which is not followed"),
    ],
)
def test_a_redirect_is_advised_only_where_it_is_no_trap(place: str, advice: str) -> None:
    response = httpx.Response(302, headers={"location": place}, request=REQUEST)
    error = httpx.HTTPStatusError("redirected", request=REQUEST, response=response)

    assert translated(error, "a2a:a") == TargetUnavailable(
        "a2a:a", f"it redirects to {place} (HTTP 302 Found){advice}"
    )


def test_foreign_text_is_put_on_one_line_and_cut() -> None:
    assert brief(" a\n\tb ") == "a b"
    assert brief("x" * 501) == "x" * 500 + "…"


@pytest.mark.anyio
@pytest.mark.parametrize(("retries", "calls"), [(0, 1), (2, 3), (-1, 1)])
async def test_only_what_was_never_reached_is_tried_again(retries: int, calls: int) -> None:
    made: list[Exception] = [httpx.ReadError("lost", request=REQUEST)]
    made += [httpx.ConnectError("refused", request=REQUEST)] * (calls - 1)

    async def act() -> None:
        raise made.pop()

    agent = Agent("a", url="https://agents.example.com", retries=retries, delay_seconds=0)
    with pytest.raises(TargetUnavailable, match="lost"):
        await patiently(agent, "a2a:a", act)
    assert made == []


@pytest.mark.anyio
@pytest.mark.parametrize(("host", "trusted"), [("agents.example.com", True), ("127.0.0.1", False)])
async def test_proxies_of_the_environment_are_used_for_other_machines_alone(
    host: str, *, trusted: bool
) -> None:
    async with open_http(Agent("a", url=f"https://{host}/")) as http:
        assert http.trust_env is trusted
        assert http.follow_redirects is False
