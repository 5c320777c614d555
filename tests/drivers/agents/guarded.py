"""A process of A2A agents over JSON-RPC, HTTP+JSON and gRPC, one below each path, all behind one port.

Writes its URL to standard output once the port is bound; an argument is a directory with certificates, for
TLS. `POST /control` sets what is asked of callers and how the authorization server of `/oauth` behaves,
`GET /control` tells what arrived since, both as JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import uvicorn
from a2a.compat.v0_3 import a2a_v0_3_pb2_grpc
from a2a.compat.v0_3.grpc_handler import CompatGrpcHandler
from a2a.helpers import new_task_from_user_message, new_text_message, new_text_part
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.request_handlers.grpc_handler import GrpcHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentSkill,
    HTTPAuthSecurityScheme,
    Message,
    SecurityScheme,
    a2a_pb2_grpc,
)
from a2a.utils.signing import ProtectedHeader, create_agent_card_signer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

QUIET: dict[str, Any] = {
    "wants": {},  # headers that every request to an agent must have; "token" stands for any that was given
    "status": 401,
    "token": {},  # what is said with each token, beside itself
    "token_status": 200,
    "token_delay": 0.0,
    "metadata": {},  # what the authorization server says of itself, beside the rest
    "metadata_at": "oauth-authorization-server",
    "grpc": "",  # a status with which gRPC answers everything
}
MODE: dict[str, Any] = deepcopy(QUIET)
ARRIVED: list[dict[str, Any]] = []
GIVEN: list[str] = []
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


def let_in(headers: dict[str, str]) -> bool:
    """Whether a request has what every request must have."""
    for name, value in MODE["wants"].items():
        expected = [f"Bearer {each}" for each in GIVEN[-1:]] if value == "token" else [value]
        if headers.get(name) not in expected:
            return False
    return True


class Executor(AgentExecutor):
    """Does what the first word of a message says."""

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Create the task where there is none yet, then do it."""
        message = context.message or Message()
        words = message.parts[0].text.split()
        task = context.current_task
        if task is None:
            task = new_task_from_user_message(message)
            await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        if words[0] == "ask":
            await updater.requires_input(new_text_message(f"Which {words[1]}?"))
        elif words[0] == "slowly":
            await asyncio.sleep(0.3)
            await updater.requires_input(new_text_message("Which colour?"))
        elif words[0] == "fail":
            await updater.failed(new_text_message("the printer is on fire"))
        elif words[0] == "raise":
            raise RuntimeError("a bug in the agent")
        elif words[0] == "much":
            for number in range(int(words[1])):
                await updater.add_artifact([new_text_part("x" * 50_000)], artifact_id=str(number))
            await updater.complete()
        elif words[0] == "work":
            await updater.start_work(new_text_message("on it"))
            await asyncio.Event().wait()
        else:
            await updater.start_work(new_text_message("thinking"))
            await updater.add_artifact([new_text_part(f"you said {' '.join(words)}")])
            await updater.complete()

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Cancel and remember it."""
        ARRIVED.append({"canceled": context.task_id})
        await TaskUpdater(event_queue, context.task_id or "", context.context_id or "").cancel()


class Front:
    """Writes down what arrives, and lets in who has what is asked for."""

    def __init__(self, inner: ASGIApp) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to an agent with a refusal, or pass it on."""
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["path"] != "/control":
            ARRIVED.append({"method": scope["method"], "path": scope["path"], "headers": headers})
        if scope["path"] == "/control" or "oauth" in scope["path"] or let_in(headers):
            await self.inner(scope, receive, send)
        else:
            await Response("not you", MODE["status"])(scope, receive, send)


async def control(request: Request) -> Response:
    """Set how to behave, or tell what arrived."""
    if request.method == "POST":
        MODE.update(deepcopy(QUIET) | await request.json())
        ARRIVED.clear()
    return JSONResponse(ARRIVED)


async def token(request: Request) -> Response:
    """Give a token to the client `ts` with the secret `s3:cret`."""
    form = {key: str(value) for key, value in (await request.form()).items()}
    ARRIVED.append({"form": form})
    basic = base64.b64encode(b"ts:s3%3Acret").decode()
    posted = (form.get("client_id"), form.get("client_secret")) == ("ts", "s3:cret")
    await asyncio.sleep(MODE["token_delay"])
    if MODE["token_status"] != 200:
        return JSONResponse(MODE["token"], MODE["token_status"])
    if request.headers.get("authorization") != f"Basic {basic}" and not posted:
        said = {"error": "invalid_client", "error_description": "s3:cret is not it"}
        return JSONResponse(said, 401)
    GIVEN.append(f"token-{len(GIVEN)}")
    return JSONResponse({"access_token": GIVEN[-1], "token_type": "Bearer"} | MODE["token"])


