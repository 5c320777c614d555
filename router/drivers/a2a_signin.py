"""How calls to an A2A agent say who asks: a token, a header of its own, or OAuth 2.0 client credentials.

What goes along goes to the origin of the agent's url alone (scheme, host and port); a request to any other
place is not sent at all, rather than without it.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import anyio
import httpx

from router.core.settings import Agent, Tls
from router.drivers.certificates import context_of
from router.drivers.credentials import filled, header_value, secret_at
from router.drivers.oauth import TokenSource
from router.errors import SecretMissing, SignInFailed
from router.ports import Secrets

_PORTS: Final = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of an address that is well formed."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def signs_in(agent: Agent) -> bool:
    """Whether anything of the settings goes to the agent's own origin alone."""
    return agent.auth is not None or bool(agent.headers) or bool(agent.tls.cert)


@dataclass(frozen=True, slots=True, eq=False)
class SignIn(httpx.Auth):
    """What goes along with the requests to one agent."""

    target: str
    origin: Origin
    headers: Mapping[str, str]
    tokens: TokenSource | None
    verify: ssl.SSLContext | bool
    """What checks the agent's certificate and shows ours."""
    private: bool
    """Whether anything of it is for the agent's origin alone."""

    async def with_token(self, refused: str = "") -> tuple[dict[str, str], str]:
        """Return the headers to send and the token in them; empty where there is none to renew.

        Raises SignInFailed or TargetUnavailable.
        """
        if self.tokens is None:
            return dict(self.headers), ""
        token = await self.tokens.token(refused)
        return {**self.headers, "Authorization": f"Bearer {token}"}, token

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign the request, and once more where its token is refused."""
        if self.private and origin_of(str(request.url)) != self.origin:
            reason = f"{request.url.host} is not where the agent's url is; the request was not sent"
            raise SignInFailed(self.target, reason)
        headers, token = await self.with_token()
        request.headers.update(headers)
        response = yield request
        if response.status_code == 401 and token:
            headers, _ = await self.with_token(token)
            request.headers.update(headers)
            yield request


async def sign_in(agent: Agent, secrets: Secrets | None) -> SignIn:
    """Return the sign-in of the settings, its secrets and certificates read.

    Raises SignInFailed, which names the secret's place or the file; nothing was sent then.
    """
    target = f"a2a:{agent.name}"
    if agent.auth is not None and agent.auth.type == "login":
        reason = "only MCP servers take auth of the type login; an agent takes bearer, header or oauth2"
        raise SignInFailed(target, reason)

    def read() -> SignIn:
        try:
            return _read(agent, target, secrets)
        except SecretMissing as error:
            raise SignInFailed(target, str(error)) from error

    return await anyio.to_thread.run_sync(read)


def _read(agent: Agent, target: str, secrets: Secrets | None) -> SignIn:
    headers = {
        name: header_value(target, name, filled(secrets, text)) for name, text in agent.headers.items()
    }
    tokens, auth = None, agent.auth
    if auth is not None:
        secret = secret_at(secrets, auth.secret, agent.name)
        if auth.type == "bearer":
            headers["Authorization"] = header_value(target, "the token", f"Bearer {secret}")
        elif auth.type == "header":
            headers[auth.header] = header_value(target, auth.header, secret)
        else:
            # Our certificate is for the agent; the authorization server is not shown it.
            verify = context_of(Tls(ca=agent.tls.ca), target) if agent.tls.ca else True
            tokens = TokenSource(target, auth, secret, verify=verify, connect_seconds=agent.connect_seconds)
    verify = True if agent.tls == Tls() else context_of(agent.tls, target)
    return SignIn(target, origin_of(agent.url), headers, tokens, verify, signs_in(agent))
