"""`ts q`, `ts explain` and the others where no rule decides and a model plans, as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from router.testing import ModelServer
from tests.cli.conftest import SETTINGS
from tests.command import Shell

pytestmark = pytest.mark.slow

SECRET = "hf_" + "x" * 30
QUESTION = "make some noise about tea"
PLAN = {"steps": [{"id": "1", "use": "mcp:echo/echo", "args": '{"text": "tea"}', "message": "", "needs": []}]}
TWO = {
    "steps": [
        {"id": "1", "use": "mcp:echo/echo", "args": '{"text": "first"}', "message": "", "needs": []},
        {"id": "2", "use": "mcp:echo/echo", "args": '{"text": "then"}', "message": "", "needs": ["1"]},
    ]
}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer(plan=PLAN) as server:
        yield server


def asking(shell: Shell, server: ModelServer, more: str = "") -> Shell:
    """Let a project's planner ask the server, once it is known what the echo server offers."""
    settings = f'{SETTINGS}\n[planner]\nretries = 0\n[planner.local]\nbase_url = "{server.base_url}"\n{more}'
    shell.write({"ts.toml": settings})
    assert shell.ts("discover").code == 0
    return shell


def test_a_plan_is_made_carried_out_remembered_and_explained(project: Shell, model: ModelServer) -> None:
    shell = asking(project, model)

    explained = shell.ts("explain", QUESTION)
    assert "planner would be asked" in explained.out
    assert model.requests == [] or all(each.method == "GET" for each in model.requests)

    first = shell.ts("q", QUESTION)
    assert (first.code, first.out) == (0, "tea\n")
    assert "plan from planner by local:openai/gpt-oss-20b: mcp:echo/echo" in first.err

    asked = len(model.requests)
    second = shell.ts("q", "--json", QUESTION)
    told = json.loads(second.out)
    assert (second.code, told["plan"]["from"], told["outcome"]["tokens"]) == (0, "cache", 0)
    assert len(model.requests) == asked

    again = json.loads(shell.ts("explain", "--json", QUESTION).out)
    assert again["plan"] == {
        "from": "cache",
        "steps": [{"id": "1", "use": "mcp:echo/echo", "args": {"text": "tea"}, "needs": []}],
    }

    last = shell.ts("explain", "--last")
    assert "from cache by local:openai/gpt-oss-20b" in last.out
    record = json.loads(shell.ts("explain", told["decision"]["id"], "--json").out)
    assert (record["from"], record["state"]) == ("cache", "done")
    assert QUESTION in shell.ts("log").out
    assert QUESTION in shell.ts("cache", "list").out
    assert json.loads(shell.ts("budget", "--json").out)["spent_usd"] == 0

    assert shell.ts("cache", "clear").code == 0
    shell.ts("q", QUESTION)
    assert len(model.requests) == asked + 1


@pytest.mark.slow
def test_a_dry_run_asks_the_model_and_calls_nothing_and_another_does_not_ask_again(
    project: Shell, model: ModelServer
) -> None:
    shell = asking(project, model)

    for source in ("planner", "cache"):
        dry = shell.ts("q", "--dry-run", "--json", QUESTION)
        assert (dry.code, json.loads(dry.out)["plan"]["from"]) == (0, source)

    assert len([each for each in model.requests if each.method == "POST"]) == 1
    assert "nothing was asked" in shell.ts("explain", "--last").err


@pytest.mark.slow
def test_without_a_planner_nobody_is_asked(project: Shell, model: ModelServer) -> None:
    done = asking(project, model).ts("q", "--no-planner", QUESTION)

    assert done.code == 3
    assert model.requests == []


@pytest.mark.slow
def test_a_model_that_makes_no_plan_leaves_the_question_without_a_route(project: Shell) -> None:
    with ModelServer("garbage_always") as server:
        done = asking(project, server).ts("q", QUESTION)

    assert done.code == 3
    assert (
        "local:openai/gpt-oss-20b made no plan that can be carried out: the answer holds no JSON" in done.err
    )
    assert "make it a rule: ts rules new" in done.err


