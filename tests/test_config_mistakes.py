"""Mistakes in settings: what is said of each, and where it is said to be."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from router.config import load_project
from router.errors import SettingsRefused
from tests.projects import settings as load

PROGRAM: Final = '[mcp.x]\ncommand = "x"\n'


def refused(directory: Path, text: str, /, *, person: str = "", **variables: str) -> list[str]:
    """Return what is said of settings that do not load; the person's file is called HOME."""
    with pytest.raises(SettingsRefused) as raised:
        load(directory, text, person=person, **variables)
    return str(raised.value).replace(str(directory / "home" / "config.toml"), "HOME").splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = @", "ts.toml:1:5: is not TOML: Invalid value"),
        ('langauge = "none"', 'ts.toml:1:1: unknown key "langauge"; did you mean "language"?'),
        ('language = "klingon"', 'ts.toml:1:12: "language" "klingon" is unknown; there are arabic,'),
        ('ambiguous = "eror"', 'ts.toml:1:13: "ambiguous" "eror" is unknown; did you mean "error"?'),
        ('fallback = ["search", "plan"]', '"plan" is unknown; did you mean "planner"?'),
        ('fallback = ["search", "search"]', 'ts.toml:1:23: "search" is listed twice'),
        ("layers = []", "ts.toml:1:10: "),
        ('layers = "team"', 'ts.toml:1:10: "layers" must be a list'),
        ("layers = [5]", "ts.toml:1:11: "),
        ('layers = ["a/b"]', '"a/b" is not a directory\'s name'),
        ('layers = ["a", "b",\n "a"]', 'ts.toml:2:2: "a" is listed twice'),
        ("mcp = 5", 'ts.toml:1:7: "mcp" must be a table'),
        ("[mcp]\ngit = 5", 'ts.toml:2:7: "git" must be a table'),
        ('[mcp."a b"]\ncommand = "x"', '"a b" is not a name'),
        ('[mcp.x]\ncomand = "x"', 'ts.toml:2:1: unknown key "comand"; did you mean "command"?'),
        (PROGRAM + "tools.alow = []", 'unknown key "alow"; did you mean "allow"?'),
        (PROGRAM + 'tools = { allow = "a" }', 'ts.toml:3:19: "allow" must be a list'),
        (PROGRAM + "retries = -1", 'ts.toml:3:11: "retries" must be greater than or equal to 0'),
        (PROGRAM + "retries = true", 'ts.toml:3:11: "retries" must be a whole number'),
        (PROGRAM + "retries = 1.5", 'ts.toml:3:11: "retries" must be'),
        (PROGRAM + "timeout = 0", 'ts.toml:3:11: "timeout" must be greater than 0'),
        (PROGRAM + 'timeout = "5"', 'ts.toml:3:11: "timeout" must be a number'),
        (PROGRAM + "timeout = inf", 'ts.toml:3:11: "timeout" must be a finite number'),
        (PROGRAM + "delay = -0.1", 'ts.toml:3:9: "delay" must be'),
        (PROGRAM + "limit = 0", 'ts.toml:3:9: "limit" must be greater than 0'),
        (PROGRAM + 'modes = ["usefull"]', '"usefull" is unknown; did you mean "useful"?'),
        (PROGRAM + 'auth = "token"', 'ts.toml:3:8: "auth" must be a table'),
        (PROGRAM + "env = { A = 1 }", "ts.toml:3:13: "),
        (PROGRAM + 'transport = "pipe"', "ts.toml:3:13: "),
        ('[mcp.x]\ntags = ["a"]', "ts.toml:1:2: [mcp.x]: a server has"),
        (PROGRAM + 'url = "http://h"', "ts.toml:3:1: [mcp.x]: a server has"),
        ('[mcp.x]\nurl = "h"', 'ts.toml:2:7: "url" must be a URL such as https://host/path'),
        ('[mcp.x]\nurl = "http://h"\ntransport = "stdio"', '3:13: a server with a url has transport "http"'),
        ('[mcp.x]\nurl = "http://h"\nargs = ["a"]', 'ts.toml:3:1: "args" is for servers with a command'),
        ('[mcp.x]\nurl = "http://h"\nenv = { A = "1" }', 'ts.toml:3:1: "env" is for servers with a command'),
        ('[mcp.x]\nurl = "http://h"\ncwd = "a"', 'ts.toml:3:1: "cwd" is for servers with a command'),
        (PROGRAM + 'transport = "sse"', 'a server with a command has transport "stdio"'),
        (
            '[mcp.x]\ncommand = "x"\ntools.rename = { a = "c", b = "c" }',
            'ts.toml:3:31: "b" and "a" would both be called "c"',
        ),
        ("[a2a.x]\ntags = []", 'ts.toml:1:2: "url" is missing'),
        ('[a2a.x]\nurl = "ftp://h"', '"url" must be a URL such as https://host/path'),
        ('[a2a.x]\nurl = "http://h"\ncommand = "x"', 'ts.toml:3:1: unknown key "command"'),
        ('[planner]\norder = ["remote"]', 'ts.toml:2:10: "order" "remote" is unknown; there are hf, local'),
        ("[planner]\nmodels = { faves = 5 }", "ts.toml:2:20: "),
        ('[planner.local]\nurl = "http://h"', 'ts.toml:2:1: unknown key "url"; there are base_url, models, '),
        ('[planner]\norder = ["local"]', "ts.toml:2:1: [planner.local] has no base_url, such as http"),
        ("[planner.local]\ntimeout = 1", "ts.toml:1:2: [planner.local] has no base_url, such as http"),
        ('[planner]\norder = ["hf", "hf"]', 'ts.toml:2:16: "hf" is listed twice'),
        ('[planner.hf]\ntoken = "hf_abc"', 'ts.toml:2:9: "token" must say where the secret is'),
        ('[planner]\neffort = { faves = "none" }', 'ts.toml:2:20: "faves" "none" is unknown; '),
        ("[budget]\npools = { a = 0.7, b = 0.7 }", "ts.toml:2:9: the shares of the pools are more than 1"),
        ('[budget]\npool = "ci"', 'ts.toml:2:8: unknown pool "ci"'),
        ("[budget]\nlimit_usd = -1", 'ts.toml:2:13: "limit_usd" must be greater than or equal to 0'),
        (
            "[budget]\nlimit_usd = 1e308",
            'ts.toml:2:13: "limit_usd" must be less than or equal to 1000000000',
        ),
        ("[budget]\nsoft = 1.5", 'ts.toml:2:8: "soft" must be less than or equal to 1'),
        ("[store]\nurl = 5", 'ts.toml:2:7: "url" must be'),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_its_place_and_what_would_do(tmp_path: Path, text: str, said: str) -> None:
    lines = refused(tmp_path, text)

    assert any(said in line for line in lines), lines
    assert all(line.startswith("ts.toml:") for line in lines)


