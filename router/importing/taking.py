"""Takes one server of another tool over: its table here, what is lost, and what must be kept as a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from router.core.plan import JSON
from router.importing.finding import Foreign, Found
from router.importing.hiding import Hiding, Secret, holds_secret, query_secret
from router.importing.references import FOLDER, CannotTake, References
from router.importing.tools import tools_of

ADDRESSES: Final = ("url", "serverUrl", "httpUrl")
_TRANSPORTS: Final = {
    "stdio": "stdio",
    "local": "stdio",
    "http": "http",
    "streamable-http": "http",
    "streamable_http": "http",
    "streamablehttp": "http",
    "remote": "http",
    "sse": "sse",
}
_MILLISECONDS: Final = 1000
"""From which a time that says no unit is taken for milliseconds."""
_LARGEST: Final = 10**100
"""Number that can be meant as a text; Python writes no number of some thousands of digits."""
_LONGEST: Final = 10_000_000
"""Seconds or milliseconds that may be meant; nobody waits longer."""
_PLACE: Final = re.compile(r"\$\{((?:env|file|keyring):[^{}]+)\}")
_RULES: Final = "rules decide here what is called"
_LOST: Final = {
    "autoApprove": _RULES,
    "alwaysAllow": _RULES,
    "trust": _RULES,
    "envFile": 'no such file is read here; give what it holds by env, such as NAME = "${env:NAME}"',
    "settings": "they are for an extension of the editor",
}
"""Keys that have no equivalent, and why that is so or what would do."""
_ORDER: Final = (
    "description",
    "command",
    "args",
    "url",
    "transport",
    "cwd",
    "env",
    "headers",
    "auth",
    "tools",
    "timeout",
)
_STDIO_ONLY: Final = ("args", "env", "environment", "cwd", "env_vars")
_URL_ONLY: Final = ("headers", "http_headers", "env_http_headers", "bearer_token_env_var", "auth")


@dataclass(frozen=True, slots=True)
class Where:
    """Directories that settings may be relative to."""

    project: Path
    """Absolute, as settings here are."""
    workspace: Path
    """Absolute: what an editor with these settings would have open."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A server as settings here have it."""

    name: str
    place: str
    """Where it stands in the other tool's file."""
    table: Mapping[str, JSON]
    """Of `[mcp.NAME]`."""
    is_off: bool = False
    """Whether it is switched off there, and is to be written as a comment."""
    notes: tuple[str, ...] = ()
    """What is lost or changed, each with its place."""
    secrets: tuple[Secret, ...] = ()


def taken(foreign: Foreign, name: str, found: Found, where: Where, hiding: Hiding) -> Taken:
    """Return the server under a name. Raises CannotTake where it cannot be taken over."""
    if not isinstance(foreign.table, dict):
        raise CannotTake("it is no table")
    references = References(found.inputs, where.workspace, hiding, found.is_gemini)
    return _Taking(foreign, name, found, hiding, references, where.project).taken()


