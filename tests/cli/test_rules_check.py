"""`ts rules check` as the installed command: formats, exit codes, places, and that it asks nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from router.rulebook.check.formats import FORMATS
from tests.cli.conftest import SERVER
from tests.command import Done, Shell

ROOT: Final = Path(__file__).parents[2]
RULE: Final = """[say]
owner = "@test"
say = "say {what:rest}"
use = "mcp:echo/echo"
args = { text = "{{ what }}" }
yes = ["say hello"]
no = ["shout hello"]
"""
FILES: Final = {
    "ts.toml": f"[mcp.echo]\ncommand = \"python3\"\nargs = ['{SERVER.as_posix()}']\ntimeout = 60\n",
    "rules/team/talk.toml": RULE,
    "corpus/queries.txt": "# as people ask\nsay it again\n",
}
CLEAN: Final = (
    "1 rule · 2 examples hold · corpus 1 query · 1/1 rules exercised · 0 targets in the catalogue · 0 errors"
)
WARNING: Final = {"rules/team/talk.toml": RULE.replace('owner = "@test"', 'why = "a"')}
ERROR: Final = {"rules/team/talk.toml": RULE.replace('"shout hello"', '"say nothing"')}
BROKEN: Final = {"rules/team/talk.toml": RULE.replace("[say]", "[say]\nwy = 1")}
PLACE: Final = "rules/team/talk.toml"


@pytest.fixture
def clean(shell: Shell) -> Shell:
    """Return a project in which nothing is found."""
    shell.write(FILES)
    return shell


def check(shell: Shell, *flags: str, files: Mapping[str, str] | None = None) -> Done:
    """Run the check, with other files if given."""
    shell.write(dict(files or {}))
    return shell.ts("rules", "check", *flags)


def test_a_check_that_finds_nothing_says_what_it_looked_at(clean: Shell) -> None:
    done = check(clean)

    assert (done.code, done.out, done.err) == (0, f"{CLEAN}\n", "")


def test_an_error_fails_the_check(clean: Shell) -> None:
    done = check(clean, files=ERROR)

    assert done.code == 1
    assert done.out.splitlines() == [
        (
            f'{PLACE}:1: error: talk.say takes "say nothing", which it says it does not (won); '
            "ask for more, or take it out of `no` [no-taken]"
        ),
        CLEAN.replace("2 examples", "1 of 2 examples").replace("0 errors", "1 error"),
    ]


def test_a_warning_fails_the_check_only_where_it_is_strict(clean: Shell) -> None:
    done, strict = check(clean, files=WARNING), check(clean, "--strict")

    told = f'{PLACE}:1: warning: talk.say has no owner; add `owner = "@team"` [no-owner]'

    assert (done.code, strict.code) == (0, 1)
    assert done.out == strict.out == f"{told}\n{CLEAN} · 1 warning\n"
    assert check(clean, "--strict", files=FILES).code == 0


def test_json_is_one_document(clean: Shell) -> None:
    done, short = check(clean, "--format", "json", files=ERROR), check(clean, "--json")

    assert (done.code, short.code, done.out) == (1, 1, short.out)
    counts = {"rules": 1, "examples": 2, "held": 1, "queries": 1, "errors": 1, "warnings": 0, "loaded": True}
    assert {name: done.json[name] for name in counts} == counts
    assert [(each["id"], each["at"]) for each in done.json["findings"]] == [("no-taken", f"{PLACE}:1")]


def place(name: str, written: str) -> str:
    """Return where a format says that the first finding is."""
    if name == "sarif":
        location = json.loads(written)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        return f"{location['artifactLocation']['uri']}:{location['region']['startLine']}"
    if name == "github":
        properties = dict(each.split("=") for each in written.split("::")[1].partition(" ")[2].split(","))
        return f"{properties['file']}:{properties['line']}"
    if name == "json":
        found: str = json.loads(written)["findings"][0]["at"]
        return found
    first = written.splitlines()[0 if name == "text" else 4]
    return first.split("|")[2].strip() if name == "md" else first.partition(": ")[0]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_findings_with_their_place(clean: Shell, name: str) -> None:
    done = check(clean, "--format", name, files=ERROR)

    assert (done.code, done.err) == (1, "")
    assert place(name, done.out) == f"{PLACE}:1"
    assert "no-taken" in done.out


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_what_does_not_load(clean: Shell, name: str) -> None:
    done = check(clean, "--format", name, files={**BROKEN, "corpus/queries.txt": "[usefull] x"})

    assert (done.code, done.err) == (2, "")
    assert place(name, done.out).startswith(f"{PLACE}:2")
    assert "unknown-key" in done.out
    assert "bad-query" in done.out
    assert 'did you mean \\"why\\"?' in done.out or 'did you mean "why"?' in done.out
    assert ("the rulebook does not load · 2 errors" in done.out) == (name not in ("json", "sarif"))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_form_for_nothing(clean: Shell, name: str) -> None:
    done = check(clean, "--format", name)

    assert done.code == 0
    assert "error:" not in done.out
    if name == "sarif":
        assert done.json["runs"][0]["results"] == []
    elif name == "json":
        assert done.json["findings"] == []
    else:
        assert done.out.splitlines()[-1] == CLEAN


@pytest.mark.parametrize("name", ["sarif", "github", "md"])
def test_paths_lead_from_the_root_of_the_repository(clean: Shell, name: str) -> None:
    clean.write({f"routing/{file}": text for file, text in {**FILES, **ERROR}.items()})
    clean.git("init", "--quiet")
    inside = replace(clean, directory=clean.directory / "routing/rules/team")

    assert place(name, check(inside, "--format", name).out) == f"routing/{PLACE}:1"


@pytest.mark.parametrize("name", ["text", "json"])
def test_paths_for_people_and_programs_lead_from_the_project(clean: Shell, name: str) -> None:
    clean.write({f"routing/{file}": text for file, text in {**FILES, **ERROR}.items()})
    clean.git("init", "--quiet")
    inside = replace(clean, directory=clean.directory / "routing/rules")

    assert place(name, check(inside, "--format", name).out).startswith(f"{PLACE}:1")


@pytest.mark.parametrize("flags", [(), ("--format", "sarif"), ("--json",)])
def test_outside_a_project_there_is_nothing_to_check(shell: Shell, flags: tuple[str, ...]) -> None:
    done = check(shell, *flags)

    assert done.code == 2
    assert "no ts.toml here or in a directory above" in done.err
    assert (done.json["error"]["code"] == "project-not-found") if "--json" in flags else done.out == ""


def test_settings_that_do_not_load_are_told_on_standard_error(clean: Shell) -> None:
    done = check(clean, files={"ts.toml": "laiers = []"})

    assert (done.code, done.out) == (2, "")
    assert 'ts.toml:1:1: unknown key "laiers"; did you mean "layers"?' in done.err


def test_an_unknown_format_is_refused(clean: Shell) -> None:
    done = check(clean, "--format", "xml")

    assert (done.code, done.out) == (2, "")
    assert all(name in done.err for name in FORMATS)


def test_a_project_without_anything_is_three_times_nothing(shell: Shell) -> None:
    done = check(shell, files={"ts.toml": ""})

    assert done.code == 1
    assert "error: there are no rules; ts rules new writes one [no-rules]" in done.out
    assert "corpus/queries.txt: error: no query is recorded" in done.out
    assert done.out.endswith("0 targets in the catalogue · 2 errors\n")


def test_what_the_server_offers_is_held_against_the_rules_once_it_was_discovered(clean: Shell) -> None:
    clean.write(
        {
            PLACE: RULE.replace("text =", "tex ="),
            "rules/team/more.toml": RULE.replace('"say ', '"shout ').replace("/echo", "/ecko"),
            "corpus/queries.txt": "say it\nshout it\n",
        }
    )
    before = check(clean, "--json").json
    assert clean.ts("discover").code == 0
    after = check(clean, "--json").json

    assert {each["id"] for each in before["findings"]} == {"no-taken"}
    assert {each["id"] for each in after["findings"]} == {"no-taken", "unknown-tool", "arguments"}
    assert 'talk.say: mcp:echo/echo would refuse its arguments: "text" is missing' in str(after)
    assert (before["targets"], after["targets"]) == (0, 1)


def test_facts_of_the_settings_bind_rules_and_recorded_queries(clean: Shell) -> None:
    facts = 'facts = { team = ["ops", "web"] }\n' + FILES["ts.toml"]
    rule = RULE + 'when.facts.team = "ops"\n'
    queries = "[team=ops] say it\n[teem=ops] say it\n"
    done = check(clean, files={"ts.toml": facts, PLACE: rule, "corpus/queries.txt": queries})

    assert done.code == 1
    assert done.out.splitlines()[:-1] == [
        (
            'corpus/queries.txt:2: error: cannot be a query: unknown fact "teem"; did you mean "team"? '
            "[bad-query]"
        )
    ]
    assert check(clean, files={PLACE: rule.replace('"ops"', '"opps"')}).code == 2


QUIET: Final = """
import sys
seen = []
def hook(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
                         "os.system", "os.startfile", "pty.", "urllib.", "http.", "webbrowser.")):
        seen.append((event, str(arguments)))
sys.addaudithook(hook)
from router.cli.app import run
sys.argv = ["ts", "rules", "check", "--json"]
try:
    run()
finally:
    print(seen, file=sys.stderr)
"""


def test_a_check_calls_neither_model_nor_server_nor_any_program(clean: Shell) -> None:
    clean.ts("discover")
    done = subprocess.run(
        [sys.executable, "-c", QUIET], cwd=clean.directory, env=clean.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert json.loads(done.stdout)["targets"] == 1
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_a_check_writes_nothing(clean: Shell) -> None:
    before = files(clean)
    check(clean, files=ERROR)

    assert files(clean) == before | {clean.directory / PLACE}
    assert not (clean.home / ".ts").exists()


def files(shell: Shell) -> set[Path]:
    return {path for path in shell.directory.rglob("*") if path.is_file()}
