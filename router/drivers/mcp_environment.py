"""How a server's program is started: where it is found and what it gets from us; it starts nothing.

A server is a foreign program, so it does not see our environment, where tokens live. It inherits by this
allow-list only, and what the settings add:

- what the MCP SDK's own stdio client lets through (`mcp.client.stdio.DEFAULT_INHERITED_ENV_VARS`): where
  home, shell and programs are;
- language, time zone and directories for temporary and personal files: `LANG`, `LC_*`, `TZ`, `TMPDIR`,
  `TEMP`, `TMP`, `XDG_*`;
- what programs behind a proxy or a private certificate authority need: `*_PROXY` in either case,
  `SSL_CERT_FILE`, `SSL_CERT_DIR`, `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS`;
- settings of package runners, such as their index and cache: `UV_*`, `PIP_*`, `npm_config_*`. Of these, what
  may hold a secret is for the runners alone (`uv`, `uvx`, `pipx`, `npx`, `npm`), which may need it to reach a
  private registry, and whose servers see it in turn: names that hold `TOKEN`, `PASSWORD`, `PASSWD`, `SECRET`,
  `_AUTH` or `CREDENTIAL` in either case, and values with an address that names a user
  (`https://user:password@host`). What is for publishing, `UV_PUBLISH_*`, is for none.

`VIRTUAL_ENV` is left out, or a runner would take our own environment for the server's.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from uv import find_uv_bin

from router.core.settings import Server
from router.errors import TargetUnavailable

INHERITED: Final = (
    *("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"),
    *("APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATHEXT", "PROCESSOR_ARCHITECTURE"),
    *("SYSTEMDRIVE", "SYSTEMROOT", "USERNAME", "USERPROFILE"),
    *("LANG", "LC_*", "TZ", "TMPDIR", "TEMP", "TMP", "XDG_*"),
    *("*_PROXY", "*_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    *("UV_*", "PIP_*", "npm_config_*", "NPM_CONFIG_*"),
)
"""Names and shell-style patterns of the variables that a child process inherits."""

RUNNERS: Final = frozenset({"uv", "uvx", "pipx", "npx", "npm"})
"""Programs that fetch packages, which inherit the secrets among their settings."""

_OF_RUNNERS: Final = ("UV_", "PIP_", "NPM_CONFIG_")
_SECRET: Final = re.compile("TOKEN|PASSWORD|PASSWD|SECRET|_AUTH|CREDENTIAL")
_USER_IN_ADDRESS: Final = re.compile(r"//[^/\s]*@")


SYSTEM_CERTIFICATES: Final = {"UV_SYSTEM_CERTS": "true"}
"""uv trusts what the system trusts, as pip does, so that a private registry works for both or neither."""


@dataclass(frozen=True, slots=True)
class Launch:
    """All that is needed to start a program."""

    command: tuple[str, ...]
    """The program's path and its arguments."""
    cwd: str
    environment: Mapping[str, str]


def launch_of(server: Server, *, cwd: str, target: str) -> Launch:
    """Return how a server over stdio is started, by default in the directory `cwd`.

    Raises TargetUnavailable where the settings ask for what cannot be done, or name what is not there.
    """
    directory = server.cwd or cwd
    if not Path(directory).is_dir():
        raise TargetUnavailable(
            target, f"there is no directory {directory} to run it in; set cwd in [mcp.{server.name}]"
        )
    environment = SYSTEM_CERTIFICATES | inherited(os.environ, server.command) | dict(server.env)
    program = find_program(server.command, path=environment.get("PATH", ""), cwd=directory)
    if not program:
        raise TargetUnavailable(
            target,
            f'there is no program "{server.command}" on PATH or beside {sys.executable}; '
            f"install it, or write its whole path as command in [mcp.{server.name}]",
        )
    return Launch((program, *server.args), directory, environment)


def inherited(environment: Mapping[str, str], command: str) -> dict[str, str]:
    """Return the part of an environment that a child process of this command inherits.

    Shell functions exported as variables (values that start with `()`) are left out, as the MCP SDK does.
    """
    is_runner = Path(command).stem.lower() in RUNNERS
    return {
        name: value
        for name, value in environment.items()
        if any(fnmatchcase(name, each) for each in INHERITED)
        and not value.startswith("()")
        and not _is_withheld(name.upper(), value, is_runner=is_runner)
    }


def _is_withheld(name: str, value: str, *, is_runner: bool) -> bool:
    """Whether a setting of package runners, its name in capitals, is none of this program's business."""
    if not name.startswith(_OF_RUNNERS):
        return False
    is_secret = _SECRET.search(name) or _USER_IN_ADDRESS.search(value)
    return name.startswith("UV_PUBLISH_") or bool(is_secret and not is_runner)


def find_program(command: str, *, path: str, cwd: str) -> str:
    """Return where a program is: for a plain name on `path`, else beside our own interpreter.

    A command that holds a directory is taken from `cwd`. `uv` and `uvx` come with this package and are found
    wherever it was installed. Returns an empty string where there is no such program.
    """
    if Path(command).name != command:
        return shutil.which(str(Path(cwd, command))) or ""
    places = (path, *_own_places(command))
    found = next((found for place in places if (found := shutil.which(command, path=place))), "")
    return str(Path(found).absolute()) if found else ""


def _own_places(command: str) -> Iterator[str]:
    yield str(Path(sys.executable).parent)
    if command in ("uv", "uvx"):
        try:
            yield str(Path(find_uv_bin()).parent)
        except FileNotFoundError:
            return