@pytest.mark.slow
def test_a_model_that_is_gone_leaves_the_question_without_a_route(project: Shell) -> None:
    with ModelServer() as server:
        shell = asking(project, server)
    done = shell.ts("q", "--json", QUESTION)

    assert done.code == 3
    assert "cannot be reached at" in json.loads(done.out)["error"]["failures"][0]
    doctor = shell.ts("doctor")
    assert doctor.code == 0
    assert "warn planner:local: cannot be reached" in doctor.out


@pytest.mark.slow
def test_a_budget_that_is_spent_ends_with_four_and_a_free_model_still_answers(
    project: Shell, model: ModelServer
) -> None:
    shell = asking(project, model, '[planner.hf]\ntoken = "env:HF_TOKEN"\n[budget]\nlimit_usd = 0\n')

    only_paid = shell.ts("q", QUESTION, TS_PLANNER__ORDER='["hf"]', HF_TOKEN=SECRET)
    assert only_paid.code == 4
    assert "budget.limit_usd is 0, so nothing that costs is asked" in only_paid.err
    assert "make it a rule: ts rules new" in only_paid.err

    free = shell.ts("q", QUESTION, TS_PLANNER__ORDER='["hf", "local"]', HF_TOKEN=SECRET)
    assert (free.code, free.out) == (0, "tea\n")
    assert all(SECRET not in str(each.headers) + str(each.body) for each in model.requests)


def test_orchestrate_shows_the_steps_and_carries_them_out_in_order(project: Shell) -> None:
    with ModelServer(plan=TWO) as server:
        shell = asking(project, server)
        dry = shell.ts("orchestrate", "--dry-run", QUESTION)
        done = shell.ts("orchestrate", QUESTION)
        events = shell.ts("orchestrate", "--json", QUESTION)

    assert "  2  mcp:echo/echo  after 1" in dry.out
    assert (done.code, done.out) == (0, "then\n")
    progress = [line for line in done.err.splitlines() if line[:3] in ("1: ", "2: ")]
    assert [line.split()[2] for line in progress] == ["started", "done", "started", "done"]
    told = [json.loads(line) for line in events.out.splitlines()]
    assert [each["event"] for each in told] == ["route", "step", "step", "step", "step", "outcome"]


@pytest.mark.slow
def test_orchestrate_follows_a_rule_where_one_decides(project: Shell, model: ModelServer) -> None:
    done = asking(project, model).ts("orchestrate", "say hello")

    assert (done.code, done.out) == (0, "hello\n")
    assert "plan from rule" in done.err
    assert model.requests == []


@pytest.mark.slow
def test_twenty_processes_that_ask_the_same_new_question_at_once_make_one_request(
    project: Shell, model: ModelServer
) -> None:
    shell = asking(project, model)
    with ThreadPoolExecutor(20) as threads:
        done = list(threads.map(lambda _: shell.ts("q", "--dry-run", "--json", QUESTION), range(20)))

    assert {each.code for each in done} == {0}
    sources = sorted(json.loads(each.out)["plan"]["from"] for each in done)
    assert sources == ["cache"] * 19 + ["planner"]
    assert len([each for each in model.requests if each.method == "POST"]) == 1


@pytest.mark.parametrize("arguments", [["--last", "x"], []])
def test_explain_wants_a_question_an_id_or_the_last_one(project: Shell, arguments: list[str]) -> None:
    assert project.ts("explain", *arguments).code == 2


def test_an_id_that_nobody_knows_is_the_askers_mistake(project: Shell) -> None:
    done = project.ts("explain", "d:0123456789abcdef")
    assert done.code == 2
    assert "nothing was asked here that the ledger knows" in done.err


def test_doctor_says_what_would_do_where_a_model_is_named_otherwise_or_a_token_is_missing(
    project: Shell, model: ModelServer
) -> None:
    names = 'models = { "openai/gpt-oss-20b" = "gpt-oss:20b" }\n[planner.hf]\ntoken = "env:HF_TOKEN"\n'

    told = asking(project, model, names).ts("doctor", HF_TOKEN="", HF_API_KEY="").out

    assert "warn planner:local: answers, but knows no gpt-oss:20b" in told
    assert "; planner.local.models says which it is called\n" in told
    (line,) = (each for each in told.splitlines() if "planner:hf" in each)
    assert line.startswith("warn planner:hf: there is no token at env:HF_TOKEN")
    assert line.endswith("; set it, or leave hf out of planner.order")