@dataclass(slots=True)
class _Taking:
    """One server on its way; each step takes the keys that it knows out of `left`."""

    foreign: Foreign
    name: str
    found: Found
    hiding: Hiding
    references: References
    project: Path
    table: dict[str, JSON] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    left: dict[str, JSON] = field(default_factory=dict)

    def taken(self) -> Taken:
        self.left = {str(key): value for key, value in self.foreign.table.items() if value is not None}
        self.left.pop("name", None)
        self._command()
        self._address()
        self._leave(
            _STDIO_ONLY if "url" in self.table else _URL_ONLY, "command" if "url" in self.table else "url"
        )
        self._program()
        self._sign_in()
        self._transport()
        self._time()
        self._tools()
        self._describe()
        is_off = self._is_off()
        for key in self.left:
            self._note(key, f"left out: {_LOST.get(key, 'there is nothing like it here')}")
        asked = [
            Secret(name, f"what the input {known} asks for") for name, known in self.references.asked.items()
        ]
        used = [each for each in asked if f"${{keyring:{each.name}}}" in str(self.table)]
        notes = (*self.notes, *(f"{self.foreign.place}: {each}" for each in self.references.notes))
        table: dict[str, JSON] = {key: self.table[key] for key in _ORDER if key in self.table}
        return Taken(self.name, self.foreign.place, table, is_off, notes, (*self.secrets, *used))

    def _command(self) -> None:
        """Take the program: a text, a list with its arguments, or, in Zed, a table."""
        command = self.left.pop("command", "")
        if isinstance(command, dict):
            self.left.update({str(key): each for key, each in command.items() if key != "path"})
            command = command.get("path", "")
        if isinstance(command, list):
            words = command
            command = words[0] if words else ""
            self.left["args"] = [*words[1:], *self._list("args")]
        if command != "":
            self.table["command"] = self._early(command, "command")

    def _address(self) -> None:
        keys = [key for key in ADDRESSES if self.left.get(key)]
        if len(keys) > 1:
            raise CannotTake(f"it has {' and '.join(keys)}; leave one of them")
        if keys:
            if keys[0] == "httpUrl":
                self.left.setdefault("type", "http")
            url = self._early(self.left.pop(keys[0]), keys[0])
            if key := query_secret(url):
                variable = re.sub(r"[^A-Z0-9]+", "_", f"{self.name}_{key}".upper())
                raise CannotTake(
                    f"its {keys[0]} holds a secret ({key}), and ts keeps none there; write ${{{variable}}} in"
                    " its place and set that variable, or send it by headers"
                )
            self.table["url"] = url
        elif not self.table:
            extension = "settings" in self.left or self.left.get("source") == "extension"
            raise CannotTake(
                "an extension of the editor runs it; give its command"
                if extension
                else "it has no command and no url"
            )

    def _leave(self, keys: Iterable[str], wanted: str) -> None:
        """Tell of keys that a server of this kind has no use for; where they are empty nothing is lost."""
        for key in keys:
            if self.left.pop(key, None):
                self._note(key, f"left out: it is for servers with a {wanted}")

    def _program(self) -> None:
        """Take arguments, variables and the directory of a program."""
        args = [self._late(each, f"args[{number}]") for number, each in enumerate(self._list("args"))]
        self.left.pop("args", None)
        if args:
            hidden = self.hiding.hidden_arguments(self.name, args, f"{self.foreign.place}.args")
            self.table["args"] = [self._kept(*each) for each in hidden]
        env = self._texts("env") | self._texts("environment")
        for each in self._popped_list("env_vars"):
            variable = self._plain(each, "env_vars")
            env.setdefault(variable, f"${{env:{variable}}}")
        if env:
            self.table["env"] = env
        if cwd := self.left.pop("cwd", ""):
            self.table["cwd"] = self._directory(self._plain(cwd, "cwd"))

    def _directory(self, cwd: str) -> str:
        """Return a directory as settings here have it, relative to the project where it lies there."""
        below = cwd.removeprefix(FOLDER)
        if below == cwd and (cwd.startswith(("~", "$")) or Path(cwd).is_absolute()):
            return self._early(cwd, "cwd")
        path = self.references.workspace / self._early(below, "cwd").lstrip("/\\")
        inside = path.is_relative_to(self.project)
        return (path.relative_to(self.project) if inside else path).as_posix()

    def _sign_in(self) -> None:
        headers = self._texts("headers") | self._texts("http_headers")
        for header, variable in self._mapping("env_http_headers").items():
            headers[str(header)] = f"${{env:{self._plain(variable, f'env_http_headers.{header}')}}}"
        if headers:
            self.table["headers"] = headers
        if variable := self.left.pop("bearer_token_env_var", ""):
            token = f"env:{self._plain(variable, 'bearer_token_env_var')}"
            self.table["auth"] = {"type": "bearer", "token": token}
        auth = self.left.get("auth")
        if isinstance(auth, dict) and "CLIENT_ID" in auth:
            self._sign_in_as_person(self.left.pop("auth"))

    def _sign_in_as_person(self, auth: Mapping[str, JSON]) -> None:
        """Take Cursor's `auth`, a client of OAuth with which a person signs in."""
        made = {"type": "login", "client_id": self._early(auth["CLIENT_ID"], "auth.CLIENT_ID")}
        if secret := auth.get("CLIENT_SECRET"):
            made["client_secret"] = self._secret_at(self._late(secret, "auth.CLIENT_SECRET"))
        if isinstance(scopes := auth.get("scopes"), list) and scopes:
            made["scope"] = " ".join(self._plain(each, "auth.scopes") for each in scopes)
        self.table["auth"] = made
        for key in auth:
            if key not in ("CLIENT_ID", "CLIENT_SECRET", "scopes"):
                self._note(f"auth.{key}", "left out: there is nothing like it here")
        self._note("auth", f"a person signs in with: ts auth login {self.name}")

    def _secret_at(self, text: str) -> str:
        """Return the place of a client's secret, which a reference names already."""
        if found := _PLACE.fullmatch(text):
            return found[1]
        name = self.hiding.named(self.name, "client-secret", text)
        self.secrets.append(Secret(name, f"the value of {self.foreign.place}.auth.CLIENT_SECRET"))
        return f"keyring:{name}"

    def _transport(self) -> None:
        said = [self.left.pop(key) for key in ("type", "transport") if isinstance(self.left.get(key), str)]
        if self.left.get("source") == "custom":
            del self.left["source"]
        words = {_TRANSPORTS.get(each.lower(), "") for each in said}
        if "" in words or len(words) > 1:
            raise CannotTake(f"it speaks {' and '.join(said)}; ts knows stdio, http and sse")
        transport = words.pop() if words else self._guessed()
        if transport != ("stdio" if "command" in self.table else "http"):
            self.table["transport"] = transport

    def _guessed(self) -> str:
        url = self.table.get("url", "")
        if not url:
            return "stdio"
        if self.found.is_gemini or url.partition("?")[0].rstrip("/").endswith("/sse"):
            self._note("url", 'taken to speak the older SSE; take transport = "sse" out if it does not')
            return "sse"
        return "http"

    def _time(self) -> None:
        key = next((key for key in ("tool_timeout_sec", "timeout") if key in self.left), "")
        said = self.left.get(key)
        if isinstance(said, bool) or not isinstance(said, (int, float)) or not 0 < said <= _LONGEST:
            return
        del self.left[key]
        known = key != "timeout" or self.found.is_cline
        in_milliseconds = not known and (self.found.is_gemini or said >= _MILLISECONDS)
        seconds = said / _MILLISECONDS if in_milliseconds else said
        self.table["timeout"] = int(seconds) if seconds == int(seconds) else seconds
        if not known:
            unit = "milliseconds" if in_milliseconds else "seconds"
            self._note(key, f"taken for {unit}: timeout = {self.table['timeout']}")

    def _tools(self) -> None:
        found = tools_of(self.left)
        if table := found.table:
            self.table["tools"] = table
        for key, text in found.notes.items():
            self._note(key, text)

    def _describe(self) -> None:
        """Take the description. Raises CannotTake where a secret stands in what can hold none."""
        for key in ("command", "cwd"):
            if holds_secret(str(self.table.get(key, ""))):
                raise CannotTake(f"its {key} holds a secret, and ts keeps none there; give it by env")
        text = self._plain(self.left.pop("description", ""), "description")
        if holds_secret(text):
            self._note("description", "left out: it holds a secret")
        elif text:
            self.table["description"] = text

    def _is_off(self) -> bool:
        said = {
            key: self.left.pop(key) for key in ("disabled", "enabled") if isinstance(self.left.get(key), bool)
        }
        outside = self.foreign.name in self.found.off
        return outside or said.get("disabled", False) or not said.get("enabled", True)

    def _texts(self, key: str) -> dict[str, str]:
        """Take a table of texts, its secrets out of it."""
        made = {}
        for name, value in self._mapping(key).items():
            if value is None:
                self._note(f"{key}.{name}", "left out: a variable cannot be taken away here")
                continue
            text = self._late(value, f"{key}.{name}")
            hidden = self.hiding.hidden(self.name, str(name), text, f"{self.foreign.place}.{key}.{name}")
            made[str(name)] = self._kept(*hidden)
        return made

    def _kept(self, text: str, secrets: tuple[Secret, ...]) -> str:
        self.secrets += secrets
        return text

    def _mapping(self, key: str) -> Mapping[str, JSON]:
        value = self.left.pop(key, {})
        if not isinstance(value, dict):
            raise CannotTake(f"its {key} is no table")
        return value

    def _list(self, key: str) -> list[JSON]:
        value = self.left.get(key, [])
        if not isinstance(value, list):
            raise CannotTake(f"its {key} is no list")
        return value

    def _popped_list(self, key: str) -> list[JSON]:
        found = self._list(key)
        self.left.pop(key, None)
        return found

    def _early(self, value: JSON, key: str) -> str:
        return self.references.rewritten(self._plain(value, key), key, late=False)

    def _late(self, value: JSON, key: str) -> str:
        return self.references.rewritten(self._plain(value, key), key, late=True)

    def _plain(self, value: JSON, key: str) -> str:
        """Return a text, or a number as one. Raises CannotTake for anything else."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, (str, float)) or (isinstance(value, int) and abs(value) < _LARGEST):
            return str(value)
        raise CannotTake(f"its {key} is no text")

    def _note(self, key: str, text: str) -> None:
        self.notes.append(f"{self.foreign.place}.{key}: {text}")