def test_every_mistake_is_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "\n" * 8 + 'languag = "x"\n[mcp.x]\nretries = -1\ntimeout = 0\ncommand = 5\n'

    assert [line.split(": ")[0] for line in refused(tmp_path, text)] == [
        "ts.toml:9:1", "ts.toml:11:11", "ts.toml:12:11", "ts.toml:13:11"
    ]  # fmt: skip


def test_a_file_that_is_not_utf_8_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "ts.toml").write_bytes(b'language = "\xff"')

    with pytest.raises(SettingsRefused, match=r"^ts.toml: is not UTF-8: byte 13 is 0xff$"):
        load_project(tmp_path, {"TS_HOME": str(tmp_path)})


def test_a_mistake_of_the_person_is_said_with_that_file_and_line(tmp_path: Path) -> None:
    person = 'language = "none"\n\n[mcp.git]\ncommand = "x"\nretries = -1\n[a2a.me]\ntags = []\n[mcp.bare]\n'

    assert refused(tmp_path, '[mcp.git]\ntags = ["a"]', person=person) == [
        'HOME:5:11: "retries" must be greater than or equal to 0',
        'HOME:6:2: "url" is missing',
    ]
    assert refused(tmp_path, "", person="[mcp.bare]")[0].startswith("HOME:1:2: [mcp.bare]: a server has")
    assert refused(tmp_path, "", person='a = 1\nb = "${MISSING}"') == [
        "HOME:2:5: ${MISSING} is not set in the environment"
    ]
    assert refused(tmp_path, "", person="a = @")[0].startswith("HOME:1:5: is not TOML")


