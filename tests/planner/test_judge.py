"""What a plan must be to be carried out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.plan import JSON, Target, in_order
from router.planner.judge import LONGEST_FAULT, judged
from tests.planner.test_extract import json_values
from tests.planner.worlds import GOOD, everything

SHOWN = everything()
ASK = {"id": "2", "use": "a2a:writer/prose", "args": "", "message": "write it", "needs": ["1"]}


def test_a_plan_that_can_be_carried_out_passes() -> None:
    found, faults = judged({"steps": [GOOD, ASK]}, SHOWN, 8)

    assert faults == ()
    assert found is not None
    first, second = found.steps
    assert (found.source, first.use, first.args) == (
        "planner",
        Target("mcp", "git", "git_log"),
        {"max_count": 3},
    )
    assert (second.message, second.args, second.needs) == ("write it", None, ("1",))


@pytest.mark.parametrize(
    "step",
    [
        {**GOOD, "args": {"max_count": 3}},
        {**GOOD, "id": 1, "needs": None},
        {"use": GOOD["use"], "args": GOOD["args"]},
    ],
)
def test_what_is_meant_without_doubt_passes(step: JSON) -> None:
    found, faults = judged({"steps": [step]}, SHOWN, 8)
    assert (faults, found and found.steps[0].args) == ((), {"max_count": 3})


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        (None, '"steps" must be a list'),
        ([], "there are no steps"),
        ([GOOD] * 9, "there are 9 steps; at most 8 are allowed"),
        ([1], "step 1: must be an object"),
        ([{**GOOD, "then": 1}], 'step 1: unknown key "then"'),
        ([{**GOOD, "use": 1}], 'step 1: "use" must be one of the targets listed'),
        ([{**GOOD, "use": "git_log"}], 'step 1: "git_log" is not a target: it starts with mcp:'),
        (
            [{**GOOD, "use": "mcp:git/git_lag"}],
            'step 1: "mcp:git/git_lag" is not one of the targets listed; did you',
        ),
        ([{**GOOD, "use": "workflow:x"}], 'step 1: "workflow:x" is not one of the targets listed'),
        ([{**GOOD, "args": "{}"}], "step 1: "),
        ([{**GOOD, "args": '{"max_count": "three"}'}], "step 1: "),
        ([{**GOOD, "args": "[1]"}], 'step 1: "args" must be a JSON object'),
        ([{**GOOD, "args": "{"}], 'step 1: "args" must be a JSON object'),
        ([{**GOOD, "args": '{"max_count": NaN}'}], 'step 1: "args" holds a number that JSON does not know'),
        ([{**GOOD, "args": json.dumps({"max_count": 1, "path": "\ud800"})}], 'step 1: "args" holds half a'),
        ([{**GOOD, "id": ""}], 'step 1: "id" must be a string'),
        ([{**GOOD, "id": "\x1b[2J"}], 'step 1: "id" must be a string'),
        ([{**GOOD, "id": "1" * 65}], 'step 1: "id" must be a string'),
        ([{**GOOD, "id": "a:b"}], 'step 1: "id" must be a string'),
        ([{**GOOD, "needs": "1"}], 'step 1: "needs" must be a list of ids'),
        ([{**ASK, "needs": [], "message": " "}], 'step 1: an agent needs a "message"'),
        ([{**ASK, "needs": [], "message": "\ud800"}], 'step 1: "message" holds half a character'),
        ([GOOD, GOOD], "more than one step is called 1"),
        ([{**GOOD, "needs": ["9"]}], "step 1 needs 9, which is not a step"),
        ([{**GOOD, "needs": ["2"]}, ASK], "the steps 1, 2 need each other"),
    ],
)
def test_a_fault_is_named(steps: JSON, fault: str) -> None:
    found, faults = judged({"steps": steps}, SHOWN, 8)
    assert found is None
    assert any(each.startswith(fault) for each in faults), faults


def test_a_model_is_not_told_more_faults_than_it_can_mend() -> None:
    _, faults = judged({"steps": [{"use": 1}] * 50}, SHOWN, 50)
    assert len(faults) == 12


@pytest.mark.parametrize("name", ["x" * 100_000, "\x1b[2J", "\ud800"])
def test_a_fault_is_short_and_can_be_printed_whatever_a_model_wrote(name: str) -> None:
    for step in ({**GOOD, "use": f"mcp:{name}"}, {**GOOD, name: 1}):
        [fault, *_] = judged({"steps": [step]}, SHOWN, 8)[1]
        assert fault.isprintable()
        assert len(fault) <= LONGEST_FAULT + 1


steps = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["1", "2", "", 1, None]) | json_values,
        "use": st.sampled_from([str(each.target) for each in SHOWN.entries]) | json_values,
        "args": st.sampled_from(['{"max_count": 1}', "{}", ""]) | json_values.map(json.dumps) | json_values,
        "message": st.sampled_from(["say", ""]) | json_values,
        "needs": st.lists(st.sampled_from(["1", "2"]), max_size=2) | json_values,
    },
)


@given(json_values | st.builds(lambda each: {"steps": each}, st.lists(steps, max_size=4)))
def test_what_passes_can_be_carried_out_and_nothing_raises(told: JSON) -> None:
    found, faults = judged(told, SHOWN, 3)
    assert (found is None) == bool(faults)
    if found is not None:
        known = {each.target for each in SHOWN.entries}
        assert 0 < len(in_order(found.steps)) <= 3
        assert {each.use for each in found.steps} <= known
        assert all((each.args is None) == (each.use.scheme == "a2a") for each in found.steps)
