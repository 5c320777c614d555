"""The messages of one MCP connection, as lines and back, saving what can be saved; it awaits nothing.

An answer that cannot be read is answered here in the server's stead, so that the call ends at once. What is
mended is what servers are known to write: half a character (by `JSON.stringify` since ES2019, and Python's
`json.dumps`, for a text cut within an emoji), bytes that are no UTF-8, an error for no request in particular,
and a list of which single tools are described wrongly.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from mcp.shared.message import SessionMessage
from mcp_types import (
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
    jsonrpc_message_adapter,
)
from mcp_types.methods import validate_server_result
from pydantic import ValidationError

from router.drivers.jsonrpc import mend
from router.drivers.mcp_heard import Heard, is_request, request_id
from router.drivers.mcp_program import EDGE_BYTES, TooLong, Unended

_LIST: Final = "tools/list"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The data of an error that stands for an answer which cannot be read."""

    reason: str


class Lines:
    """Reads what a server writes and writes what it reads, keeping account of the requests under way."""

    def __init__(self, heard: Heard) -> None:
        """Count into `heard` what comes."""
        self.version = "2025-11-25"
        """Of the protocol, once it is agreed upon."""
        self.unreadable_tools: dict[str, str] = {}
        """Tools that were left out of the server's list, each with what is wrong with it."""
        self._heard = heard
        self._asked: dict[RequestId, str] = {}

    def written(self, message: SessionMessage) -> bytes:
        """Return the line of a message, without its end."""
        self.note(message.message)
        return message.message.model_dump_json(by_alias=True, exclude_unset=True).encode()

    def note(self, message: JSONRPCMessage) -> None:
        """Keep account of a message that goes out."""
        if isinstance(message, JSONRPCRequest):
            self._asked[message.id] = message.method
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            self._asked.pop((message.params or {}).get("requestId", ""), None)

    def read(self, line: bytes | TooLong) -> SessionMessage | None:
        """Return the message of a line, or None where it is to be passed over.

        Raises EOFError where what writes is no server at all.
        """
        if isinstance(line, TooLong):
            self._heard.long_lines += 1
            number = request_id(line)
            return None if number is None else _instead(number, "", line)
        try:
            message = _message(line)
        except ValidationError as error:
            if (answered := self._answered(line)) is not None:
                self._heard.messages += 1
                if isinstance(line, Unended):
                    return None
                reason = f"the answer cannot be read: {_reason(error, line)}"
                return _instead(answered, reason, Unreadable(reason))
            self._heard.stray(line)
            if self._heard.is_hopeless():
                raise EOFError from error
            return None
        self._heard.messages += 1
        return SessionMessage(self.settled(message))

    def _answered(self, line: bytes) -> int | None:
        """Return the id of the request under way that a line answers which is no message."""
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            is_answer = not is_request(line)
            number = request_id(TooLong(line[:EDGE_BYTES], line[-EDGE_BYTES:])) if is_answer else None
        else:
            is_answer = isinstance(told, dict) and "method" not in told
            number = told.get("id") if is_answer else None
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        return int(number) if is_number and number in self._asked else None

    def settled(self, message: JSONRPCMessage) -> JSONRPCMessage:
        """Take note of an answer, and mend it."""
        if isinstance(message, JSONRPCError) and message.id is None and len(self._asked) == 1:
            message = message.model_copy(update={"id": next(iter(self._asked))})
        if isinstance(message, JSONRPCError | JSONRPCResponse) and message.id is not None:
            method = self._asked.pop(message.id, "")
            if isinstance(message, JSONRPCResponse) and method == _LIST:
                return message.model_copy(update={"result": self._readable(message.result)})
        return message

    def _readable(self, page: dict[str, Any]) -> dict[str, Any]:
        """Leave out tools that the SDK would refuse the whole page for; one without a name is left to it."""
        tools = page.get("tools")
        if not isinstance(tools, list) or not self._fault(page):
            return page
        kept = []
        for tool in tools:
            name = tool.get("name") if isinstance(tool, dict) else None
            if isinstance(name, str) and (fault := self._fault({**page, "tools": [tool]})):
                self.unreadable_tools[name] = fault
            else:
                kept.append(tool)
        return {**page, "tools": kept}

    def _fault(self, page: dict[str, Any]) -> str:
        """Return what is wrong with the tools of a page; empty where nothing is."""
        try:
            validate_server_result(_LIST, self.version, page)
        except ValidationError as error:
            found = (each for each in error.errors(include_url=False) if "tools" in each["loc"])
            return next((f"{_place(each['loc'])}: {each['msg']}" for each in found), "")
        except (KeyError, ValueError):
            return ""
        return ""


def _message(line: bytes) -> JSONRPCMessage:
    try:
        return jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        mended = mend(line)
        if mended == line:
            raise
        return jsonrpc_message_adapter.validate_json(mended, by_name=False)


def _instead(number: int, message: str, data: TooLong | Unreadable) -> SessionMessage:
    return SessionMessage(
        JSONRPCError(jsonrpc="2.0", id=number, error=ErrorData(code=0, message=message, data=data))
    )


def _reason(error: ValidationError, line: bytes) -> str:
    """Return what is wrong with an answer, taken for the kind of answer that it looks like."""
    kind = JSONRPCResponse if b'"result"' in line else JSONRPCError
    faults = error.errors(include_url=False, include_input=False)
    fault = next((each for each in faults if each["loc"][:1] == (kind.__name__,)), faults[0])
    place = ".".join(map(str, fault["loc"][1:]))
    return f"{place}: {fault['msg']}" if place else fault["msg"]


def _place(location: tuple[int | str, ...]) -> str:
    """Return where in a tool something is, given where in a page it is."""
    return ".".join(map(str, location[location.index("tools") + 2 :]))
