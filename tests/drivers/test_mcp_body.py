"""Answers over HTTP in pieces: bounded, and held against what was asked, without a server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Final

import anyio
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.drivers.jsonrpc import Id
from router.drivers.mcp_body import Body, Events
from router.drivers.mcp_faults import Faults
from router.drivers.mcp_program import TooLong
from router.errors import ProtocolBroken, ResultTooLarge, TargetUnavailable

LIMIT_BYTES: Final = 400
EXCESS: Final = ResultTooLarge("mcp:web", "too large")
PIECES: Final = (b"data: {}", b"data: \xc3\xa4", b"\n", b"\n\n", b"\r\n", b": x", b"a" * 30)


class Chunks(httpx2.AsyncByteStream):
    """A body in pieces of a size, with an error at its end if there is to be one."""

    def __init__(self, body: bytes, size: int, error: Exception | None = None) -> None:
        self.body = body
        self.size = size
        self.error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), self.size):
            yield self.body[start : start + self.size]
        if self.error is not None:
            raise self.error


def read(
    body: bytes,
    number: Id | None = 3,
    size: int = 7,
    *,
    kind: str = "text/event-stream",
    error: Exception | None = None,
) -> tuple[bytes, object]:
    """Return what is let through of a body, and what stands for what is not."""
    faults = Faults()
    response = httpx2.Response(200, headers={"content-type": kind}, stream=Chunks(body, size, error))

    async def whole() -> tuple[bytes, object]:
        given = b""
        try:
            async for part in Body(response, number, LIMIT_BYTES, faults, EXCESS):
                given += part
        except httpx2.HTTPError as failure:
            return given, faults.named(str(failure)) or failure
        except (httpx2.StreamError, httpx2.SSEError) as failure:
            return given, faults.named(str(failure))
        return given, faults.named(given.decode())

    return anyio.run(whole)


def answer(number: object, text: str = "done") -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": {"text": text}}).encode()


def event(said: bytes) -> bytes:
    return b"event: message\ndata: %s\n\n" % said


@given(st.lists(st.sampled_from(PIECES)), st.integers(1, 9))
def test_how_events_are_cut_into_chunks_does_not_matter(parts: list[bytes], size: int) -> None:
    body = b"".join(parts)
    if len(body) > LIMIT_BYTES:
        return

    assert read(body, size=size)[0] == body


@given(st.lists(st.integers(0, 60), max_size=6), st.integers(1, 90))
def test_events_that_are_too_long_are_told_once_when_they_are_and_once_when_they_end(
    lengths: list[int], size: int
) -> None:
    events = Events(limit_bytes=40)
    body = b"".join(b"d%s\n\n" % (b"x" * length) for length in lengths)
    found = [each for at in range(0, len(body), size) for each in events.feed(body[at : at + size])]

    whole = [each for each in found if isinstance(each, bytes)]
    told = [each for each in found if isinstance(each, TooLong)]
    assert [len(each) for each in whole] == [length + 3 for length in lengths if length + 3 <= 40]
    assert [bool(each.end) for each in told] == [False, True] * sum(length + 3 > 40 for length in lengths)
    assert events.rest() == b""


def test_an_answer_to_another_request_is_left_out_and_the_right_one_is_given() -> None:
    given, fault = read(event(answer(9, "other")) + event(answer(3)))

    assert (given, fault) == (event(answer(3)), None)


def test_where_no_other_answer_came_that_is_told() -> None:
    given, fault = read(event(answer(9)))

    assert given == b""
    assert fault == ProtocolBroken("mcp:web", "it answers request 9, which was not asked here")


def test_a_note_that_speaks_of_an_error_is_no_answer() -> None:
    note = event(b'{"method": "notifications/message", "params": {"level": "error"}}')
    numbered = b"data: %s\nid: 7\n\n" % answer(9)

    assert read(note + numbered)[1] == ProtocolBroken(
        "mcp:web", "it answers request 9, which was not asked here"
    )


def test_a_stream_for_all_may_answer_any() -> None:
    assert read(event(answer(9)), None) == (event(answer(9)), None)


@pytest.mark.parametrize("number", [3, None])
@pytest.mark.parametrize("size", [50, 5_000])
def test_an_event_that_is_too_long_is_an_error_for_whom_it_answers_and_the_stream_goes_on(
    number: Id | None, size: int
) -> None:
    given, fault = read(event(answer(3, "x" * LIMIT_BYTES)) + event(answer(4)), number, size)
    first, _, rest = given.partition(b"\n\n")

    assert fault == EXCESS
    assert json.loads(first.partition(b"data: ")[2])["id"] == 3
    assert rest == (event(answer(4)) if number is None else b"")


def test_an_event_that_is_too_long_for_nobody_in_particular_is_left_out() -> None:
    note = event(b'{"jsonrpc": "2.0", "method": "%s"}' % (b"x" * LIMIT_BYTES))
    hidden = event(b'{"result": {"a": "%s"}, "id": 3, "b": 1}' % (b"x" * LIMIT_BYTES))

    assert read(note + event(answer(3))) == (event(answer(3)), None)
    assert read(hidden + event(answer(4)), None) == (event(answer(4)), None)


def test_an_event_that_grows_too_long_where_it_is_mended_is_too_long() -> None:
    given, fault = read(event(answer(3).replace(b"done", b"\xff" * 200)))

    assert fault == EXCESS
    assert b"\xff" not in given


def test_an_event_without_an_end_is_given_as_far_as_it_came() -> None:
    assert read(event(answer(3)) + b"data: {") == (event(answer(3)) + b"data: {", None)
    assert read(b"data: " + b"x" * LIMIT_BYTES, None) == (b"", None)


def test_a_document_is_given_whole() -> None:
    assert read(answer(3), kind="application/json") == (answer(3), None)


@pytest.mark.parametrize(
    ("body", "error", "fault"),
    [
        (b" " * (LIMIT_BYTES + 1), None, EXCESS),
        (answer(9), None, ProtocolBroken("mcp:web", "it answers request 9, which was not asked here")),
        (
            answer(3)[:9],
            httpx2.ReadError("cut"),
            TargetUnavailable("mcp:web", "the connection was lost during the call: cut"),
        ),
    ],
)
def test_a_document_that_is_no_answer_says_why(
    body: bytes, error: Exception | None, fault: Exception
) -> None:
    assert read(body, kind="application/json", error=error) == (b"", fault)


def test_that_a_stream_was_cut_is_left_to_the_sdk() -> None:
    cut = httpx2.ReadError("cut")

    assert read(event(answer(3)) + b"data", error=cut) == (event(answer(3)), cut)
