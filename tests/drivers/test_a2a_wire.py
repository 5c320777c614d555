"""What failures below A2A mean, where no server on this machine can bring them about."""

from __future__ import annotations

import httpx
import pytest
from a2a.client import A2AClientError

from router.core.settings import Agent
from router.drivers.a2a_signin import sign_in
from router.drivers.a2a_wire import OF_ITSELF, answered, open_http, translated
from router.drivers.quoting import brief
from router.errors import CallError, ProtocolBroken, ResultTooLarge, TargetUnavailable, ToolFailed

AGENT = Agent("a", url="https://agents.example.com")
REQUEST = httpx.Request("POST", "https://agents.example.com/rpc")


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (
            httpx.ConnectError("no route to host", request=REQUEST),
            TargetUnavailable(
                "a2a:a", "no connection to agents.example.com:443: no route to host", sent=False
            ),
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
    assert translated(error, "a2a:a", AGENT) == meaning


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
    request = httpx.Request("GET", REQUEST.url, extensions=OF_ITSELF)
    assert redirected(place, request) == TargetUnavailable(
        "a2a:a", f"it redirects to {place} (HTTP 302 Found){advice}", sent=False
    )


def test_a_redirect_of_a_call_is_a_mistake_in_the_card() -> None:
    assert redirected("/rpc/", REQUEST) == TargetUnavailable(
        "a2a:a", "it redirects to /rpc/ (HTTP 302 Found); its card should say so", sent=False
    )


def redirected(place: str, request: httpx.Request) -> CallError:
    response = httpx.Response(302, headers={"location": place}, request=request)
    return translated(httpx.HTTPStatusError("redirected", request=request, response=response), "a2a:a", AGENT)


def test_foreign_text_is_put_on_one_line_and_cut() -> None:
    assert brief(" a\n\tb ") == "a b"
    assert brief("x" * 501) == "x" * 500 + "…"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "before", "sent"),
    [
        (httpx.ConnectError("refused", request=REQUEST), None, False),
        (httpx.ConnectTimeout("late", request=REQUEST), None, False),
        (httpx.ConnectError("refused", request=REQUEST), True, True),
        (httpx.ReadError("lost", request=REQUEST), None, True),
        (httpx.ReadError("lost", request=REQUEST), False, False),
    ],
)
async def test_it_is_done_once_and_known_whether_anything_was_sent(
    error: Exception, before: bool | None, *, sent: bool
) -> None:
    done: list[str] = []

    async def act() -> None:
        done.append("once")
        raise error

    with pytest.raises(TargetUnavailable) as failed:
        await answered(AGENT, "a2a:a", act, sent=before)
    assert failed.value.sent is sent
    assert failed.value.__cause__ is error
    assert done == ["once"]


@pytest.mark.anyio
async def test_an_error_of_ours_is_told_of_the_target_that_was_called() -> None:
    async def act() -> None:
        try:
            raise ResultTooLarge("a2a:a", "too much")
        except CallError as error:
            raise A2AClientError("it broke") from error

    with pytest.raises(ResultTooLarge, match="a2a:a/draft: too much") as failed:
        await answered(AGENT, "a2a:a/draft", act)
    assert isinstance(failed.value.__cause__, A2AClientError)


@pytest.mark.anyio
@pytest.mark.parametrize(("host", "trusted"), [("agents.example.com", True), ("127.0.0.1", False)])
async def test_proxies_of_the_environment_are_used_for_other_machines_alone(
    host: str, *, trusted: bool
) -> None:
    agent = Agent("a", url=f"https://{host}/")
    async with open_http(agent, await sign_in(agent, None)) as http:
        assert http.trust_env is trusted
        assert http.follow_redirects is False
