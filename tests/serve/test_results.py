"""Results and errors as `tools/call` answers them."""

from __future__ import annotations

from mcp_types import CallToolResult

from router.core.outcome import Blob, Link, Outcome, Result, StepOutcome, Text
from router.errors import CallTimedOut
from router.serve.results import ERROR, failed, outcome_of, wire_of


def test_what_came_over_mcp_goes_on_as_it_came() -> None:
    wire = {"content": [], "structuredContent": {"a": 1}, "_meta": {"b": 2}, "resultType": "complete"}

    assert wire_of(Result((Text("else"),), wire=wire)) == {
        "content": [],
        "structuredContent": {"a": 1},
        "_meta": {"b": 2},
    }


def test_every_kind_of_content_is_one_of_the_protocol() -> None:
    content = (
        Text("hello"),
        Link("https://example.com"),
        Link("https://example.com/a", "a", "text/html"),
        Blob(b"x", "image/png"),
        Blob(b"x", "application/pdf", "a.pdf"),
        Blob(b"x", "application/pdf"),
    )
    wire = wire_of(Result(content, {"a": 1}))

    CallToolResult.model_validate(wire)
    assert [each["type"] for each in wire["content"]] == [
        "text", "resource_link", "resource_link", "image", "resource", "resource",
    ]  # fmt: skip
    assert wire["content"][1] == {
        "type": "resource_link",
        "uri": "https://example.com",
        "name": "https://example.com",
    }
    assert wire["content"][4]["resource"]["uri"] == "attachment:a.pdf"
    assert wire["structuredContent"] == {"a": 1}


def test_structured_content_that_is_no_object_is_told_as_text() -> None:
    assert wire_of(Result(structured=[1, "ü"])) == {"content": [{"type": "text", "text": '[1, "ü"]'}]}


def test_who_waits_says_how_it_is_answered() -> None:
    wire = wire_of(Result((Text("Which day?"),), state="waiting", task="t-1"))

    assert [each["text"] for each in wire["content"]] == [
        "Which day?",
        "[the other side waits for an answer; answer it with: ts q --task t-1 TEXT]",
    ]
    assert wire_of(Result(state="waiting"))["content"][0]["text"] == "[the other side waits for an answer]"


def test_an_error_can_be_read_by_a_model_and_by_a_program() -> None:
    wire = failed(CallTimedOut("mcp:git/log", seconds=3))

    CallToolResult.model_validate(wire)
    assert wire["isError"] is True
    assert wire["content"][0]["text"] == "mcp:git/log: no answer within 3 seconds"
    assert wire["_meta"][ERROR]["code"] == "timeout"


def test_an_outcome_is_its_answer_with_what_is_no_text_beside() -> None:
    steps = (StepOutcome("1", "done", Result((Text("a"), Blob(b"x", "image/png")))),)
    done = outcome_of(Outcome("done", steps, "a"), {"plan": {}})

    assert [each["type"] for each in done["content"]] == ["text", "image"]
    assert done["structuredContent"] == {"plan": {}}
    assert "isError" not in done
    assert outcome_of(Outcome("failed", (), ""), {})["isError"] is True
