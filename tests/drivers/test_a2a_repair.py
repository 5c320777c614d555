"""What is repaired in an answer, and that nothing else is touched."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.drivers.a2a_repair import repair, repaired

ZONELESS = {"state": "working", "timestamp": "2026-01-01T00:00:00"}
ZONED = {"state": "working", "timestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"result": {"task": {"status": ZONELESS}}}, {"result": {"task": {"status": ZONED}}}),
        ({"result": {"statusUpdate": {"status": ZONELESS}}}, {"result": {"statusUpdate": {"status": ZONED}}}),
        ({"result": {"status": ZONELESS}}, {"result": {"status": ZONED}}),
    ],
)
def test_a_time_without_a_zone_is_of_utc(before: Any, after: Any) -> None:
    assert json.loads(repair(json.dumps(before).encode())) == after
    event = repair(b"data: " + json.dumps(before).encode())
    assert event.startswith(b"data: {")
    assert json.loads(event.removeprefix(b"data: ")) == after


@pytest.mark.parametrize(
    "value",
    [
        {"result": {"task": {"artifacts": [{"parts": [{"data": ZONELESS}]}]}}},
        {"result": {"task": {"status": ZONED}}},
        {"result": {"task": {"status": [ZONELESS]}}},
        {"result": {"status": {"timestamp": 7}, "other": ZONELESS}},
        {"result": [ZONELESS]},
        {"error": ZONELESS},
    ],
)
def test_other_times_stay_as_they_are(value: Any) -> None:
    assert json.loads(repair(json.dumps(value).encode())) == value


@pytest.mark.parametrize(
    "said", [b"", b": comment", b'{"timestamp": "2026-01-01T00:00:00"', b'"timestamp":"2026-01-01T0"']
)
def test_what_is_not_json_stays_as_it_is(said: bytes) -> None:
    assert repair(said) == said


@given(
    st.lists(
        st.sampled_from(
            [
                b"data: ",
                b"\n",
                b"\n\n",
                b"{}",
                b"\r\n",
                b": x",
                json.dumps({"result": {"status": ZONELESS}}).encode(),
            ]
        )
    ),
    st.integers(1, 9),
    st.booleans(),
)
def test_how_a_body_is_cut_into_chunks_does_not_matter(
    pieces: list[bytes], size: int, streamed: bool
) -> None:
    body = b"".join(pieces)

    async def chunks(step: int) -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    async def read(step: int) -> bytes:
        return b"".join([part async for part in repaired(chunks(step), streamed=streamed)])

    assert anyio.run(read, size) == anyio.run(read, len(body) or 1)
    if ZONELESS["timestamp"].encode() not in body:
        assert anyio.run(read, size) == body
