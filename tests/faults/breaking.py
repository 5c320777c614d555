"""Speaks as little MCP and A2A as is needed to break one answer; `breaking.py TRANSPORT FAULT DIRECTORY`.

It uses the standard library alone, so that nothing in it is polite by accident. The transports are `stdio`,
`http` and `events` (streamable HTTP that answers with JSON, or with a stream of events), `sse` (that of
2024-11-05), `a2a` and `a2a-stream`. Over a network it says its URL. Whom it leaves behind when it dies stands
in the file `forked` of the directory, where `server.pem` and `server.key` are for the fault `tls-name`.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

JSON = dict[str, Any]

HUGE_BYTES: Final = 50_000_000
PAUSE_SECONDS: Final = 0.1
CALLS: Final = ("tools/call", "SendMessage", "SendStreamingMessage")
STREAMED: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
STATUSES: Final = {
    "status-500": ("500 Internal Server Error", ""),
    "status-429": ("429 Too Many Requests", "Retry-After: 7\r\n"),
    "status-503": ("503 Service Unavailable", "Retry-After: 3\r\n"),
}
TASK: Final = {"id": "task-1", "contextId": "context-1"}


class Out:
    """Where answers go, and how they are framed there."""

    def __init__(
        self, transport: str, file: BinaryIO | io.BufferedIOBase, connection: socket.socket | None = None
    ) -> None:
        self.transport = transport
        self.file = file
        self.connection = connection
        self.lock = threading.Lock()

    def write(self, *parts: bytes) -> None:
        """Send bytes as one; that nobody reads any more is no fault of ours."""
        with self.lock:
            try:
                self.file.write(b"".join(parts))
                self.file.flush()
            except (OSError, ValueError):
                pass

    def opening(self, body: bytes, number: object) -> bytes:
        """Return what stands before a JSON of this kind."""
        if self.transport == "stdio":
            return b""
        if self.transport == "sse":
            return b"event: message\ndata: "
        if self.transport == "events":
            return STREAMED + b"event: message\ndata: "
        if self.transport == "a2a-stream":
            working = answer_of(number, {"task": task("WORKING")})
            return STREAMED + b"data: " + working + b"\n\ndata: "
        return head("200 OK", "Content-Type: application/json\r\n", len(body))

    @property
    def closing(self) -> bytes:
        """What stands behind it."""
        return {"stdio": b"\n", "http": b"", "a2a": b""}.get(self.transport, b"\n\n")

    @property
    def is_kept(self) -> bool:
        """Whether more is sent after an answer."""
        return self.transport not in ("events", "a2a-stream")

    def end(self) -> None:
        """End a frame that is not whole."""
        if self.connection is None:
            self.write(b"\n")
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def wait_for_farewell(self) -> None:
        """Wait until the other side hangs up; over pipes, for ever."""
        if self.connection is None:
            signal.pause()
        else:
            while self.connection.recv(65_536):
                pass


def head(status: str, headers: str = "", length: int = 0) -> bytes:
    """Return the head of an answer over HTTP."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n".encode()


def task(state: str, text: str = "") -> JSON:
    """Return a task of A2A as JSON."""
    return {
        **TASK,
        "status": {"state": f"TASK_STATE_{state}", **({"message": message(text)} if text else {})},
    }


def message(text: str) -> JSON:
    """Return a message of A2A as JSON."""
    return {"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": text}]}


