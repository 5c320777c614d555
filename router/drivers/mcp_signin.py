"""How a client signs in to an MCP server over HTTP: a token, a header of its own, or OAuth by the SDK."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import httpx2
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, OAuthFlowError
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.auth.utils import issuers_match
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthMetadata, OAuthToken
from pydantic import BaseModel, ValidationError

from router.core.settings import Auth, Server
from router.disk import replace_file
from router.drivers.credentials import filled, header_value, secret_at
from router.errors import SecretMissing, SignInFailed
from router.ports import Secrets

TOKENS: Final = "tokens"
"""The directory of what OAuth gave, below that of state."""
REDIRECT: Final = "http://127.0.0.1/callback"


@dataclass(frozen=True, slots=True)
class Visitor:
    """How a person signs in: who is shown the address, and who waits for what comes back."""

    redirect: str
    """The address to which the authorization server sends the person back."""
    show: Callable[[str], Awaitable[None]]
    wait: Callable[[], Awaitable[AuthorizationCodeResult]]


@dataclass(frozen=True, slots=True)
class SignIn:
    """What goes along with the requests to one server."""

    headers: dict[str, str]
    provider: OAuthClientProvider | None = None

    def check(self, target: str) -> None:
        """Raise SignInFailed where the server let us in without asking, so that we are nobody to it."""
        if self.provider is not None and self.provider.context.current_tokens is None:
            raise SignInFailed(
                target,
                "the server never asked for the sign-in that is configured; leave auth out if it needs none",
            )


async def sign_in(
    server: Server, secrets: Secrets | None, tokens: Path, visitor: Visitor | None = None
) -> SignIn:
    """Return the sign-in of the settings, its secrets read.

    `tokens` is the directory where tokens of OAuth are kept. Raises SignInFailed.
    """
    target = f"mcp:{server.name}"

    def read() -> SignIn:
        try:
            return _read(server, target, secrets, tokens, visitor)
        except SecretMissing as error:
            raise SignInFailed(target, str(error)) from error

    return await anyio.to_thread.run_sync(read)


def _read(
    server: Server, target: str, secrets: Secrets | None, tokens: Path, visitor: Visitor | None
) -> SignIn:
    headers = {
        name: header_value(target, name, filled(secrets, text)) for name, text in server.headers.items()
    }
    auth = server.auth
    if auth is None:
        return SignIn(headers)
    value = partial(secret_at, secrets, auth.secret, server.name)
    if auth.type == "bearer":
        return SignIn({**headers, "Authorization": header_value(target, "token", f"Bearer {value()}")})
    if auth.type == "header":
        return SignIn({**headers, auth.header: header_value(target, auth.header, value())})
    storage = TokenFile(tokens, server)
    if auth.type == "oauth2":
        return SignIn(headers, _Client(server, auth, value(), storage))
    secret = value() if auth.secret else None
    return SignIn(headers, _Person(server, auth, secret, storage, visitor))


class _Client(ClientCredentialsOAuthProvider):
    """Client credentials, with the scope of the settings where they name one."""

    def __init__(self, server: Server, auth: Auth, secret: str, storage: TokenFile) -> None:
        super().__init__(
            server.url, storage, auth.client_id, secret, scope=auth.scope or None, issuer=auth.issuer
        )
        self._scope = auth.scope

    async def _perform_authorization(self) -> httpx2.Request:
        if self._scope:
            self.context.client_metadata.scope = self._scope  # discovery has put another one there
        return await super()._perform_authorization()


class _Person(OAuthClientProvider):
    """The authorization-code flow with PKCE, which only a person can go through."""

    def __init__(
        self, server: Server, auth: Auth, secret: str | None, storage: TokenFile, visitor: Visitor | None
    ) -> None:
        redirect = visitor.redirect if visitor else REDIRECT
        method = "client_secret_basic" if secret else "none"
        super().__init__(
            server.url,
            OAuthClientMetadata.model_validate(
                {
                    "client_name": "ts",
                    "redirect_uris": [redirect],
                    "grant_types": ["authorization_code", "refresh_token"],
                    "response_types": ["code"],
                    "token_endpoint_auth_method": method,
                    "scope": auth.scope or None,
                }
            ),
            storage,
            visitor.show if visitor else None,
            visitor.wait if visitor else None,
        )
        self._is_visited = visitor is not None
        self._nobody = SignInFailed(
            f"mcp:{server.name}", f"nobody is signed in; run ts auth login {server.name}"
        )
        self._auth = auth
        self._kept = storage
        self._secret = secret
        self._method = method
        self._redirect = redirect

    async def _initialize(self) -> None:
        await super()._initialize()
        if self.context.current_tokens is None and not self._is_visited:
            raise self._nobody
        self.context.oauth_metadata, self.context.token_expiry_time = self._kept.server()
        if self._auth.client_id:
            self.context.client_info = OAuthClientInformationFull.model_validate(
                {
                    "client_id": self._auth.client_id,
                    "client_secret": self._secret,
                    "redirect_uris": [self._redirect],
                    "token_endpoint_auth_method": self._method,
                }
            )

    def _select_authorization_server(self, advertised: list[str]) -> str:
        if not self._auth.issuer:
            return super()._select_authorization_server(advertised)
        for each in advertised:
            if issuers_match(each, self._auth.issuer):
                return each
        raise OAuthFlowError(f"the server names {', '.join(advertised)} and not {self._auth.issuer}")

    async def _perform_authorization(self) -> httpx2.Request:
        if not self._is_visited:
            raise self._nobody
        if self._auth.scope:
            self.context.client_metadata.scope = self._auth.scope
        return await super()._perform_authorization()

    async def _handle_token_response(self, response: httpx2.Response) -> None:
        await super()._handle_token_response(response)
        self._kept.keep_server(self.context.oauth_metadata)


class _Kept(BaseModel):
    """What is kept of a sign-in."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None
    metadata: OAuthMetadata | None = None
    until: float | None = None
    """When the token expires, in seconds since 1970; None where nobody said."""


