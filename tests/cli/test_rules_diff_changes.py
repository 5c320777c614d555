"""`ts rules diff`: which edits change a decision, over which queries, and in which form it is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.command import Done, Shell
from tests.repositories import FILES, GIT, QUERIES, SETTINGS, committed, repository

pytestmark = pytest.mark.slow

TIME: Final = '[now]\nwhen.all = ["time"]\nuse = "mcp:time/now"\n'
WATCH: Final = """
import os, sys
def watch(event, arguments):
    program = os.path.basename(str(arguments[0])) if event == "subprocess.Popen" else ""
    outward = event.startswith(("socket.connect", "socket.getaddrinfo", "os.exec", "os.posix_spawn"))
    if outward or program not in ("", "git"):
        with open(os.environ["SEEN"], "a") as seen:
            seen.write(f"{event} {arguments}\\n")
sys.addaudithook(watch)
with open(os.environ["SEEN"], "a") as seen:
    seen.write("watching\\n")
"""


@pytest.fixture
def team(tmp_path: Path) -> Shell:
    return repository(tmp_path)


def diff(shell: Shell, *arguments: str, **variables: str) -> Done:
    return shell.ts("rules", "diff", "main", *arguments, **variables)


def told(done: Done) -> dict[str, str]:
    """Return the groups of the JSON: causes with reasons, and the queries that they change."""
    return {
        " and ".join(
            f"{cause} ({why})" for cause, why in zip(each["causes"], each["reasons"], strict=True)
        ): (", ".join(change["shown"] for change in each["changes"]))
        for each in done.json["groups"]
    }


# Rules.


def test_a_rule_that_is_renamed_or_moved_with_its_earlier_id_is_no_change(team: Shell) -> None:
    (team.directory / "rules/team/git.toml").unlink()
    history, _, status = GIT.partition("[status]")
    team.write({
        "rules/learned/log.toml": history.replace("[history]", '[of]\nwas = "git.history"'),
        "rules/team/git.toml": f'[state]\nwas = "git.status"\n{status}',
    })  # fmt: skip

    assert (diff(team).code, diff(team).out) == (
        0,
        "main → the working tree: 5 queries, 5 the same, 0 changed\n",
    )


def test_a_rule_that_is_renamed_without_its_earlier_id_is_another_rule(team: Shell) -> None:
    team.write({"rules/team/git.toml": GIT.replace("[history]", "[log]")})

    assert told(diff(team, "--json")) == {
        "git.history (removed) and git.log (added)": "show the commits, count commits of today"
    }


def test_a_rule_that_is_renamed_and_changed_is_one_change(team: Shell) -> None:
    renamed = GIT.replace("[history]", '[log]\nwas = "git.history"').replace("git_log", "git_reflog")
    team.write({"rules/team/git.toml": renamed})

    assert diff(team).out.splitlines()[:3] == [
        "rules/team/git.toml:1: git.log (targets changed) changes 2 queries",
        "  show the commits",
        "    git.log: mcp:git/git_log → git.log: mcp:git/git_reflog",
    ]


def test_a_rule_in_another_layer_may_win_where_it_lost(team: Shell) -> None:
    committed(team, {"rules/learned/any.toml": '[any]\nsay = "{what:rest}"\nuse = "mcp:time/any"\n'})
    (team.directory / "rules/learned/any.toml").rename(team.directory / "rules/team/any.toml")
    team.write({"corpus/queries.txt": "what is the status\ngood evening\n", "corpus/none.txt": ""})
    committed(team, {})
    team.git("branch", "--force", "before", "HEAD~1")

    done = team.ts("rules", "diff", "before", "main", "--json")

    assert told(done) == {
        "any.any (layer changed)": "show the commits, count commits of today, what is the status"
    }
    assert done.json["groups"][0]["file"] == "rules/team/any.toml"


# Vocabulary and settings.


def test_a_word_that_a_list_loses_is_named(team: Shell) -> None:
    rule = '[clock]\nwhen.all = ["@clock", "it"]\nuse = "mcp:time/now"\n'
    committed(team, {"rules/team/time.toml": rule, "rules/vocab.toml": 'words.clock = ["time", "hour"]\n'})
    team.write({"rules/vocab.toml": 'words.clock = ["hour", "minute"]\n'})

    assert told(diff(team, "--json")) == {
        'time.clock (condition changed: without "time", with "minute")': "what time is it"
    }


def test_the_order_of_layers_is_a_cause_in_the_settings(team: Shell) -> None:
    committed(team, {"rules/guard/stop.toml": '[stop]\nwhen.all = ["status"]\nuse = "mcp:time/stop"\n'})
    team.write({"ts.toml": SETTINGS.replace('"guard", "team"', '"team", "guard"')})

    assert diff(team).out == (
        "ts.toml: ts.toml (the settings changed) changes 1 query\n"
        "  what is the status\n"
        "    stop.stop: mcp:time/stop → git.status: mcp:git/git_status\n"
        "\n"
        "main → the working tree: 5 queries, 4 the same, 1 changed\n"
    )


def test_a_rule_in_a_new_layer_is_the_cause(team: Shell) -> None:
    team.write({
        "ts.toml": SETTINGS.replace('"guard"', '"incident", "guard"'),
        "rules/incident/stop.toml": '[stop]\nwhen.all = ["status"]\nuse = "mcp:time/stop"\n',
    })  # fmt: skip

    assert told(diff(team, "--json")) == {"stop.stop (added)": "what is the status"}


def test_modes_and_tags_of_servers_are_settings(team: Shell) -> None:
    committed(team, {"corpus/queries.txt": "what is the status\n[words:code] show the commits\n"})
    team.write({"ts.toml": SETTINGS.replace('tags = ["code"]', 'tags = ["source"]\nmodes = ["useful"]')})

    assert told(diff(team, "--json")) == {
        "ts.toml (the settings changed)": "what is the status, [words:code] show the commits"
    }
    team.write({"ts.toml": SETTINGS.replace('tags = ["code"]', 'tags = ["source"]')})
    assert told(diff(team, "--json")) == {"ts.toml (the settings changed)": "[words:code] show the commits"}


def test_facts_that_are_not_listed_any_more_are_refused(team: Shell) -> None:
    committed(team, {"corpus/queries.txt": "[env=prod] show the commits\n[env=test] show the commits\n"})
    team.write({"ts.toml": SETTINGS + '[facts]\nenv = ["prod"]\n'})

    assert diff(team).out.splitlines()[:3] == [
        "ts.toml: ts.toml (the settings changed) changes 1 query",
        "  [env=test] show the commits",
        '    git.history: mcp:git/git_log → refused: fact "env" has no value "test"',
    ]


def test_what_no_decision_reads_is_no_change(team: Shell) -> None:
    settings = SETTINGS.replace('command = "no-such-program"', 'command = "other"\ntimeout = 5')
    team.write({
        "ts.toml": f'ambiguous = "error"\nfallback = []\n{settings}',
        "rules/team/git.toml": "# a comment\n" + GIT.replace("[status]", '[status]\nowner = "@ann"'),
    })  # fmt: skip

    assert diff(team).code == 0


# Queries.


def test_a_query_that_is_recorded_on_one_side_only_is_compared_too(team: Shell) -> None:
    team.write({"rules/team/git.toml": "", "corpus/queries.txt": "commits of mine\n", "corpus/none.txt": ""})

    done = diff(team, "--json")

    assert done.json["queries"] == 6
    assert {each["shown"] for group in done.json["groups"] for each in group["changes"]} == {
        "show the commits", "count commits of today", "what is the status", "commits of mine",
    }  # fmt: skip


def test_further_queries_are_compared_as_text_and_as_json_lines(team: Shell) -> None:
    records = [{"text": "time", "facts": {"env": "prod"}}, {"query": {"text": "time", "modes": ["useful"]}}]
    team.write({
        "rules/team/time.toml": TIME,
        "asked/today.txt": "# heard\n[useful] what time\ntime\n",
        "asked/log.jsonl": "".join(f"{json.dumps(each)}\n" for each in records),
    })  # fmt: skip
    below = Shell(team.directory / "asked", team.home)

    done = diff(below, "--queries", "today.txt", "--queries", "log.jsonl", "--json")

    assert told(done) == {
        "time.now (added)": "what time is it, [useful] what time, time, [env=prod] time, [useful] time"
    }


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("more.txt", "fine\n[odd] what\n", 'more.txt:2:1: cannot be a query: unknown context "odd"'),
        (
            "more.jsonl",
            '{"text": "fine"}\n{"txt": "x"}\n',
            "more.jsonl:2:1: cannot be a query: a record is an",
        ),
        ("more.jsonl", "{\n", "more.jsonl:1:1: cannot be a query: "),
        ("more.txt", "# nothing\n", "more.txt: no query is recorded"),
    ],
)
def test_a_line_that_is_no_query_is_the_askers_mistake(team: Shell, file: str, text: str, said: str) -> None:
    team.write({file: text})

    done = diff(team, "--queries", file)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {said}")


def test_a_file_of_queries_that_is_not_there_is_the_askers_mistake(team: Shell) -> None:
    done = diff(team, "--queries", "nowhere.txt")

    assert (done.code, done.err) == (2, "error: nowhere.txt: cannot be read: No such file or directory\n")


def test_a_comparison_of_no_query_is_an_error(tmp_path: Path) -> None:
    team = repository(tmp_path, {**FILES, "corpus/queries.txt": "# none yet\n", "corpus/none.txt": ""})

    done = diff(team)

    assert done.code == 2
    assert done.err == (
        "error: corpus/queries.txt: no query is recorded; write queries as people ask them, one a line\n"
    )
    team.write({"corpus/queries.txt": QUERIES})
    assert diff(team).out == "main → the working tree: 4 queries, 4 the same, 0 changed\n"


# Forms.


def test_samples_cut_what_is_shown_and_never_what_is_counted(team: Shell) -> None:
    team.write({"rules/team/git.toml": GIT.replace("git_log", "git_reflog")})

    done = diff(team, "--samples", "1")

    assert "  … and 1 more; --samples says how many are shown\n" in done.out
    assert done.out.endswith("5 queries, 3 the same, 2 changed\n")
    assert diff(team, "--samples", "-1").code == 2


def test_json_markdown_and_github_end_with_five_as_well(team: Shell) -> None:
    team.write({"rules/team/time.toml": TIME})

    done = {name: diff(team, "--format", name) for name in ("json", "md", "github")}

    assert {each.code for each in done.values()} == {5}
    assert done["json"].json["changed"] == 1
    assert done["md"].out.startswith("<!-- ts rules diff -->\n### Where questions go\n")
    assert done["github"].out.startswith("::warning file=rules/team/time.toml,line=1,")
    assert diff(team, "--format", "xml").code == 2


def test_no_model_no_server_and_no_network_is_asked(team: Shell, tmp_path: Path) -> None:
    team.write({"rules/team/time.toml": TIME})
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch/sitecustomize.py").write_text(WATCH, encoding="utf-8")
    seen = tmp_path / "seen"

    done = diff(team, PYTHONPATH=str(tmp_path / "watch"), SEEN=str(seen))

    assert done.code == 5
    assert seen.read_text(encoding="utf-8") == "watching\n"