def metadata(url: str) -> Callable[[Request], Awaitable[Response]]:
    """Return what tells of the authorization server."""

    async def answer(request: Request) -> Response:
        if MODE["metadata_at"] not in request.url.path:
            return Response("nothing here", 404)
        said = {"issuer": f"{url}/oauth", "token_endpoint": f"{url}/oauth/token"}
        return JSONResponse(said | MODE["metadata"])

    return answer


async def keys(_: Request) -> Response:
    """Tell the key that signs, and one that anyone may have."""
    public: Any = json.loads(ECAlgorithm.to_jwk(KEY.public_key()))
    shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}
    return JSONResponse({"keys": [{**public, "kid": "one", "alg": "ES256", "use": "sig"}, shared]})


def carded(name: str, interfaces: list[AgentInterface], *, streaming: bool) -> AgentCard:
    """Return a card."""
    return AgentCard(
        name=f"The {name} agent",
        description="An agent of the tests.",
        version="1.2.3",
        capabilities=AgentCapabilities(streaming=streaming, extended_agent_card=name.startswith("more")),
        supported_interfaces=interfaces,
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="draft", name="Draft", description="Drafts notes.", tags=["git"])],
        security_schemes={
            "one": SecurityScheme(http_auth_security_scheme=HTTPAuthSecurityScheme(scheme="Bearer"))
        },
    )


def signed(name: str, card: AgentCard, url: str) -> AgentCard:
    """Sign a card as its name says, or leave it."""
    where = {"signed-elsewhere": "https://keys.example.com/keys.json", "signed-by-nobody": f"{url}/no-keys"}
    header: ProtectedHeader = {
        "kid": {"signed-unknown": "two", "signed-shared": "shared"}.get(name, "one"),
        "alg": "ES256",
        "jku": where.get(name, f"{url}/keys.json"),
        "typ": "JOSE",
    }
    if name.startswith(("signed", "more-signed")):
        create_agent_card_signer(PEM, header)(card)
    if name.endswith("changed") or name in where or name in ("signed-unknown", "signed-shared"):
        card.description = "Changed on the way."
    if name == "signed-oddly":
        for protected in ("bm8", "e30", "WzFd"):
            card.signatures.add(protected=protected, signature=card.signatures[0].signature)
    return card


AGENTS: dict[str, tuple[str, str]] = {
    "rpc": ("JSONRPC", "1.0"),
    "rest": ("HTTP+JSON", "1.0"),
    "grpc": ("GRPC", "1.0"),
    "rpc-old": ("JSONRPC", "0.3.0"),
    "rest-old": ("HTTP+JSON", "0.3.0"),
    "grpc-old": ("GRPC", "0.3.0"),
    "more": ("JSONRPC", "1.0"),
    "more-rest": ("HTTP+JSON", "1.0"),
    "more-grpc": ("GRPC", "1.0"),
    "more-none": ("JSONRPC", "1.0"),
    "more-signed": ("JSONRPC", "1.0"),
    "more-signed-changed": ("JSONRPC", "1.0"),
    "signed": ("JSONRPC", "1.0"),
    "signed-changed": ("JSONRPC", "1.0"),
    "signed-elsewhere": ("JSONRPC", "1.0"),
    "signed-by-nobody": ("JSONRPC", "1.0"),
    "signed-unknown": ("JSONRPC", "1.0"),
    "signed-shared": ("JSONRPC", "1.0"),
    "signed-oddly": ("JSONRPC", "1.0"),
    "elsewhere": ("JSONRPC", "1.0"),
    "away": ("GRPC", "1.0"),
}


