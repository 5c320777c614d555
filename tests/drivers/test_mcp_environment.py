"""What of our environment a server inherits, and where its program is found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from mcp.client.stdio import DEFAULT_INHERITED_ENV_VARS

from router.core.settings import Server
from router.drivers import mcp_environment
from router.drivers.mcp_environment import find_program, inherited, launch_of
from router.errors import TargetUnavailable


@pytest.mark.parametrize(
    "name",
    [
        *DEFAULT_INHERITED_ENV_VARS,
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "all_proxy"),
        *("UV_INDEX_URL", "PIP_INDEX_URL", "npm_config_registry", "NPM_CONFIG_REGISTRY"),
        *("XDG_CACHE_HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP"),
    ],
)
def test_what_servers_and_their_runners_need_is_inherited(name: str) -> None:
    assert inherited({name: "value"}, "node") == {name: "value"}


@pytest.mark.parametrize(
    "name", ["VIRTUAL_ENV", "HF_TOKEN", "PYTHONPATH", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD"]
)
def test_nothing_else_is_inherited(name: str) -> None:
    assert inherited({name: "value"}, "node") == {}


SECRETS = {
    "UV_INDEX_PRIVATE_PASSWORD": "secret",
    "UV_GITHUB_TOKEN": "secret",
    "UV_DEFAULT_INDEX": "https://me:secret@packages.example.com/simple",
    "UV_EXTRA_INDEX_URL": "https://a.example.com/ https://secret@b.example.com/",
    "PIP_CLIENT_SECRET": "secret",
    "npm_config__authToken": "secret",
    "npm_config_//packages.example.com/:_auth": "secret",
    "NPM_CONFIG_PROXY_PASSWD": "secret",
    "UV_CREDENTIALS_DIR": "/secret",
}


@pytest.mark.parametrize("command", ["node", "python3", "mcp-server-git", "/opt/uvx/server", "uvx-like"])
def test_secrets_of_package_runners_are_kept_from_other_programs(command: str) -> None:
    kept = {"UV_INDEX_URL": "https://packages.example.com/@scope", "UV_KEYRING_PROVIDER": "subprocess"}

    assert inherited(SECRETS | kept, command) == kept


@pytest.mark.parametrize("command", ["uvx", "uv", "pipx", "npx", "npm", "/usr/bin/npx", "npx.CMD"])
def test_package_runners_reach_a_private_registry_and_publish_nowhere(command: str) -> None:
    publishing = {"UV_PUBLISH_TOKEN": "secret", "UV_PUBLISH_URL": "https://packages.example.com/"}

    assert inherited(SECRETS | publishing, command) == SECRETS


def test_an_exported_shell_function_is_not_inherited() -> None:
    assert inherited({"TERM": "() { :; }"}, "node") == {}


def program(directory: Path, name: str) -> Path:
    directory.mkdir(exist_ok=True)
    file = directory / name
    file.touch(0o700)
    return file


def test_a_program_is_found_on_the_path_before_our_own_place(tmp_path: Path) -> None:
    uvx = program(tmp_path, "uvx")

    assert find_program("uvx", path=str(tmp_path), cwd="/") == str(uvx)


def test_a_program_is_found_beside_our_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = program(tmp_path, "own-program")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    assert find_program("own-program", path="", cwd="/") == str(own)


def test_uvx_comes_with_this_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    assert Path(find_program("uvx", path="", cwd="/")).name == "uvx"


def test_a_package_without_its_uv_finds_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def miss() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(mcp_environment, "find_uv_bin", miss)

    assert find_program("uvx", path="", cwd="/") == ""


def test_a_program_with_a_directory_is_taken_from_where_the_server_runs(tmp_path: Path) -> None:
    server = program(tmp_path / "bin", "server")

    assert find_program("bin/server", path="", cwd=str(tmp_path)) == str(server)
    assert find_program("./gone", path="", cwd=str(tmp_path)) == ""


def test_a_path_of_the_settings_is_looked_at(tmp_path: Path) -> None:
    own = program(tmp_path, "own-program")
    server = Server("own", command="own-program", args=("-v",), env={"PATH": str(tmp_path)})

    launch = launch_of(server, cwd=str(tmp_path), target="mcp:own")

    assert launch.command == (str(own), "-v")
    assert launch.environment["PATH"] == str(tmp_path)


def test_a_server_without_a_command_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(TargetUnavailable, match=r"there is no program \"\" on PATH"):
        launch_of(Server("empty"), cwd=str(tmp_path), target="mcp:empty")
