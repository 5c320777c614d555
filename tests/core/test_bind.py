"""From a decision to a plan: what templates are given, and what waits for results."""

from __future__ import annotations

import pytest

from router.core.bind import bind
from router.core.outcome import Link, Result, StepOutcome, Text
from router.core.plan import JSON, Plan
from router.core.results import result_values
from router.core.values import ANSWER_VALUES, VALUES, values
from router.errors import BindingFailed
from tests.core.making import book, query

TIME = "2026-11-22T12:00:00+00:00"


def bound(rules: str, text: str, prompts: dict[str, str] | None = None, **context: JSON) -> Plan | None:
    made = book(rules, prompts=prompts)
    asked = query(text, **context)
    return bind(made, made.decide(asked), asked)


def steps(plan: Plan | None) -> JSON:
    return plan.to_dict()["steps"] if plan else None


def test_arguments_are_rendered_and_keep_their_types() -> None:
    plan = bound(
        """
        [r]
        say = "last {n:int} commits [in {p:path}]"
        use = "mcp:git/git_log"
        args.max_count = "{{ n }}"
        args.repo_path = "{{ p or cwd }}"
        args.note = "{{ n }} of {{ text }}"
        args.all = true
        """,
        "Last 3 commits?",
        cwd="/x",
    )
    assert steps(plan) == [
        {
            "id": "1",
            "use": "mcp:git/git_log",
            "args": {"max_count": 3, "repo_path": "/x", "note": "3 of Last 3 commits?", "all": True},
            "needs": [],
        }
    ]


def test_an_agent_is_asked_the_text_where_the_rule_says_nothing_else() -> None:
    assert steps(bound('[r]\nwhen.all = "x"\nuse = "a2a:release"', "x {{ y }}")) == [
        {"id": "1", "use": "a2a:release", "message": "x {{ y }}", "needs": []}
    ]


def test_an_agent_is_asked_by_a_template_or_a_prompt() -> None:
    rules = '[r]\nsay = "notes for {v:word}"\nuse = "a2a:release/notes"\nask = "ASK"\nargs.k = 1'
    inline = bound(rules.replace("ASK", "Notes: {{ v }}"), "notes for 1.2")
    prompt = bound(rules.replace("ASK", "n.j2"), "notes for 1.2", {"n.j2": "Notes: {{ v }}\n"})
    assert (
        steps(inline)
        == steps(prompt)
        == [{"id": "1", "use": "a2a:release/notes", "message": "Notes: 1.2", "args": {"k": 1}, "needs": []}]
    )


def test_what_reads_results_waits_for_them() -> None:
    plan = bound(
        """
        [r]
        when.all = "x"
        steps = [
          { id = "log", use = "mcp:git/log", args = { n = 3 } },
          { id = "get", use = "mcp:ledger/get", args = { q = ["{{ steps.log.text }}"], now = "{{ text }}" } },
          { id = "tell", use = "a2a:release", ask = "{{ steps.get.json.a }}", needs = "log" },
        ]
        answer = "{{ result.text }}"
        """,
        "x",
    )
    assert steps(plan) == [
        {"id": "log", "use": "mcp:git/log", "args": {"n": 3}, "needs": []},
        {
            "id": "get",
            "use": "mcp:ledger/get",
            "args": {"now": "x"},
            "later": {"args": {"q": ["{{ steps.log.text }}"]}},
            "needs": ["log"],
        },
        {
            "id": "tell",
            "use": "a2a:release",
            "later": {"message": "{{ steps.get.json.a }}"},
            "needs": ["get", "log"],
        },
    ]
    assert plan is not None
    assert plan.answer == "{{ result.text }}"
    assert plan.values["text"] == plan.steps[1].values["text"] == "x"
    assert plan.steps[0].values == {}