def mounted(name: str, url: str, free: int, *, streaming: bool) -> tuple[BaseRoute, DefaultRequestHandler]:
    """Return an agent below a path, and what answers for it."""
    kind = name.removesuffix("-asked")
    binding, version = AGENTS[kind]
    place = f"{url}/{name}" + ("/" if binding == "JSONRPC" else "")
    if kind in ("elsewhere", "away"):
        place = f"http://127.0.0.1:{free}"
    elif binding == "GRPC":
        place = url.partition("://")[2]
    interface = AgentInterface(url=place, protocol_binding=binding, protocol_version=version)
    card = carded(name, [interface], streaming=streaming)
    more = deepcopy(card)
    more.skills.append(AgentSkill(id="secret", name="Secret", description="For those who signed in."))
    shown = card if kind.startswith("more") else signed(kind, card, url)
    full = None if kind in ("more-none", "rpc") else signed(kind, more, url)
    handler = DefaultRequestHandler(Executor(), InMemoryTaskStore(), shown, extended_agent_card=full)
    old = version.startswith("0.3")
    routes: list[BaseRoute] = [*create_agent_card_routes(shown)]
    if binding == "JSONRPC":
        routes = [*routes, *create_jsonrpc_routes(handler, "/", enable_v0_3_compat=old)]
    elif binding == "HTTP+JSON":
        routes = [*routes, *create_rest_routes(handler, enable_v0_3_compat=old)]
    return Mount(f"/{name}", routes=routes), handler


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Writes down what arrives by gRPC, and lets in who has what is asked for."""

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Pass a call on, or answer it with a refusal."""
        headers = {str(name): str(value) for name, value in details.invocation_metadata}
        ARRIVED.append({"method": "GRPC", "path": details.method, "headers": headers})
        found = await continuation(details)
        status = MODE["grpc"] or ("" if let_in(headers) else "UNAUTHENTICATED")
        if not status:
            return found

        async def refuse(_: Any, context: Any) -> None:
            await context.abort(grpc.StatusCode[status], "not you")

        async def refuse_stream(_: Any, context: Any) -> Any:
            await context.abort(grpc.StatusCode[status], "not you")
            yield None

        make = grpc.unary_stream_rpc_method_handler if found.response_streaming else None
        kinds = (found.request_deserializer, found.response_serializer)
        if make:
            return make(refuse_stream, *kinds)
        return grpc.unary_unary_rpc_method_handler(refuse, *kinds)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until it ends."""
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except (OSError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def serve(listening: socket.socket, certificates: Path | None) -> None:
    """Serve everything behind one port until the process is ended."""
    url = f"{'https' if certificates else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
    with socket.create_server(("127.0.0.1", 0)) as behind, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        free = unused.getsockname()[1]
        agents = {
            name: mounted(name, url, free, streaming=not name.endswith("-asked"))
            for kind in AGENTS
            for name in (kind, f"{kind}-asked")
        }
        routes: list[BaseRoute] = [
            Route("/control", control, methods=["GET", "POST"]),
            Route("/oauth/token", token, methods=["POST"]),
            Route("/.well-known/oauth-authorization-server/oauth", metadata(url)),
            Route("/oauth/.well-known/openid-configuration", metadata(url)),
            Route("/keys.json", keys),
            *(route for route, _ in agents.values()),
        ]
        by_grpc = grpc.aio.server(interceptors=[Guard()])
        add: Any = a2a_pb2_grpc.add_A2AServiceServicer_to_server
        add(GrpcHandler(agents["more-grpc"][1]), by_grpc)
        add_old: Any = a2a_v0_3_pb2_grpc.add_A2AServiceServicer_to_server
        add_old(CompatGrpcHandler(agents["grpc-old"][1]), by_grpc)
        grpc_port = by_grpc.add_insecure_port("127.0.0.1:0")
        await by_grpc.start()

        async def front(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            first = await reader.read(24)
            port = grpc_port if first.startswith(b"PRI * HTTP/2") else behind.getsockname()[1]
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            inner_writer.write(first)
            await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

        secure = context(certificates) if certificates else None
        server = await asyncio.start_server(front, sock=listening, ssl=secure)
        config = uvicorn.Config(Front(Starlette(routes=routes)), log_level="critical", lifespan="off")
        sys.stdout.write(f"{url.replace('https', 'http')}\n")
        sys.stdout.flush()
        async with server:
            await uvicorn.Server(config).serve(sockets=[behind])


def context(certificates: Path) -> ssl.SSLContext:
    """Return what shows our certificate and asks for one of our authority."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    made.load_verify_locations(certificates / "ca.pem")
    made.verify_mode = ssl.CERT_REQUIRED
    made.set_alpn_protocols(["h2", "http/1.1"])
    return made


def main() -> None:
    """Serve until the process is ended."""
    logging.disable()  # agents that fail on purpose
    certificates = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    asyncio.run(serve(socket.create_server(("127.0.0.1", 0)), certificates))


if __name__ == "__main__":
    main()
