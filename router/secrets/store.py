"""Finds a secret by its place: a variable, a file, a kept secret, or a key of an encrypted file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from router.errors import SecretMissing
from router.places import AGE_VARIABLE
from router.secrets import encrypted
from router.secrets.kept import Kept
from router.secrets.reading import OF_FILE, Found, expanded, of_file, of_variable

REFERENCE: Final = re.compile(r"\$\{((?:env|file|keyring|age|sops):[^{}]+)\}")
"""A place within a text."""
IDENTITY: Final = "age.key"
"""In the home, where no variable names another file."""


class SecretStore:
    """A `router.ports.Secrets`."""

    def __init__(self, home: Path, directory: Path, environment: Mapping[str, str]) -> None:
        """Take the directory of state, the project's, to which paths are relative, and the environment."""
        self.kept = Kept(home, environment)
        self._home = home
        self._directory = directory
        self._environment = environment

    def value(self, place: str, name: str) -> str:
        """See `router.ports.Secrets`."""
        return self.find(place, name).value

    def filled(self, text: str) -> str:
        """See `router.ports.Secrets`."""
        return REFERENCE.sub(lambda found: self.find(found[1], "").value, text)

    def find(self, place: str, name: str) -> Found:
        """Return the secret at a place, or the one kept as `name` where it is empty, and where it was.

        May wait for the operating system. Raises SecretMissing.
        """
        if not place:
            return self.kept.find(name, f"keyring:{name}")
        kind, _, where = place.partition(":")
        if kind == "keyring":
            return self.kept.find(where, place)
        if kind == "env":
            return self._of_variable(where, place)
        if kind == "file":
            path = self._path(where)
            return Found(of_file(path, place, path), path)
        if kind in ("age", "sops"):
            return self._of_encrypted(kind, where, place)
        raise SecretMissing(place, "is no place of a secret: use env:NAME, file:PATH or keyring:NAME")

    def _of_variable(self, variable: str, place: str) -> Found:
        found = of_variable(variable, self._environment, place)
        if found is None:
            raise SecretMissing(place, f"neither ${variable} nor ${variable}{OF_FILE} is set")
        return found

    def _of_encrypted(self, kind: str, where: str, place: str) -> Found:
        written, separator, key = where.rpartition("#")
        if not (separator and written and key):
            raise SecretMissing(place, f"names no key: write {kind}:PATH#key")
        path = self._path(written)
        if kind == "age":
            identity = self._environment.get(AGE_VARIABLE) or str(self._home / IDENTITY)
            return Found(encrypted.of_age(path, key, place, expanded(identity)), path)
        return Found(encrypted.of_sops(path, key, place, self._environment), path)

    def _path(self, written: str) -> str:
        return str(self._directory / expanded(written))
