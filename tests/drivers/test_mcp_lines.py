"""What is saved of a line that a server wrote wrongly, without a server."""

from __future__ import annotations

import json

import pytest
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from router.drivers.mcp_heard import Heard
from router.drivers.mcp_lines import Lines


def asking(*numbers: int, method: str = "tools/call") -> Lines:
    lines = Lines(Heard())
    for number in numbers:
        lines.written(SessionMessage(JSONRPCRequest(jsonrpc="2.0", id=number, method=method)))
    return lines


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc": "2.0", "id": 2, "result": []}',
        b'{"jsonrpc": "2.0", "id": true, "result": []}',
        b'{"jsonrpc": "2.0", "id": "1", "result": []}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "roots/list", "params": []}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "roots/list", "params": {"n": %s}}' % (b"9" * 10_000),
        b"[1]",
        b"1",
    ],
)
def test_what_answers_no_request_is_passed_over(line: bytes) -> None:
    lines = asking(1)

    assert lines.read(line) is None


@pytest.mark.parametrize(("numbers", "known"), [((), None), ((7,), 7), ((7, 8), None)])
def test_an_error_for_no_request_is_not_guessed_at(numbers: tuple[int, ...], known: int | None) -> None:
    read = asking(*numbers).read(b'{"jsonrpc": "2.0", "id": null, "error": {"code": 1, "message": "no"}}')

    assert read is not None
    assert isinstance(read.message, JSONRPCError)
    assert read.message.id == known


def test_a_request_that_was_given_up_is_no_longer_under_way() -> None:
    lines = asking(1, 2)
    params = {"requestId": 1}
    given_up = JSONRPCNotification(jsonrpc="2.0", method="notifications/cancelled", params=params)
    lines.written(SessionMessage(given_up))

    assert lines.read(b'{"jsonrpc": "2.0", "id": 1, "result": []}') is None
    assert lines.read(b'{"jsonrpc": "2.0", "id": 2, "result": []}') is not None


@pytest.mark.parametrize(
    "result",
    [{"tools": 5}, {"tools": [5]}, {"tools": [{"title": "nameless"}]}, {"tools": [], "nextCursor": 5}],
)
def test_a_list_that_is_wrong_elsewhere_is_left_as_it_is(result: dict[str, object]) -> None:
    lines = asking(1, method="tools/list")

    read = lines.read(json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode())

    assert read is not None
    assert isinstance(read.message, JSONRPCResponse)
    assert read.message.result == result
    assert lines.unreadable_tools == {}


def test_a_list_in_a_version_that_nobody_knows_is_left_as_it_is() -> None:
    lines = asking(1, method="tools/list")
    lines.version = "1999-12-31"

    read = lines.read(b'{"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": "bad"}]}}')

    assert read is not None
    assert isinstance(read.message, JSONRPCResponse)
    assert read.message.result == {"tools": [{"name": "bad"}]}
