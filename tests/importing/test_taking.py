"""One server of another tool: what becomes of its keys, its references and its secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from router.core.plan import JSON
from router.importing import Imported, Taken, Where, imported

PROJECT = Path("/work/shop")


def of(environment: dict[str, str] | None = None, /, **table: JSON) -> Imported:
    text = json.dumps({"mcpServers": {"s": table}, "inputs": INPUTS})
    return imported(text, "mcp.json", Where(PROJECT, PROJECT), environment or {})


def taken(**table: JSON) -> Taken:
    made = of(**table)
    assert not made.refusals
    return made.servers[0]


def refused(**table: JSON) -> str:
    made = of(**table)
    assert not made.servers
    return made.refusals[0].reason


INPUTS = [
    {"id": "my key!", "type": "promptString"},
    {"id": "secret", "default": "x", "password": True},
    {"id": "region", "default": "eu"},
    {"id": "!", "type": "command"},
    "nothing",
]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({}, "it has no command and no url"),
        ({"command": ""}, "it has no command and no url"),
        ({"command": []}, "it has no command and no url"),
        ({"command": 5.5, "args": "x"}, "its args is no list"),
        ({"command": "x", "args": [["y"]]}, "its args[0] is no text"),
        ({"command": "x", "args": [10**101]}, "its args[0] is no text"),
        ({"command": "x", "env": ["A=b"]}, "its env is no table"),
        ({"command": "x", "env": {"A": []}}, "its env.A is no text"),
        ({"command": "x", "cwd": ["y"]}, "its cwd is no text"),
        ({"command": "x", "type": "ws"}, "it speaks ws; ts knows stdio, http and sse"),
        (
            {"url": "http://h", "type": "http", "transport": "sse"},
            "it speaks http and sse; ts knows stdio, http and sse",
        ),
        ({"url": "http://h", "type": "stdio"}, 'a server with a url has transport "http" or "sse"'),
        ({"command": "x", "type": "sse"}, 'a server with a command has transport "stdio"'),
        (
            {"command": "x", "url": "http://h"},
            "[mcp.s]: a server has a command (stdio) or a url (http, sse), not both",
        ),
        ({"url": "h"}, '"url" must be a URL such as https://host/path'),
        ({"command": "x", "tools": "y"}, "its tools is no list of names"),
        ({"command": "x", "tools": {"allowed": 1}}, "its tools.allowed is no list of names"),
        ({"command": "x", "includeTools": [1]}, "its includeTools is no list of names"),
        ({"command": "${GONE}/x"}, "${GONE} is not set in the environment"),
        ({"command": "\ud800"}, "it has half a character, which no file can hold"),
        ({"command": "x", "env": {"A": "${keyring:release}"}}, "env.A has ${keyring:release}, which ts does"),
        ({"command": "x", "args": ["${file}"]}, "args[0] has ${file}, which ts does not know; write what"),
        ({"url": "https://${file:x}"}, "url has ${file:x}, which ts does not know; write what it stands for"),
        (
            {"url": "https://${input:my key!}"},
            "url asks for the input my key!, and no secret may stand there; write it out",
        ),
        (
            {"serverUrl": "https://h/mcp?profile=a&api_key=made-up"},
            "its serverUrl holds a secret (api_key), and ts keeps none there; write ${S_API_KEY} in its",
        ),
        ({"url": "https://ann:made-up@h/mcp"}, "its url holds a secret (user), and ts keeps none there"),
    ],
)
def test_what_cannot_be_taken_over_is_refused_with_the_reason(table: dict[str, JSON], reason: str) -> None:
    found = refused(**table)

    assert found.startswith(reason)
    assert "made-up" not in found


def test_what_is_no_table_is_refused() -> None:
    made = imported('{"mcpServers": {"s": 5}}', "mcp.json", Where(PROJECT, PROJECT), {})

    assert [str(each) for each in made.refusals] == ["mcpServers.s: it is no table"]


def test_a_list_that_is_too_long_for_a_line_takes_several() -> None:
    from_list = of(command="x", args=["a" * 60, "b" * 60])
    (server,) = from_list.servers

    assert server.table["args"] == ["a" * 60, "b" * 60]


@pytest.mark.parametrize(
    ("written", "here"),
    [
        ("${env:A}-${B}-${C:-}", "${env:A}-${env:B}-${env:C}"),
        ("{env:A}", "${env:A}"),
        ("$A", "${env:A}"),
        ("$A/$B", "$A/$B"),
        ("costs $5 or ${x y}", "costs $5 or ${x y}"),
        ("${A:-dark}", "dark"),
        ("${input:my key!}${input:region}", "${keyring:my-key}eu"),
        ("${input:secret}", "${keyring:secret}"),
        ("${input:!}", "${keyring:secret}"),
        ("a${/}b${pathSeparator}${workspaceRoot}", "a/b//work/shop"),
        ("${userHome}", "${env:HOME}"),
    ],
)
def test_references_are_written_as_here(written: str, here: str) -> None:
    assert taken(command="x", args=[written]).table["args"] == [here]


def test_a_variable_of_an_address_is_looked_up_when_settings_are_read() -> None:
    made = of({"HOST": "example.com"}, url="https://${env:HOST}/${input:region}")

    assert made.servers[0].table == {"url": "https://${HOST}/eu"}


@pytest.mark.parametrize(
    ("name", "value", "here"),
    [
        ("GITHUB_TOKEN", "made-up", "${keyring:s-github-token}"),
        ("S_TOKEN", "made-up", "${keyring:s-token}"),
        ("AWS_SECRET_ACCESS_KEY", "made-up", "${keyring:s-aws-secret-access-key}"),
        ("DB_PASSWORD", "made up", "${keyring:s-db-password}"),
        ("apiKey", "made-up", "${keyring:s-apikey}"),
        ("URL", "postgres://ann:made-up@h/db", "${keyring:s-url}"),
        ("PLAIN", "ghp_" + "a" * 36, "${keyring:s-plain}"),
        ("WEB", "https://h/?a=1&token=made-up", "https://h/?a=1&token=${keyring:s-token}"),
        ("TOKEN", "Bearer made-up", "Bearer ${keyring:s-token}"),
        ("TOKEN", "${env:T}", "${env:T}"),
        ("TOKEN", "", ""),
        ("MAX_TOKENS", "500", "500"),
        ("TOKEN_FILE", "/run/t", "/run/t"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/key.json", "/etc/key.json"),
        ("KEYBOARD", "us", "us"),
        ("AUTH", "true", "true"),
    ],
)
def test_what_looks_like_a_secret_is_named_by_its_place(name: str, value: str, here: str) -> None:
    server = taken(command="x", env={name: value})

    assert server.table["env"] == {name: here}
    assert bool(server.secrets) == ("keyring" in here)


@pytest.mark.parametrize(
    ("args", "here", "place"),
    [
        (
            ["--api-key", "made-up"],
            ["--api-key", "${keyring:s-api-key}"],
            "the value of mcpServers.s.args[1]",
        ),
        (["--token=made-up"], ["--token=${keyring:s-token}"], "the value of mcpServers.s.args[0]"),
        (["-e", "A_KEY=made-up"], ["-e", "A_KEY=${keyring:s-a-key}"], "the value of mcpServers.s.args[1]"),
        (
            ["--header", "Authorization: Bearer made-up"],
            ["--header", "Authorization: Bearer ${keyring:s-authorization}"],
            "what follows Bearer in mcpServers.s.args[1]",
        ),
        (
            ["https://h/mcp?key=made-up"],
            ["https://h/mcp?key=${keyring:s-key}"],
            "the value of key in mcpServers.s.args[0]",
        ),
    ],
)
def test_secrets_among_arguments(args: list[str], here: list[str], place: str) -> None:
    server = taken(command="x", args=args)

    assert server.table["args"] == here
    assert [each.place for each in server.secrets] == [place]


def test_arguments_that_only_look_like_flags_of_secrets_stay() -> None:
    args = ["--token", "-y", "--password-file", "/x", "key:", "a=b"]

    assert taken(command="x", args=args).table["args"] == args


def test_no_name_stands_for_two_secrets() -> None:
    table = {"command": "x", "env": {"A_KEY": "one", "a-key": "two", "A-KEY": "one"}}

    assert taken(**table).table["env"] == {
        "A_KEY": "${keyring:s-a-key}",
        "a-key": "${keyring:s-a-key-2}",
        "A-KEY": "${keyring:s-a-key}",
    }


def test_a_sign_in_as_a_person_may_name_the_secret_already() -> None:
    auth = {"CLIENT_ID": "${ID}", "CLIENT_SECRET": "${env:OAUTH}", "redirect": "x"}
    made = of({"ID": "ts"}, url="https://h", auth=auth)

    assert made.servers[0].table["auth"] == {
        "type": "login",
        "client_id": "${ID}",
        "client_secret": "env:OAUTH",
    }
    assert made.notes[0] == "mcpServers.s.auth.redirect: left out: there is nothing like it here"
    assert taken(url="https://h", auth={"CLIENT_ID": "ts"}).table["auth"] == {
        "type": "login",
        "client_id": "ts",
    }


def test_what_another_kind_of_server_has_use_for_is_told() -> None:
    assert taken(command="x", headers={"A": "b"}, auth={}).notes == (
        "mcpServers.s.headers: left out: it is for servers with a url",
    )
    assert taken(url="http://h", args=["a"], env={}, auth="mine").notes == (
        "mcpServers.s.args: left out: it is for servers with a command",
        "mcpServers.s.auth: left out: there is nothing like it here",
    )


@pytest.mark.parametrize(
    ("said", "seconds"), [(30, 30), (1000, 1), (1500, 1.5), (0.5, 0.5), (10_000_000, 10_000)]
)
def test_a_time_without_unit_is_guessed_and_told(said: float, seconds: float) -> None:
    server = taken(command="x", timeout=said)

    assert server.table["timeout"] == seconds
    assert server.notes[0].startswith("mcpServers.s.timeout: taken for ")


@pytest.mark.parametrize("said", [0, -1, "5", True, 10**400, [1]])
def test_a_time_that_is_none_is_left_out_and_told(said: JSON) -> None:
    assert taken(command="x", timeout=said).notes == (
        "mcpServers.s.timeout: left out: there is nothing like it here",
    )


@pytest.mark.parametrize(
    ("cwd", "here"),
    [
        ("${workspaceFolder}", "."),
        ("${workspaceFolder}/a", "a"),
        ("./a", "a"),
        ("/srv", "/srv"),
        ("~/a", "~/a"),
    ],
)
def test_a_directory_is_relative_to_the_project(cwd: str, here: str) -> None:
    assert taken(command="x", cwd=cwd).table["cwd"] == here


def test_a_directory_of_another_project_is_absolute() -> None:
    text = '{"mcpServers": {"s": {"command": "x", "cwd": "a"}}}'
    made = imported(text, "mcp.json", Where(PROJECT, Path("/work/other")), {})

    assert made.servers[0].table["cwd"] == "/work/other/a"


def test_what_says_off_in_words_is_told() -> None:
    server = taken(command="x", disabled="yes")

    assert not server.is_off
    assert server.notes == ("mcpServers.s.disabled: left out: there is nothing like it here",)


def test_an_input_and_a_literal_never_share_a_name() -> None:
    """Else one server would be sent the secret of another."""
    tables = {
        "gitlab": {"command": "x", "env": {"TOKEN": "${input:github-token}"}},
        "github": {"command": "x", "env": {"TOKEN": "made-up"}},
        "one": {"command": "x", "env": {"A": "${input:a b}", "B": "${input:a-b}"}},
    }
    inputs = [{"id": each, "password": True} for each in ("github-token", "a b", "a-b")]
    made = imported(
        json.dumps({"mcpServers": tables, "inputs": inputs}), "mcp.json", Where(PROJECT, PROJECT), {}
    )
    places = [value for each in made.servers for value in each.table["env"].values()]

    assert not made.refusals
    assert len(set(places)) == len(places) == 4
    assert len({secret.name for each in made.servers for secret in each.secrets}) == 4


SECRET = "sk-" + "a1b2" * 8


@pytest.mark.parametrize(
    "table",
    [
        {"command": f"npx -y srv --api-key {SECRET}"},
        {"command": "x", "cwd": f"/srv/{SECRET}"},
        {"url": f"https://h.example/mcp#token={SECRET[3:]}"},
    ],
)
def test_a_secret_where_none_may_stand_is_refused(table: dict[str, JSON]) -> None:
    assert SECRET[3:] not in refused(**table)
    assert "secret" in refused(**table)


def test_a_secret_in_a_description_is_left_out() -> None:
    made = of(command="x", description=f"key {SECRET}")

    assert "description" not in made.servers[0].table
    assert "mcpServers.s.description: left out: it holds a secret" in made.notes


def test_a_reference_in_front_hides_no_secret_behind_it() -> None:
    env = {"API_KEY": "${PRE}-made-up-value", "TOKEN": "Bearer ${TOKEN}", "PASSWORD": "$ecretPass1"}

    assert taken(command="x", env=env).table["env"] == {
        "API_KEY": "${keyring:s-api-key}",
        "TOKEN": "Bearer ${env:TOKEN}",
        "PASSWORD": "${keyring:s-password}",
    }


def test_what_another_tool_says_of_each_tool_bars_none() -> None:
    made = of(command="x", tools={"search": {"approval_mode": "approve"}})

    assert "tools" not in made.servers[0].table
    assert "mcpServers.s.tools.search: left out: there is nothing like it here" in made.notes
