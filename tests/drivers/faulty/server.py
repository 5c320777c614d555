"""An MCP server that misbehaves as its first argument says, or in the tool that is called.

It speaks raw JSON-RPC and is written against the protocol's pages with the standard library alone, so that
nothing in it is polite by accident. Without an argument it behaves, and its tools do what their names say.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

JSON = dict[str, Any]

PAGE = {"tools": [{"name": "endless", "inputSchema": {"type": "object"}}], "nextCursor": "more"}
PIXEL = "iVBORw0KGgo="
MODERN = {
    "resultType": "complete",
    "supportedVersions": ["2026-07-28"],
    "capabilities": {"tools": {}},
    "ttlMs": 0,
    "cacheScope": "private",
}
ANSWER_LAST = "id-last"

mode = sys.argv[1] if len(sys.argv) > 1 else "well"
cancelled: list[int] = []
grown: list[str] = []
client: JSON = {}


def write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def send(**message: object) -> None:
    write(json.dumps({"jsonrpc": "2.0", **message}))


def text(*texts: str, **more: object) -> JSON:
    return {"resultType": "complete", "content": [{"type": "text", "text": each} for each in texts], **more}


def stay() -> None:
    threading.Event().wait()


# What may go wrong before the first answer.


def exit_at_start() -> None:
    sys.stderr.write("\x1b[31mno configuration\x1b[0m found in /etc/faulty.conf\n")
    sys.exit(3)


def explain_usage_at_start() -> None:
    sys.stderr.write("Error: no such option --frobnicate\n" + "".join(f"  --option-{n}\n" for n in range(60)))
    sys.exit(64)


def greet_and_exit() -> None:
    write("Hello, I am no MCP server.")
    sys.exit(0)


def greet_and_crash() -> None:
    write("Listening on port 80")
    sys.stderr.write("port 80 is taken\n")
    sys.exit(1)


def chatter() -> None:
    while True:
        write("still no MCP server")


def garble() -> None:
    for _ in sys.stdin:
        write("<html>not JSON-RPC</html>")


def fail_the_first_times() -> None:
    """Exit at start as often as the second argument says; each start is a byte in the file of the third."""
    with Path(sys.argv[3]).open("ab") as file:
        file.write(b".")
    if Path(sys.argv[3]).stat().st_size <= int(sys.argv[2]):
        sys.stderr.write("not yet\n")
        sys.exit(1)


def count_and_wait() -> None:
    """Write our process id into the file of the second argument; go on when that of the third is there."""
    Path(sys.argv[2]).write_text(str(os.getpid()))
    while not Path(sys.argv[3]).exists():
        time.sleep(0.01)


def ignore_requests_to_end() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def close_output() -> None:
    ignore_requests_to_end()
    os.close(1)
    stay()


STARTS: dict[str, Callable[[], None]] = {
    "exits": exit_at_start,
    "explains-usage": explain_usage_at_start,
    "greets-and-exits": greet_and_exit,
    "greets-and-crashes": greet_and_crash,
    "chatters": chatter,
    "garbles": garble,
    "hangs": stay,
    "fails-first": fail_the_first_times,
    "waits": count_and_wait,
    "stubborn": ignore_requests_to_end,
    "closes-output": close_output,
    "stray-line": lambda: write("Server running on stdio"),
}


# What may go wrong in a tool. Each takes the arguments and the request's id; None is no answer.


def die(_: JSON, __: int) -> JSON | None:
    sys.stderr.write("out of memory\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def go_deaf(_: JSON, number: int) -> JSON | None:
    """Answer, and read nothing from then on."""
    os.close(0)
    send(id=number, result=text("deaf"))
    stay()
    return None


def big(args: JSON, number: int) -> JSON | None:
    """Answer with as many bytes as asked for, the id first or last in the line."""
    result = json.dumps(text("x" * args["bytes"]))
    if args.get("order") == ANSWER_LAST:
        write(f'{{"result": {result}, "jsonrpc": "2.0", "id": {number}}}')
    elif args.get("order") == "id-inside":
        write(f'{{"result": {result}, "id": {number}, "jsonrpc": "2.0", "more": 1}}')
    else:
        write(f'{{"jsonrpc": "2.0", "id": {number}, "result": {result}}}')
    return None


def endless_line(_: JSON, number: int) -> JSON | None:
    sys.stdout.write(f'{{"jsonrpc": "2.0", "id": {number}, "result": "')
    while True:
        sys.stdout.write("x" * 65536)


def leave_child(_: JSON, __: int) -> JSON:
    """Start a child that outlives us, with our pipes, and tell its process id."""
    child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
    return text(str(child.pid))


def garbage_for_answer(_: JSON, __: int) -> JSON | None:
    write("Traceback (most recent call last):")
    return None


def raw(args: JSON, number: int) -> JSON | None:
    """Write a line as it is given, with the request's id for ID."""
    write(args["line"].replace("ID", str(number)))
    return None


def flood_the_log(args: JSON, _: int) -> JSON:
    """Write lines of a number, each as long as asked for, to the standard error."""
    for number in range(args["lines"]):
        sys.stderr.write(f"{number}".ljust(args["length"]) + "\n")
    sys.stderr.flush()
    return text("flooded")


def grow(_: JSON, __: int) -> JSON:
    """Offer one more tool, and say so."""
    grown.append(f"grown{len(grown)}")
    send(method="notifications/tools/list_changed")
    return text("grown")


