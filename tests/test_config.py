"""Settings from files and the environment: where they are found, how they merge, what they become."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from router.config import find_project, home_directory, load_project, unknown_variables
from router.core.settings import Agent, Auth, Breaker, ModelWay, Planning, Server, Settings, Tls, ToolFilter
from router.errors import ProjectNotFound
from tests import projects
from tests.projects import settings as load

CONTRACT = """\
# ts.toml
layers    = ["guard", "team", "learned"]
ambiguous = "planner"                       # planner | error
fallback  = ["cache", "planner", "search"]  # asked in this order where no rule decides; [] for rules only
language  = "english"                       # the stemmer; "none" switches it off

[mcp.git]                        # stdio: command, args, env, cwd; else url and transport = "http" | "sse"
command = "uvx"
args    = ["mcp-server-git"]
modes   = ["useful", "essential"]           # optional: only in these modes
tags    = ["code"]                          # what -w/--words filters on, beside names and descriptions
tools   = { allow = ["git_log", "git_diff*"], deny = [], rename = {} }
retries = 3
delay   = 5                                 # seconds
timeout = 30                                # seconds

[a2a.release]
url  = "https://agents.example.com/release" # the agent, or its card
auth = { type = "bearer", token = "keyring:release" }   # "env:NAME", "file:PATH", "keyring:NAME"

[planner]
order  = ["local", "hf"]
models = { faves = "openai/gpt-oss-20b", useful = "openai/gpt-oss-20b", essential = "openai/gpt-oss-120b" }
[planner.local]
base_url = "http://127.0.0.1:11434/v1"
[planner.hf]
token    = "env:HF_TOKEN"                   # HF_API_KEY is read as well

[budget]
limit_usd = 50
soft      = 0.8
pools     = { }                             # name = share of the limit