def test_where_both_files_say_something_it_is_the_project_s_that_counts(tmp_path: Path) -> None:
    person = '[mcp.git]\ncommand = "x"\nretries = -1'

    assert load(tmp_path, "[mcp.git]\nretries = 1", person=person).servers["git"].retries == 1
    assert refused(tmp_path, '[mcp.git]\nurl = "http://h"\nretries = 0', person=person)[0].startswith(
        "ts.toml:2:1: [mcp.git]: a server has a command"
    )


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TS_LANGUAGE", "klingon", '$TS_LANGUAGE: "language" "klingon" is unknown; there are'),
        ("TS_LAYERS", "", "$TS_LAYERS: "),
        ("TS_FALLBACK", "search,plan", '"plan" is unknown; did you mean "planner"?'),
        ("TS_MCP__GIT__TIMEOUT", "soon", '$TS_MCP__GIT__TIMEOUT: "timeout" must be a number'),
        ("TS_MCP__GIT__TIMEOUT", "-1", '$TS_MCP__GIT__TIMEOUT: "timeout" must be greater than 0'),
        ("TS_MCP__GIT__ARGS", "--all", '$TS_MCP__GIT__ARGS: "args" must be a list'),
        ("TS_MCP__GIT__ARGS", "[1]", "$TS_MCP__GIT__ARGS: "),
        ("TS_MCP__GIT__TIMEUOT", "5", 'unknown key "timeuot"; did you mean "timeout"?'),
        ("TS_MCP__GIT__URL", "http://h", "$TS_MCP__GIT__URL: [mcp.git]: a server has a command (stdio) or"),
        ("TS_MCP__NEW__TIMEOUT", "5", "$TS_MCP__NEW__TIMEOUT: [mcp.new]: a server has a command (stdio) or"),
        ("TS_MCP____COMMAND", "x", '"" is not a name'),
        ("TS_MCPS__GIT__TIMEOUT", "5", 'there is no table "mcps"; did you mean "mcp"?'),
        ("TS_MCP", "5", '$TS_MCP: "mcp" is a table; set a key of it, such as TS_MCP__KEY'),
        ("TS_LANGUAGE__X", "5", '$TS_LANGUAGE__X: "language" is not a table; set TS_LANGUAGE'),
        ("TS_STORE__URL", "${NOWHERE}", "$TS_STORE__URL: ${NOWHERE} is not set in the environment"),
    ],
)  # fmt: skip
def test_a_mistake_of_the_environment_is_said_with_the_variable(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    lines = refused(tmp_path, '[mcp.git]\ncommand = "x"\ntimeout = 5', **{variable: value})

    assert any(said in line for line in lines), lines
    assert all(line.startswith(f"${variable}: ") for line in lines)


def test_a_mistake_of_a_table_is_said_of_its_file_and_not_of_a_variable_for_another_key(
    tmp_path: Path,
) -> None:
    lines = refused(tmp_path, "[mcp.git]\n", TS_MCP__GIT__TIMEOUT="5")

    assert lines[0].startswith("ts.toml:1:2: [mcp.git]: a server has a command (stdio) or a url")


def test_every_missing_variable_is_said_where_it_is_named(tmp_path: Path) -> None:
    text = '[mcp.git]\ncommand = "x"\nargs = [\n  "a",\n  "${ONE}/${TWO}",\n]\nretries = -1\n'

    assert refused(tmp_path, text, TWO="2") == ["ts.toml:5:3: ${ONE} is not set in the environment"]
