"""`ts learn` on the command line: answers of models become rules on trial, and a person makes one live."""

from __future__ import annotations

import json
import tomllib
from concurrent.futures import ThreadPoolExecutor

import pytest

from router.config import load_project
from router.core.decision import Decision
from router.core.outcome import Outcome
from router.core.plan import Plan, Step, Target
from router.core.query import Query
from router.ledger.store import Ledger
from router.loading import catalogue
from router.ports import Offer, Planned, Tool
from tests.command import Shell
from tests.projects import SETTINGS

pytestmark = pytest.mark.slow

LOG = "mcp:git/git_log"
FILE = "rules/learned/git.toml"
LINES = [
    {"text": "last 3 commits", "use": LOG, "args": {"n": 3}},
    {"text": "last 4 commits", "use": LOG, "args": {"n": 4}},
    {"text": "weather in Rome", "use": "mcp:time/weather", "args": {"city": "Rome"}},
]


def jsonl(*lines: object) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in lines)


@pytest.fixture
def team(shell: Shell) -> Shell:
    shell.write({
        "ts.toml": SETTINGS,
        "rules/team/git.toml": '[status]\nowner = "@a"\nsay = "status"\nuse = "mcp:git/git_status"\n',
        "corpus/queries.txt": "status\nlast 12 commits\n",
        "corpus/none.txt": "weather in Hell\n",
        "t.jsonl": jsonl(*LINES),
    })  # fmt: skip
    return shell


def recorded(
    team: Shell, text: str, args: dict[str, object], state: str = "done", cwd: str = "/elsewhere"
) -> None:
    """Write into the ledger that a model planned a call of git for a question."""
    ledger = Ledger(team.home / ".ts", team.directory)
    number = ledger.record(Query(text, cwd=cwd), Decision("d:1", "r:1", "none"))
    plan = Plan("planner", (Step("1", Target.parse(LOG), args),))
    ledger.planned(number, Planned(plan, "hf:openai/gpt-oss-20b"), ())
    ledger.ended(number, Outcome("done" if state == "done" else "failed", ()))


def test_a_record_made_elsewhere_becomes_rules_in_shadow(team: Shell) -> None:
    done = team.ts("learn", "--from", "t.jsonl")

    assert (
        done.code,
        "git.last-commits: 2 questions for, 0 against, 1 recorded query that nobody answered" in done.out,
    ) == (0, True)
    assert '  takes: "last 12 commits"\n' in done.out
    assert "time.weather-in: 1 question for, 1 against; not written\n" in done.out
    assert '  against: "weather in Hell" (corpus/none.txt:1): no rule may take it\n' in done.out
    assert done.out.endswith(
        "3 questions taught · 0 that rules give already · 0 left out · 2 rules proposed, 1 contradicted"
        " · held against 3 recorded queries\n"
    )
    table = tomllib.loads((team.directory / FILE).read_text())["last-commits"]
    assert (table["stage"], table["why"]) == ("shadow", "Learned from 2 answers of t.jsonl")
    assert not (team.directory / "rules/learned/time.toml").exists()
    assert team.ts("explain", "last 5 commits", "--json").json["verdicts"][0]["verdict"] == "shadow"


def test_a_dry_run_writes_nothing(team: Shell) -> None:
    done = team.ts("learn", "--from", "t.jsonl", "--dry-run")

    assert (done.code, "2 questions for, 0 against" in done.out, "; not written (dry run)\n" in done.out) == (
        0,
        True,
        True,
    )
    assert not (team.directory / FILE).exists()


def test_the_ledger_teaches_with_whom_and_when(team: Shell) -> None:
    for number in (3, 4):
        recorded(team, f"last {number} commits", {"n": number})
    recorded(team, "last 5 commits", {"n": 6}, state="failed")

    (proposal,) = team.ts("learn", "--json").json["proposals"]

    why = tomllib.loads(proposal["table"])["last-commits"]["why"]
    assert why.startswith("Learned from 2 answers of hf:openai/gpt-oss-20b, 20")
    assert (proposal["written"], len(proposal["for"]), proposal["unknown"]) == (
        True, 2, ["last 5 commits", "last 12 commits"],
    )  # fmt: skip