[store]
url = ""                                    # empty: SQLite under ~/.ts; or postgresql://…
"""


# What is read.


def test_the_settings_of_the_contract_load(tmp_path: Path) -> None:
    assert load(tmp_path, CONTRACT) == Settings(
        layers=("guard", "team", "learned"),
        ambiguous="planner",
        fallback=("cache", "planner", "search"),
        language="english",
        servers={
            "git": Server(
                "git",
                modes=("useful", "essential"),
                tags=("code",),
                retries=3,
                delay_seconds=5,
                timeout_seconds=30,
                command="uvx",
                args=("mcp-server-git",),
                tools=ToolFilter(("git_log", "git_diff*")),
            )
        },
        agents={
            "release": Agent(
                "release",
                auth=Auth("bearer", "keyring:release"),
                url="https://agents.example.com/release",
            )
        },
        planning=Planning(
            (
                ModelWay("local", "http://127.0.0.1:11434/v1"),
                ModelWay("hf", "", "env:HF_TOKEN"),
            ),
            {
                "faves": "openai/gpt-oss-20b",
                "useful": "openai/gpt-oss-20b",
                "essential": "openai/gpt-oss-120b",
            },
        ),
        later=("store",),
    )


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Settings()


def test_every_key_of_a_server_and_an_agent_is_read(tmp_path: Path) -> None:
    text = """
    [mcp.files]
    command = "files"
    args = ["-v"]
    env = { LEVEL = "2" }
    cwd = "data"
    transport = "stdio"
    description = "files"
    tags = ["disk"]
    modes = ["faves"]
    retries = 1
    delay = 0
    timeout = 2.5
    limit = 100
    concurrency = 2
    rate = 0.5
    breaker = { failures = 2, seconds = 9 }
    roots = ["data"]
    prefix = "f_"
    tools.rename = { read_file = "read" }
    tools.deny = ["write_*"]

    [mcp.far]
    url = "https://host/mcp"
    headers = { X-Key = "${keyring:far}" }
    connect = 3
    tls = { ca = "ca.pem", cert = "own.pem", key = "/own.key" }
    auth = { type = "oauth2", client_id = "t", client_secret = "env:S", issuer = "https://h", scope = "a" }
    [mcp.old]
    url = "HTTP://host/sse"
    transport = "sse"

    [a2a.writer]
    url = "http://host"
    timeout = 9
    """
    settings = load(tmp_path, text)
    here = (tmp_path / "project").resolve()

    assert settings.servers["files"] == Server(
        "files", ("faves",), ("disk",), "files", 1, 0.0, timeout_seconds=2.5, concurrency=2, rate=0.5,
        breaker=Breaker(2, 9.0), limit_bytes=100, command="files", args=("-v",), env={"LEVEL": "2"},
        cwd=str(here / "data"),
        tools=ToolFilter(deny=("write_*",), rename={"read_file": "read"}, prefix="f_"),
        roots=(str(here / "data"),),
    )  # fmt: skip
    assert settings.servers["far"] == Server(
        "far", url="https://host/mcp", transport="http", connect_seconds=3.0,
        headers={"X-Key": "${keyring:far}"}, tls=Tls(str(here / "ca.pem"), str(here / "own.pem"), "/own.key"),
        auth=Auth("oauth2", "env:S", client_id="t", issuer="https://h", scope="a"),
    )  # fmt: skip
    assert settings.servers["old"].transport == "sse"
    assert settings.agents["writer"].timeout_seconds == 9


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert load(tmp_path, '\N{ZERO WIDTH NO-BREAK SPACE}language = "none"').language == "none"


# Where they are found.


def test_the_nearest_project_at_or_above_is_found(tmp_path: Path) -> None:
    projects.write(tmp_path, {"ts.toml": "", "a/ts.toml": "", "a/b/c/x.txt": "", "d/e.txt": ""})

    assert find_project(tmp_path / "a" / "b" / "c") == tmp_path / "a"
    assert find_project(tmp_path / "a") == tmp_path / "a"
    assert find_project(tmp_path / "d") == tmp_path


def test_a_relative_directory_is_that_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    projects.write(tmp_path, {"ts.toml": "", "a/x.txt": ""})
    monkeypatch.chdir(tmp_path / "a")

    assert find_project(Path()) == tmp_path


def test_what_is_no_project_is_said_with_what_would_do(tmp_path: Path) -> None:
    projects.write(tmp_path, {"file.txt": "", "ts.toml/x.txt": ""})

    with pytest.raises(ProjectNotFound, match=r"no ts.toml here or in a directory above; `ts init` writes"):
        find_project(tmp_path)
    with pytest.raises(ProjectNotFound, match=r"file\.txt: is not a directory"):
        find_project(tmp_path / "file.txt")
    with pytest.raises(ProjectNotFound, match="nowhere: does not exist"):
        find_project(tmp_path / "nowhere")


def test_state_is_kept_where_ts_home_says_else_below_home(tmp_path: Path) -> None:
    assert home_directory({"TS_HOME": str(tmp_path)}) == tmp_path
    assert home_directory({"TS_HOME": "~/elsewhere"}) == Path.home() / "elsewhere"
    assert home_directory({"TS_HOME": "state"}) == Path.cwd() / "state"
    assert home_directory({"TS_HOME": ""}) == home_directory({}) == Path.home() / ".ts"


def test_the_environment_of_the_process_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ:
        if name.startswith("TS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TS_LANGUAGE", "german")
    projects.write(tmp_path, {"ts.toml": ""})

    project = load_project(tmp_path)

    assert (project.directory, project.home) == (tmp_path, tmp_path / "home")
    assert project.settings.language == "german"
    assert not project.home.exists()


# How they merge.


def test_person_and_project_merge_key_by_key_and_the_project_wins(tmp_path: Path) -> None:
    person = """
    language = "none"
    layers = ["mine", "yours"]
    [mcp.git]
    command = "git-server"
    tags = ["person"]
    timeout = 5
    [mcp.notes]
    command = "notes"
    """
    text = """
    layers = ["team"]
    [mcp.git]
    tags = ["project"]
    """
    settings = load(tmp_path, text, person=person)

    assert (settings.language, settings.layers) == ("none", ("team",))
    git = settings.servers["git"]
    assert (git.command, git.tags, git.timeout_seconds) == ("git-server", ("project",), 5)
    assert "notes" in settings.servers


def test_variables_win_over_both_files(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        'layers = ["a"]\n[mcp.my-git]\ncommand = "x"\n[mcp.Time]\ncommand = "t"',
        person='language = "none"',
        TS_LANGUAGE="german",
        TS_LAYERS="guard, team",
        TS_AMBIGUOUS="error",
        TS_FALLBACK="",
        TS_MCP__MY_GIT__TIMEOUT="2.5",
        TS_MCP__MY_GIT__ARGS='["--all"]',
        TS_MCP__TIME__RETRIES="2",
        TS_MCP__NEW__COMMAND="new-server",
        TS_BUDGET__LIMIT_USD="3",
        PATH="/bin",
    )

    assert (settings.language, settings.layers, settings.fallback) == ("german", ("guard", "team"), ())
    assert settings.ambiguous == "error"
    git = settings.servers["my-git"]
    assert (git.timeout_seconds, git.args) == (2.5, ("--all",))
    assert settings.servers["Time"].retries == 2
    assert settings.servers["new"].command == "new-server"
    assert settings.spending.limit_usd == 3


@pytest.mark.parametrize("value", ["5", "true", "2026-01-01", "[1]", '"quoted', "5\nother = 6", "a b"])
def test_a_variable_means_text_where_text_is_wanted(tmp_path: Path, value: str) -> None:
    settings = load(tmp_path, '[mcp.git]\ncommand = "x"', TS_MCP__GIT__DESCRIPTION=value)

    assert settings.servers["git"].description == value


def test_a_variable_for_a_server_s_environment_keeps_case_and_underscores(tmp_path: Path) -> None:
    text = '[mcp.git]\ncommand = "x"\nenv = { LEVEL = "1" }'
    settings = load(tmp_path, text, TS_MCP__GIT__ENV__LEVEL="2", TS_MCP__GIT__ENV__Git__DIR="/g")

    assert settings.servers["git"].env == {"LEVEL": "2", "Git__DIR": "/g"}


def test_names_of_variables_stand_for_their_values(tmp_path: Path) -> None:
    text = (
        '[mcp.git]\ncommand = "${TOOL}"\nargs = ["--repo", "${DIR}/${NAME}"]\nenv = { A = "$PLAIN $$ ${}" }'
    )
    settings = load(tmp_path, text, TOOL="git-server", DIR="/srv", NAME="it", TS_MCP__GIT__CWD="${DIR}")

    git = settings.servers["git"]
    assert (git.command, git.args) == ("git-server", ("--repo", "/srv/it"))
    assert git.env == {"A": "$PLAIN $$ ${}"}
    assert git.cwd == str(Path("/srv").resolve())


def test_variables_that_mean_nothing_are_told_and_those_of_others_are_not(tmp_path: Path) -> None:
    names = ("TS_HOME", "TS_LANGUAGE", "TS_LANGAUGE", "TS_NODE_PROJECT", "TS_MCP__GIT__ARGS", "TSX", "PATH")

    assert unknown_variables(dict.fromkeys(names, "")) == ("TS_LANGAUGE", "TS_NODE_PROJECT")
    assert load(tmp_path, "", TS_NODE_PROJECT="x") == Settings()
