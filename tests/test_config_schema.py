"""The schema of the settings takes each file that the loader takes, and refuses its mistakes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import pytest
from jsonschema import Draft7Validator

from router.config import A2aTable, McpTable, SettingsTable
from router.config.schema import settings_schema
from router.errors import SettingsRefused
from tests import projects

SETTINGS: Final = Draft7Validator(settings_schema())
SERVER: Final = '[mcp.git]\ncommand = "git-server"\n'
AGENT: Final = '[a2a.writer]\nurl = "https://agents.example.com/writer"\n'


def loads(directory: Path, text: str) -> bool:
    try:
        projects.settings(directory, text, MODE="useful", HOST="example.com")
    except SettingsRefused:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        "",
        'layers = ["guard", "team_2"]\nambiguous = "error"\nfallback = []\nlanguage = "none"',
        f'{SERVER}args = ["a"]\nenv = {{ A_B = "c" }}\ncwd = "x"\ntransport = "stdio"\nmodes = ["useful"]',
        f'{SERVER}tools.allow = ["git_*"]\ntools.deny = []\ntools.rename = {{ git_log = "log" }}',
        f"{SERVER}retries = 3\ndelay = 5\ntimeout = 2.5\nlimit = 1",
        '[mcp."a.b_c-1"]\nurl = "HTTPS://example.com/mcp"\ntransport = "sse"\ntags = ["x"]\ndescription = ""',
        f'{AGENT}auth = {{ type = "bearer", token = "env:TOKEN" }}',
        '[planner]\norder = ["local", "hf"]\nmodels = { useful = "a/b" }\nlocal.base_url = "http://h/v1"',
        '[budget]\nlimit_usd = 50\nsoft = 1\npools = { a = 0.5 }\n[store]\nurl = "postgresql://db/ts"',
        f'{SERVER}modes = ["${{MODE}}"]',
        '[a2a.writer]\nurl = "https://${HOST}/writer"',
    ],
)
def test_settings_that_load_pass(tmp_path: Path, text: str) -> None:
    assert loads(tmp_path, text)
    assert SETTINGS.is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        'langauge = "none"',
        'language = "klingon"',
        'ambiguous = ""',
        'fallback = ["planer"]',
        'fallback = "search"',
        "layers = []",
        'layers = ["a b"]',
        "layers = [3]",
        "mcp = 5",
        '[mcp."a b"]\ncommand = "x"',
        '[mcp.-x]\ncommand = "x"',
        "[mcp.git]\ncomand = 3",
        f"{SERVER}args = [3]",
        f"{SERVER}env = {{ A = 3 }}",
        f"{SERVER}retries = -1",
        f"{SERVER}retries = true",
        f'{SERVER}timeout = "5"',
        f"{SERVER}timeout = 0",
        f"{SERVER}timeout = true",
        f"{SERVER}delay = -0.5",
        f"{SERVER}limit = 0",
        f"{SERVER}limit = 1.5",
        f'{SERVER}modes = ["usefull"]',
        f'{SERVER}modes = "useful"',
        f'{SERVER}transport = "pipe"',
        f'{SERVER}tools = {{ allow = "a" }}',
        f"{SERVER}tools.alow = []",
        f'{SERVER}auth = "bearer"',
        '[mcp.git]\nurl = "example.com"',
        '[a2a.writer]\nurl = ""',
        '[a2a.writer]\nurl = "ftp://example.com"',
        f'{AGENT}command = "x"',
        '[planner]\norder = ["cloud"]',
        '[planner]\nmodels = { fave = "x" }',
        "[planner]\nlocal.url = 3",
        "[budget]\nsoft = 2",
        "[store]\nurl = 3",
    ],
)
def test_mistakes_are_refused_by_loader_and_schema(tmp_path: Path, text: str) -> None:
    assert not loads(tmp_path, text)
    assert not SETTINGS.is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "[mcp.git]",
        f'{SERVER}url = "https://example.com"',
        f'{SERVER}transport = "http"',
        'layers = ["a", "a"]',
        'language = "${MODE}"',
        'language = "${NOBODY}"',
        f"{SERVER}timeout = inf",
    ],
)
def test_what_only_the_loader_can_know_passes_the_schema(tmp_path: Path, text: str) -> None:
    assert not loads(tmp_path, text)
    assert SETTINGS.is_valid(tomllib.loads(text))


def test_one_file_may_leave_to_another_what_is_required(tmp_path: Path) -> None:
    project, person = "[a2a.writer]\ntimeout = 5\n", AGENT

    settings = projects.settings(tmp_path, project, person=person)

    assert settings.agents["writer"].timeout_seconds == 5
    assert SETTINGS.is_valid(tomllib.loads(project))
    assert SETTINGS.is_valid(tomllib.loads(person))


@pytest.mark.parametrize("model", [McpTable, A2aTable])
def test_every_key_of_a_peer_is_in_the_schema(model: type[McpTable | A2aTable]) -> None:
    assert [*settings_schema()["definitions"][model.__name__]["properties"]] == [*model.model_fields]


def test_every_setting_is_in_the_schema() -> None:
    assert [*settings_schema()["properties"]] == [*SettingsTable.model_fields]
