"""Tokens of OAuth 2.0 client credentials: got when first needed, shared, and renewed before they end.

Facts from RFC 6749 (2.3.1 and 4.4: how a client asks, 5: what it is answered), RFC 8414 (3: where an
authorization server says what it is, and that its issuer must be the one that was asked) and OpenID Connect
Discovery 1.0 (4). It knows no protocol of agents; where a token goes, its caller says.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlsplit

import anyio
import httpx
from authlib.oauth2 import ClientAuth  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import prepare_token_request  # type: ignore[import-untyped]
from authlib.oauth2.rfc8414 import get_well_known_url  # type: ignore[import-untyped]

from router.core.plan import JSON
from router.core.settings import Auth
from router.drivers.addresses import is_this_machine, refusal
from router.drivers.quoting import brief
from router.errors import CallError, SignInFailed, TargetUnavailable

LARGEST_ANSWER_BYTES: Final = 1_000_000
"""Of an authorization server."""
EARLY_SECONDS: Final = 30.0
"""How long before its end a token is renewed; a tenth of its life where that is shorter."""
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class _Token:
    """A token and when it is to be renewed, on the monotonic clock."""

    value: str
    until: float

    @property
    def fresh(self) -> bool:
        return time.monotonic() < self.until


class TokenSource:
    """Gives the token of one client; at any moment it asks for one at most."""

    def __init__(
        self,
        target: str,
        auth: Auth,
        secret: str,
        *,
        verify: ssl.SSLContext | bool = True,
        connect_seconds: float = 10.0,
    ) -> None:
        """Take the client of the settings and its secret; errors name `target`."""
        self._target = target
        self._auth = auth
        self._secret = secret
        self._verify = verify
        self._connect_seconds = connect_seconds
        self._lock = anyio.Lock()
        self._token: _Token | None = None
        self._asked = 0
        self._failure: CallError | None = None

    async def token(self, refused: str = "") -> str:
        """Return a token that is fresh and not the one that was refused.

        Who asks while another does gets the other's token, or its failure. Raises SignInFailed, and
        TargetUnavailable where the authorization server cannot be reached.
        """
        before = self._asked
        async with self._lock:
            if self._token is not None and self._token.fresh and self._token.value != refused:
                return self._token.value
            if self._asked != before and self._failure is not None:
                raise replace(self._failure)
            self._asked += 1
            self._failure = None
            try:
                self._token = await self._fetch()
            except CallError as error:
                self._failure = error
                raise
            return self._token.value

    async def _fetch(self) -> _Token:
        began = time.monotonic()
        address, method = await self._endpoint()
        self._check(address)
        client = ClientAuth(self._auth.client_id, self._secret, method)
        if method == "client_secret_basic":
            client = ClientAuth(quote(self._auth.client_id, safe=""), quote(self._secret, safe=""), method)
        scope = {"scope": self._auth.scope} if self._auth.scope else {}
        asked = prepare_token_request("client_credentials", **scope)
        _, headers, body = client.prepare("POST", address, {"Content-Type": _FORM}, asked)
        status, said = await self._request("POST", address, headers, body)
        return self._read(address, status, said, began)

    async def _endpoint(self) -> tuple[str, str]:
        """Return where tokens are given, and how the client is to say there who it is."""
        if self._auth.token_url:
            return self._auth.token_url, "client_secret_basic"
        issuer = self._auth.issuer
        self._check(issuer)
        places = (
            get_well_known_url(issuer.rstrip("/"), external=True),
            f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        )
        for place in places:
            status, said = await self._request("GET", place, {})
            if status == 200 and isinstance(said, dict):
                return self._described(said, place)
        raise SignInFailed(
            self._target,
            f"the issuer {issuer} says nowhere what it is (asked at {' and '.join(places)}); "
            "set token_url in place of issuer",
        )

    def _described(self, metadata: Mapping[str, JSON], place: str) -> tuple[str, str]:
        named, asked = metadata.get("issuer"), self._auth.issuer
        if not isinstance(named, str) or named.removesuffix("/") != asked.removesuffix("/"):
            reason = (
                f"{place} speaks for the issuer {brief(str(named))} and not for {asked}; nothing was sent"
            )
            raise SignInFailed(self._target, reason)
        address = metadata.get("token_endpoint")
        if not isinstance(address, str):
            raise SignInFailed(self._target, f"{place} names no token_endpoint")
        methods = metadata.get("token_endpoint_auth_methods_supported")
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            if "client_secret_post" in methods:
                return address, "client_secret_post"
            told = brief(", ".join(map(str, methods)))
            reason = f"{asked} takes clients by {told} alone, which this version cannot do"
            raise SignInFailed(self._target, reason)
        return address, "client_secret_basic"

    def _check(self, address: str) -> None:
        if reason := refusal(address):
            raise SignInFailed(self._target, f"{reason}; the client's secret was not sent")

    def _read(self, address: str, status: int, said: JSON, began: float) -> _Token:
        told = said if isinstance(said, dict) else {}
        if status == 429 or status >= 500:
            raise TargetUnavailable(
                self._target, f"signing in failed: {address} answers HTTP {status}", sent=False
            )
        if status != 200 or "error" in told:
            words = [str(told[key]) for key in ("error", "error_description") if told.get(key)]
            reason = self._hidden(brief(": ".join(words))) or f"HTTP {status}"
            raise SignInFailed(self._target, f"{address} refuses the client: {reason}")
        value, kind = told.get("access_token"), told.get("token_type", "Bearer")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value:
            raise SignInFailed(self._target, f"what {address} answers holds no token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            reason = f"{address} gives a token of the type {brief(str(kind))}, and only bearer is known"
            raise SignInFailed(self._target, reason)
        return _Token(value, began + _life_seconds(told.get("expires_in")))

    def _hidden(self, text: str) -> str:
        return text.replace(self._secret, "…") if self._secret else text

    async def _request(
        self, method: str, address: str, headers: Mapping[str, str], body: str = ""
    ) -> tuple[int, JSON]:
        """Return the status and the JSON of an answer, None where it is none; follows no redirect."""
        trusted = not is_this_machine(urlsplit(address).hostname or "")
        timeout = httpx.Timeout(None, connect=self._connect_seconds)
        sent = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "ts-router",
            **headers,
        }
        try:
            async with (
                httpx.AsyncClient(verify=self._verify, trust_env=trusted, timeout=timeout) as http,
                http.stream(method, address, headers=sent, content=body.encode()) as response,
            ):
                return response.status_code, await self._json(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            told = brief(str(error)) or type(error).__name__
            raise TargetUnavailable(
                self._target, f"signing in failed: no answer from {address}: {told}", sent=False
            ) from error

    async def _json(self, response: httpx.Response) -> JSON:
        held = bytearray()
        async for chunk in response.aiter_raw():
            held += chunk
            if len(held) > LARGEST_ANSWER_BYTES:
                reason = f"{response.url} answers more than {LARGEST_ANSWER_BYTES:,} bytes"
                raise SignInFailed(self._target, reason)
        try:
            said: JSON = json.loads(held)
        except (ValueError, RecursionError):
            return None
        return said


def _life_seconds(told: JSON) -> float:
    """Return how long a token is used; without end where nothing is said, since a refusal renews it too."""
    try:
        life = float(str(told))
    except ValueError:
        return float("inf")
    return life - min(EARLY_SECONDS, life / 10)