def answer_of(number: object, result: JSON) -> bytes:
    """Return the answer to a request."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode()


class Break:
    """One answer, and every way to break it."""

    def __init__(self, out: Out, asked: JSON, directory: Path) -> None:
        self.out = out
        self.number = asked["id"]
        self.directory = directory

    def body(self, text: str = "done", number: object = None) -> bytes:
        """Return the answer that says a text."""
        results: dict[str, JSON] = {
            "a2a": {"message": message(text)},
            "a2a-stream": {"task": task("COMPLETED", text)},
        }
        mcp = {"content": [{"type": "text", "text": text}]}
        return answer_of(number or self.number, results.get(self.out.transport, mcp))

    def send(self, body: bytes) -> None:
        """Send an answer as a whole."""
        self.out.write(self.out.opening(body, self.number), body, self.out.closing)

    def send_half(self) -> None:
        """Send no more than half of the answer."""
        body = self.body()
        self.out.write(self.out.opening(body, self.number), body[: len(body) // 2])

    def well(self) -> None:
        """Answer."""
        self.send(self.body())

    def killed_before(self) -> None:
        """Die before the answer."""
        os.kill(os.getpid(), signal.SIGKILL)

    def killed_during(self) -> None:
        """Die within the answer."""
        self.send_half()
        self.killed_before()

    def killed_after(self) -> None:
        """Die as soon as the answer is sent."""
        self.well()
        self.killed_before()

    def half(self) -> None:
        """End the answer in the middle."""
        self.send_half()
        self.out.end()

    def half_and_silence(self) -> None:
        """Say nothing after half of the answer."""
        self.send_half()
        self.out.wait_for_farewell()

    def huge(self) -> None:
        """Answer with 50 MB."""
        self.send(self.body("x" * HUGE_BYTES))

    def no_utf8(self) -> None:
        """Answer with a byte that is no UTF-8."""
        self.send(self.body().replace(b"done", b"do\xffne"))

    def wrong_id(self) -> None:
        """Answer a request that nobody made."""
        self.send(self.body(number=99_999))
        if self.out.connection is not None and self.out.transport == "events":
            self.out.wait_for_farewell()

    def wrong_id_first(self) -> None:
        """Answer a request that nobody made, and then the one that somebody did."""
        wrong, right = self.body("other", 99_999), self.body()
        between = self.out.closing + (b"" if self.out.transport == "stdio" else b"data: ")
        self.out.write(self.out.opening(wrong, self.number), wrong, between, right, self.out.closing)

    def drip(self) -> None:
        """Send a byte now and then."""
        body = self.body()
        self.out.write(self.out.opening(body, self.number))
        for byte in body[:-1]:
            self.out.write(bytes([byte]))
            time.sleep(PAUSE_SECONDS)
        self.out.wait_for_farewell()

    def forks(self) -> None:
        """Leave a child that holds all that is open, and die."""
        child = os.fork()
        if child:
            (self.directory / "forked").write_text(str(child))
            os._exit(3)
        self.out.wait_for_farewell()
        os._exit(0)


FAULTS: Final[dict[str, Callable[[Break], None]]] = {
    "well": Break.well,
    "tls-name": Break.well,
    "killed-before": Break.killed_before,
    "killed-during": Break.killed_during,
    "killed-after": Break.killed_after,
    "half": Break.half,
    "half-silence": Break.half_and_silence,
    "huge": Break.huge,
    "no-utf8": Break.no_utf8,
    "wrong-id": Break.wrong_id,
    "wrong-id-first": Break.wrong_id_first,
    "drip": Break.drip,
    "forks": Break.forks,
}


class Speaker:
    """Answers requests, all well but the call."""

    def __init__(self, transport: str, fault: str, directory: Path) -> None:
        self.transport = transport
        self.fault = fault
        self.directory = directory
        self.url = ""
        self.stream: Out | None = None
        """Where answers go over `sse`."""
        self.late: list[Break] = []
        """What is not answered before the next call."""

    def heard(self, asked: JSON, out: Out) -> None:
        """Answer one request."""
        if asked.get("method") in CALLS:
            self.call(asked, out)
        elif "id" in asked:
            broken = Break(out, asked, self.directory)
            body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], **self.result(asked)}).encode()
            plain = Out({"a2a-stream": "a2a", "events": "http"}.get(out.transport, out.transport), out.file)
            out.write(plain.opening(body, broken.number), body, plain.closing)

    def call(self, asked: JSON, out: Out) -> None:
        """Break the answer to the call."""
        broken = Break(out, asked, self.directory)
        if self.fault != "late":
            FAULTS[self.fault](broken)
        elif self.late:
            late = self.late.pop()
            late.send(late.body("too late"))
            broken.well()
        else:
            self.late.append(broken)
            if out.connection is not None and self.transport != "sse":
                out.wait_for_farewell()

    def result(self, asked: JSON) -> JSON:
        """Return the result, or the error, of what is no call."""
        version = asked.get("params", {}).get("protocolVersion")
        info = {"name": "breaking", "version": "1"}
        results: dict[str, JSON] = {
            "initialize": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info},
            "tools/list": {"tools": [{"name": "go", "inputSchema": {"type": "object"}}]},
            "GetTask": task(*(("COMPLETED", "done") if self.fault == "half" else ("WORKING",))),
            "CancelTask": task("CANCELED"),
        }
        if asked["method"] in results:
            return {"result": results[asked["method"]]}
        return {"error": {"code": -32601, "message": "no such method"}}

    def card(self) -> bytes:
        """Return the card of the agent."""
        interface = {"url": f"{self.url}/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
        streaming = {"streaming": self.transport == "a2a-stream"}
        told = {
            "name": "breaking", "description": "Breaks.", "version": "1", "capabilities": streaming,
            "supportedInterfaces": [interface], "skills": [],
        }  # fmt: skip
        return json.dumps(told).encode()


class Handler(socketserver.StreamRequestHandler):
    """The requests of one connection over HTTP."""

    server: Listening

    def handle(self) -> None:
        """Answer one after another, until the other side hangs up."""
        try:
            while self._answered():
                pass
        except (OSError, ValueError):
            pass

    def _answered(self) -> bool:
        """Answer one request; say whether more may come."""
        method, path, *_ = self.rfile.readline().split() or [b"", b""]
        headers = dict(iter(self._header, (b"", b"")))
        asked = json.loads(self.rfile.read(int(headers.get(b"content-length", 0))) or b"{}")
        speaker = self.server.speaker
        out = Out(speaker.transport, self.wfile, self.connection)
        is_call = asked.get("method") in CALLS
        if method == b"POST" and is_call and speaker.fault in STATUSES:
            out.write(head(*STATUSES[speaker.fault]))
        elif method == b"POST" and is_call and speaker.fault == "redirects":
            out.write(head("307 Temporary Redirect", f"Location: {path.decode()}\r\n"))
        elif method == b"POST" and speaker.stream is not None:
            out.write(head("202 Accepted"))
            speaker.heard(asked, speaker.stream)
        elif method == b"POST" and "id" not in asked:
            out.write(head("202 Accepted"))
        elif method == b"POST":
            speaker.heard(asked, out)
            return out.is_kept or not is_call
        elif path.endswith(b"/sse"):
            speaker.stream = out
            out.write(STREAMED, b"event: endpoint\ndata: /messages\n\n")
            out.wait_for_farewell()
        elif path.endswith(b"card.json"):
            card = speaker.card()
            out.write(head("200 OK", "Content-Type: application/json\r\n", len(card)), card)
        elif method:
            out.write(head("405 Method Not Allowed"))
        return bool(method)

    def _header(self) -> tuple[bytes, bytes]:
        name, _, value = self.rfile.readline().partition(b":")
        return name.strip().lower(), value.strip()


class Listening(socketserver.ThreadingTCPServer):
    """Waits for connections."""

    daemon_threads = True

    def __init__(self, speaker: Speaker) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.speaker = speaker

    def handle_error(self, *_: object) -> None:
        """Say nothing: that somebody hangs up, or trusts us not, is what is tried here."""


def over_pipes(speaker: Speaker) -> None:
    """Speak over the standard input and output."""
    out = Out("stdio", sys.stdout.buffer)
    for line in sys.stdin.buffer:
        threading.Thread(target=speaker.heard, args=(json.loads(line), out), daemon=True).start()


def over_http(speaker: Speaker) -> None:
    """Speak over a port of our own."""
    with Listening(speaker) as listening:
        scheme, host = "http", "127.0.0.1"
        if speaker.fault == "tls-name":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(speaker.directory / "server.pem", speaker.directory / "server.key")
            listening.socket = context.wrap_socket(
                listening.socket, server_side=True, do_handshake_on_connect=False
            )
            scheme, host = "https", "localhost"
        speaker.url = f"{scheme}://{host}:{listening.server_address[1]}"
        path = "" if speaker.transport.startswith("a2a") else "/sse" if speaker.transport == "sse" else "/mcp"
        sys.stdout.write(f"at {speaker.url}{path}\n")
        sys.stdout.flush()
        listening.serve_forever()


def main(transport: str, fault: str, directory: str) -> None:
    """Speak until ended."""
    speaker = Speaker(transport, fault, Path(directory))
    if transport == "stdio":
        over_pipes(speaker)
    else:
        over_http(speaker)


if __name__ == "__main__":
    main(*sys.argv[1:])
