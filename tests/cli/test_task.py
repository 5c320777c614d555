"""A task that waits is answered by a later command, looked at, listed and given up."""

from __future__ import annotations

import pytest

from tests.agents import speaking_agents
from tests.command import Shell

__all__ = ["speaking_agents"]

pytestmark = pytest.mark.slow

RULES = """
[draft]
owner = "@a"
say = "draft the notes please"
steps = [{ id = "draft", use = "a2a:asking" }]
answer = "notes.j2"
"""


@pytest.fixture
def waiting(shell: Shell, speaking_agents: str) -> tuple[Shell, str]:
    """Return a shell in a project that sends to an agent which asks back, and the id of a task that waits."""
    shell.write({
        "ts.toml": f'[a2a.asking]\nurl = "{speaking_agents}/asks"\n',
        "rules/team/notes.toml": RULES,
        "prompts/notes.j2": "Notes: {{ steps.draft.text }}\n",
    })  # fmt: skip
    done = shell.ts("q", "draft the notes please", "--json")
    assert (done.code, done.json["outcome"]["state"]) == (1, "waiting")
    return shell, done.json["outcome"]["steps"][0]["task"].rpartition("/")[2]


def test_whoever_is_asked_back_is_told_how_to_answer(waiting: tuple[Shell, str]) -> None:
    shell, _ = waiting

    done = shell.ts("q", "draft the notes please")

    newest = shell.ts("task", "list", "--json").json["tasks"][-1]["id"]
    assert (done.code, done.out) == (1, "Which range?\n")
    assert f'draft: waits for an answer: ts q --task {newest} "…"' in done.err


def test_an_answer_goes_to_the_task_and_its_result_reads_as_the_rule_says(waiting: tuple[Shell, str]) -> None:
    shell, task = waiting

    done = shell.ts("q", "--task", task[:8], "the last 3")

    assert (done.code, done.out, done.err) == (0, "Notes: range the last 3\n", "")
    assert shell.ts("task", "list", "--json").json == {"tasks": [], "errors": []}
    again = shell.ts("q", "--task", task, "once more")
    assert (again.code, "has ended: done" in again.err) == (2, True)


def test_an_answer_is_no_question_in_the_record(waiting: tuple[Shell, str]) -> None:
    shell, task = waiting

    shell.ts("q", "--task", task, "the last 3")

    question, answer = shell.ts("log", "--json").json["records"]
    assert (question["query"]["text"], question["task"]) == ("draft the notes please", None)
    assert (answer["query"]["text"], answer["task"].endswith(task)) == ("the last 3", True)
    assert answer["decision"]["id"] == question["decision"]["id"]
    assert f"answer to {task}" in shell.ts("log").out
    assert "draft the notes please" in shell.ts("explain", "--last").out


def test_a_task_is_looked_at_without_an_answer(waiting: tuple[Shell, str]) -> None:
    shell, task = waiting

    done = shell.ts("q", "--task", task)

    assert (done.code, done.out) == (1, "Which range?\n")
    assert len(shell.ts("log", "--json").json["records"]) == 1
    assert [each["id"] for each in shell.ts("task", "list", "--json").json["tasks"]] == [task]


def test_a_task_is_given_up(waiting: tuple[Shell, str]) -> None:
    shell, task = waiting

    done = shell.ts("task", "cancel", task)

    assert (done.code, done.err) == (0, f"canceled {task} of a2a:asking\n")
    assert "no task that began here waits" in shell.ts("task", "list").err
    assert "has ended: canceled" in shell.ts("q", "--task", task).err


def test_a_dry_run_shows_the_call_and_makes_none(waiting: tuple[Shell, str]) -> None:
    shell, task = waiting

    done = shell.ts("q", "--task", task, "the last 3", "--dry-run", "--json")

    (step,) = done.json["plan"]["steps"]
    assert (done.code, done.json["decision"]["rule"]) == (0, "notes.draft")
    assert (step["use"], step["message"], step["task"].endswith(task)) == ("a2a:asking", "the last 3", True)
    assert len(shell.ts("log", "--json").json["records"]) == 1


def test_an_agent_is_asked_for_what_it_keeps(waiting: tuple[Shell, str]) -> None:
    shell, task = waiting

    told = shell.ts("task", "list", "asking", "--json")
    kept = {each["id"]: each for each in told.json["tasks"]}

    assert told.code == 0
    assert (kept[task]["state"], kept[task]["question"]) == ("input-required", "Which range?")
    assert "a2a:asking  input-required  Which range?" in shell.ts("task", "list", "asking").out


def test_an_agent_that_keeps_no_list_says_so(shell: Shell, speaking_agents: str) -> None:
    old = f'[a2a.old]\nurl = "{speaking_agents}/asks-old"\n[mcp.git]\ncommand = "git-server"\n'
    shell.write({"ts.toml": old})

    done, server = shell.ts("task", "list", "old"), shell.ts("task", "list", "git")

    assert (done.code, done.err) == (1, "error: a2a:old: it speaks A2A 0.3, which has no list of tasks\n")
    assert (server.code, "keeps no tasks" in server.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--task", "nope", "x"), 'no task that began here is called "nope"; ts task list shows'),
        (("--task", "", "x"), "no task that began here"),
        (("--task", "nope", "-u", "x"), "no rule routes an answer to a task"),
        (("--task", "nope", "--attach", "ts.toml"), "--attach goes along with a TEXT"),
        ((), "TEXT"),
    ],
)
def test_what_is_no_answer_is_refused(shell: Shell, arguments: tuple[str, ...], told: str) -> None:
    shell.write({"ts.toml": ""})

    done = shell.ts("q", *arguments)

    assert (done.code, told in done.err) == (2, True), done.err
