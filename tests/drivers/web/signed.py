"""An MCP server that wants OAuth, and its authorization server, in one process. Says its URL.

`signed.py [KEY=VALUE …]`: `seconds` for which a token holds, `issuer` that the metadata names in place of the
true one, `open` to want no sign-in. `GET /seen` tells the token requests so far.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import uvicorn
from mcp.server import MCPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

server = MCPServer("signed")
AGAIN = "again"


@server.tool()
def whoami() -> str:
    """Say that one is signed in."""
    return "signed in"


class Authority:
    """Gives tokens, and knows those that it gave."""

    def __init__(self, url: str, settings: dict[str, str]) -> None:
        self.url = url
        self.issuer = settings.get("issuer", url)
        self.seconds = int(settings.get("seconds", "3600"))
        self.is_open = "open" in settings
        self.seen: list[dict[str, str]] = []
        self.until: dict[str, float] = {}
        self.codes: dict[str, str] = {}

    def routes(self) -> list[Route]:
        """Return what it answers."""
        return [
            Route("/.well-known/oauth-protected-resource/mcp", self.resource),
            Route("/.well-known/oauth-authorization-server", self.metadata),
            Route("/register", self.register, methods=["POST"]),
            Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]),
            Route("/seen", self.tell),
            Route("/revoke-all", self.revoke, methods=["POST"]),
        ]

    async def resource(self, _: Request) -> Response:
        """Name the authorization server."""
        return JSONResponse({"resource": f"{self.url}/mcp", "authorization_servers": [self.url]})

    async def metadata(self, _: Request) -> Response:
        """Say where tokens are given."""
        return JSONResponse({
            "issuer": self.issuer, "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token", "registration_endpoint": f"{self.url}/register",
            "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
            "scopes_supported": ["all"],
        })  # fmt: skip

    async def register(self, request: Request) -> Response:
        """Take a client on."""
        return JSONResponse({**await request.json(), "client_id": "registered"}, status_code=201)

    async def authorize(self, request: Request) -> Response:
        """Let whoever asks in, as a person would who says yes."""
        asked, code = request.query_params, secrets.token_hex(8)
        self.codes[code] = asked["code_challenge"]
        answer = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}")

    async def token(self, request: Request) -> Response:
        """Give a token to who proves who they are."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.seen.append({**form, "basic": request.headers.get("authorization", "")})
        if not self.proves(form, request.headers.get("authorization", "")):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        token = secrets.token_hex(16)
        self.until[token] = time.time() + self.seconds
        given: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "expires_in": self.seconds}
        if form["grant_type"] != "client_credentials":
            given |= {"refresh_token": AGAIN}
        return JSONResponse(given)

    def proves(self, form: dict[str, str], basic: str) -> bool:
        """Whether a token request is in order."""
        if form["grant_type"] == "client_credentials":
            return basic == "Basic " + base64.b64encode(b"ts:s3cret").decode()
        if form["grant_type"] == "refresh_token":
            return form.get("refresh_token") == AGAIN
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return self.codes.pop(form["code"], "") == challenge

    async def tell(self, _: Request) -> Response:
        """Tell the token requests."""
        return JSONResponse(self.seen)

    async def revoke(self, _: Request) -> Response:
        """Forget every token."""
        self.until.clear()
        return Response()

    def admits(self, told: bytes) -> bool:
        """Whether a request may come in."""
        token = told.decode().removeprefix("Bearer ")
        return self.is_open or time.time() < self.until.get(token, 0)


def main(*arguments: str) -> None:
    """Serve until ended."""
    bound = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    authority = Authority(url, dict(each.split("=", 1) for each in arguments))
    inner, outer = server.streamable_http_app(), Starlette(routes=authority.routes())

    async def app(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] == "http" and scope["path"] != "/mcp":
            await outer(scope, receive, send)
            return
        told = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] == "http" and not authority.admits(told):
            where = f'Bearer resource_metadata="{url}/.well-known/oauth-protected-resource/mcp"'
            headers = [(b"www-authenticate", where.encode())]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps({}).encode()})
            return
        await inner(scope, receive, send)

    sys.stdout.write(f"at {url}/mcp\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run([bound])


if __name__ == "__main__":
    main(*sys.argv[1:])
