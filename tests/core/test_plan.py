"""Targets and steps: how they are written and read, and in which order steps stand."""

from __future__ import annotations

import pytest

from router.core.outcome import Blob, Link, Outcome, Result, StepOutcome, Text
from router.core.plan import JSON, Plan, Step, Target, in_order
from router.core.settings import Agent, Server, Settings, ToolFilter
from router.errors import PlanRefused


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("mcp:git/git_log", Target("mcp", "git", "git_log")),
        ("mcp:git", Target("mcp", "git")),
        ("a2a:release", Target("a2a", "release")),
        ("a2a:release/notes", Target("a2a", "release", "notes")),
        ("workflow:deploy", Target("workflow", "deploy")),
        ("mcp:s/a/b", Target("mcp", "s", "a/b")),
    ],
)
def test_a_target_is_read_and_written_alike(text: str, target: Target) -> None:
    assert Target.parse(text) == target
    assert str(target) == text


@pytest.mark.parametrize(
    "text", ["git", "mcp", "", ":x", "http:x", "mcp:", "mcp:/x", "mcp:x/", "mcp:a b", "mcp:a/\t"]
)
def test_what_is_no_target_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not a target"):
        Target.parse(text)


@pytest.mark.parametrize("text", ["mcp:box/lo g\n\x1b[31m", "\u2028\n"])
def test_what_is_no_target_is_told_on_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="is not a target") as refused:
        Target.parse(text)

    assert str(refused.value).isprintable()


GIT, RELEASE = Target("mcp", "git", "log"), Target("a2a", "release")


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        (Step("1", GIT), {"id": "1", "use": "mcp:git/log", "args": {}, "needs": []}),
        (
            Step("1", GIT, {"n": 3}, needs=("0",)),
            {"id": "1", "use": "mcp:git/log", "args": {"n": 3}, "needs": ["0"]},
        ),
        (
            Step("1", RELEASE, message="hi"),
            {"id": "1", "use": "a2a:release", "message": "hi", "needs": []},
        ),
        (Step("1", RELEASE), {"id": "1", "use": "a2a:release", "message": None, "needs": []}),
        (
            Step("1", RELEASE, {"k": 1}, later={"message": "{{ steps.a.text }}"}),
            {
                "id": "1",
                "use": "a2a:release",
                "args": {"k": 1},
                "later": {"message": "{{ steps.a.text }}"},
                "needs": [],
            },
        ),
    ],
)
def test_a_step_is_shown_with_what_its_target_takes(step: Step, shown: JSON) -> None:
    assert step.to_dict() == shown
    assert Plan("planner", (step,)).to_dict() == {"from": "planner", "steps": [shown]}


def steps(*written: str) -> tuple[Step, ...]:
    """Read `c<a,b` as step c that needs a and b."""
    pairs = [each.partition("<") for each in written]
    return tuple(Step(id_, GIT, needs=tuple(needs.split(",")) if needs else ()) for id_, _, needs in pairs)


@pytest.mark.parametrize(
    ("written", "ordered"),
    [
        ("a b c", "a b c"),
        ("b<a a", "a b"),
        ("a b<a c", "a b c"),
        ("d<b,c b<a c<a a", "a b c d"),
        ("z a<z b", "z a b"),
        ("", ""),
    ],
)
def test_steps_stand_behind_those_they_need_otherwise_as_written(written: str, ordered: str) -> None:
    assert [step.id for step in in_order(steps(*written.split()))] == ordered.split()


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("a b a b c", "more than one step is called a, b"),
        ("a<x,y", "step a needs x, y, which is not a step"),
        ("a<b b<a c", "the steps a, b need each other"),
        ("a<a", "the steps a need each other"),
    ],
)
def test_steps_that_are_no_dag_are_refused(written: str, reason: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        in_order(steps(*written.split()))
    assert refused.value.reason == reason


def test_an_outcome_is_shown_with_all_of_its_steps() -> None:
    result = Result(
        (
            Text("hello"),
            Blob(b"123", "image/png", "a.png", "out/a.png"),
            Blob(b"", "text/csv"),
            Link("file:///x", "x", "text/plain"),
            Text("there"),
        ),
        {"a": 1},
        "waiting",
        "task-1",
    )
    outcome = Outcome(
        "failed",
        (StepOutcome("1", "waiting", result, 1.23456, 2), StepOutcome("2", "failed", error={"code": "x"})),
        "answer",
        10,
        0.5,
    )
    assert result.text == "hello\nthere"
    assert outcome.to_dict() == {
        "state": "failed",
        "steps": [
            {
                "id": "1",
                "state": "waiting",
                "content": [
                    {"type": "text", "text": "hello"},
                    {
                        "type": "image",
                        "media_type": "image/png",
                        "bytes": 3,
                        "name": "a.png",
                        "path": "out/a.png",
                    },
                    {"type": "file", "media_type": "text/csv", "bytes": 0},
                    {"type": "link", "uri": "file:///x", "name": "x", "media_type": "text/plain"},
                    {"type": "text", "text": "there"},
                ],
                "structured": {"a": 1},
                "seconds": 1.235,
                "attempts": 2,
                "error": None,
                "task": "task-1",
            },
            {
                "id": "2",
                "state": "failed",
                "content": [],
                "structured": None,
                "seconds": 0.0,
                "attempts": 0,
                "error": {"code": "x"},
            },
        ],
        "answer": "answer",
        "warnings": [],
        "tokens": 10,
        "cost_usd": 0.5,
    }


@pytest.mark.parametrize(
    ("allow", "deny", "name", "admitted"),
    [
        (None, (), "x", True),
        ((), (), "x", False),
        (("git_*",), (), "git_log", True),
        (("git_*",), (), "log", False),
        (("git_*",), ("git_push",), "git_push", False),
        (None, ("*_push",), "git_push", False),
        (("A",), (), "a", False),
    ],
)
def test_a_tool_is_offered_where_it_is_allowed_and_not_denied(
    allow: tuple[str, ...] | None, deny: tuple[str, ...], name: str, admitted: bool
) -> None:
    assert ToolFilter(allow, deny).admits(name) is admitted


def test_a_prefix_stands_before_what_is_not_renamed() -> None:
    tools = ToolFilter(rename={"own": "shown"}, prefix="git_")

    assert (tools.shown("own"), tools.shown("log")) == ("shown", "git_log")
    assert (tools.own("shown"), tools.own("git_log")) == ("own", "log")


def test_a_tool_is_renamed_both_ways() -> None:
    tools = ToolFilter(rename={"own": "shown"})
    assert [tools.shown("own"), tools.shown("other"), tools.own("shown"), tools.own("other")] == [
        "shown",
        "other",
        "own",
        "other",
    ]


@pytest.mark.parametrize(
    ("fallback", "planner", "first"),
    [
        (("cache", "planner", "search"), True, "planner"),
        (("cache", "planner", "search"), False, "search"),
        (("planner",), False, None),
        ((), True, None),
    ],
)
def test_the_first_fallback_is_one_that_is_able_to_answer(
    fallback: tuple[str, ...], planner: bool, first: str | None
) -> None:
    assert Settings(fallback=fallback).terms.first_fallback(planner=planner) == first


def test_settings_find_the_server_or_agent_of_a_target() -> None:
    settings = Settings(servers={"s": Server("s")}, agents={"a": Agent("a")})
    assert settings.peer("mcp", "s") == Server("s")
    assert settings.peer("a2a", "a") == Agent("a")
    assert settings.peer("mcp", "a") is settings.peer("workflow", "s") is None
