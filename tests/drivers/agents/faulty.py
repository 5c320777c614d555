"""A process of A2A agents that break the protocol, one below each path; it uses no SDK and no framework.

Writes its URL to standard output once the port is bound; an argument is the number of a socket that was
bound for it. `GET /counts` tells how often each agent was
asked which method, as JSON.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

Writer = asyncio.StreamWriter
Answer = Callable[["Asked", Writer], Awaitable[None]]
Methods = dict[str, Answer | list[Answer]]

COUNTS: Counter[str] = Counter()
TASK = {"id": "task-1", "contextId": "context-1"}
ZONELESS = "2026-01-01T00:00:00.5"
HTML = "<html><body>It works!</body></html>"


class Asked:
    """One request: whom, which JSON-RPC method (empty for a card) and how often that was asked before."""

    def __init__(self, name: str, body: dict[str, Any]) -> None:
        self.name = name
        self.id = body.get("id")
        self.method = str(body.get("method", ""))
        self.before = COUNTS[f"{name} {self.method}"]
        COUNTS[f"{name} {self.method}"] += 1


def plain(status: str, body: str | bytes, *headers: str) -> Answer:
    """Answer with one whole response."""
    data = body.encode() if isinstance(body, str) else body

    async def answer(_: Asked, writer: Writer) -> None:
        lines = [f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(data)}", *headers]
        writer.write("\r\n".join([*lines, "", ""]).encode() + data)

    return answer


def result(value: Any) -> Answer:
    """Answer with a JSON-RPC result."""

    async def answer(asked: Asked, writer: Writer) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": asked.id, "result": value})
        await plain("200 OK", body, "Content-Type: application/json")(asked, writer)

    return answer


def error(code: int, message: str) -> Answer:
    """Answer with a JSON-RPC error."""

    async def answer(asked: Asked, writer: Writer) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": asked.id, "error": {"code": code, "message": message}})
        await plain("200 OK", body, "Content-Type: application/json")(asked, writer)

    return answer


def stream(*events: Any, chunked: bool = False, then: Answer | None = None) -> Answer:
    """Answer with server-sent events and end the connection; chunked, it ends without the last chunk."""

    async def answer(asked: Asked, writer: Writer) -> None:
        lines = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Connection: close"]
        lines += ["Transfer-Encoding: chunked"] if chunked else []
        writer.write("\r\n".join([*lines, "", ""]).encode())
        for event in events:
            said = f"data: {json.dumps({'jsonrpc': '2.0', 'id': asked.id, **event})}\n\n".encode()
            writer.write(b"%x\r\n%s\r\n" % (len(said), said) if chunked else said)
        await writer.drain()
        if then is not None:
            await then(asked, writer)

    return answer


async def hang(_: Asked, writer: Writer) -> None:
    """Say nothing more until the other side goes away."""
    await READERS[writer].read()


async def drop(_: Asked, writer: Writer) -> None:
    """End the connection without a word."""


async def endless(_: Asked, writer: Writer) -> None:
    """Go on sending comments for as long as somebody reads."""
    while not writer.is_closing():
        writer.write(b": " + b"x" * 65_536 + b"\n")
        await writer.drain()


def status(state: str, said: str = "", **more: Any) -> dict[str, Any]:
    """Return a status as JSON."""
    message = {"messageId": said, "role": "ROLE_AGENT", "parts": [{"text": said}]}
    return {"state": state, **({"message": message} if said else {}), **more}


def task(state: str, said: str = "", **more: Any) -> dict[str, Any]:
    """Return a task as JSON."""
    return {**TASK, "status": status(state, said), **more}


def update(state: str, said: str = "", **more: Any) -> dict[str, Any]:
    """Return an event that updates the status."""
    news = {"taskId": TASK["id"], "contextId": TASK["contextId"], "status": status(state, said, **more)}
    return {"result": {"statusUpdate": news}}


def chunk(text: str, *, append: bool = True) -> dict[str, Any]:
    """Return an event that adds to an artifact."""
    artifact = {"artifactId": "a", "parts": [{"text": text}]}
    news = {"taskId": TASK["id"], "contextId": TASK["contextId"], "artifact": artifact, "append": append}
    return {"result": {"artifactUpdate": news}}


def kept(state: str, said: str, *texts: str) -> dict[str, Any]:
    """Return a task that keeps each chunk as a part, as the SDKs do."""
    return task(state, said, artifacts=[{"artifactId": "a", "parts": [{"text": text} for text in texts]}])


WORKING = task("TASK_STATE_WORKING", "I began")
DONE = task("TASK_STATE_COMPLETED", artifacts=[{"artifactId": "a", "parts": [{"text": "the end"}]}])
WHOLE = kept("TASK_STATE_COMPLETED", "", "the ", "ve", "ry end")
OLD = [
    {"role": "ROLE_USER", "parts": [{"text": "hello"}]},
    {"role": "ROLE_AGENT", "parts": [{"text": "told you"}]},
]

LISTED = [{"name": f"Agent {number}", "url": f"https://agents.example.com/{number}"} for number in range(12)]


def registry(body: str) -> Answer:
    """Answer with a list of cards, and with no card below it."""

    async def answer(asked: Asked, writer: Writer) -> None:
        found = plain("404 Not Found", "nothing here") if asked.before == 0 else plain("200 OK", body)
        await found(asked, writer)

    return answer


CARDS: dict[str, Answer] = {
    "a-registry": registry(json.dumps({"agents": LISTED})),
    "card-404": plain("404 Not Found", "nothing here"),
    "card-html": plain("200 OK", HTML, "Content-Type: text/html"),
    "card-list": plain("200 OK", "[1, 2]"),
    "card-empty": plain("200 OK", '{"hello": "world"}'),
    "card-cut": plain("200 OK", '{"name": "half'),
    "card-401": plain("401 Unauthorized", "who are you"),
    "card-503": plain("503 Service Unavailable", "later", "Retry-After: 7"),
    "card-302": plain("302 Found", "", "Location: http://127.0.0.2:1/card"),
    "card-hang": hang,
    "card-drop": drop,
    "card-huge": plain("200 OK", json.dumps({"name": "x" * 20_000_000})),
}

CALLS: dict[str, Answer | Methods] = {
    "call-401": plain("401 Unauthorized", "who are you"),
    "call-403": plain("403 Forbidden", "not you"),
    "call-404": plain("404 Not Found", HTML, "Content-Type: text/html"),
    "call-429": plain("429 Too Many Requests", "slow down", "Retry-After: 30"),
    "call-503": plain("503 Service Unavailable", "later", "Retry-After: 7"),
    "call-502": plain("502 Bad Gateway", HTML),
    "call-html": plain("200 OK", HTML, "Content-Type: text/html"),
    "call-list": plain("200 OK", "[]", "Content-Type: application/json"),
    "call-empty": result({}),
    "call-gzip": plain("200 OK", gzip.compress(b"{}"), "Content-Encoding: gzip"),
    "call-drop": drop,
    "call-hang": hang,
    "call-huge": result({"message": {"messageId": "m", "parts": [{"text": "x" * 20_000_000}]}}),
    "call-refused": error(-32602, "the message is too odd"),
    "call-odd-error": error(-31999, "out of paper"),
    "call-old-version": error(-32009, "speak 2.0"),
    "time-odd": result({"task": {**TASK, "status": status("TASK_STATE_COMPLETED", timestamp="yesterday")}}),
    "time-zoneless": {
        "SendMessage": result({"task": {**TASK, "status": status("TASK_STATE_WORKING", timestamp=ZONELESS)}}),
        "GetTask": result({**TASK, "status": status("TASK_STATE_COMPLETED", "well", timestamp=ZONELESS)}),
    },
    "stream-zoneless": stream(
        {"result": {"task": {**WORKING, "status": status("TASK_STATE_WORKING", timestamp=ZONELESS)}}},
        update("TASK_STATE_COMPLETED", "well", timestamp=ZONELESS),
    ),
    "stream-endless": stream(then=endless),
    "stream-empty": stream(),
    "stream-garbage": stream({"result": {"statusUpdate": 7}}),
    "stream-error": stream({"result": {"task": WORKING}}, {"error": {"code": -32603, "message": "it broke"}}),
    "stream-cut": {
        "SendStreamingMessage": stream({"result": {"task": WORKING}}),
        "GetTask": [result(WORKING), result(task("TASK_STATE_WORKING", "half way")), result(DONE)],
    },
    "stream-torn": {
        "SendStreamingMessage": stream({"result": {"task": WORKING}}, chunked=True),
        "GetTask": result(DONE),
    },
    "stream-torn-early": stream(chunked=True),
    "stream-taken-up": {
        "SendStreamingMessage": stream({"result": {"task": WORKING}}, chunk("the ", append=False)),
        "SubscribeToTask": [
            stream(
                {"result": {"task": kept("TASK_STATE_WORKING", "I began", "the ")}},
                update("TASK_STATE_WORKING", "half way"),
                chunk("ve"),
                chunked=True,
            ),
            stream(
                {"result": {"task": kept("TASK_STATE_WORKING", "half way", "the ", "ve")}},
                update("TASK_STATE_WORKING", "half way"),
                update("TASK_STATE_WORKING", "almost"),
                chunk("ry end"),
                update("TASK_STATE_COMPLETED"),
            ),
        ],
        "GetTask": [result(WORKING), result(WORKING), result(WHOLE)],
    },
    "stream-with-a-gap": {
        "SendStreamingMessage": stream({"result": {"task": WORKING}}, chunk("the ", append=False)),
        "SubscribeToTask": stream(chunk("ry end"), update("TASK_STATE_COMPLETED")),
        "GetTask": [result(WORKING), result(WHOLE)],
    },
    "stream-cut-again": {
        "SendStreamingMessage": stream({"result": {"task": WORKING}}),
        "SubscribeToTask": stream({"result": {"task": WORKING}}),
        "GetTask": [result(WORKING), result(task("TASK_STATE_WORKING", "half way")), result(DONE)],
    },
    "stream-missed": {
        "SendStreamingMessage": stream({"result": {"task": WORKING}}),
        "SubscribeToTask": stream({"result": {"task": WORKING}}, then=hang),
        "GetTask": result(DONE),
    },
    "stream-mute": {
        "SendStreamingMessage": stream({"result": {"task": WORKING}}),
        "SubscribeToTask": stream({"result": {"task": WORKING}}, then=hang),
        "GetTask": [result(WORKING), result(WORKING), result(DONE)],
    },
    "stream-followed": {
        "GetTask": [result(WORKING), result(WORKING), result(WHOLE)],
        "SubscribeToTask": stream(
            {"result": {"task": WORKING}},
            chunk("the ", append=False),
            chunk("very end"),
            update("TASK_STATE_COMPLETED"),
        ),
    },
    "stream-followed-for-long": {
        "GetTask": result(WORKING),
        "SubscribeToTask": stream({"result": {"task": WORKING}}, then=hang),
    },
    "stream-too-long": {
        "SendStreamingMessage": stream({"result": {"task": WORKING}}),
        "SubscribeToTask": stream(then=endless),
    },
    "stream-lingers": stream(
        {"result": {"task": WORKING}}, update("TASK_STATE_COMPLETED", "done"), then=hang
    ),
    "stream-not-really": {
        "SendStreamingMessage": error(-32601, "no such method"),
        "SendMessage": result({"task": DONE}),
    },
    "stream-silent": {
        "SendStreamingMessage": stream({"result": {"task": WORKING}}, update("TASK_STATE_COMPLETED")),
        "GetTask": result(DONE),
    },
    "stream-given-up": stream(
        {"result": {"task": WORKING}}, {"error": {"code": -32004, "message": "no more"}}
    ),
    "stream-unknown-events": stream({"result": {"surprise": 1}}, {"result": {"task": DONE}}),
    "task-astray": {
        "SendMessage": result({"task": task("TASK_STATE_PAUSED")}),
        "GetTask": result(task("TASK_STATE_PAUSED")),
        "CancelTask": hang,
    },
    "task-lost": {"SendMessage": result({"task": WORKING}), "GetTask": error(-32001, "no such task")},
    "task-in-history": {
        "SendMessage": result({"task": task("TASK_STATE_COMPLETED")}),
        "GetTask": result(task("TASK_STATE_COMPLETED", history=OLD)),
    },
    "task-given-up": {"CancelTask": result(task("TASK_STATE_CANCELED"))},
    "task-not-given-up": {"CancelTask": error(-32002, "too late")},
    "task-given-up-slowly": {"CancelTask": hang},
    "task-elsewhere": {
        "SendMessage": result({"task": {**task("TASK_STATE_INPUT_REQUIRED", "what?"), "id": "task-2"}}),
        "GetTask": result(task("TASK_STATE_INPUT_REQUIRED", "what?")),
    },
    "task-asks-in-history": {
        "SendMessage": result({"task": task("TASK_STATE_INPUT_REQUIRED")}),
        "GetTask": result(task("TASK_STATE_INPUT_REQUIRED", history=OLD)),
    },
    "task-fails-in-history": {
        "SendMessage": result({"task": task("TASK_STATE_FAILED")}),
        "GetTask": result(task("TASK_STATE_FAILED", history=OLD)),
    },
    "task-without-words": {
        "SendMessage": result({"task": task("TASK_STATE_COMPLETED")}),
        "GetTask": error(-32001, "no such task"),
    },
    "task-fails-silently": result({"task": task("TASK_STATE_FAILED")}),
    "task-asks-silently": result({"task": task("TASK_STATE_INPUT_REQUIRED")}),
}

READERS: dict[Writer, asyncio.StreamReader] = {}


def card(name: str, port: int) -> Answer:
    """Answer with a card; the agents whose name says so stream or have odd interfaces."""
    url = f"http://127.0.0.1:{port}/{name}"
    interface = {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
    interfaces = {
        "at-another-host": [{**interface, "url": "https://agents.example.com/rpc"}],
        "at-a-plain-host": [{**interface, "url": "http://agents.example.com/rpc"}],
        "at-all-addresses": [{**interface, "url": f"http://0.0.0.0:{port}/call-refused"}],
        "on-a-dead-port": [{**interface, "url": "http://127.0.0.1:1/rpc"}],
        "by-soap": [{**interface, "protocolBinding": each} for each in ("SOAP", "WIRE")],
        "by-nothing": [],
        "from-the-past": [{**interface, "protocolVersion": "0.2.6"}],
        "from-the-future": [{**interface, "protocolVersion": "next"}],
    }
    said = {
        "name": name,
        "description": "An agent that is not as it should be.",
        "version": "1",
        "capabilities": {"streaming": name.startswith("stream-")},
        "supportedInterfaces": interfaces.get(name, [interface]),
        "skills": [],
        "securitySchemes": {"one": {"httpAuthSecurityScheme": {"scheme": "Bearer"}}},
    }
    return plain("200 OK", json.dumps(said), "Content-Type: application/json")


def chosen(asked: Asked, port: int) -> Answer:
    """Return what to answer with; of a list of answers one after another, the last again and again."""
    if not asked.method:
        return CARDS.get(asked.name) or card(asked.name, port)
    methods = CALLS[asked.name]
    if not isinstance(methods, dict):
        return methods
    answer = methods.get(asked.method) or error(-32601, f"no method {asked.method}")
    return answer[min(asked.before, len(answer) - 1)] if isinstance(answer, list) else answer


async def serve(reader: asyncio.StreamReader, writer: Writer) -> None:
    """Read one request, answer it and close the connection."""
    READERS[writer] = reader
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        body = json.loads(await reader.readexactly(length) or b"{}")
        name = head.split()[1].split("/")[1]
        if name == "counts":
            await plain("200 OK", json.dumps(COUNTS))(Asked(name, body), writer)
        else:
            asked = Asked(name, body)
            await chosen(asked, writer.get_extra_info("sockname")[1])(asked, writer)
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        del READERS[writer]
        writer.close()


async def main() -> None:
    """Serve until the process is ended."""
    if len(sys.argv) > 1:
        server = await asyncio.start_server(serve, sock=socket.socket(fileno=int(sys.argv[1])))
    else:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
