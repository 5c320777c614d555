"""Settings of other tools as they are found, one of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.errors import SettingsRefused
from router.importing import Imported, Where, imported, rendered
from tests.importing import files

PROJECT = Path("/work/shop")
ENVIRONMENT = {"HOME": "/home/ann"}


def of(text: str, shown: str = "mcp.json", workspace: Path = PROJECT) -> Imported:
    return imported(text, shown, Where(PROJECT, workspace), ENVIRONMENT)


def secrets(made: Imported) -> dict[str, str]:
    return {secret.name: secret.place for each in made.servers for secret in each.secrets}


def refusals(made: Imported) -> list[str]:
    return [str(each) for each in made.refusals]


def test_of_a_desktop_assistant() -> None:
    made = of(files.CLAUDE, "claude_desktop_config.json")

    assert (
        rendered(made.servers)
        == """\
[mcp.filesystem]
command = "npx"
args = ["-y", "@modelcontextprotocol/server-filesystem", "/home/ann/Desktop", "/home/ann/Downloads"]

[mcp.brave-search]
command = "npx"
args = ["-y", "@modelcontextprotocol/server-brave-search"]
env.BRAVE_API_KEY = "${keyring:brave-search-api-key}"

[mcp.postgres]
command = "npx"
args = ["-y", "@modelcontextprotocol/server-postgres", "${keyring:postgres-secret}"]
"""
    )
    assert secrets(made) == {
        "brave-search-api-key": "the value of mcpServers.brave-search.env.BRAVE_API_KEY",
        "postgres-secret": "the value of mcpServers.postgres.args[2]",
    }
    assert made.notes == ("left alone, being about something else: globalShortcut",)
    assert not made.refusals


def test_of_cursor() -> None:
    made = of(files.CURSOR, ".cursor/mcp.json", Path("/work/other"))

    assert (
        rendered(made.servers)
        == """\
[mcp.My-Docs-local]
command = "${HOME}/bin/docs"
args = ["--root", "/work/other/docs", "--name=other"]
env.API_KEY = "${env:DOCS_KEY}"

[mcp.linear]
url = "https://mcp.linear.app/sse"
transport = "sse"

[mcp.shop]
url = "https://shop.example.com/mcp"
headers.Authorization = "Bearer ${env:SHOP_TOKEN}"
headers.X-Api-Key = "${keyring:shop-x-api-key}"
auth.type = "login"
auth.client_id = "cursor"
auth.client_secret = "keyring:shop-client-secret"
auth.scope = "read write"
"""
    )
    no_file = 'left out: no such file is read here; give what it holds by env, such as NAME = "${env:NAME}"'
    docs = "mcpServers.My Docs (local)"
    assert made.notes == (
        f'{docs}: is called "My-Docs-local" here, where names have letters, digits, and _ . -',
        f"{docs}.envFile: {no_file}",
        f"{docs}: ${{workspaceFolder}} is written as /work/other, which other machines may not have",
        'mcpServers.linear.url: taken to speak the older SSE; take transport = "sse" out if it does not',
        "mcpServers.shop.auth: a person signs in with: ts auth login shop",
    )
    assert secrets(made) == {
        "shop-x-api-key": "the value of mcpServers.shop.headers.X-Api-Key",
        "shop-client-secret": "the value of mcpServers.shop.auth.CLIENT_SECRET",
    }


def test_of_vs_code_with_comments_and_inputs() -> None:
    made = of(files.VSCODE, ".vscode/mcp.json")

    assert (
        rendered(made.servers)
        == """\
[mcp.perplexity]
command = "docker"
args = ["run", "-i", "--rm", "-e", "PERPLEXITY_API_KEY=${keyring:perplexity-key}", "mcp/perplexity"]
cwd = "servers"
env.LOG = "info"

[mcp.github]
url = "https://api.githubcopilot.com/mcp/"
"""
    )
    assert made.notes == (
        "servers.perplexity.env.GONE: left out: a variable cannot be taken away here",
        "servers.perplexity.dev: left out: there is nothing like it here",
        "servers.perplexity: env.LOG has the default of the input level written out",
    )
    assert secrets(made) == {"perplexity-key": "what the input perplexity-key asks for"}
    assert refusals(made) == [
        "servers.asks: url asks for the input host, which the file does not define",
        "servers.config: args[0] has ${config:python.path}, which ts does not know; write what it stands for",
    ]


def test_of_windsurf() -> None:
    made = of(files.WINDSURF)

    assert (
        rendered(made.servers)
        == """\
[mcp.remote]
url = "https://mcp.example.com/mcp"
headers.Authorization = "${file:~/.token}"
tools.deny = ["drop_table"]
"""
    )
    assert made.notes == (
        "mcpServers.remote: headers.Authorization is given the content of the file ~/.token",
    )


def test_of_zed() -> None:
    made = of(files.ZED, "settings.json")

    assert (
        rendered(made.servers)
        == """\
[mcp.time]
command = "uvx"
args = ["mcp-server-time"]

[mcp.older]
command = "/opt/older"
args = ["run"]
env.MODE = "fast"

# [mcp.off]
# url = "https://zed.example.com/mcp"
"""
    )
    assert made.notes == (
        "context_servers.older.settings: left out: they are for an extension of the editor",
        "context_servers.off: is switched off there, so it stands in comments",
        "left alone, being about something else: vim_mode",
    )
    extension = "context_servers.postgres-context-server"
    assert refusals(made) == [f"{extension}: an extension of the editor runs it; give its command"]


def test_of_cline_whose_times_are_seconds() -> None:
    made = of(files.CLINE, "cline_mcp_settings.json")

    assert (
        rendered(made.servers)
        == """\
