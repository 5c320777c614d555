"""Each variant of the server of models sends what it says, over real HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any

import pytest

from router.testing import VARIANTS, ModelServer
from router.testing.model_answers import THOUGHT, TOKENS_IN, TOKENS_OUT
from router.testing.models import PLAN
from tests.testing.asking import ASKED, Got, ask, first, holds_the_plan


def test_there_are_more_than_35_variants_of_every_outcome() -> None:
    assert len(VARIANTS) >= 35
    assert {variant.outcome for variant in VARIANTS.values()} == {"plan", "rejected", "unavailable"}
    assert all(name == variant.name for name, variant in VARIANTS.items())


@pytest.mark.parametrize("name", [name for name in VARIANTS if name.endswith("_then_good")])
def test_what_is_good_in_the_end_is_bad_at_first_and_stays_good(name: str) -> None:
    with ModelServer(name) as server:
        try:
            assert not holds_the_plan(ask(server))
        except (OSError, http.client.HTTPException, ValueError):
            assert len(server.requests) == 1

        assert [holds_the_plan(ask(server)) for _ in range(2)] == [True, True]


SENT: dict[str, Callable[[Got], bool]] = {
    "plain": lambda got: holds_the_plan(got) and got.json["model"] == "some/model",
    "reasoning": lambda got: got.choice["message"]["reasoning"] == THOUGHT and holds_the_plan(got),
    "reasoning_content": lambda got: (
        got.choice["message"]["reasoning_content"] == THOUGHT and holds_the_plan(got)
    ),
    "usage_null": lambda got: got.json["usage"] is None and holds_the_plan(got),
    "usage_missing": lambda got: "usage" not in got.json and holds_the_plan(got),
    "list_content": lambda got: json.loads(got.content[0]["text"]) == PLAN,
    "list_content_in_parts": lambda got: json.loads("".join(part["text"] for part in got.content)) == PLAN,
    "fenced": lambda got: got.content.startswith("```json\n{") and got.content.endswith("}\n```"),
    "text_around": lambda got: got.content.startswith("Here is the plan") and "}\n\nTell me" in got.content,
    "think_block": lambda got: got.content.startswith("<think>") and got.content.endswith("}"),
    "harmony_raw": lambda got: (
        got.content.startswith("<|channel|>analysis<|message|>")
        and "<|channel|>final<|message|>{" in got.content
    ),
    "harmony_stripped": lambda got: (
        got.content.startswith("analysis") and "assistantfinal{" in got.content and "<|" not in got.content
    ),
    "harmony_commentary": lambda got: (
        "<|channel|>commentary to=functions.plan <|constrain|>json<|message|>{" in got.content
    ),
    "tool_calls": lambda got: (
        got.content is None
        and json.loads(got.choice["message"]["tool_calls"][0]["function"]["arguments"]) == PLAN
        and got.choice["finish_reason"] == "tool_calls"
    ),
    "null_content_then_good": lambda got: (
        got.content is None and got.json["usage"]["completion_tokens"] == TOKENS_OUT
    ),
    "length_then_good": lambda got: got.content == "" and got.choice["finish_reason"] == "length",
    "length_always": lambda got: got.content == "" and got.choice["finish_reason"] == "length",
    "truncated_then_good": lambda got: json.dumps(PLAN).startswith(got.content),
    "garbage_always": lambda got: "{" not in got.content,
    "garbage_then_good": lambda got: "{" not in got.content,
    "wrong_tool_then_good": lambda got: steps(got)[0]["use"] == "mcp:nowhere/no_such_tool",
    "wrong_tool_always": lambda got: steps(got)[0]["use"] == "mcp:nowhere/no_such_tool",
    "wrong_args_then_good": lambda got: (
        set(json.loads(steps(got)[0]["args"])) == {"max_count", "no_such_argument"}
    ),
    "cycle_then_good": lambda got: [step["needs"] for step in steps(got)] == [["2"], ["1"]],
    "two_objects_then_good": lambda got: len([json.loads(line) for line in got.content.splitlines()]) == 2,
    "deep_json": lambda got: got.content.startswith("[" * 100_000),
    "deep_body": lambda got: got.body.startswith(b'{"choices":' + b"[" * 100_000),
    "huge_body": lambda got: len(got.body) == 64 * 1_048_576,
    "json_failed_salvageable": lambda got: (
        got.status == 400
        and got.json["error"]["code"] == "json_validate_failed"
        and json.dumps(PLAN) in got.json["error"]["failed_generation"]
    ),
    "json_failed_unsalvageable": lambda got: (
        got.status == 400 and json.dumps(PLAN).startswith(got.json["error"]["failed_generation"])
    ),
    "format_refused_400": lambda got: got.status == 400 and "response_format" in got.json["error"],
    "format_refused_422": lambda got: got.status == 422 and "response_format" in got.json["detail"][0]["loc"],
    "effort_refused": holds_the_plan,
    "format_and_effort_refused": lambda got: got.status == 400 and "response_format" in got.json["error"],
    "error_with_200": lambda got: got.status == 200 and got.json["error"]["code"] == 502,
    "empty_choices": lambda got: got.status == 200 and got.json["choices"] == [],
    "unauthorized": lambda got: got.status == 401,
    "payment_required": lambda got: got.status == 402,
    "rate_limited_then_good": lambda got: (got.status, got.retry_after) == (429, "1"),
    "rate_limited_by_date_then_good": lambda got: got.status == 429 and "GMT" in str(got.retry_after),
    "rate_limited_for_an_hour": lambda got: (got.status, got.retry_after) == (429, "3600"),
    "harmony_error_then_good": lambda got: got.status == 500 and got.json["error"]["type"] == "HarmonyError",
    "parser_error_then_good": lambda got: got.status == 500 and "peg-native" in got.json["error"]["message"],
    "error_500_always": lambda got: got.status == 500,
    "html_503_then_good": lambda got: (got.status, got.kind) == (503, "text/html"),
    "gateway_timeout": lambda got: (got.status, got.kind) == (504, "text/html"),
    "html_with_200": lambda got: (got.status, got.kind) == (200, "text/html"),
    "streamed": lambda got: (
        got.kind == "text/event-stream"
        and got.events[0].startswith(":")
        and got.chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": None}
        and got.chunks[1]["choices"][0]["delta"] == {"reasoning": THOUGHT}
        and json.loads(got.said) == PLAN
        and got.chunks[-1]["choices"] == []
        and got.chunks[-1]["usage"]["prompt_tokens"] == TOKENS_IN
        and got.events[-1] == "data: [DONE]"
    ),
    "streamed_without_done": lambda got: (
        json.loads(got.said) == PLAN and got.chunks[-1]["choices"][0]["finish_reason"] == "stop"
    ),
    "streamed_error": lambda got: json.loads(got.events[-1][6:])["error"]["code"] == 503,
    "streamed_silently_cut_then_good": lambda got: (
        got.said == json.dumps(PLAN)[:40] and got.chunks[-1]["choices"][0]["finish_reason"] is None
    ),
}
BROKEN = {"slow", "reset", "reset_then_good", "body_cut_then_good", "streamed_cut_then_good"}


def steps(got: Got) -> Any:
    return json.loads(got.content)["steps"]


def test_every_variant_is_held_to_what_it_sends() -> None:
    assert set(SENT) | BROKEN == set(VARIANTS)
    assert not set(SENT) & BROKEN


@pytest.mark.parametrize("name", SENT)
def test_a_variant_sends_what_it_says(name: str) -> None:
    assert SENT[name](first(name))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("json_failed_unsalvageable", "response_format"),
        ("format_refused_400", "response_format"),
        ("format_refused_422", "response_format"),
        ("effort_refused", "reasoning_effort"),
        ("format_and_effort_refused", "response_format"),
    ],
)
def test_a_server_that_refuses_a_key_answers_well_without_it(name: str, key: str) -> None:
    assert first(name, {**ASKED, key: "low"}).status in {400, 422}
    assert holds_the_plan(first(name, {each: ASKED[each] for each in ASKED if each != key}))


def test_a_server_that_refuses_two_keys_refuses_the_second_when_the_first_is_gone() -> None:
    refused = first("format_and_effort_refused", {"reasoning_effort": "low"})

    assert (refused.status, refused.json["error"]["param"]) == (400, "reasoning_effort")


@pytest.mark.parametrize("name", ["reset", "reset_then_good"])
def test_a_connection_is_reset(name: str) -> None:
    with ModelServer(name) as server, pytest.raises(ConnectionResetError):
        ask(server)


@pytest.mark.parametrize("name", ["body_cut_then_good", "streamed_cut_then_good"])
def test_a_body_ends_before_it_is_all_there(name: str) -> None:
    with ModelServer(name) as server, pytest.raises(http.client.IncompleteRead) as cut:
        ask(server)

    assert cut.value.partial