def test_added_steps_come_behind_under_names_of_their_own() -> None:
    plan = bound(
        """
        [r]
        when.all = "x"
        use = "mcp:git/log"
        [trace]
        say = "{r:rest}"
        add = ["mcp:ledger/put", "a2a:release"]
        args.q = "{{ r }}"
        """,
        "x now",
    )
    assert steps(plan) == [
        {"id": "1", "use": "mcp:git/log", "args": {}, "needs": []},
        {"id": "t.trace:1", "use": "mcp:ledger/put", "args": {"q": "x now"}, "needs": []},
        {"id": "t.trace:2", "use": "a2a:release", "message": "x now", "args": {"q": "x now"}, "needs": []},
    ]


def test_steps_that_modes_leave_out_are_not_in_the_plan() -> None:
    rules = '[r]\nwhen.all = "x"\nuse = ["mcp:useful/a", "mcp:git/log"]'
    assert [each["id"] for each in steps(bound(rules, "x"))] == ["2"]
    assert [each["id"] for each in steps(bound(rules, "x", modes=["useful"]))] == ["1", "2"]


@pytest.mark.parametrize("text", ["nothing", "x y"])
def test_a_tie_and_none_have_no_plan(text: str) -> None:
    assert bound('[a]\nwhen.all = "x"\n[b]\nwhen.all = "y"', text) is None


def test_a_day_is_counted_from_the_time_of_the_query() -> None:
    rules = '[r]\nsay = "since {d:date}"\nuse = "mcp:git/log"\nargs.since = "{{ d }}"'
    assert steps(bound(rules, "since yesterday", time=TIME))[0]["args"] == {"since": "2026-11-21"}
    assert steps(bound(rules, "since 2026-01-02"))[0]["args"] == {"since": "2026-01-02"}


@pytest.mark.parametrize("time", ["", "noon", "9999-12-31T00:00:00"])
def test_a_day_that_cannot_be_counted_fails_and_names_the_slot(time: str) -> None:
    rules = '[r]\nsay = "by {d:date}"\nuse = "mcp:git/log"\nargs.since = "{{ d }}"'
    with pytest.raises(BindingFailed) as failed:
        bound(rules, "by tomorrow", time=time)
    assert failed.value.place == "t.r slot d"


def test_a_template_that_fails_names_the_rule_and_the_value() -> None:
    rules = '[r]\nsay = "[in {p:path}] go"\nuse = "mcp:git/log"\nargs = { q = { deep = ["{{ p.x.y }}"] } }'
    with pytest.raises(BindingFailed, match=r"^t\.r args\.q\.deep\.0: "):
        bound(rules, "go")


def test_templates_are_given_every_value_and_every_slot() -> None:
    made = book('[r]\nsay = "go [in {p:path}]"\n')
    asked = query(
        "go",
        modes=["useful", "faves"],
        words=["b", "a"],
        facts={"k": "v"},
        attached=["a/b"],
        cwd="/x",
        time=TIME,
    )
    found = values(asked, "t.r", made.flat("t.r").slots, {})
    assert found == {
        "text": "go",
        "cwd": "/x",
        "repository": "",
        "facts": {"k": "v"},
        "modes": ["faves", "useful"],
        "words": ["a", "b"],
        "time": TIME,
        "attached": [{"path": "file0", "media_type": "a/b", "name": "file0"}],
        "p": None,
    }
    assert found.keys() - {"p"} == VALUES


def test_results_are_given_by_step_and_the_last_by_itself() -> None:
    found = result_values(
        {
            "a": StepOutcome("a", "done", Result((Text('{"n": 1}'),))),
            "b": StepOutcome("b", "failed", Result((Link("u"),), {"s": 1}), error={"code": "x"}),
        }
    )
    assert found.keys() == ANSWER_VALUES - VALUES
    assert found["steps"]["a"] == {
        "text": '{"n": 1}',
        "structured": None,
        "json": {"n": 1},
        "content": [{"type": "text", "text": '{"n": 1}'}],
        "state": "done",
        "error": None,
    }
    assert found["result"] is found["steps"]["b"]
    assert (found["result"]["json"], found["result"]["error"]) == ({"s": 1}, {"code": "x"})
    assert result_values({}) == {"steps": {}, "result": None}
