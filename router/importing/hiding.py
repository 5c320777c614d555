"""Tells what looks like a secret, and puts a place into its stead; it keeps no secret and shows none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

_SECRET_NAME: Final = re.compile(
    r"(?i:token(?!s)|secret|passw|passphrase|credential|api[_-]?key|authorization|cookie)"
    r"|(?i:(?:^|[_.-])(?:keys?|pat|pwd|pass|auth|dsn)(?:$|[_.-]))|[a-z](?:Key|Pat|Pwd|Auth)\b|KEY$"
)
_NO_SECRET: Final = re.compile(
    r"(?i)[_-](?:file|path|dir|url|uri|endpoint|name|type|header|method|ttl|expiry)$"
)
"""Ends the name of what only tells of a secret."""
_SECRET_VALUE: Final = re.compile(
    r"(?<![A-Za-z0-9_-])(?:(?:sk|pk|rk)[-_][\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}"
    r"|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,}|hf_\w{20,}|npm_\w{30,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|[a-z][a-z0-9+.-]{0,20}://[^/\s:@${}]*:[^/\s@${}]+@)"
)
"""How keys of well-known services begin, signed tokens, private keys, and addresses with a password."""
_REFERENCE: Final = re.compile(r"\$\{[^{}]*\}")
_SCHEME: Final = re.compile(r"(?i)(?:bearer|basic|token|apikey|api-key|bot|key)[ \t]+")
"""Before the secret in a header."""
_PATH: Final = re.compile(r"(?:[A-Za-z]:[\\/]|~?/|\./)[^\n]*")
_QUERY: Final = re.compile(r"([?&#])([^=&#?]*)=([^&#]*)")
_WORD: Final = re.compile(r"[a-z0-9]+")
_FLAG: Final = re.compile(r"--?([A-Za-z][\w.-]*)")
_ADDRESS: Final = re.compile(r"[A-Za-z][\w+.-]*://")
_ASSIGNED: Final = re.compile(r"(-{0,2}[A-Za-z][\w.-]*)(=|:[ \t]*)(.+)", re.DOTALL)
"""`--token=…`, `TOKEN=…` as for `docker -e`, and `Authorization: …`."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that is to be kept before a server can be called."""

    name: str
    """Under which `ts auth set` keeps it."""
    place: str
    """Where it stands in the other tool's file, or what asks for it."""


@dataclass(slots=True)
class Hiding:
    """Puts places into the stead of the secrets of one file's servers, each with a name of its own."""

    known: dict[str, str] = field(default_factory=dict)
    """Name → the value that it stands for, so that no name stands for two."""

    def named(self, server: str, key: str, value: str) -> str:
        """Return the name of a secret: the server's and the key's words, those in common said once."""
        of_server, of_key = _WORD.findall(server.lower()), _WORD.findall(key.lower())
        while of_key and of_key[0] in of_server:
            of_key.pop(0)
        first = name = "-".join((*of_server, *(of_key or ("secret",))))
        number = 1
        while self.known.setdefault(name, value) != value:
            number += 1
            name = f"{first}-{number}"
        return name

    def hidden(self, server: str, key: str, value: str, place: str) -> tuple[str, tuple[Secret, ...]]:
        """Return a value with places for its secrets, and these."""
        if not _is_secret(key, value):
            return self._hidden_in_query(server, value, place)
        scheme = _SCHEME.match(value)
        before, secret = (scheme[0], value[scheme.end() :]) if scheme else ("", value)
        name = self.named(server, key, secret)
        told = f"what follows {before.strip()} in {place}" if before else f"the value of {place}"
        return f"{before}${{keyring:{name}}}", (Secret(name, told),)

    def hidden_arguments(
        self, server: str, args: Sequence[str], place: str
    ) -> Iterator[tuple[str, tuple[Secret, ...]]]:
        """Yield each argument of a program as `hidden` does, named by the flag that it belongs to."""
        flag = ""
        for number, each in enumerate(args):
            here = f"{place}[{number}]"
            key, sign, value = ("", "", each) if _is_secret(flag, each) else _split(each)
            found = _FLAG.fullmatch(each)
            text, secrets = (each, ()) if found else self.hidden(server, key or flag, value, here)
            yield f"{key}{sign}{text}", secrets
            flag = found[1] if found else ""

    def _hidden_in_query(self, server: str, value: str, place: str) -> tuple[str, tuple[Secret, ...]]:
        secrets: list[Secret] = []

        def hide(found: re.Match[str]) -> str:
            mark, key, secret = found.groups()
            if not _is_secret(key, secret):
                return found[0]
            name = self.named(server, key, secret)
            secrets.append(Secret(name, f"the value of {key} in {place}"))
            return f"{mark}{key}=${{keyring:{name}}}"

        return _QUERY.sub(hide, value) if "://" in value else value, tuple(secrets)


def holds_secret(text: str) -> bool:
    """Whether something in a text has the form of a secret."""
    return bool(_SECRET_VALUE.search(_REFERENCE.sub("", text)))


def query_secret(url: str) -> str:
    """Return the key of a secret in an address, `user` for one before its host; empty where there is none."""
    if _SECRET_VALUE.search(url.partition("?")[0]):
        return "user"
    return next((key for _, key, value in _QUERY.findall(url) if _is_secret(key, value)), "")


def _is_secret(key: str, value: str) -> bool:
    """Whether a value is a secret; what consists of references, or is nothing, holds none."""
    if holds_secret(value):
        return True
    left = _SCHEME.sub("", _REFERENCE.sub("", value), count=1)
    if not any(map(str.isalnum, left)) or value.lower() in ("true", "false"):
        return False
    if not _SECRET_NAME.search(key) or _NO_SECRET.search(key):
        return False
    return not (_PATH.fullmatch(value) and "credential" in key.lower())


def _split(argument: str) -> tuple[str, str, str]:
    """Return key, sign and value of an argument that sets something; all of it as the value otherwise."""
    found = None if _ADDRESS.match(argument) else _ASSIGNED.fullmatch(argument)
    return (found[1], found[2], found[3]) if found else ("", "", argument)
