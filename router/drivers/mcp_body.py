"""The body of an answer of an MCP server over HTTP: bounded, mended, and held against what was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final, cast

import httpx2

from router.drivers.jsonrpc import Answers, Id, answers_of, mend
from router.drivers.mcp_faults import Faults
from router.drivers.mcp_heard import is_request, request_id
from router.drivers.mcp_program import EDGE_BYTES, TooLong
from router.drivers.quoting import brief
from router.errors import ProtocolBroken, ResultTooLarge, TargetUnavailable

_DATA: Final = b"data:"


class Body(httpx2.AsyncByteStream):
    """A document, or a stream of events, of which none is longer than the limit.

    `number` is of the request that is answered; None where the stream may hold answers to any.
    """

    def __init__(
        self,
        response: httpx2.Response,
        number: Id | None,
        limit_bytes: int,
        faults: Faults,
        excess: ResultTooLarge,
    ) -> None:
        self._inner = cast("httpx2.AsyncByteStream", response.stream)
        self._streamed = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        self._number = number
        self._limit_bytes = limit_bytes
        self._faults = faults
        self._excess = excess
        self._target = excess.target

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._events() if self._streamed else self._document():
            yield part

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._inner.aclose()

    async def _document(self) -> AsyncIterator[bytes]:
        """Give all of it at once. Raises StreamError, for the SDK the end of this answer alone."""
        held = bytearray()
        try:
            async for chunk in self._inner:
                held += chunk
                if len(held) > self._limit_bytes:
                    raise httpx2.StreamError(self._faults.name(self._excess))
        except httpx2.TransportError as error:
            told = brief(str(error)) or type(error).__name__
            lost = TargetUnavailable(self._target, f"the connection was lost during the call: {told}")
            raise httpx2.StreamError(self._faults.name(lost)) from error
        document = mend(bytes(held))
        if other := self._answers(document).other:
            raise httpx2.StreamError(self._faults.name(self._not_asked(other)))
        yield document

    async def _events(self) -> AsyncIterator[bytes]:
        """Give each event as it ends, without answers to what was not asked. Raises SSEError for no other."""
        events = Events(self._limit_bytes)
        told_to: set[Id] = set()
        others, is_answered = "", False
        async for chunk in self._inner:
            for event in events.feed(chunk):
                if isinstance(event, TooLong):
                    yield self._instead(event, told_to)
                    continue
                answers = self._answers(_data(event))
                others = answers.other or others
                is_answered = is_answered or answers.ours
                if not answers.other:
                    yield event
        if others and not is_answered and not told_to:
            raise httpx2.SSEError(self._faults.name(self._not_asked(others)))
        yield events.rest()

    def _answers(self, said: bytes) -> Answers:
        return Answers() if self._number is None else answers_of(said, self._number)

    def _not_asked(self, other: str) -> ProtocolBroken:
        return ProtocolBroken(self._target, f"it answers request {brief(other)}, which was not asked here")

    def _instead(self, event: TooLong, told_to: set[Id]) -> bytes:
        """Return an error in the stead of an answer that is too long, once; nothing for what is none."""
        start = event.start.partition(_DATA)[2]
        if is_request(start):
            return b""
        number = self._number if self._number is not None else request_id(TooLong(start, event.end))
        if number is None or number in told_to:
            return b""
        told_to.add(number)
        return b"event: message\ndata: %s\n\n" % self._faults.answer(number, self._excess)


def _data(event: bytes) -> bytes:
    """Return what an event says; its other fields are for who cares how it came."""
    lines = (line.rstrip(b"\r") for line in event.split(b"\n"))
    return b"\n".join(line[len(_DATA) :] for line in lines if line.startswith(_DATA))


class Events:
    """Cuts a stream into events, mended, and holds no more of one than the limit."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._held = bytearray()
        self._size_bytes = 0
        self._start: bytes | None = None
        self._is_blank = True
        """Whether the present line has nothing in it so far."""

    def feed(self, chunk: bytes) -> Iterator[bytes | TooLong]:
        """Yield the events that end in the chunk; one that grows too long is told then and at its end."""
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            yield from self._add(line + b"\n")
            if self._is_blank and not line.strip(b"\r"):
                yield from self._ended()
            self._is_blank = True
        yield from self._add(rest)
        self._is_blank = self._is_blank and not rest.strip(b"\r")

    def rest(self) -> bytes:
        """Return the event that has not ended, as far as it came."""
        return mend(bytes(self._held)) if self._start is None else b""

    def _add(self, part: bytes) -> Iterator[TooLong]:
        self._held += part
        self._size_bytes += len(part)
        if self._size_bytes > self._limit_bytes:
            if self._start is None:
                self._start = bytes(self._held[:EDGE_BYTES])
                yield TooLong(self._start)
            del self._held[:-EDGE_BYTES]

    def _ended(self) -> Iterator[bytes | TooLong]:
        held, start = bytes(self._held), self._start
        self._held, self._size_bytes, self._start = bytearray(), 0, None
        if start is not None:
            yield TooLong(start, held)
        elif len(mended := mend(held)) > self._limit_bytes:
            yield TooLong(mended[:EDGE_BYTES], mended[-EDGE_BYTES:])
        else:
            yield mended
