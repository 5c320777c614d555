"""Repairs what agents are known to answer slightly wrong, on its way to the SDK; everything else stays.

A status may carry a time without a zone (fasta2a 2.1 and what is built on it), which protobuf refuses
together with the whole answer. Such a time is read as UTC; nothing here uses it. Half a character, and a byte
that is no UTF-8, becomes U+FFFD.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import Final

from router.core.plan import JSON
from router.drivers.jsonrpc import mend

_ZONELESS: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+")
_SUSPECT: Final = re.compile(rb'"timestamp"\s*:\s*"\d{4}-\d\d-\d\dT[\d:.]+"')


async def repaired(chunks: AsyncIterable[bytes], *, streamed: bool) -> AsyncIterator[bytes]:
    """Give the body of an answer, repaired: a stream of events line by line, else in one piece."""
    held = bytearray()
    async for chunk in chunks:
        head, newline, rest = chunk.rpartition(b"\n") if streamed else (b"", b"", chunk)
        if newline:
            held += head
            for line in held.split(b"\n"):
                yield repair(line) + b"\n"
            held.clear()
        held += rest
    if held:
        yield repair(held)


def repair(raw: bytes | bytearray) -> bytes:
    """Return an answer, or a line of events with one, of whole characters, and with a zone on every time."""
    said = mend(bytes(raw))
    found = _SUSPECT.search(said)
    start = said.find(b"{")
    if found is None or start < 0:
        return said
    try:
        answer = json.loads(said[start:])
    except ValueError:
        return said
    for status in _statuses(answer):
        time = status.get("timestamp")
        if isinstance(time, str) and _ZONELESS.fullmatch(time):
            status["timestamp"] = f"{time}Z"
    return said[:start] + json.dumps(answer).encode()


def _statuses(answer: JSON) -> Iterator[dict[str, JSON]]:
    """Give the status of a task (1.0 and 0.3) and of an update (`statusUpdate` in 1.0, bare in 0.3).

    They are the result of JSON-RPC, or the answer itself over HTTP+JSON.
    """
    for result in (answer, answer.get("result") if isinstance(answer, dict) else None):
        if isinstance(result, dict):
            for holder in (result, result.get("task"), result.get("statusUpdate")):
                if isinstance(holder, dict) and isinstance(status := holder.get("status"), dict):
                    yield status
