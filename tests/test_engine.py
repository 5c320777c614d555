"""Plans are carried out in the order of their needs, faults stay local, and time runs out; over fakes."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from router.core.outcome import Blob, Content, Link, Outcome, Result, Text
from router.core.plan import Plan, Step, Target
from router.core.query import Attachment, Query
from router.engine import Route, Router
from router.errors import (
    PlanRefused,
    TargetUnknown,
    ToolFailed,
)
from router.ports import Offer
from router.testing import Answer, FakeCatalogue, FakeDriver, Scripted
from tests import projects
from tests.routers import DIAMOND, HITS, SIMPLE, error, over, states

pytestmark = pytest.mark.anyio


# The order of steps.


async def test_a_rule_is_decided_bound_and_called(tmp_path: Path) -> None:
    router, driver = over(projects.book(tmp_path, SIMPLE), {"mcp:git/one": "three"})

    outcome = await router.ask("ask 3")

    assert (outcome.state, outcome.answer, outcome.warnings) == ("done", "three", ())
    assert driver.calls[0].args == {"count": 3}
    assert [step.attempts for step in outcome.steps] == [1]
    assert router.decide("ask 3").rule == "rules.one"


async def test_each_step_comes_after_those_it_needs_and_sees_their_results(tmp_path: Path) -> None:
    targets = ("git/first", "git/left", "git/right", "time/aside", "git/join")
    answers: dict[str, Answer] = {f"mcp:{target}": target.upper() for target in targets}
    router, driver = over(projects.book(tmp_path, DIAMOND), answers)

    outcome = await router.ask("diamond")

    assert set(driver.called[:2]) == {"mcp:git/first", "mcp:time/aside"}
    assert set(driver.called[2:4]) == {"mcp:git/left", "mcp:git/right"}
    assert driver.call_of("mcp:git/left").args == {"of": "GIT/FIRST"}
    assert driver.call_of("mcp:git/join").args == {"text": "GIT/LEFT+GIT/RIGHT"}
    assert outcome.state == "done"
    assert [step.id for step in outcome.steps] == ["first", "left", "right", "last", "aside"]


async def test_independent_steps_are_at_work_at_the_same_time(tmp_path: Path) -> None:
    release = anyio.Event()
    slow = Scripted("slow", after=release)
    answers: dict[str, Answer] = {"mcp:git/first": slow, "mcp:time/aside": slow}
    router, driver = over(projects.book(tmp_path, DIAMOND), answers)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(router.ask, "diamond")
        await driver.wait_for("mcp:git/first")
        await driver.wait_for("mcp:time/aside")
        assert driver.finished == []
        release.set()


async def test_a_step_starts_as_soon_as_its_own_needs_are_done(tmp_path: Path) -> None:
    release = anyio.Event()
    answers: dict[str, Answer] = {
        "mcp:git/first": "1", "mcp:git/left": Scripted("2", after=release), "mcp:git/right": "3",
        "mcp:time/aside": Scripted("4", after=release), "mcp:git/join": "5",
    }  # fmt: skip
    router, driver = over(projects.book(tmp_path, DIAMOND), answers)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(router.ask, "diamond")
        await driver.wait_for("mcp:git/right")
        assert "mcp:time/aside" not in driver.finished
        release.set()

    assert driver.finished[-1] == "mcp:git/join"


async def test_a_failed_step_skips_its_dependents_while_the_others_go_on(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {
        "mcp:git/first": "1", "mcp:git/left": ToolFailed("mcp:git/left", "no disk"), "mcp:git/right": "RIGHT",
        "mcp:time/aside": "ASIDE",
    }  # fmt: skip
    router, driver = over(projects.book(tmp_path, DIAMOND), answers)

    outcome = await router.ask("diamond")

    assert outcome.state == "failed"
    assert states(outcome) == {
        "first": "done", "aside": "done", "left": "failed", "right": "done", "last": "skipped"
    }  # fmt: skip
    assert "mcp:git/join" not in driver.called
    assert error(outcome, "left")["code"] == "tool-failed"
    assert error(outcome, "last")["message"] == "mcp:git/join: not called: left did not finish"
    assert outcome.answer.split() == ["RIGHT", "ASIDE"]


async def test_results_that_a_failed_step_would_have_taken_up_are_in_the_answer(tmp_path: Path) -> None:
    rules = """
    [chain]
    say = "chain"
    steps = [
        { id = "a", use = "mcp:git/a" },
        { id = "b", use = "mcp:git/b", args = { of = "{{ steps.a.text }}" } },
    ]
    """
    router, _ = over(projects.book(tmp_path, rules), {"mcp:git/a": "worth keeping"})

    outcome = await router.ask("chain")

    assert (outcome.state, outcome.answer) == ("failed", "worth keeping")


async def test_a_template_that_fails_on_a_result_fails_its_step_before_it_is_called(tmp_path: Path) -> None:
    rules = """
    [chain]
    say = "chain"
    steps = [
        { id = "a", use = "mcp:git/a" },
        { id = "b", use = "mcp:git/b", args = { of = "{{ steps.a.structured.missing.deep }}" } },
    ]
    """
    router, _ = over(projects.book(tmp_path, rules), {"mcp:git/a": "x", "mcp:git/b": "y"})

    outcome = await router.ask("chain")

    assert states(outcome) == {"a": "done", "b": "failed"}
    assert error(outcome, "b")["code"] == "binding"
    assert "step b args.of" in str(error(outcome, "b")["message"])
    assert outcome.steps[1].attempts == 0


async def test_an_agent_is_asked_with_what_a_tool_returned(tmp_path: Path) -> None:
    rules = """
    [release]
    say = "write notes"
    steps = [
        { id = "log", use = "mcp:git/log" },
        { id = "notes", use = "a2a:writer", ask = "Write notes of: {{ steps.log.text }}" },
    ]
    """
    router, driver = over(projects.book(tmp_path, rules), {"mcp:git/log": "abc", "a2a:writer": "# Notes"})

    outcome = await router.ask("write notes")

    assert driver.call_of("a2a:writer").message == "Write notes of: abc"
    assert outcome.answer == "# Notes"


async def test_a_step_sees_what_it_needs_and_never_what_chanced_to_finish_before(tmp_path: Path) -> None:
    rules = """
    [list]
    say = "list"
    steps = [
        { id = "a", use = "mcp:git/a" },
        { id = "b", use = "mcp:git/b", args = { of = "{{ steps.a.text }}" } },
        { id = "c", use = "mcp:git/c", needs = ["b"], args = { all = "{{ steps | sort | join(',') }}" } },
        { id = "quick", use = "mcp:git/quick" },
    ]
    """
    answers: dict[str, Answer] = {f"mcp:git/{name}": name for name in ("a", "b", "c", "quick")}
    router, driver = over(projects.book(tmp_path, rules), answers)

    await router.ask("list")

    assert driver.finished.index("mcp:git/quick") < driver.finished.index("mcp:git/c")
    assert driver.call_of("mcp:git/c").args == {"all": "a,b"}


async def test_a_waiting_step_makes_a_waiting_outcome_and_skips_its_dependents(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {
        "mcp:git/first": Result((Text("Which branch?"),), state="waiting", task="t-1"),
        "mcp:time/aside": "ASIDE",
    }
    router, _ = over(projects.book(tmp_path, DIAMOND), answers)

    outcome = await router.ask("diamond")

    assert outcome.state == "waiting"
    assert states(outcome) == {
        "first": "waiting", "aside": "done", "left": "skipped", "right": "skipped", "last": "skipped"
    }  # fmt: skip
    assert outcome.answer.split("\n\n") == ["Which branch?", "ASIDE"]
    assert outcome.to_dict()["steps"][0]["task"] == "t-1"


async def test_a_failure_beside_a_waiting_step_fails_the_whole(tmp_path: Path) -> None:
    waiting: dict[str, Answer] = {"mcp:git/first": Result(state="waiting")}
    router, _ = over(projects.book(tmp_path, DIAMOND), waiting)

    assert (await router.ask("diamond")).state == "failed"


# Time and cancellation.


async def test_each_call_is_given_the_time_of_its_server_and_the_query_s_attachments(tmp_path: Path) -> None:
    rules = '[both]\nsay = "both"\nuse = ["mcp:git/a", "mcp:time/b", "a2a:writer"]\n'
    answers: dict[str, Answer] = {"mcp:git/a": "", "mcp:time/b": "", "a2a:writer": ""}
    router, driver = over(projects.book(tmp_path, rules), answers)
    attached = (Attachment("/a.png", "image/png", "a.png"),)

    await router.ask(Query("both", attached=attached))

    times = {str(call.target): call.timeout_seconds for call in driver.calls}
    assert times == {"mcp:git/a": 7, "mcp:time/b": 60, "a2a:writer": 11.5}
    assert {call.attached for call in driver.calls} == {attached}


async def test_what_is_done_when_the_time_of_the_whole_run_is_over_is_kept(tmp_path: Path) -> None:
    never = anyio.Event()
    answers: dict[str, Answer] = {"mcp:git/first": Scripted("", after=never), "mcp:time/aside": "ASIDE"}
    router, _ = over(projects.book(tmp_path, DIAMOND), answers)

    outcome = await router.ask("diamond", timeout_seconds=0.01)

    assert outcome.state == "failed"
    assert states(outcome) == {
        "first": "failed", "aside": "done", "left": "skipped", "right": "skipped", "last": "skipped"
    }  # fmt: skip
    assert error(outcome, "first")["message"] == "mcp:git/first: no answer within 0.01 seconds"
    assert {error(outcome, step)["code"] for step in ("first", "left", "last")} == {"timeout"}
    assert [step.attempts for step in outcome.steps] == [1, 0, 0, 0, 1]
    assert outcome.answer == "ASIDE"


async def test_a_run_within_its_time_is_not_touched_by_it(tmp_path: Path) -> None:
    router, _ = over(projects.book(tmp_path, SIMPLE), {"mcp:git/one": "1"})

    assert (await router.ask("ask 1", timeout_seconds=60)).state == "done"


async def test_cancelling_the_asker_cancels_the_calls(tmp_path: Path) -> None:
    hang = Scripted("", after=anyio.Event())
    router, driver = over(projects.book(tmp_path, SIMPLE), {"mcp:git/one": hang})
    outcomes: list[Outcome] = []

    async def ask() -> None:
        outcomes.append(await router.ask("ask 1", timeout_seconds=60))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await driver.wait_for("mcp:git/one")
        tasks.cancel_scope.cancel()

    assert driver.finished == []
    assert outcomes == []


# Faults.


async def test_a_fault_of_a_driver_fails_its_step_and_no_other(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {
        "mcp:git/first": ZeroDivisionError("by zero"), "mcp:time/aside": "ASIDE"
    }  # fmt: skip
    router, _ = over(projects.book(tmp_path, DIAMOND), answers)

    outcome = await router.ask("diamond")

    assert error(outcome, "first") == {
        "code": "call",
        "message": "mcp:git/first: unexpected ZeroDivisionError: by zero",
        "target": "mcp:git/first",
        "reason": "unexpected ZeroDivisionError: by zero",
    }
    assert outcome.answer == "ASIDE"


async def test_a_fault_without_words_is_told_by_its_type(tmp_path: Path) -> None:
    router, _ = over(projects.book(tmp_path, SIMPLE), {"mcp:git/one": EOFError()})

    assert error(await router.ask("ask 1"), "1")["reason"] == "unexpected EOFError"


async def test_a_disk_that_is_full_costs_the_file_and_not_the_result(tmp_path: Path) -> None:
    def full(content: Content) -> Content:
        if isinstance(content, Blob):
            raise OSError(28, "No space left on device")
        return content

    answer = Result((Blob(b"12", "image/png", "a.png"), Text("a picture")))
    router, _ = over(projects.book(tmp_path, SIMPLE), {"mcp:git/one": answer}, keep=full)

    outcome = await router.ask("ask 1")

    assert outcome.state == "done"
    assert outcome.steps[0].result == answer
    assert outcome.warnings == (
        "mcp:git/one: a part of the result could not be written: [Errno 28] No space left on device",
    )


async def test_what_keep_returns_is_handed_on(tmp_path: Path) -> None:
    answer = Result((Text("quiet"),), structured={"n": 1})
    router, _ = over(
        projects.book(tmp_path, SIMPLE), {"mcp:git/one": answer}, keep=lambda _: Link("file:///kept")
    )

    outcome = await router.ask("ask 1")

    assert outcome.steps[0].result == Result((Link("file:///kept"),), structured={"n": 1})


async def test_a_target_that_nobody_carries_out_fails_without_a_call(tmp_path: Path) -> None:
    router, driver = over(projects.book(tmp_path, SIMPLE))
    query = Query("ask 1")
    targets = (Target("workflow", "nightly"), Target("mcp", "nobody", "x"))
    steps = tuple(Step(str(number), target) for number, target in enumerate(targets))

    outcome = await router.carry_out(Route(query, router.decide(query), Plan("planner", steps)))

    assert error(outcome, "0")["message"] == "workflow:nightly: there is no driver for workflow: targets"
    assert error(outcome, "1")["message"] == "mcp:nobody/x: is not in the settings"
    assert [step.attempts for step in outcome.steps] == [0, 0]
    assert driver.calls == []


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        (
            (Step("a", HITS[0].target, needs=("b",)), Step("b", HITS[0].target, needs=("a",))),
            "need each other",
        ),
        ((Step("a", HITS[0].target), Step("a", HITS[0].target)), "more than one step is called a"),
        ((Step("a", HITS[0].target, needs=("z",)),), "step a needs z, which is not a step"),
        ((), "it has no steps"),
    ],
)
async def test_a_plan_that_is_no_dag_is_refused_before_anything_is_called(
    tmp_path: Path, steps: tuple[Step, ...], reason: str
) -> None:
    router, driver = over(projects.book(tmp_path, SIMPLE), {"mcp:git/git_log": "x"})
    query = Query("ask 1")

    with pytest.raises(PlanRefused, match=reason):
        await router.carry_out(Route(query, router.decide(query), Plan("planner", steps)))

    assert driver.calls == []


async def test_progress_is_told_with_the_id_of_its_step(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {"mcp:git/one": Scripted("1", progress=("warming up", "half"))}
    router, _ = over(projects.book(tmp_path, SIMPLE), answers)
    told: list[tuple[str, str]] = []

    route = await router.route(Query("ask 1"))
    await router.carry_out(route, report=lambda step, text: told.append((step, text)))
    outcome = await router.carry_out(route)

    assert told == [("1", "warming up"), ("1", "half")]
    assert outcome.state == "done"


async def test_progress_that_nobody_reads_any_more_costs_a_warning_and_not_the_result(tmp_path: Path) -> None:
    def broken(_step: str, _text: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    answers: dict[str, Answer] = {"mcp:git/one": Scripted("1", progress=("warming up", "half"))}
    router, _ = over(projects.book(tmp_path, SIMPLE), answers)

    outcome = await router.carry_out(await router.route(Query("ask 1")), report=broken)

    assert (outcome.state, outcome.answer) == ("done", "1")
    assert outcome.warnings == ("mcp:git/one: progress could not be shown: [Errno 32] Broken pipe",)


async def test_a_server_is_asked_what_it_offers(tmp_path: Path) -> None:
    offer = Offer("mcp", "git", ())
    router = Router(projects.book(tmp_path, SIMPLE), {"mcp": FakeDriver(offers=[offer])}, FakeCatalogue())

    assert await router.offer("mcp", "git") is offer
    with pytest.raises(TargetUnknown, match="there is no driver for a2a: targets"):
        await router.offer("a2a", "writer")
