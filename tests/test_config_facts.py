"""`[facts]` of the settings: how it is written, what is wrong in it, and how commands meet it."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.errors import SettingsRefused
from tests.command import Shell
from tests.projects import settings as load
from tests.repositories import FILES, GIT, SETTINGS

FACTS = '[facts]\nenv = ["prod", "test"]\nteam = []\n'


def refused(directory: Path, text: str, **variables: str) -> list[str]:
    with pytest.raises(SettingsRefused) as error:
        load(directory, text, **variables)
    return [str(each) for each in error.value.problems]


def test_keys_are_listed_with_their_values(tmp_path: Path) -> None:
    assert load(tmp_path, FACTS).facts == {"env": ("prod", "test"), "team": ()}
    assert load(tmp_path, "[facts]\n").facts == load(tmp_path, "").facts == {}


def test_the_person_the_project_and_the_environment_merge_key_by_key(tmp_path: Path) -> None:
    merged = load(tmp_path, FACTS, person='[facts]\nenv = ["mine"]\nown = ["x"]\n', TS_FACTS__TEAM='["a"]')

    assert merged.facts == {"env": ("prod", "test"), "own": ("x",), "team": ("a",)}
    assert load(tmp_path, FACTS, TS_FACTS__ENV='["dev"]').facts["env"] == ("dev",)
    assert load(tmp_path, "[facts]\nenv = ['${STAGE}']\n", STAGE="prod").facts == {"env": ("prod",)}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ('[facts]\nenv = "prod"\n', ['ts.toml:2:7: "env" must be a list']),
        ("[facts]\nenv = [1]\n", ['ts.toml:2:8: "env" must be text']),
        ("facts = ['env']\n", ['ts.toml:1:9: "facts" must be a table']),
        ('[facts]\nenv = ["prod", "test", "prod"]\n', ['ts.toml:2:24: "prod" is listed twice']),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, text: str, problems: list[str]) -> None:
    assert refused(tmp_path, text) == problems


def test_a_variable_that_cannot_be_meant_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path, FACTS, TS_FACTS="env") == [
        '$TS_FACTS: "facts" is a table; set a key of it, such as TS_FACTS__KEY'
    ]
    assert refused(tmp_path, FACTS, TS_FACTS__ENV="prod") == ['$TS_FACTS__ENV: "env" must be a list']


@pytest.fixture
def team(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "project", tmp_path / "home")
    shell.home.mkdir()
    rules = GIT.replace('when.all = ["commits"]', 'when = { all = ["commits"], facts = { env = "prod" } }')
    shell.write({**FILES, "ts.toml": SETTINGS + FACTS, "rules/team/git.toml": rules})
    return shell


@pytest.mark.parametrize("command", ["q", "explain"])
def test_a_fact_that_is_not_listed_is_the_askers_mistake(team: Shell, command: str) -> None:
    done = team.ts(command, "show the commits", "--set", "env=prdo")

    assert (done.code, done.out) == (2, "")
    assert done.err == 'error: fact "env" has no value "prdo"; did you mean "prod"?\n'
    told = team.ts(command, "show the commits", "--set", "evn=prod", "--json")
    assert told.json["error"]["code"] == "query"
    assert 'unknown fact "evn"; did you mean "env"?' in told.err


def test_facts_that_are_listed_decide(team: Shell) -> None:
    asked = ("explain", "show the commits", "--json", "--set")

    assert team.ts(*asked, "env=prod").json["decision"]["rule"] == "git.history"
    assert team.ts(*asked, "env=test").json["decision"]["kind"] == "none"
    assert team.ts(*asked, "team=any").json["decision"]["kind"] == "none"


def test_a_rule_that_asks_for_a_fact_that_is_not_listed_does_not_load(team: Shell) -> None:
    team.write({"ts.toml": SETTINGS + '[facts]\nenv = ["production"]\n'})

    done = team.ts("rules", "list")

    assert (done.code, done.err) == (
        2, 'error: rules/team/git.toml:2:45: fact "env" has no value "prod"; there are production\n',
    )  # fmt: skip


def test_a_recorded_query_with_a_fact_that_is_not_listed_is_found(team: Shell) -> None:
    team.write({"corpus/queries.txt": "[env=prod] show the commits\n[env=dev] show the commits\n"})

    done = team.ts("rules", "test")

    assert done.code == 1
    assert done.out.startswith(
        'corpus/queries.txt:2: error: cannot be a query: fact "env" has no value "dev"; there are prod, test'
    )
