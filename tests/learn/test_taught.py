"""What records and files teach: one call that was carried out; a line that teaches nothing is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.decision import Decision
from router.core.findings import Findings
from router.core.outcome import Outcome
from router.core.plan import Plan, Source, Step, Target
from router.core.query import Query
from router.learn.taught import Taught, answered, folded, read_taught, taught
from router.ledger.record import LONG_AGO
from router.ledger.store import Ledger
from router.ports import Planned

STEP = {"id": "1", "use": "mcp:git/git_log", "args": {"n": 3}, "needs": []}


def record(**changes: Any) -> dict[str, Any]:
    """Return a record as the ledger gives it."""
    return {
        "time": "2026-11-20T10:00:00+00:00",
        "project": "/srv",
        "cwd": "/srv/sub",
        "repository": "/srv",
        "query": {"text": "last 3 commits", "modes": ["useful"], "words": [], "facts": {}, "attached": []},
        "decision": {"kind": "none"},
        "plan": {"from": "planner", "steps": [STEP]},
        "model": "hf:openai/gpt-oss-20b",
        "state": "done",
        **changes,
    }


def test_a_plan_of_one_step_that_was_done_teaches() -> None:
    assert taught([record()]) == (
        Taught(
            "last 3 commits",
            "mcp:git/git_log",
            {"n": 3},
            model="hf:openai/gpt-oss-20b",
            seen="2026-11-20",
            cwd="/srv/sub",
            repository="/srv",
        ),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "failed"},
        {"state": None},
        {"plan": None},
        {"plan": {"from": "search", "steps": [STEP]}},
        {"plan": {"from": "planner", "steps": []}},
        {"plan": {"from": "planner", "steps": [STEP, {**STEP, "id": "2"}]}},
        {"plan": {"from": "planner", "steps": [{**STEP, "needs": ["0"]}]}},
        {"plan": {"from": "planner", "steps": [{**STEP, "use": "git"}]}},
        {"plan": {"from": "planner", "steps": [{**STEP, "args": [1]}]}},
        {"plan": {"from": "planner", "steps": [{**STEP, "message": "m"}]}},
        {"plan": {"from": "planner", "steps": ["1"]}},
        {"query": {"text": "last 3 commits", "words": ["git"]}},
        {"query": {"text": "last 3 commits", "facts": {"a": "b"}}},
        {"query": {"text": "last 3 commits", "attached": ["image/png"]}},
        {"query": {"text": " "}},
        {"query": {}},
    ],
)
def test_nothing_else_does(changes: dict[str, Any]) -> None:
    assert taught([record(**changes)]) == ()


def test_what_was_answered_alike_counts_together() -> None:
    later = record(
        time="2026-11-22T10:00:00+00:00", model="local:gpt-oss", plan={"from": "cache", "steps": [STEP]}
    )

    (found,) = taught([later, record(), record(time="soon")])

    assert (found.count, found.first, found.seen) == (3, "2026-11-20", "2026-11-22")
    assert found.model == "hf:openai/gpt-oss-20b, local:gpt-oss"


def test_where_it_was_asked_keeps_answers_apart() -> None:
    here, there = record(), record(cwd="/srv/other")

    assert sorted(each.cwd for each in taught([here, here, there])) == ["/srv/other", "/srv/sub"]


@pytest.mark.parametrize("old", [{"cwd": "", "repository": ""}, {"cwd": None, "repository": 1}])
def test_a_record_that_does_not_say_where_it_was_asked_knows_its_project_alone(old: dict[str, Any]) -> None:
    (found,) = taught([record(**old)])

    assert (found.cwd, found.repository, found.project) == ("", "", "/srv")


def test_other_calls_of_one_text_are_kept_apart() -> None:
    other = record(plan={"from": "planner", "steps": [{**STEP, "args": {"n": 4}}]})

    assert [each.args for each in taught([record(), other])] == [{"n": 3}, {"n": 4}]


@pytest.mark.parametrize("source", ["planner", "cache"])
def test_the_real_ledger_teaches(tmp_path: Path, source: Source) -> None:
    ledger = Ledger(tmp_path / "home", tmp_path)
    query = Query("write a poem", cwd="/srv/sub", repository="/srv")
    number = ledger.record(query, Decision("d:1", "r:1", "none"))
    plan = Plan(source, (Step("1", Target.parse("a2a:writer"), message="write a poem"),))
    ledger.planned(number, Planned(plan, "hf:openai/gpt-oss-20b"), ())
    ledger.ended(number, Outcome("done", ()))
    records = [each.to_dict() for each in ledger.since(LONG_AGO)]

    (found,) = taught(records)
    (asked,) = answered(records)

    assert (found.text, found.use, found.message) == ("write a poem", "a2a:writer", "write a poem")
    assert (found.model, found.cwd, found.repository, found.project) == (
        "hf:openai/gpt-oss-20b",
        "/srv/sub",
        "/srv",
        "",
    )
    assert (asked.recorded.query.cwd, asked.recorded.query.repository) == ("/srv/sub", "/srv")
    assert (asked.recorded.shown, asked.recorded.file, asked.calls) == (
        "write a poem",
        "ledger",
        (found.call,),
    )


def test_what_was_asked_is_known_without_an_answer_too() -> None:
    failed = record(state="failed")
    two = record(plan={"from": "planner", "steps": [STEP, {**STEP, "id": "2"}]})

    one, other = answered([failed, two, record(query={})])

    assert one.calls == ()
    assert len(other.calls) == 2


def test_a_file_teaches_a_call_a_line() -> None:
    lines = [
        {"text": "last 3", "use": "mcp:git/git_log", "args": {"n": 3}},
        {"text": "a poem", "use": "a2a:writer", "message": "a poem", "model": "m", "seen": "2026-11-20"},
        {"text": "last 3", "use": "mcp:git/git_log", "args": {"n": 3}},
    ]
    findings = Findings()

    found = read_taught("t.jsonl", "\r\n\n".join(map(json.dumps, lines)), findings)

    assert findings.problems == []
    log = Taught("last 3", "mcp:git/git_log", {"n": 3}, file="t.jsonl")
    poem = Taught("a poem", "a2a:writer", None, "a poem", "m", "2026-11-20", file="t.jsonl")
    assert found == folded([log, poem, log])
    assert [each.count for each in found] == [1, 2]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Expecting property name enclosed in double quotes"),
        ("[]", 'a line is an object with "text", "use" and "args"'),
        ('{"text": "a"}', '"text" and "use" must be texts'),
        ('{"text": " ", "use": "mcp:a/b"}', "the query is empty"),
        ('{"text": "a", "use": "b"}', '"b" is not a target'),
        ('{"text": "a", "use": "mcp:a/b", "args": []}', '"args" must be an object'),
        ('{"text": "a", "use": "mcp:a/b", "args": {"a": NaN}}', "Out of range float values"),
        ('{"text": "a", "use": "mcp:a/b", "args": {"a": "\\ud800"}}', "the arguments hold half a character"),
        (
            '{"text": "a", "use": "mcp:a/b", "args": ' + '{"a":' * 30 + "1" + "}" * 31,
            "nested more than 20 deep",
        ),
        ('{"text": "a", "use": "mcp:a/b", "message": "c"}', "mcp:a/b takes args, not a message"),
        ('{"text": "a", "use": "a2a:b", "message": 1}', '"message" must be a text'),
        ('{"text": "a", "use": "mcp:a/b", "arg": {}}', 'unknown key "arg"; did you mean "args"?'),
        ('{"text": "a", "use": "mcp:a/b", "model": 1}', '"model" must be a text'),
        (
            '{"text": "a", "use": "mcp:box/lo g\\n\\u001b[31m"}',
            '"mcp:box/lo g\\x0a\\x1b[31m" is not a target',
        ),
        ('{"text": "a", "use": "mcp:a/b", "seen": "soon"}', '"seen" must be a day'),
    ],
)
def test_a_line_that_teaches_nothing_is_told_with_its_number(line: str, said: str) -> None:
    findings = Findings()

    found = read_taught("t.jsonl", f'{{"text": "a", "use": "mcp:a/b"}}\n{line}\n', findings)

    (problem,) = findings.problems
    assert (problem.file, problem.line, len(found)) == ("t.jsonl", 2, 1)
    assert said in problem.message


def test_an_empty_file_is_an_error() -> None:
    findings = Findings()

    assert read_taught("t.jsonl", "\n \n", findings) == ()
    assert [each.code for each in findings.problems] == ["no-queries"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(changes=st.dictionaries(st.sampled_from(sorted(record())), JSON), step=JSON)
def test_whatever_a_record_holds_nothing_raises(changes: dict[str, Any], step: Any) -> None:
    records = [record(**changes), record(plan={"from": "planner", "steps": [step]})]

    taught(records)
    list(answered(records))


@given(text=st.text() | st.lists(JSON.map(json.dumps), max_size=3).map("\n".join))
def test_whatever_a_file_holds_it_teaches_or_is_told(text: str) -> None:
    findings = Findings()

    assert bool(read_taught("t.jsonl", text, findings)) or findings.problems
