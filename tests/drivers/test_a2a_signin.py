"""How the A2A driver says who asks, and to whom alone, over real connections."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from router.core.plan import Target
from router.core.settings import Agent, Auth, Tls
from router.drivers.a2a_signin import sign_in
from router.drivers.a2a_wire import open_http
from router.drivers.oauth import TokenSource
from router.errors import CallError, SignInFailed, TargetUnavailable
from router.ports import Call
from tests.drivers.certifying import made, trusting
from tests.drivers.guarding import Guarded, Kept, ask, driving, guarding, offered

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

BEARER = Auth("bearer", "env:RELEASE")
PLAIN = "http://id.example.com/token"
SECRETS = Kept({"env:RELEASE": "s3:cret", "keyring:a": "kept", "keyring:key": "k1", "env:ODD": "a\nb"})


@pytest.fixture(scope="module")
def process() -> Iterator[Guarded]:
    with guarding() as started:
        yield started


@pytest.fixture
def guarded(process: Guarded) -> Guarded:
    process.behave()
    return process


def client(**more: Any) -> Auth:
    return Auth("oauth2", "env:RELEASE", client_id="ts", **more)


async def failure(agent: Agent, secrets: Kept | None = SECRETS, **more: Any) -> CallError:
    with pytest.raises(CallError) as failed:
        await ask(agent, secrets=secrets, **more)
    assert "s3:cret" not in str(failed.value)
    return failed.value


ALIKE = ("rpc", "rest", "grpc", "rpc-old", "rest-old", "grpc-old", "rpc-asked", "rest-asked", "grpc-asked")

# A token and a header of its own


@pytest.mark.parametrize("name", ALIKE)
@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({"auth": BEARER}, "authorization", "Bearer s3:cret"),
        ({"auth": Auth("bearer")}, "authorization", "Bearer kept"),
        ({"auth": Auth("header", "env:RELEASE", header="X-Api-Key")}, "x-api-key", "s3:cret"),
        ({"headers": {"X-Team": "core ${keyring:key}"}}, "x-team", "core k1"),
    ],
)
async def test_every_request_says_who_asks(
    guarded: Guarded, name: str, settings: dict[str, Any], header: str, value: str
) -> None:
    guarded.behave(wants={header: value})
    assert (await ask(guarded.agent(name, **settings), secrets=SECRETS)).text == "you said hello"
    assert len(guarded.sent(header)) >= 2
    assert set(guarded.sent(header)) == {value}


@pytest.mark.parametrize("name", ALIKE)
async def test_a_refused_sign_in_is_said_and_not_repeated(guarded: Guarded, name: str) -> None:
    agent = guarded.agent(name, auth=BEARER)
    async with driving(agent, SECRETS) as driver:
        await driver.offer("a")
        guarded.behave(wants={"authorization": "Bearer other"})
        with pytest.raises(SignInFailed) as refused:
            await driver.call(Call(Target("a2a", "a"), message="hello"), print)
    said = r"gRPC UNAUTHENTICATED: not you" if name.startswith("grpc") else "HTTP 401 Unauthorized"
    assert refused.value.reason == f"it refuses the sign-in of [a2a.a] ({said})"
    assert len(guarded.arrived()) == 1


@pytest.mark.parametrize("name", ALIKE)
async def test_without_a_sign_in_it_is_said_what_the_card_asks_for(guarded: Guarded, name: str) -> None:
    async with driving(guarded.agent(name)) as driver:
        await driver.offer("a")
        guarded.behave(wants={"authorization": "Bearer s3:cret"}, status=403)
        with pytest.raises(SignInFailed) as refused:
            await driver.call(Call(Target("a2a", "a"), message="hello"), print)
    said = "gRPC UNAUTHENTICATED: not you" if name.startswith("grpc") else "HTTP 403 Forbidden"
    assert refused.value.reason == (
        f"it wants a sign-in ({said}); its card asks for HTTP Bearer; set auth in [a2a.a]"
    )


@pytest.mark.parametrize(
    ("settings", "secrets", "reason"),
    [
        ({"auth": Auth("bearer", "env:GONE")}, SECRETS, "env:GONE: there is no such secret"),
        ({"auth": BEARER}, None, "env:RELEASE: secrets cannot be read here"),
        ({"auth": Auth("bearer")}, None, "a: secrets cannot be read here"),
        ({"auth": Auth("bearer", "env:ODD")}, SECRETS, "the value for the token is empty or holds what no"),
        ({"auth": Auth("header", "env:ODD", header="X-Key")}, SECRETS, "the value for X-Key is empty or"),
        ({"headers": {"X-Key": "${env:GONE}"}}, SECRETS, "env:GONE: there is no such secret"),
        ({"headers": {"X-Key": "${env:GONE}"}}, None, "${env:GONE}: secrets cannot be read here"),
        ({"auth": Auth("login", issuer="https://id.example.com")}, SECRETS, "only MCP servers take auth of"),
        ({"tls": Tls(ca="/no/such.pem")}, SECRETS, "/no/such.pem"),
        (
            {"auth": client(token_url=PLAIN)},
            SECRETS,
            "id.example.com is another machine and would be called over plain http; use https; the client's",
        ),
        (
            {"auth": Auth("oauth2", "env:RELEASE", client_id="ts", issuer="http://id.example.com")},
            SECRETS,
            "id.example.com is another machine and would be called over plain http",
        ),
    ],
)
async def test_a_sign_in_that_cannot_be_applied_sends_nothing(
    guarded: Guarded, settings: dict[str, Any], secrets: Kept | None, reason: str
) -> None:
    error = await failure(guarded.agent("rpc", **settings), secrets)
    assert type(error) is SignInFailed
    assert reason in error.reason
    assert guarded.arrived() == []


@pytest.mark.parametrize("name", ["elsewhere", "away"])
@pytest.mark.parametrize("settings", [{"auth": BEARER}, {"headers": {"X-Team": "core"}}])
async def test_a_card_leads_no_sign_in_to_another_port(
    guarded: Guarded, name: str, settings: dict[str, Any]
) -> None:
    error = await failure(guarded.agent(name, **settings))
    assert type(error) is TargetUnavailable
    assert re.search(r"and the sign-in of \[a2a\.a\] goes to http://127\.0\.0\.1:\d+ alone", error.reason)
    assert len(guarded.arrived()) == 1


async def test_nothing_listening_where_a_card_leads_is_said(guarded: Guarded) -> None:
    for name, reason in (
        ("elsewhere", "nothing listens at 127.0.0.1:"),
        ("away", "no connection to 127.0.0.1:"),
    ):
        error = await failure(guarded.agent(name))
        assert isinstance(error, TargetUnavailable)
        assert error.reason.startswith(reason)
        assert error.sent is False


async def test_a_request_to_any_other_place_is_not_sent() -> None:
    agent = Agent("a", url="http://127.0.0.1:1", auth=BEARER)
    async with open_http(agent, await sign_in(agent, SECRETS)) as http:
        with pytest.raises(SignInFailed, match="is not where the agent's url is; the request was not"):
            await http.get("http://127.0.0.1:2/")


# OAuth 2.0 client credentials


@pytest.mark.parametrize("name", ALIKE)
async def test_a_token_is_got_and_sent(guarded: Guarded, name: str) -> None:
    guarded.behave(wants={"authorization": "token"})
    auth = client(issuer=f"{guarded.url}/oauth", scope="read write")
    assert (await ask(guarded.agent(name, auth=auth), secrets=SECRETS)).text == "you said hello"
    assert guarded.forms() == [{"grant_type": "client_credentials", "scope": "read write"}]


@pytest.mark.parametrize(
    ("mode", "issuer", "forms"),
    [
        ({}, "/oauth/", [{"grant_type": "client_credentials"}]),
        ({"metadata_at": "openid-configuration"}, "/oauth", [{"grant_type": "client_credentials"}]),
        (
            {"metadata": {"token_endpoint_auth_methods_supported": ["none", "client_secret_post"]}},
            "/oauth",
            [{"grant_type": "client_credentials", "client_id": "ts", "client_secret": "s3:cret"}],
        ),
    ],
)
async def test_where_tokens_are_given_is_discovered(
    guarded: Guarded, mode: dict[str, Any], issuer: str, forms: list[dict[str, str]]
) -> None:
    guarded.behave(wants={"authorization": "token"}, **mode)
    auth = client(issuer=f"{guarded.url}{issuer}")
    await offered(guarded.agent("rpc", auth=auth), SECRETS)
    assert guarded.forms() == forms


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (
            {"metadata": {"issuer": "https://evil.example.com"}},
            "speaks for the issuer https://evil.example.com",
        ),
        ({"metadata": {"issuer": None}}, "speaks for the issuer None and not for http"),
        ({"metadata": {"token_endpoint": 7}}, "names no token_endpoint"),
        (
            {"metadata": {"token_endpoint": "http://id.example.com/token"}},
            "id.example.com is another machine and would be called over plain http; use https; the client's",
        ),
        (
            {"metadata": {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}},
            "takes clients by private_key_jwt alone",
        ),
        ({"metadata_at": "nowhere"}, "says nowhere what it is"),
    ],
)
async def test_what_an_issuer_says_wrongly_is_not_followed(
    guarded: Guarded, mode: dict[str, Any], reason: str
) -> None:
    guarded.behave(**mode)
    error = await failure(guarded.agent("rpc", auth=client(issuer=f"{guarded.url}/oauth")))
    assert type(error) is SignInFailed
    assert reason in error.reason
    assert guarded.forms() == []
    assert guarded.sent("authorization") == [None] * len(guarded.sent("authorization"))
    assert not [each for each in guarded.arrived() if each["path"].startswith("/rpc")]


@pytest.mark.parametrize(
    ("mode", "kind", "reason"),
    [
        (
            {"token_status": 400, "token": {"error": "invalid_scope"}},
            SignInFailed,
            "refuses the client: invalid_scope",
        ),
        ({"token_status": 403}, SignInFailed, "refuses the client: HTTP 403"),
        ({"token_status": 302}, SignInFailed, "refuses the client: HTTP 302"),
        ({"token_status": 503}, TargetUnavailable, "answers HTTP 503"),
        ({"token_status": 429}, TargetUnavailable, "answers HTTP 429"),
        ({"token": {"access_token": ""}}, SignInFailed, "holds no token"),
        ({"token": {"access_token": "a\nb"}}, SignInFailed, "holds no token"),
        ({"token": {"token_type": "mac"}}, SignInFailed, "gives a token of the type mac, and only bearer"),
        ({"token": {"more": "x" * 2_000_000}}, SignInFailed, "answers more than 1,000,000 bytes"),
    ],
)
async def test_no_token_is_no_call(
    guarded: Guarded, mode: dict[str, Any], kind: type[CallError], reason: str
) -> None:
    guarded.behave(**mode)
    error = await failure(guarded.agent("rpc", auth=client(token_url=f"{guarded.url}/oauth/token")))
    assert type(error) is kind
    assert reason in error.reason
    assert getattr(error, "sent", False) is False
    assert guarded.sent("authorization") == []


async def test_a_client_that_is_not_known_is_told_so_without_its_secret(guarded: Guarded) -> None:
    auth = Auth("oauth2", "env:RELEASE", client_id="other", token_url=f"{guarded.url}/oauth/token")
    error = await failure(guarded.agent("rpc", auth=auth))
    assert error.reason.endswith("refuses the client: invalid_client: … is not it")


async def test_an_authorization_server_that_is_not_there_is_unavailable(guarded: Guarded) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{bound.getsockname()[1]}/token"
        error = await failure(guarded.agent("rpc", auth=client(token_url=place)))
    assert isinstance(error, TargetUnavailable)
    assert error.reason.startswith(f"signing in failed: no answer from {place}: ")
    assert error.sent is False
    assert guarded.arrived() == []


@pytest.mark.parametrize("name", ["rpc", "rest", "grpc", "grpc-asked"])
async def test_a_refused_token_is_renewed_once(guarded: Guarded, name: str) -> None:
    guarded.behave(wants={"authorization": "token"})
    auth = client(token_url=f"{guarded.url}/oauth/token")
    async with driving(guarded.agent(name, auth=auth), SECRETS) as driver:
        call = Call(Target("a2a", "a"), message="hello")
        await driver.call(call, print)
        await driver.call(call, print)
        assert len(guarded.forms()) == 1
        guarded.control.post("/oauth/token", data={"client_id": "ts", "client_secret": "s3:cret"})
        assert (await driver.call(call, print)).text == "you said hello"
        guarded.behave(wants={"authorization": "Bearer none of these"})
        with pytest.raises(SignInFailed, match="it refuses the sign-in"):
            await driver.call(call, print)
    assert len(guarded.forms()) == 1
    assert len(guarded.sent("authorization")) == 2


@pytest.mark.parametrize(("life", "asked"), [(3_600, 1), (None, 1), ("soon", 1), (0, 3), (-5, 3)])
async def test_a_token_is_renewed_before_it_ends(guarded: Guarded, life: Any, asked: int) -> None:
    guarded.behave(token={"expires_in": life})
    auth = client(token_url=f"{guarded.url}/oauth/token")
    async with driving(guarded.agent("rpc", auth=auth), SECRETS) as driver:
        for _ in range(3):
            await driver.offer("a")
    assert len(guarded.forms()) == asked


async def test_who_asks_at_once_shares_one_token_or_one_failure(guarded: Guarded) -> None:
    auth = client(token_url=f"{guarded.url}/oauth/token")
    source = TokenSource("a2a:a", auth, "s3:cret")
    tokens: set[str] = set()
    failures: list[CallError] = []

    async def get(refused: str = "") -> None:
        try:
            tokens.add(await source.token(refused))
        except CallError as error:
            failures.append(error)

    async def five(refused: str = "") -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(get, refused)

    guarded.behave(token_delay=0.1)
    await five()
    assert (len(tokens), len(guarded.forms())) == (1, 1)
    await five(*tokens)
    assert (len(tokens), len(guarded.forms())) == (2, 2)
    guarded.behave(token_delay=0.1, token_status=400)
    await five(await source.token())
    assert [type(each) for each in failures] == [SignInFailed] * 5
    assert len({id(each) for each in failures}) == 5
    assert len(guarded.forms()) == 1


async def test_who_gives_up_waiting_leaves_the_token_to_others(guarded: Guarded) -> None:
    source = TokenSource("a2a:a", client(token_url=f"{guarded.url}/oauth/token"), "s3:cret")
    guarded.behave(token_delay=0.1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(source.token)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert await source.token()


# Certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secured(certificates: Path) -> Iterator[Guarded]:
    with guarding(certificates, verify=trusting(certificates)) as started:
        yield started


def tls(certificates: Path) -> Tls:
    return Tls(*(str(certificates / name) for name in ("ca.pem", "client.pem", "client.key")))


@pytest.mark.parametrize("name", ALIKE)
async def test_certificates_are_checked_and_shown(secured: Guarded, certificates: Path, name: str) -> None:
    secured.behave()
    agent = secured.agent(name, tls=tls(certificates))
    assert (await ask(agent)).text == "you said hello"


async def test_a_key_may_stand_in_the_file_of_its_certificate(secured: Guarded, certificates: Path) -> None:
    secured.behave()
    both = certificates / "both.pem"
    both.write_bytes((certificates / "client.pem").read_bytes() + (certificates / "client.key").read_bytes())
    for name in ("rpc", "grpc"):
        agent = secured.agent(name, tls=Tls(str(certificates / "ca.pem"), str(both)))
        assert (await ask(agent)).text == "you said hello"


@pytest.mark.parametrize("name", ["rpc", "grpc"])
async def test_a_stranger_gets_no_connection(secured: Guarded, certificates: Path, name: str) -> None:
    secured.behave()
    agent = secured.agent(name, tls=tls(certificates))
    async with driving(agent) as driver:
        await driver.offer("a")
        secured.behave()
    for settings in (replace(tls(certificates), cert="", key=""), Tls()):
        error = await failure(secured.agent(name, tls=settings))
        assert type(error) is TargetUnavailable
    assert secured.arrived() == []


@pytest.mark.parametrize(("which", "file"), [("ca", "server.key"), ("cert", "ca.key"), ("key", "server.key")])
async def test_a_wrong_file_is_named_and_nothing_sent(
    secured: Guarded, certificates: Path, which: str, file: str
) -> None:
    secured.behave()
    wrong = replace(tls(certificates), **{which: str(certificates / file)})
    error = await failure(secured.agent("rpc", tls=wrong))
    assert type(error) is SignInFailed
    assert str(certificates) in error.reason
    assert secured.arrived() == []
