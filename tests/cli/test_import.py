"""`ts import`: servers of other tools' settings, printed or written into ts.toml."""

from __future__ import annotations

import json

import pytest

from tests import servers
from tests.command import Shell
from tests.importing import files

COMBINED = """\
[mcp.shortcut]
command = "npx"
args = ["-y", "@shortcut/mcp"]
env.SHORTCUT_API_TOKEN = "${keyring:shortcut-api-token}"
tools.allow = ["search[-_]stories", "get[-_]story"]

[mcp.silent]
command = "silent"
tools.allow = []

[mcp.plain]
command = "plain"
"""


def test_the_tables_are_data_and_the_rest_is_not(shell: Shell) -> None:
    shell.write({"combine.json": files.COMBINE})

    done = shell.ts("import", "combine.json")

    assert (done.code, done.out) == (0, COMBINED)
    assert done.err == (
        "note: mcpServers.silent.tools: lets no tool through, here as there\n"
        "note: mcpServers.silent.tools.denied: left out: there is nothing like it here\n"
        "secrets are not copied; keep them, out of combine.json:\n"
        "  ts auth set shortcut-api-token    # the value of mcpServers.shortcut.env.SHORTCUT_API_TOKEN\n"
    )
    assert not (shell.directory / "ts.toml").exists()


def test_standard_input_is_read(shell: Shell) -> None:
    done = shell.ts("import", "-", stdin=files.COMBINE)

    assert (done.code, done.out) == (0, COMBINED)
    assert "out of standard input:" in done.err


def test_what_cannot_be_taken_over_fails_and_the_others_are_printed(shell: Shell) -> None:
    shell.write({".vscode/mcp.json": files.VSCODE})

    done = shell.ts("import", ".vscode/mcp.json")

    assert done.code == 1
    assert "[mcp.github]" in done.out
    assert 'cwd = "servers"' in done.out
    reason = "servers.asks: url asks for the input host, which the file does not define"
    assert f"error: {reason}; it is not taken over\n" in done.err


def test_the_workspace_of_a_file_that_is_nobodys_project_is_the_project(shell: Shell) -> None:
    shell.write({"ts.toml": "", "sub/.keep": ""})
    (shell.home / ".cursor").mkdir()
    (shell.home / ".cursor" / "mcp.json").write_text(files.CURSOR)

    done = shell.ts("-C", "sub", "import", str(shell.home / ".cursor" / "mcp.json"))

    assert done.code == 0
    assert f'"{shell.directory.as_posix()}/docs",\n' in done.out


def test_they_are_added_to_the_project_once(shell: Shell) -> None:
    shell.write({"ts.toml": '# ours\nlanguage = "none"\n', "mcp.json": files.COMBINE})

    done = shell.ts("import", "mcp.json", "--write")

    assert (done.code, done.out) == (0, "")
    assert done.err.endswith("3 servers added to ts.toml; try: ts discover\n")
    written = (shell.directory / "ts.toml").read_text()
    assert written == f'# ours\nlanguage = "none"\n\n{COMBINED}'

    again = shell.ts("import", "mcp.json", "--write")

    assert again.code == 0
    assert "note: [mcp.plain] is already there\n" in again.err
    assert again.err.endswith("0 servers added to ts.toml\n")
    assert (shell.directory / "ts.toml").read_text() == written


def test_a_name_that_is_taken_is_refused(shell: Shell) -> None:
    shell.write({"ts.toml": '[mcp.plain]\ncommand = "ours"\n', "mcp.json": files.COMBINE})

    done = shell.ts("import", "mcp.json", "--write")

    assert done.code == 1
    told = (
        "error: mcpServers.plain: ts.toml has another [mcp.plain]; rename one of them; it is not taken over\n"
    )
    assert told in done.err
    assert "2 servers added to ts.toml" in done.err


def test_as_json(shell: Shell) -> None:
    shell.write({"ts.toml": '[mcp.plain]\ncommand = "plain"\n', "mcp.json": files.COMBINE})

    told = shell.ts("import", "mcp.json", "--json").json

    assert (told["file"], told["refused"]) == ("mcp.json", [])
    assert told["servers"][0] == {
        "name": "shortcut",
        "place": "mcpServers.shortcut",
        "state": "shown",
        "off": False,
        "table": {
            "command": "npx",
            "args": ["-y", "@shortcut/mcp"],
            "env": {"SHORTCUT_API_TOKEN": "${keyring:shortcut-api-token}"},
            "tools": {"allow": ["search[-_]stories", "get[-_]story"]},
        },
        "secrets": [
            {
                "name": "shortcut-api-token",
                "place": "the value of mcpServers.shortcut.env.SHORTCUT_API_TOKEN",
            }
        ],
    }

    written = shell.ts("import", "mcp.json", "--json", "--write").json

    assert [each["state"] for each in written["servers"]] == ["written", "written", "there"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.json"], "gone.json: there is no such file"),
        (["."], ".: cannot be read: it is no file"),
        (["-"], "standard input: is not UTF-8: byte 1 is 0xff"),
        (["mcp.json"], "mcp.json:1:2: is not JSON: Expecting property name enclosed in double quotes"),
        (
            ["mcp.json", "--write"],
            "no ts.toml here or in a directory above; `ts init` writes a starter project",
        ),
    ],
)
def test_what_cannot_be_read_is_the_askers_mistake(shell: Shell, arguments: list[str], message: str) -> None:
    shell.write({"mcp.json": "{"})

    done = shell.ts("import", *arguments, stdin=b"\xff")

    assert (done.code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.slow
def test_an_imported_server_is_called(shell: Shell) -> None:
    server = servers.time()
    tools = {"allowed": ["get-current-time"]}
    table = {"command": server.command, "args": list(server.args), "tools": tools}
    shell.write({"ts.toml": "", "mcp.json": json.dumps({"mcpServers": {"my clock": table}})})

    assert shell.ts("import", "mcp.json", "--write").code == 0
    done = shell.ts("discover", "--json")

    assert done.code == 0
    (offer,) = done.json["offers"]
    assert offer["name"] == "my-clock"
    (tool,) = offer["tools"]
    assert (tool["use"], tool["name"]) == ("mcp:my-clock/get_current_time", "my_clock_get_current_time")