class TokenFile:
    """Keeps the tokens of one server, in a file for its owner alone; what cannot be kept is got again."""

    def __init__(self, directory: Path, server: Server) -> None:
        auth = server.auth
        bearing = ascii([server.url, auth and (auth.type, auth.issuer, auth.client_id, auth.scope)])
        hashed = hashlib.sha256(bearing.encode()).hexdigest()[:16]
        self._path = directory / f"{re.sub(r'[^A-Za-z0-9._-]', '_', server.name)[:40]}-{hashed}.json"

    async def get_tokens(self) -> OAuthToken | None:
        """See the SDK's `TokenStorage`."""
        return self._kept().tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """See the SDK's `TokenStorage`."""
        until = None if tokens.expires_in is None else time.time() + tokens.expires_in
        self._keep(self._kept().model_copy(update={"tokens": tokens, "until": until}))

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """See the SDK's `TokenStorage`."""
        return self._kept().client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """See the SDK's `TokenStorage`."""
        self._keep(self._kept().model_copy(update={"client": client_info}))

    def server(self) -> tuple[OAuthMetadata | None, float | None]:
        """Return the authorization server that gave the token, and when that expires."""
        kept = self._kept()
        return kept.metadata, kept.until

    def keep_server(self, metadata: OAuthMetadata | None) -> None:
        """Keep which authorization server gave the token, for that alone may renew it."""
        self._keep(self._kept().model_copy(update={"metadata": metadata}))

    def forget(self) -> None:
        """Remove what is kept."""
        with suppress(OSError):
            self._path.unlink()

    def _kept(self) -> _Kept:
        try:
            return _Kept.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return _Kept()

    def _keep(self, kept: _Kept) -> None:
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, kept.model_dump_json(exclude_none=True).encode(), private=True)