def test_what_was_learned_is_not_learned_again(team: Shell) -> None:
    team.ts("learn", "--from", "t.jsonl")

    told = team.ts("learn", "--from", "t.jsonl", "--json").json

    assert [each["because"] for each in told["covered"]] == ["git.last-commits gives it"] * 2
    assert [each["id"] for each in told["proposals"]] == ["time.weather-in"]


def test_what_can_be_no_rule_is_told(team: Shell) -> None:
    team.write({"t.jsonl": jsonl({"text": "a", "use": "mcp:gti/x", "args": {}})})

    done = team.ts("learn", "--from", "t.jsonl")

    assert (done.code, done.err) == (0, 'left out: "a": unknown server "gti"\n')
    assert "1 left out · 0 rules proposed" in done.out


def test_a_rule_is_promoted_and_what_changes_is_shown(team: Shell) -> None:
    team.ts("learn", "--from", "t.jsonl")

    done = team.ts("learn", "promote", "git.last-commits")

    assert done.code == 0
    assert "  last 12 commits\n    none → git.last-commits: mcp:git/git_log\n" in done.out
    assert done.err == (
        "mcp:git/git_log is not in the catalogue, so whether it changes things is not known;"
        f" ts discover asks\ngit.last-commits is live, in {FILE}; add its questions to corpus/queries.txt,"
        " so that the team keeps them, then ts rules check and ts snapshot update\n"
    )
    assert team.ts("explain", "last 5 commits", "--json").json["decision"]["rule"] == "git.last-commits"
    again = team.ts("learn", "promote", "git.last-commits")
    assert (again.code, again.err) == (
        2, "error: git.last-commits is live and not in shadow; there are none\n",
    )  # fmt: skip


def test_the_next_commands_can_be_copied(team: Shell) -> None:
    recorded(team, "last 3 commits", {"n": 3})

    told = team.ts("learn").err
    team.write({"t.jsonl": jsonl({"text": "our tree", "use": LOG, "args": {"n": 3}})})
    other = team.ts("learn", "--from", "t.jsonl").err

    look, live = (each.partition(": ")[2].split() for each in told.splitlines()[-2:])
    assert look == ["ts", "rules", "try", "--log", "30d", FILE]
    assert live == ["ts", "learn", "promote", "git.last-commits"]
    assert f"ts rules try {FILE}\n" in other
    team.write({"corpus/queries.txt": "", "corpus/none.txt": "", "t.jsonl": jsonl(LINES[2])})
    assert team.ts("learn", "--from", "t.jsonl").err == (
        "to make it live: ts learn promote time.weather-in\n"
    )
    assert "last 3 commits" in team.ts(*look[1:]).out
    assert team.ts(*live[1:]).code == 0


def test_what_a_server_says_of_its_tools_is_heeded(team: Shell) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    project = load_project(team.directory, {"TS_HOME": str(team.home / ".ts")})
    catalogue(project).keep(Offer("mcp", "git", (Tool("wipe", input_schema=schema),)))
    lines = [
        {"text": "tidy up the backups", "use": "mcp:git/wipe", "args": {"name": "backups"}},
        {"text": "clear it", "use": "mcp:git/clear"},
    ]
    team.write({"t.jsonl": jsonl(*lines)})

    done = team.ts("learn", "--from", "t.jsonl")

    assert 'say = ["tidy up the backups"]' in done.out
    assert "  changes things: nothing says that mcp:git/wipe only reads\n" in done.out
    assert 'left out: "clear it": mcp:git has no tool "clear"; there are wipe\n' in done.err
    promoted = team.ts("learn", "promote", "git.tidy-up-the-backups")
    assert "changes things: nothing says that mcp:git/wipe only reads\n" in promoted.err


def test_a_rule_that_its_server_would_refuse_stays_in_shadow(team: Shell) -> None:
    team.ts("learn", "--from", "t.jsonl")
    project = load_project(team.directory, {"TS_HOME": str(team.home / ".ts")})
    catalogue(project).keep(Offer("mcp", "git", (Tool("git_status"),)))

    done = team.ts("learn", "promote", "git.last-commits")

    assert (done.code, done.err) == (
        2, 'error: git.last-commits stays in shadow: mcp:git has no tool "git_log"\n',
    )  # fmt: skip
    assert "shadow" in (team.directory / FILE).read_text()


