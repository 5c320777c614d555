"""`ts q`, run as the installed command."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from router.core.query import LONGEST_TEXT
from tests.command import TS, Shell


def test_the_answer_goes_to_standard_output(project: Shell) -> None:
    done = project.ts("q", "say hello, world!")

    assert (done.code, done.out, done.err) == (0, "hello, world!\n", "")


@pytest.mark.slow
def test_the_text_may_come_in_several_words_or_from_standard_input(project: Shell) -> None:
    assert project.ts("q", "say", "hello", "there").out == "hello there\n"
    assert project.ts("q", "-", stdin="say grüß dich\n").out == "grüß dich\n"


def test_json_holds_decision_plan_verdicts_and_outcome(project: Shell) -> None:
    told = project.ts("q", "say hello", "--json").json

    assert told["decision"]["rule"] == "talk.say"
    assert told["plan"] == {
        "from": "rule",
        "steps": [{"id": "1", "use": "mcp:echo/echo", "args": {"text": "hello"}, "needs": []}],
    }
    assert {
        "rule": "talk.wide",
        "verdict": "lost",
        "because": "narrower",
        "by": "talk.say",
        "matched": ["say"],
    } in (told["verdicts"])
    step = told["outcome"]["steps"][0]
    assert step.pop("seconds") >= 0
    assert step == {
        "id": "1", "state": "done", "content": [{"type": "text", "text": "hello"}], "structured": None,
        "attempts": 1, "error": None,
    }  # fmt: skip
    rest = {key: value for key, value in told["outcome"].items() if key != "steps"}
    assert rest == {"state": "done", "answer": "hello", "tokens": 0, "cost_usd": 0.0, "warnings": []}


def test_a_dry_run_starts_nothing(project: Shell) -> None:
    project.write({"ts.toml": '[mcp.echo]\ncommand = "no-such-program"\n'})

    done = project.ts("q", "say hello", "--dry-run")

    assert done.code == 0
    assert "mcp:echo/echo" in done.out
    assert project.ts("q", "say hello", "--dry-run", "--json").json["plan"]["from"] == "rule"
    assert project.ts("q", "nothing like it", "--dry-run").code == 3


@pytest.mark.slow
def test_no_route_names_the_nearest_tools_and_the_command_that_writes_a_rule(project: Shell) -> None:
    project.ts("discover")

    done = project.ts("q", "show me a picture of it's cat")

    assert (done.code, done.out) == (3, "")
    assert "error: no rule decides this query" in done.err
    assert "mcp:echo/picture  Return a picture." in done.err
    assert """ts rules new --use mcp:echo/picture 'show me a picture of it'"'"'s cat'""" in done.err


@pytest.mark.slow
def test_the_command_that_no_route_names_writes_a_rule_that_takes_the_question(project: Shell) -> None:
    project.ts("discover")
    told = project.ts("q", "a picture of 3 cats").err
    line = next(each for each in told.splitlines() if each.startswith("make it a rule: "))
    command = line.removeprefix("make it a rule: ts ")
    written = project.ts(*shlex.split(command))

    assert 'say = ["a picture of {n:int} cats"]' in written.out
    assert "image/png" in project.ts("q", "a picture of 5 cats").out


def test_before_discovery_no_route_says_how_to_ask_the_servers(project: Shell) -> None:
    done = project.ts("q", "nothing like it")

    assert done.code == 3
    assert "ts discover" in done.err


def test_a_dry_run_tells_a_near_miss_once(project: Shell) -> None:
    near = "near     talk.useful: lacks mode useful; has mode"

    dry = project.ts("q", "--dry-run", "mode")
    told = project.ts("q", "--dry-run", "--json", "mode")

    assert (dry.code, dry.out.count(near), dry.err.count(near)) == (3, 1, 0)
    assert "make it a rule: " in dry.err
    assert near in told.err


def test_a_near_miss_is_told_where_there_is_no_route(project: Shell) -> None:
    assert "near     talk.useful: lacks mode useful; has mode" in project.ts("q", "mode").err


def test_no_route_as_json_has_the_error(project: Shell) -> None:
    done = project.ts("q", "nothing like it", "--json")

    assert done.code == 3
    assert done.json["error"]["code"] == "no-route"
    assert done.json["decision"]["kind"] == "none"


def test_a_tie_is_no_route_or_an_error_as_the_settings_say(project: Shell) -> None:
    done = project.ts("q", "alpha beta")
    assert done.code == 3
    assert "tie in layer team: talk.tie-one, talk.tie-two" in done.err
    assert 'beats = ["talk.tie-two"]' in done.err

    done = project.ts("q", "alpha beta", TS_AMBIGUOUS="error")
    assert done.code == 1
    dry = project.ts("q", "alpha beta", "--dry-run", "--json", TS_AMBIGUOUS="error")
    assert (dry.code, dry.json["plan"]["from"]) == (1, None)
    assert "rules tie: talk.tie-one, talk.tie-two" in done.err


@pytest.mark.slow
def test_modes_words_facts_and_attachments_reach_the_rules(project: Shell) -> None:
    project.write({"notes.txt": "hello"})

    assert project.ts("q", "mode", "-u").out == "useful\n"
    assert project.ts("q", "mode", "-f").code == 3
    assert project.ts("q", "team", "--set", "team=ops").out == "ops\n"
    looked = project.ts("q", "look", "--attach", "notes.txt")
    assert (looked.out, looked.err) == ("notes.txt\n", "")
    unread = project.ts("q", "say hello", "--attach", "notes.txt").err
    assert unread == "warning: the attached files went nowhere: neither rule nor step reads them\n"
    assert project.ts("q", "say hello", "-w", "loud,other").out == "hello\n"
    assert project.ts("q", "say hello", "-w", "other").code == 3


@pytest.mark.slow
def test_arguments_that_the_tool_does_not_know_are_refused_before_the_call(project: Shell) -> None:
    done = project.ts("q", "break")

    assert done.code == 1
    assert "mcp:echo/echo" in done.err
    assert "tex" in done.err
    assert project.ts("q", "break", "--json").json["outcome"]["steps"][0]["error"]["code"] == "arguments"


def test_a_template_that_cannot_be_rendered_names_the_value(project: Shell) -> None:
    done = project.ts("q", "unbound")

    assert done.code == 1
    assert "talk.unbound args.text" in done.err
    for flags in (("--json",), ("--json", "--dry-run")):
        told = project.ts("q", "unbound", *flags).json
        assert (told["plan"]["from"], told["error"]["code"]) == ("rule", "binding")


@pytest.mark.slow
def test_pictures_are_described_or_written_where_asked(project: Shell) -> None:
    described = project.ts("q", "picture")
    assert described.out == "[image/png, 10 bytes; --save DIR writes it]\n"

    saved = project.ts("q", "picture", "--save", "out", "--json").json
    path = Path(saved["outcome"]["steps"][0]["content"][0]["path"])
    assert (project.directory / path).read_bytes() == b"\x89PNG pixel"
    assert project.ts("q", "picture", "--save", "out").code == 0
    assert len(list((project.directory / "out").iterdir())) == 2


def test_the_whole_run_can_time_out(project: Shell) -> None:
    done = project.ts("q", "slow", "--timeout", "2")

    assert done.code == 1
    assert "no answer within 2 seconds" in done.err


def test_streamed_json_is_one_event_a_line(project: Shell) -> None:
    done = project.ts("q", "say hello", "--stream", "--json")

    events = [json.loads(line) for line in done.out.splitlines()]
    assert [each["event"] for each in events] == ["route", "outcome"]
    assert events[-1]["outcome"]["answer"] == "hello"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("q", ""), "the query is empty"),
        (("q", " \t "), "the query is empty"),
        (("q", b"say \xff"), "not valid Unicode"),
        (("q", "x", "--set", "novalue"), "KEY=VALUE"),
        (("q", "x", "--set", "a=1", "--set", "a=2"), "two values"),
        (("q", "x", "-w", ","), "to filter by"),
        (("q", "x", "--set", b"k=\xff"), "not valid Unicode"),
        (("q", "x", "--attach", "missing.txt"), "there is no such file"),
        (("q", "x", "--timeout", "soon"), "--timeout"),
        (("q", "x", "--timeout", "0"), "--timeout"),
        (("q", "x", "--no-such-flag"), "--no-such-flag"),
        (("q",), "TEXT"),
        (("nonsense",), "nonsense"),
        (("-C", "/no/such/directory", "q", "x"), "does not exist"),
    ],
)
def test_bad_input_is_the_askers_mistake(
    project: Shell, arguments: tuple[str | bytes, ...], said: str
) -> None:
    done = project.ts(*arguments)

    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"", "the query is empty"),
        (b"say \0", "NUL"),
        (b"say \xff", "not UTF-8"),
        (b"a" * (LONGEST_TEXT + 1), "65,537 characters"),
        (b"a" * 1_000_000, "more than the 65,536 characters allowed"),
        (b"\xff" * 1_000_000, "more than the 65,536 characters allowed"),
        ("🙂".encode() * 250_000, "more than the 65,536 characters allowed"),
    ],
)
def test_bad_standard_input_is_the_askers_mistake(project: Shell, given: bytes, said: str) -> None:
    done = project.ts("q", "-", stdin=given)

    assert done.code == 2
    assert said in done.err


def test_a_directory_that_is_no_project_says_what_would_do(shell: Shell) -> None:
    done = shell.ts("q", "hello")

    assert done.code == 2
    assert "no ts.toml" in done.err
    assert "ts init" in done.err
    assert shell.ts("q", "hello", "--json").json["error"]["code"] == "project-not-found"


def test_every_problem_of_a_rulebook_is_told_with_its_place(project: Shell) -> None:
    project.write(
        {
            "rules/team/bad.toml": "[x]\nuse = 'mcp:ecko/echo'\nwhen.alll = ['a']\n",
            "rules/team/worse.toml": "[x\n",
        }
    )

    done = project.ts("q", "say hello")

    assert done.code == 2
    assert 'error: rules/team/bad.toml:3:6: unknown key "alll"' in done.err
    assert "error: rules/team/worse.toml:1:3: is not TOML" in done.err


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_call_leaves_no_child_process(project: Shell, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [str(TS), "q", "slow"],
        cwd=project.directory,
        env=project.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = project.home / ".ts" / "logs" / "echo.log"
    deadline = time.monotonic() + 60
    while not (log.exists() and "slow: asked" in log.read_text()):
        assert time.monotonic() < deadline, "the call never reached the server"
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children

    process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (130, "interrupted\n")
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert gone
    assert not alive


@pytest.mark.skipif(os.name == "nt", reason="POSIX shells")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_a_script_started_in_the_background_can_be_ended(project: Shell, number: signal.Signals) -> None:
    line = f"{TS} q slow & echo $!; wait $!; echo $?"
    script = subprocess.Popen(
        ["bash", "-c", line], cwd=project.directory, env=project.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert script.stdout
    process = int(script.stdout.readline())
    log = project.home / ".ts" / "logs" / "echo.log"
    deadline = time.monotonic() + 60
    while not (log.exists() and "slow: asked" in log.read_text()):
        assert time.monotonic() < deadline, "the call never reached the server"
        time.sleep(0.05)

    os.kill(process, number)

    assert script.communicate(timeout=60)[0] == "130\n"


@pytest.mark.skipif(os.name == "nt", reason="POSIX shells")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("ts explain - <&-", 2),
        ("ts explain 'say hello' >&-", 0),
        ("ts q 'nothing like it' 2>&-", 3),
        ("ts explain 'say hello' | true", 0),
        ("ts explain 'say hello' >/dev/full", 1),
        ("ts q 'say hello' >/dev/full", 1),
        ("mkdir gone && cd gone && rmdir ../gone && ts explain hello", 1),
    ],
)
def test_closed_and_full_streams_cost_no_traceback(project: Shell, line: str, code: int) -> None:
    done = subprocess.run(
        ["bash", "-c", f"PATH={TS.parent}:$PATH; {line}"], cwd=project.directory, env=project.environment,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_what_a_server_calls_its_tools_reaches_no_shell_and_forges_no_line(shell: Shell) -> None:
    server = Path(__file__).parent / "echo_server.py"
    text = server.read_text().replace('"name": "picture"', '"name": "picture;touch PWNED\\nmcp:echo/forged"')
    shell.write({"server.py": text, "ts.toml": '[mcp.echo]\ncommand = "python3"\nargs = ["server.py"]\n'})
    assert "mcp:echo/forged" not in shell.ts("discover").out.splitlines()

    told = shell.ts("q", "a picture").err

    line = next(each for each in told.splitlines() if each.startswith("make it a rule: "))
    assert "'mcp:echo/picture;touch PWNED" in line


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
def test_a_terminal_gets_no_control_characters(project: Shell) -> None:
    for flags in ((), ("--json",)):
        reader, writer = pty.openpty()
        subprocess.run(
            [str(TS), "q", "say \x9b31m\u202e hello", *flags], cwd=project.directory, env=project.environment,
            stdout=writer, check=True, timeout=60,
        )  # fmt: skip
        os.close(writer)
        shown = os.read(reader, 65536).decode()
        os.close(reader)
        assert "hello" in shown
        assert "\x9b" not in shown
        assert "\u202e" not in shown
