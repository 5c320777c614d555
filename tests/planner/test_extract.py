"""What is found in a model's answer, whatever it is wrapped in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.plan import JSON
from router.planner.extract import DEEPEST, answer, folded, salvaged
from tests.planner.worlds import GOOD, plan

PLAN = json.loads(plan())
WRAPPED = {
    "plain": plan(),
    "fence": f"```json\n{plan()}\n```",
    "text around": f"Here is the plan:\n{plan()}\nI hope that it helps.",
    "thought": f'<think>maybe {{"steps": 1}}</think>{plan()}',
    "thought that never ends": f"{plan()}<think>or {{",
    "harmony": (
        "<|channel|>analysis<|message|>Let me {} see<|end|><|start|>assistant"
        f"<|channel|>final<|message|>{plan()}"
    ),
    "harmony, constrained": f"<|channel|>final <|constrain|>json<|message|>{plan()}<|return|>",
    "harmony, stripped": f'analysisWe need {{"steps": []}} maybeassistantfinal{plan()}',
    "twice the same": plan() + plan(),
    "another object before": f'{{"thought": "x"}} {plan()}',
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def body(content: JSON, **message: JSON) -> dict[str, JSON]:
    return {"choices": [{"message": {"content": content, **message}, "finish_reason": "stop"}]}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_plan_is_found_in_what_it_is_wrapped_in(name: str) -> None:
    assert answer(body(WRAPPED[name])).found == PLAN


@pytest.mark.parametrize(
    "sent",
    [
        body([{"type": "text", "text": plan()[:20]}, {"type": "text", "text": plan()[20:]}]),
        body(None, tool_calls=[{"function": {"name": "plan", "arguments": plan()}}]),
        body("", tool_calls=[{"function": {"name": "plan", "arguments": PLAN}}]),
        body(plan(), reasoning='{"steps": ["no"]}', reasoning_content="hm"),
    ],
)
def test_a_plan_is_found_where_it_stands(sent: JSON) -> None:
    assert answer(sent).found == PLAN


@pytest.mark.parametrize(
    ("sent", "fault", "cut"),
    [
        ({}, "the server sent no choices", True),
        ({"choices": []}, "the server sent no choices", True),
        (body(None), "the answer is empty", True),
        (body(" \n"), "the answer is empty", True),
        (body("I cannot do that."), "the answer holds no JSON object", False),
        (body('{"plan": 1}'), "the answer holds JSON without steps", False),
        (body(plan() + plan({**GOOD, "id": "2"})), "the answer holds 2 plans; one is wanted", False),
        (body("{" * 5000), f"the answer nests deeper than {DEEPEST} levels", False),
        (body('{"steps": ' + "[" * 100_000), f"the answer nests deeper than {DEEPEST} levels", False),
    ],
)
def test_an_answer_without_a_plan_says_why(sent: JSON, fault: str, cut: bool) -> None:
    found = answer(sent)
    assert (found.found, found.fault, found.cut) == (None, fault, cut)


def test_an_answer_that_ran_out_of_tokens_is_cut() -> None:
    found = answer({"choices": [{"message": {"content": plan()[:30]}, "finish_reason": "length"}]})
    assert (found.fault, found.cut) == ("the answer was cut off before its end", True)


def test_a_plan_that_a_server_refused_to_hand_out_is_salvaged() -> None:
    def error(text: JSON) -> JSON:
        return {"error": {"code": "json_validate_failed", "failed_generation": text}}

    found = salvaged(error(f"so: {plan()}"))
    assert found is not None
    assert found.found == PLAN
    assert salvaged(error(None)) is None
    assert salvaged({"error": "no"}) is None
    assert salvaged([]) is None
    lost = salvaged(error("nothing"))
    assert lost is not None
    assert lost.found is None


def stream(*chunks: JSON, done: bool = True) -> str:
    told = [": comment", *(f"data: {json.dumps(each, ensure_ascii=False)}" for each in chunks)]
    return "\n\n".join([*told, "data: [DONE]"] if done else told)


def delta(ended: str | None = None, **said: JSON) -> JSON:
    return {"choices": [{"delta": said, "finish_reason": ended}]}


def test_a_streamed_answer_is_put_together() -> None:
    half = len(plan()) // 2
    whole = folded(
        stream(
            delta(role="assistant"),
            delta(reasoning="hm {"),
            delta(content=plan()[:half]),
            delta(content=plan()[half:]),
            delta("stop"),
            {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
        )
    )
    assert answer(whole).found == PLAN
    assert whole["usage"] == {"prompt_tokens": 1, "completion_tokens": 2}


def test_a_streamed_call_of_a_tool_is_put_together() -> None:
    called = [delta(tool_calls=[{"function": {"arguments": each}}]) for each in (plan()[:9], plan()[9:])]
    assert answer(folded(stream(*called, delta("stop")))).found == PLAN


def test_a_stream_that_ends_too_early_is_cut_and_an_error_in_it_is_told() -> None:
    assert answer(folded(stream(delta(content=plan()[:20]), done=False))).cut
    failed = stream(delta(role="assistant"), {"error": {"message": "no"}}, done=False)
    assert folded(f"{failed}\n\ndata: {{\n\ndata: 1") == {"error": {"message": "no"}}


def test_a_stream_is_split_at_the_ends_of_its_lines_alone() -> None:
    whole = json.dumps(json.loads(plan({**GOOD, "message": "a\u2028b\x85c"})), ensure_ascii=False)
    assert "\u2028" in whole
    for end in ("\n", "\r\n", "\r"):
        sent = stream(delta(content=whole[:30]), delta(content=whole[30:]), delta("stop"))
        assert answer(folded(sent.replace("\n", end))).found == json.loads(whole)


@given(st.data())
def test_a_stream_with_a_damaged_chunk_never_says_something_else(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(plan())), min_size=2, max_size=6)))
    pieces = [plan()[start:end] for start, end in zip([0, *cuts], [*cuts, len(plan())], strict=True)]
    chunks = [f"data: {json.dumps(delta(content=each))}" for each in pieces]
    damaged = data.draw(st.integers(0, len(chunks) - 1))
    chunks[damaged] = chunks[damaged][:-3]
    found = answer(folded("\n\n".join([*chunks, f"data: {json.dumps(delta('stop'))}"]))).found
    assert found in (None, PLAN)


@pytest.mark.parametrize("after", ["", " but no", "<|end|><|start|>assistant<|channel|>final"])
def test_a_plan_that_a_model_only_thought_of_is_no_answer(after: str) -> None:
    found = answer(body(f"<|channel|>analysis<|message|>maybe {plan()}{after}"))
    assert (found.found, found.fault, found.cut) == (None, "the answer is empty", True)


@pytest.mark.parametrize(
    "sent",
    [
        "assistantfinal" + " " * 190_000,
        "assistant final json " * 9_000,
        "<think>" * 28_000,
        "<|channel|>" * 18_000,
        " ".join(f'{{"a": {number}}}' for number in range(15_000)),
    ],
)
@pytest.mark.timeout(30)
def test_no_text_takes_long_to_look_through(sent: str) -> None:
    assert answer(body(sent)).found is None


@given(json_values)
def test_nothing_that_a_server_sends_raises(sent: JSON) -> None:
    assert answer(sent).found is None
    assert answer({"choices": [sent]}).found is None
    assert answer({"choices": [{"message": sent}]}).found is None
    found = answer(body(sent))
    assert found.found is None or "steps" in found.found
    salvaged(sent)
    folded(stream(sent, {"choices": [sent]}))


@given(st.text())
def test_no_text_that_a_server_streams_raises(sent: str) -> None:
    assert answer(folded(f"data: {sent}")).found is None


@given(st.text(), st.text())
def test_a_plan_is_found_between_any_texts_without_braces_of_their_own(before: str, after: str) -> None:
    clean = str.maketrans("", "", '{}[]<"\\')
    text = before.translate(clean) + plan() + after.translate(clean)
    assert answer(body(text)).found == PLAN