def test_a_secret_is_written_and_printed_nowhere(team: Shell) -> None:
    secret = "ghp_" + "Ab1" * 12
    team.write({"t.jsonl": jsonl({"text": f"log in with {secret}", "use": LOG, "args": {"token": secret}})})

    done = team.ts("learn", "--from", "t.jsonl")

    assert done.err == 'left out: "log in with …": it holds what looks like a secret\n'
    assert (secret in done.out, (team.directory / FILE).exists()) == (False, False)


def test_the_directory_of_the_question_is_told_from_that_of_the_project(team: Shell) -> None:
    sub = team.directory / "sub"
    sub.mkdir()
    recorded(team, "show the whole tree", {"at": str(team.directory)}, cwd=str(sub))
    recorded(team, "show my tree", {"at": str(sub)}, cwd=str(sub))

    tables = [each["table"] for each in team.ts("learn", "--json").json["proposals"]]

    args = {(each := tomllib.loads(table).popitem()[1])["yes"][0]: each["args"]["at"] for table in tables}
    assert args == {"show the whole tree": str(team.directory), "show my tree": "{{ cwd }}"}


@pytest.mark.slow
def test_those_that_learn_side_by_side_lose_nothing(team: Shell) -> None:
    team.ts("learn", "--from", "t.jsonl")
    for number in range(5):
        line = {"text": f"show thing {'abcde'[number] * 3}", "use": LOG, "args": {"of": [number, "x"]}}
        team.write({f"{number}.jsonl": jsonl(line)})

    with ThreadPoolExecutor(6) as threads:
        learning = [threads.submit(team.ts, "learn", "--from", f"{number}.jsonl") for number in range(5)]
        promoting = threads.submit(team.ts, "learn", "promote", "git.last-commits")

    assert {each.result().code for each in (*learning, promoting)} == {0}
    tables = tomllib.loads((team.directory / FILE).read_text())
    assert sorted(tables) == ["last-commits", *(f"show-thing-{each * 3}" for each in "abcde")]
    assert "stage" not in tables["last-commits"]


def test_a_promotion_as_json_tells_every_change(team: Shell) -> None:
    team.ts("learn", "--from", "t.jsonl")

    told = team.ts("learn", "promote", "git.last-commits", "--json").json

    assert (told["rule"], told["file"], told["changed"]) == ("git.last-commits", FILE, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 't.jsonl: nothing is taught in it; write {"text": …, "use": …, "args": {…}} a line'),
        (
            jsonl(LINES[0], {"text": "a"}) + "{\n",
            (
                't.jsonl:2:1: teaches nothing: "text" and "use" must be texts\n'
                "error: t.jsonl:3:1: teaches nothing: Expecting property name enclosed in double quotes:"
                " line 1 column 2 (char 1)"
            ),
        ),
    ],
)
def test_a_file_that_teaches_nothing_is_the_askers_mistake(team: Shell, text: str, said: str) -> None:
    team.write({"t.jsonl": text})

    done = team.ts("learn", "--from", "t.jsonl")

    assert (done.code, done.out, done.err) == (2, "", f"error: {said}\n")
    assert not (team.directory / FILE).exists()


def test_mistakes_say_what_would_do(team: Shell) -> None:
    assert team.ts("learn", "--from", "no.jsonl").err == "error: --from no.jsonl: there is no such file\n"
    assert team.ts("learn").err.startswith("error: no answer of a model is recorded here")
    assert team.ts("learn", "promote", "x").err == 'error: no rule "x" is in shadow; there are none\n'
    team.write({"corpus/queries.txt": "[what] is this\n"})
    assert team.ts("learn", "--from", "t.jsonl", "--json").json["error"]["code"] == "corpus"
    team.write({"ts.toml": f'layers = ["team"]\n{SETTINGS}', "corpus/queries.txt": ""})
    done = team.ts("learn", "--from", "t.jsonl")
    assert (done.code, done.err) == (
        2, 'error: there is no layer "learned": write layers = ["team", "learned"] in ts.toml\n',
    )  # fmt: skip


def test_options_of_learning_are_none_of_a_promotion(team: Shell) -> None:
    done = team.ts("learn", "--dry-run", "promote", "x")

    assert (done.code, "learn promote takes them behind its name, or not at all" in done.err) == (2, True)
