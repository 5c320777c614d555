"""What an answer is made of: results as they are, a template, and what added rules bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.core.outcome import Blob, Link, Result, Text
from router.core.plan import Plan, Step, Target
from router.core.query import Query
from router.engine import Route
from router.testing import Answer
from tests import projects
from tests.routers import SIMPLE, over, states

pytestmark = pytest.mark.anyio


# Added rules.

ADDED = """
[main]
say = "deploy {what:word}"
steps = [
    { id = "one", use = "mcp:git/deploy" },
    { id = "two", use = "mcp:git/check", args = { of = "{{ steps.one.text }}" } },
]
answer = "deployed {{ what }}: {{ result.text }}; {{ steps | length }} steps"

[trace]
when.all = ["deploy"]
add = "a2a:writer"
ask = "note {{ text }}"
"""


async def test_added_steps_have_the_id_of_their_rule_and_stay_out_of_the_answer_s_template(
    tmp_path: Path,
) -> None:
    answers: dict[str, Answer] = {"mcp:git/deploy": "D", "mcp:git/check": "C", "a2a:writer": "NOTED"}
    router, driver = over(projects.book(tmp_path, ADDED), answers)

    outcome = await router.ask("deploy web")

    assert states(outcome) == {"one": "done", "two": "done", "rules.trace:1": "done"}
    assert driver.call_of("mcp:git/check").args == {"of": "D"}
    assert driver.call_of("a2a:writer").message == "note deploy web"
    assert outcome.answer == "deployed web: C; 2 steps\n\nNOTED"


async def test_the_templates_of_an_added_rule_read_its_own_steps(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {"mcp:git/one": "main", "mcp:time/one": "added", "mcp:git/two": ""}
    router, driver = over(projects.book(tmp_path, SIMPLE), answers)
    query = Query("ask 1")
    steps = (
        Step("1", Target("mcp", "git", "one")),
        Step("rules.trace:1", Target("mcp", "time", "one")),
        Step(
            "rules.trace:2",
            Target("mcp", "git", "two"),
            needs=("rules.trace:1",),
            later={"args": {"of": "{{ steps['1'].text }}"}},
        ),
    )

    await router.carry_out(Route(query, router.decide(query), Plan("rule", steps)))

    assert driver.call_of("mcp:git/two").args == {"of": "added"}


async def test_a_failing_added_step_fails_the_whole_and_leaves_the_main_result(tmp_path: Path) -> None:
    rules = SIMPLE + '\n[note]\nwhen.all = ["ask"]\nadd = "a2a:writer"\n'
    router, _ = over(projects.book(tmp_path, rules), {"mcp:git/one": "ONE"})

    outcome = await router.ask("ask 1")

    assert states(outcome) == {"1": "done", "rules.note:1": "failed"}
    assert (outcome.state, outcome.answer) == ("failed", "ONE")


# The answer.


UNSAVED = "[a, application/octet-stream, 1,234 bytes; --save DIR writes it]"


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (Result((Text("a"), Text("b\n"))), "a\nb"),
        (Result(structured={"ä": [1]}), '{\n  "ä": [\n    1\n  ]\n}'),
        (Result((Text("text wins"),), structured={"a": 1}), "text wins"),
        (Result((Blob(b"1" * 1234, name="a"),)), UNSAVED),
        (Result((Blob(b"1", "image/png", path="out/a.png"),)), "[image/png, 1 bytes; written to out/a.png]"),
        (Result((Link("file:///a", "notes"), Link("file:///b"))), "[notes: file:///a]\n[link: file:///b]"),
        (Result(), ""),
    ],
)  # fmt: skip
async def test_an_answer_without_a_template_shows_every_kind_of_content(
    tmp_path: Path, result: Result, answer: str
) -> None:
    router, _ = over(projects.book(tmp_path, SIMPLE), {"mcp:git/one": result})

    assert (await router.ask("ask 1")).answer == answer


async def test_an_answer_s_template_may_read_results_slots_and_the_query(tmp_path: Path) -> None:
    rules = (
        SIMPLE
        + "answer = \"{{ text }} gave {{ result.structured.total + n }} ({{ steps['1'].state }})\\n\"\n"
    )
    router, _ = over(projects.book(tmp_path, rules), {"mcp:git/one": Result(structured={"total": 4})})

    assert (await router.ask("ask 3")).answer == "ask 3 gave 7 (done)"


async def test_a_template_that_fails_costs_its_look_and_not_the_result(tmp_path: Path) -> None:
    rules = SIMPLE + 'answer = "{{ result.structured.total }}"\n'
    router, _ = over(projects.book(tmp_path, rules), {"mcp:git/one": "the result"})

    outcome = await router.ask("ask 1")

    assert (outcome.state, outcome.answer) == ("done", "the result")
    assert len(outcome.warnings) == 1
    assert outcome.warnings[0].startswith("answer: ")
