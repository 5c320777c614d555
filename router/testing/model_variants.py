"""Every way in which OpenAI-compatible servers were seen to answer a request for a plan, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from router.core.plan import JSON
from router.testing.model_answers import (
    THOUGHT,
    Answer,
    Asked,
    Reply,
    calling_tools,
    completion,
    content,
    counted,
    dumped,
    ended,
    error,
    event,
    good,
    json_failed,
    opening,
    page,
    refusing,
    saying,
    spoiled,
    spoken,
    streamed,
    with_usage,
)

MEGABYTE = b" " * 1_048_576
DEPTH = 100_000


@dataclass(frozen=True, slots=True)
class Variant:
    """How one server answers."""

    name: str
    answers: tuple[Answer, ...]
    """To the first request, the second and so on; the last one repeats."""
    outcome: Literal["plan", "rejected", "unavailable"] = "plan"
    """What a good client makes of it: a plan, `PlanRejected` or `ModelUnavailable`."""


def _empty_choices(asked: Asked) -> Reply:
    return Reply(pieces=(dumped({**completion(asked, {}), "choices": []}),))


def _reset(_asked: Asked) -> Reply:
    return Reply(ending="reset")


def _cut(asked: Asked) -> Reply:
    return replace(good(asked), ending="cut")


def _parts(text: str) -> list[JSON]:
    half = len(text) // 2
    return [{"type": "text", "text": text[:half]}, {"type": "text", "text": text[half:]}]


def _wrong_tool(plan: dict[str, JSON]) -> JSON:
    return {"steps": [{**step, "use": "mcp:nowhere/no_such_tool"} for step in _steps(plan)]}


def _wrong_args(plan: dict[str, JSON]) -> JSON:
    return {"steps": [{**step, "args": _misfit(str(step["args"]))} for step in _steps(plan)]}


def _misfit(args: str) -> str:
    given: dict[str, JSON] = json.loads(args)
    return json.dumps({**{key: {"not": ["a", "value"]} for key in given}, "no_such_argument": True})


def _cycle(plan: dict[str, JSON]) -> JSON:
    first = _steps(plan)[0]
    return {"steps": [{**first, "id": "1", "needs": ["2"]}, {**first, "id": "2", "needs": ["1"]}]}


def _steps(plan: dict[str, JSON]) -> list[dict[str, JSON]]:
    steps = plan["steps"]
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


_PAST = "Wed, 21 Oct 2015 07:28:00 GMT"
_RAW = f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>"
_FORMAT_400 = error(400, {"error": "'response_format.type' must be 'json_schema' or 'text'"})
_FORMAT_422 = error(
    422,
    {
        "detail": [
            {
                "type": "extra_forbidden",
                "loc": ["body", "response_format"],
                "msg": "Extra inputs are not permitted",
            }
        ]
    },
)
_EFFORT_400 = error(
    400,
    {
        "error": {
            "message": "Unsupported value: 'reasoning_effort' is not supported with this model.",
            "type": "invalid_request_error",
            "param": "reasoning_effort",
            "code": "unsupported_value",
        }
    },
)
_without_effort = refusing("reasoning_effort", _EFFORT_400)
_HARMONY_500 = error(
    500,
    {
        "error": {
            "message": "Unexpected token 12606 while expecting start token 200006",
            "type": "HarmonyError",
            "param": None,
            "code": 500,
        }
    },
)
_PARSER_500 = error(
    500,
    {
        "error": {
            "code": 500,
            "message": "The model produced output that does not match the expected peg-native format",
            "type": "server_error",
        }
    },
)
_LIMIT = {"error": {"message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded"}}
_OVERLOADED = {"error": {"message": "The model is overloaded", "type": "server_error", "code": 503}}
_garbage = content(lambda _text: "I am sorry, but I would rather talk about the weather.")
_length = saying(lambda _asked: {"content": "", "reasoning": THOUGHT}, "length")

_ALL = (
    Variant("plain", (good,)),
    Variant("reasoning", (saying(lambda asked: {"content": asked.text, "reasoning": THOUGHT}),)),
    Variant(
        "reasoning_content", (saying(lambda asked: {"content": asked.text, "reasoning_content": THOUGHT}),)
    ),
    Variant("usage_null", (with_usage(None),)),
    Variant("usage_missing", (with_usage(None, sent=False),)),
    Variant("list_content", (content(lambda text: [{"type": "text", "text": text}]),)),
    Variant("list_content_in_parts", (content(_parts),)),
    Variant("fenced", (content(lambda text: f"```json\n{text}\n```"),)),
    Variant("text_around", (content(lambda text: f"Here is the plan:\n\n{text}\n\nTell me if it will do."),)),
    Variant("think_block", (content(lambda text: f"<think>\n{THOUGHT}\n</think>\n\n{text}"),)),
    Variant("harmony_raw", (content(lambda text: f"{_RAW}final<|message|>{text}<|return|>"),)),
    Variant("harmony_stripped", (content(lambda text: f"analysis{THOUGHT}assistantfinal{text}"),)),
    Variant(
        "harmony_commentary",
        (
            content(
                lambda text: f"{_RAW}commentary to=functions.plan <|constrain|>json<|message|>{text}<|call|>"
            ),
        ),
    ),
    Variant("tool_calls", (saying(calling_tools, "tool_calls"),)),
    Variant("null_content_then_good", (content(lambda _text: None), good)),
    Variant("length_then_good", (_length, good)),
    Variant("length_always", (_length,), "rejected"),
    Variant("truncated_then_good", (content(lambda text: text[: len(text) // 2], "length"), good)),
    Variant("garbage_always", (_garbage,), "rejected"),
    Variant("garbage_then_good", (_garbage, good)),
    Variant("wrong_tool_then_good", (spoiled(_wrong_tool), good)),
    Variant("wrong_tool_always", (spoiled(_wrong_tool),), "rejected"),
    Variant("wrong_args_then_good", (spoiled(_wrong_args), good)),
    Variant("cycle_then_good", (spoiled(_cycle), good)),
    Variant("two_objects_then_good", (content(lambda text: f'{text}\n{text[:-1]}, "other": 1}}'), good)),
    Variant("deep_json", (content(lambda _text: "[" * DEPTH + "]" * DEPTH),), "rejected"),
    Variant(
        "deep_body",
        (lambda _asked: Reply(pieces=(b'{"choices":' + b"[" * DEPTH + b"]" * DEPTH + b"}",)),),
        "unavailable",
    ),
    Variant("huge_body", (lambda _asked: Reply(pieces=(MEGABYTE,) * 64),), "unavailable"),
    Variant("json_failed_salvageable", (json_failed(lambda text: f"```json\n{text}\n```"),)),
    Variant(
        "json_failed_unsalvageable",
        (refusing("response_format", json_failed(lambda text: text[: len(text) // 2])),),
    ),
    Variant("format_refused_400", (refusing("response_format", _FORMAT_400),)),
    Variant("format_refused_422", (refusing("response_format", _FORMAT_422),)),
    Variant("effort_refused", (_without_effort,)),
    Variant("format_and_effort_refused", (refusing("response_format", _FORMAT_400, _without_effort),)),
    Variant(
        "error_with_200", (error(200, {"error": {"message": "upstream failed", "code": 502}}),), "unavailable"
    ),
    Variant("empty_choices", (_empty_choices,), "unavailable"),
    Variant("unauthorized", (error(401, {"error": "Invalid username or password."}),), "unavailable"),
    Variant(
        "payment_required",
        (error(402, {"error": "You have exceeded your monthly included credits"}),),
        "unavailable",
    ),
    Variant("rate_limited_then_good", (error(429, _LIMIT, {"Retry-After": "1"}), good)),
    Variant("rate_limited_by_date_then_good", (error(429, _LIMIT, {"Retry-After": _PAST}), good)),
    Variant("rate_limited_for_an_hour", (error(429, _LIMIT, {"Retry-After": "3600"}),), "unavailable"),
    Variant("harmony_error_then_good", (_HARMONY_500, good)),
    Variant("parser_error_then_good", (_PARSER_500, good)),
    Variant("error_500_always", (error(500, {"error": {"message": "boom", "code": 500}}),), "unavailable"),
    Variant("html_503_then_good", (page(503, "503 Service Temporarily Unavailable"), good)),
    Variant("gateway_timeout", (page(504, "504 Gateway Time-out"),), "unavailable"),
    Variant("html_with_200", (page(200, "Sign in to the network"),), "unavailable"),
    Variant("slow", (lambda _asked: Reply(ending="silent"),), "unavailable"),
    Variant("reset", (_reset,), "unavailable"),
    Variant("reset_then_good", (_reset, good)),
    Variant("body_cut_then_good", (_cut, good)),
    Variant("streamed", (streamed(counted),)),
    Variant("streamed_without_done", (streamed(ended),)),
    Variant("streamed_error", (streamed(lambda asked: opening(asked) + event(_OVERLOADED)),), "unavailable"),
    Variant(
        "streamed_silently_cut_then_good", (streamed(lambda asked: opening(asked) + spoken(asked, 40)), good)
    ),
    Variant(
        "streamed_cut_then_good", (streamed(lambda asked: opening(asked) + spoken(asked, 40), "cut"), good)
    ),
)

VARIANTS: Mapping[str, Variant] = MappingProxyType({variant.name: variant for variant in _ALL})
"""Every variant by its name."""
