"""A server that answers as OpenAI-compatible servers do, faults included, over real HTTP on the loopback."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, TypeAlias

from router.core.plan import JSON
from router.testing.model_answers import MODEL, Asked, Reply, dumped
from router.testing.model_listings import listing
from router.testing.model_variants import VARIANTS, Variant

_Request: TypeAlias = "socket.socket | tuple[bytes, socket.socket]"

PLAN: Mapping[str, JSON] = {
    "steps": [
        {"id": "1", "use": "mcp:git/git_log", "args": '{"max_count": 3}', "message": "", "needs": []},
    ]
}
"""What a model plans unless it is told otherwise."""
MODELS: Mapping[str, object] = {"object": "list", "data": [{"id": MODEL, "object": "model"}]}
"""What a server lists."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By name in lower case."""
    body: JSON = None
    """As JSON; None where there was none."""


class ModelServer:
    """Answers `POST …/chat/completions` as its variant says, and records every request.

    It lists one model at `GET …/models`, as the hub does who serves a model at which price at
    `GET /v1/models/<id>` and `GET /api/models/<id>`, and has nothing else.
    Closing it ends every connection, answered or not, and waits for its threads.
    """

    def __init__(self, variant: Variant | str = "plain", plan: Mapping[str, JSON] | None = None) -> None:
        """Take a variant or its name in `VARIANTS`, and the plan that a good answer holds."""
        self.variant = VARIANTS[variant] if isinstance(variant, str) else variant
        self.requests: list[Recorded] = []
        """Every request, in order."""
        self._text = json.dumps(PLAN if plan is None else plan, ensure_ascii=False)
        self._answered = 0
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="model server")

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        """What a client of an OpenAI-compatible server is given."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._server.shutdown()
        self._thread.join()
        self._server.end()
        self._server.server_close()

    def reply(self, recorded: Recorded) -> Reply:
        """Record a request and return what is sent back."""
        with self._lock:
            self.requests.append(recorded)
            if recorded.method == "GET" and recorded.path.endswith("/models"):
                return Reply(pieces=(dumped(MODELS),))
            if recorded.method == "GET" and (listed := listing(recorded.path)) is not None:
                return Reply(pieces=(dumped(listed),))
            if recorded.method != "POST" or not recorded.path.endswith("/chat/completions"):
                return Reply(404, pieces=(dumped({"error": {"message": "Not Found", "code": 404}}),))
            answers = self.variant.answers
            answer = answers[min(self._answered, len(answers) - 1)]
            self._answered += 1
        body = recorded.body if isinstance(recorded.body, dict) else {}
        return answer(Asked(self._text, body))


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    block_on_close = True
    request_queue_size = 128

    def __init__(self, owner: ModelServer) -> None:
        self.owner = owner
        self.closing = threading.Event()
        self._open: set[_Request] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: _Request, client_address: object) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Request) -> None:
        with self._guard:
            self._open.discard(request)
            super().shutdown_request(request)

    def end(self) -> None:
        """Wake whoever waits, and end what clients keep open."""
        self.closing.set()
        with self._guard:
            for connection in (each for each in self._open if isinstance(each, socket.socket)):
                with contextlib.suppress(OSError):  # where the client has gone
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: _Request, client_address: object) -> None:
        """Say nothing of a client that goes away before it has read all."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self._answer(json.loads(self.rfile.read(length)) if length else None)

    def do_GET(self) -> None:
        self._answer(None)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def _answer(self, body: JSON) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.owner.reply(Recorded(self.command, self.path, headers, body))
        match reply.ending:
            case "silent":
                self.server.closing.wait()
                self.close_connection = True
            case "reset":
                self._reset()
            case _:
                self._send(reply)

    def _send(self, reply: Reply) -> None:
        is_stream = reply.content_type.startswith("text/event-stream")
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        if is_stream:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(sum(map(len, reply.pieces))))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        is_cut = reply.ending == "cut"
        for piece in reply.pieces:
            sent = piece if is_stream or not is_cut else piece[: len(piece) // 2]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(sent), sent) if is_stream else sent)
        if is_cut:
            self.close_connection = True
        elif is_stream:
            self.wfile.write(b"0\r\n\r\n")

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        socket.close(self.connection.detach())  # at once: a shutdown would first end it in good order