[mcp.weather]
command = "node"
args = ["/srv/weather/build/index.js"]
timeout = 1800

# [mcp.sleeping]
# url = "https://sleep.example.com/mcp"
"""
    )
    assert made.notes == (
        "mcpServers.weather.autoApprove: left out: rules decide here what is called",
        "mcpServers.sleeping.alwaysAllow: left out: rules decide here what is called",
        "mcpServers.sleeping: is switched off there, so it stands in comments",
    )


def test_of_gemini_cli_whose_times_are_milliseconds() -> None:
    made = of(files.GEMINI, ".gemini/settings.json")

    assert (
        rendered(made.servers)
        == """\
# [mcp.python]
# command = "python"
# args = ["-m", "my_server", "--at", "${env:HOME}/data"]
# cwd = "servers/python"
# env.DATABASE_URL = "${env:DB_URL}"
# env.API_KEY = "${env:EXTERNAL_KEY}"
# tools.allow = ["safe_tool", "read[[]1]"]
# tools.deny = ["rm"]
# timeout = 0.6

[mcp.http]
url = "http://localhost:3000/mcp"
timeout = 5

[mcp.events]
url = "http://localhost:8080/events"
transport = "sse"
"""
    )
    assert made.notes == (
        "mcpServers.python.timeout: taken for milliseconds: timeout = 0.6",
        "mcpServers.python.trust: left out: rules decide here what is called",
        "mcpServers.python: is switched off there, so it stands in comments",
        "mcpServers.http.timeout: taken for milliseconds: timeout = 5",
        'mcpServers.events.url: taken to speak the older SSE; take transport = "sse" out if it does not',
        "left alone, being about something else: theme, mcp",
    )
    assert refusals(made) == ["mcpServers.both: it has url and httpUrl; leave one of them"]


def test_what_gemini_cli_allows_alone_switches_the_others_off() -> None:
    text = '{"mcp": {"allowed": ["a"]}, "mcpServers": {"a": {"command": "a"}, "b": {"command": "b"}}}'

    assert [each.is_off for each in of(text).servers] == [False, True]


def test_of_codex() -> None:
    made = of(files.CODEX, "config.toml")

    assert (
        rendered(made.servers)
        == """\
[mcp.figma]
url = "https://mcp.figma.com/mcp"
headers.X-Region = "eu"
headers.X-Team = "${env:FIGMA_TEAM}"
auth.type = "bearer"
auth.token = "env:FIGMA_TOKEN"
tools.allow = []
timeout = 4500

# [mcp.local]
# command = "local"
# env.LOCAL_TOKEN = "${env:LOCAL_TOKEN}"
# tools.deny = ["rm"]
"""
    )
    assert made.notes == (
        "mcp_servers.figma.startup_timeout_sec: left out: there is nothing like it here",
        "mcp_servers.local: is switched off there, so it stands in comments",
        "left alone, being about something else: model",
    )


def test_of_combine_mcp_where_an_empty_list_lets_no_tool_through() -> None:
    made = of(files.COMBINE)

    assert (
        rendered(made.servers)
        == """\
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
    )
    assert made.notes == (
        "mcpServers.silent.tools: lets no tool through, here as there",
        "mcpServers.silent.tools.denied: left out: there is nothing like it here",
    )


def test_of_combine_mcp_as_a_list() -> None:
    made = of(files.COMBINE_LIST)

    assert rendered(made.servers) == '[mcp.one]\ncommand = "one"\ntools.allow = []\n'
    assert refusals(made) == [
        'servers[1]: it would be called "one", as servers[0] is; give it another name',
        "servers[2]: its name has no letter and no digit; give it another",
        "servers[3]: its name has no letter and no digit; give it another",
    ]


def test_a_list_of_tools_has_names_and_a_star_for_all() -> None:
    assert [each.table["tools"] for each in of(files.COPILOT).servers] == [
        {"allow": ["*"]},
        {"allow": ["read_[*]", "get"]},
    ]


def test_of_yaml() -> None:
    made = of(files.TEAM, "team.yaml")

    assert (
        rendered(made.servers)
        == """\
[mcp.clock]
command = "uvx"
args = ["mcp-server-time", "--port", "8080"]
env.PORT = "8080"
env.DEBUG = "true"
env.RATE = "0.5"

[mcp.remote]
description = "Far away."
url = "https://remote.example.com/mcp"
timeout = 90
"""
    )
    assert made.notes == (
        "mcpServers.remote.env: left out: it is for servers with a command",
        "mcpServers.remote.timeout: taken for seconds: timeout = 90",
        "left alone, being about something else: defaults",
    )


def test_of_the_settings_of_an_editor_that_have_servers_below() -> None:
    made = of('{"mcp": {"servers": {"a": {"command": ["a", "-b"]}}, "inputs": [], "gallery": true}, "x": 1}')

    assert rendered(made.servers) == '[mcp.a]\ncommand = "a"\nargs = ["-b"]\n'
    assert made.notes == ("left alone, being about something else: mcp.gallery, x",)


@pytest.mark.parametrize("text", ["{}", '{"mcpServers": {}}', '{"servers": "x", "mcp": 1}'])
def test_a_file_without_servers_is_refused(text: str) -> None:
    with pytest.raises(
        SettingsRefused, match=r"mcp.json: has no MCP servers; they are looked for in mcpServ"
    ):
        of(text)
