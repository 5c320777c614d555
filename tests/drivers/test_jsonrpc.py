"""What is mended in JSON-RPC, and which answers are to another request."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.plan import JSON
from router.drivers.jsonrpc import Answers, Id, answers_of, id_of, mend

ids = st.integers() | st.text()


@given(st.text(st.characters(codec="utf-8")))
def test_a_whole_text_needs_no_mending(text: str) -> None:
    for said in (json.dumps(text).encode(), json.dumps(text, ensure_ascii=False).encode()):
        assert mend(said) == said


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_a_mended_text_is_whole(text: str) -> None:
    mended: str = json.loads(mend(json.dumps(text).encode()))

    assert mended == mended.encode(errors="replace").decode()


def test_bytes_that_are_no_text_are_mended() -> None:
    assert mend(b'"caf\xe9"') == '"caf\N{REPLACEMENT CHARACTER}"'.encode()


@given(ids)
def test_the_id_of_a_request_is_found(number: Id) -> None:
    assert id_of(json.dumps({"jsonrpc": "2.0", "id": number, "method": "x"}).encode()) == number


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[1]", b'{"id": 1, "result": {}}', b'{"method": "x"}', b'{"id": 1.5, "method": "x"}']
)
def test_what_is_no_request_has_no_id(said: bytes) -> None:
    assert id_of(said) is None


@given(ids, ids)
def test_an_answer_to_another_request_is_told_from_ours(number: Id, given: Id) -> None:
    said = json.dumps({"jsonrpc": "2.0", "id": given, "result": {}}).encode()

    found = answers_of(said, number)

    assert found.ours == (str(given) == str(number))
    assert json.loads(found.other or "0") == (0 if found.ours else given)


@pytest.mark.parametrize(
    "said",
    [
        {"id": None, "error": {"code": 1, "message": "m"}},
        {"result": {}},
        {"id": 3.0, "result": {}},
        {"id": "3", "result": {}},
    ],
)
def test_what_may_be_ours_is_taken_for_ours(said: JSON) -> None:
    assert answers_of(json.dumps(said).encode(), 3) == Answers(ours=True)


@pytest.mark.parametrize(
    "said",
    [
        {"id": 9, "method": "roots/list"},
        {"method": "notifications/message", "params": {"level": "error", "data": {"result": 1}}},
        [{"id": 9, "result": {}}],
        "text",
    ],
)
def test_what_is_no_answer_answers_nothing(said: JSON) -> None:
    assert answers_of(json.dumps(said).encode(), 3) == Answers()


@pytest.mark.parametrize("said", [b"", b'{"id": 9, "result": {', b"\xff"])
def test_what_cannot_be_read_is_left_to_others(said: bytes) -> None:
    assert answers_of(said, 3) == Answers()