def tell_and_work(_: JSON, __: int) -> JSON:
    for data in ("warming up", {"step": 2}):
        send(method="notifications/message", params={"level": "info", "data": data})
    return text("worked")


def ask_first(args: JSON, _: int) -> JSON:
    """Ask for input as the protocol of 2026-07-28 does; with a state of ours, be done."""
    if args.get("_state"):
        return text(f"done with state {args['_state']}")
    if args.get("again"):
        return {"resultType": "input_required", "requestState": "s1"}
    schema = {"type": "object", "properties": {"sure": {"type": "boolean"}}}
    ask = {"mode": "form", "message": "Delete everything?", "requestedSchema": schema}
    requests = {"q": {"method": "elicitation/create", "params": ask}, "r": {"method": "roots/list"}}
    return {"resultType": "input_required", "inputRequests": requests}


def refuse(args: JSON, number: int) -> JSON | None:
    send(id=number, error={"code": args["code"], "message": "refused", "data": args.get("data")})
    return None


def structured(args: JSON, _: int) -> JSON:
    return text(structuredContent=args["value"])


def content(args: JSON, _: int) -> JSON:
    return {"resultType": "complete", **args["result"]}


TOOLS: dict[str, tuple[Callable[[JSON, int], JSON | None], JSON]] = {
    "echo": (lambda args, _: text(args["text"]), {"text": {"type": "string"}}),
    "fail": (lambda _, __: text("the disk is full", isError=True), {}),
    "fail-silently": (lambda _, __: text(isError=True), {}),
    "die": (die, {}),
    "exit": (lambda _, __: os._exit(7), {}),
    "hang": (lambda _, __: None, {}),
    "cancelled": (lambda _, __: text(json.dumps(cancelled)), {}),
    "pid": (lambda _, __: text(str(os.getpid())), {}),
    "environment": (lambda _, __: text(json.dumps(dict(os.environ))), {}),
    "directory": (lambda _, __: text(str(Path.cwd())), {}),
    "go-deaf": (go_deaf, {}),
    "big": (big, {"bytes": {"type": "integer"}, "order": {"type": "string"}}),
    "endless-line": (endless_line, {}),
    "leave-child": (leave_child, {}),
    "garbage": (garbage_for_answer, {}),
    "raw": (raw, {"line": {"type": "string"}}),
    "flood": (flood_the_log, {"lines": {"type": "integer"}, "length": {"type": "integer"}}),
    "client": (lambda _, __: text(json.dumps(client)), {}),
    "grow": (grow, {}),
    "tell": (tell_and_work, {}),
    "ask": (ask_first, {"again": {"type": "boolean"}}),
    "refuse": (refuse, {"code": {"type": "integer"}, "data": {}}),
    "structured": (structured, {"value": {}}),
    "content": (content, {"result": {}}),
}


def described() -> list[JSON]:
    tools: list[JSON] = [
        {
            "name": name,
            "description": f"Does {name}.",
            "inputSchema": {"type": "object", "properties": properties},
        }
        for name, (_, properties) in TOOLS.items()
    ]
    for tool in tools:
        if tool["name"] == "structured":
            tool["outputSchema"] = {"type": "object", "required": ["count"]}
        if tool["name"] == "echo":
            tool["annotations"] = {"readOnlyHint": True}
    if mode == "bad-tool":
        tools.insert(0, {"name": "bad", "inputSchema": {"type": "object", "required": 5}})
    return tools + [{"name": name, "inputSchema": {"type": "object"}} for name in grown]


def listed() -> JSON:
    if mode == "endless-pages":
        return PAGE
    return {"resultType": "complete", "tools": described(), "ttlMs": 0, "cacheScope": "private"}


def initialized(params: JSON) -> JSON:
    version = "1999-12-31" if mode == "old-version" else params["protocolVersion"]
    about = {"name": "faulty", "title": "Faulty Server", "version": "0.0.1"}
    capabilities: JSON = {"tools": {}, "logging": {}}
    return {
        "protocolVersion": version,
        "capabilities": capabilities,
        "serverInfo": about,
        "instructions": "Beware.",
    }


def answer(message: JSON) -> JSON | None:
    """Return the result of a request, or None where it was answered already or is not to be."""
    method, params, number = message["method"], message.get("params", {}), message.get("id", 0)
    if method == "notifications/cancelled":
        cancelled.append(params["requestId"])
    elif method == "server/discover" and mode == "modern":
        return MODERN
    elif method == "initialize" and mode == "unreadable":
        send(id=number, result=["hello"])
    elif method == "initialize" and mode != "refuses":
        client.update(params["clientInfo"])
        return initialized(params)
    elif method == "tools/list" and mode not in ("no-tools", "refuses-list"):
        return listed() if mode != "bad-list" else {"tools": [{"title": "nameless"}]}
    elif method == "tools/call":
        arguments = {**params.get("arguments", {}), "_state": params.get("requestState")}
        return TOOLS[params["name"]][0](arguments, number)
    elif number:
        code = -32603 if mode.startswith("refuses") else -32601
        send(id=number, error={"code": code, "message": f"no {method} here"})
    return None


def main() -> None:
    STARTS.get(mode, lambda: None)()
    for line in sys.stdin:
        message = json.loads(line)
        if (result := answer(message)) is not None:
            send(id=message["id"], result=result)
    if mode == "stubborn":
        stay()


if __name__ == "__main__":
    main()
