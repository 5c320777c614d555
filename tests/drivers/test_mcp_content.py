"""How content of the protocol becomes content of ours."""

from __future__ import annotations

import pytest

from router.core.outcome import Blob, Content, Link, Result, Text
from router.core.plan import JSON
from router.drivers.mcp_content import failure_of, question_of, result_of, size_bytes


@pytest.mark.parametrize(
    ("block", "content"),
    [
        ({"type": "text", "text": "hello"}, Text("hello")),
        ({"type": "image", "data": "AAEC", "mimeType": "image/png"}, Blob(b"\0\1\2", "image/png")),
        ({"type": "audio", "data": "AAEC", "mimeType": "audio/wav"}, Blob(b"\0\1\2", "audio/wav")),
        ({"type": "resource_link", "uri": "file:///a", "name": "a"}, Link("file:///a", "a")),
        (
            {
                "type": "resource",
                "resource": {"uri": "file:///a.md", "text": "# A", "mimeType": "text/markdown"},
            },
            Text("# A", "text/markdown"),
        ),
        (
            {"type": "resource", "resource": {"uri": "file:///dir/a%20b.bin?x=1", "blob": "AAEC"}},
            Blob(b"\0\1\2", "application/octet-stream", "a b.bin"),
        ),
        (
            {"type": "resource", "resource": {"uri": "file:///..%5C..%5Cevil", "blob": ""}},
            Blob(b"", "application/octet-stream", "evil"),
        ),
    ],
)
def test_each_kind_of_content_has_its_counterpart(block: JSON, content: Content) -> None:
    assert result_of({"content": [block]}) == Result((content,))


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ({"type": "image", "data": "A", "mimeType": "image/png"}, "content that is not base64"),
        ({"type": "hologram"}, 'content of the unknown type "hologram"'),
    ],
)
def test_content_that_cannot_be_read_is_told(block: JSON, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        result_of({"content": [block]})


def test_structured_content_may_be_any_json() -> None:
    assert result_of({"structuredContent": [1, None]}) == Result((), [1, None])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_structured_content_that_is_no_json_is_told(number: float) -> None:
    with pytest.raises(ValueError, match="NaN or Infinity, which is not JSON"):
        result_of({"structuredContent": {"deep": [number]}})


def test_a_result_is_as_large_as_what_it_holds() -> None:
    result = Result((Text("é"), Blob(b"123"), Link("file:///a")), {"a": 1})

    assert size_bytes(result) == 2 + 3 + 9 + 8


def test_half_a_character_has_a_size() -> None:
    assert size_bytes(Result((Text("\ud800"),), "\ud800")) == 3 + 5


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (Result((Text("no disk"),), {"a": 1}), "no disk"),
        (Result((), {"a": "é"}), '{"a": "é"}'),
        (Result((Text(""),)), "the tool reports an error and says no more"),
    ],
)
def test_a_failure_is_told_by_text_or_else_by_structure(result: Result, told: str) -> None:
    assert failure_of(result) == told


def test_a_question_with_a_link_asks_and_links() -> None:
    asked = {"method": "elicitation/create", "params": {"message": "Sign in", "url": "https://example.com"}}

    assert question_of([asked]) == Result((Text("Sign in"), Link("https://example.com")), state="waiting")


def test_a_question_of_no_known_kind_is_named() -> None:
    assert question_of([{}]).text == "the server asks for input, which is not offered"
