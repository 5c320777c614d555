"""Secrets that are kept under a name: in the environment, the keyring or a file of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from router.errors import SecretMissing
from router.places import KEPT_PREFIX
from router.secrets import ring
from router.secrets.folder import Folder
from router.secrets.reading import OF_FILE, Found, of_variable

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def variable_of(name: str) -> str:
    """Return the variable that gives the secret of a name: `TS_SECRET_MY_AGENT` for `my-agent`."""
    return KEPT_PREFIX + re.sub("[.-]", "_", name).upper()


class Kept:
    """The secrets of one person; the keyring is asked for nothing that the environment has."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        """Take the directory of state, whose `secrets/` is used, and the environment."""
        self.folder = Folder(home)
        self._environment = environment

    def find(self, name: str, place: str) -> Found:
        """Return a secret: of the environment, else of the keyring, else of its file.

        May wait for the operating system. Raises SecretMissing, `place` being what was asked for.
        """
        if not NAME.fullmatch(name):
            raise SecretMissing(place, "is no name: use letters, digits, and _ . - behind the first")
        variable = variable_of(name)
        found = of_variable(variable, self._environment, place)
        if found:
            return found
        asked = ring.WHERE
        try:
            if value := ring.get(name):
                return Found(value, ring.WHERE)
        except ring.RingClosed as error:
            asked = f"{ring.WHERE} ({error})"
        path = self.folder.path(name)
        if value := self.folder.read(name, place):
            return Found(value, str(path))
        looked = f"${variable}, ${variable}{OF_FILE}, {asked} or {path}"
        raise SecretMissing(place, f"is not found in {looked}; run ts auth set {name}")

    def keep(self, name: str, value: str, *, in_file: bool = False) -> str:
        """Keep a secret in the keyring, or in a file where that is asked for, and return where.

        It is in one of them afterwards, as far as that can be known. Raises SecretMissing where there is no
        keyring, and OSError.
        """
        if in_file:
            self.folder.write(name, value)
            if name in self.folder.in_ring():
                self._forget(name)
            return str(self.folder.path(name))
        try:
            ring.put(name, value)
        except ring.RingClosed as error:
            raise SecretMissing(f"keyring:{name}", self._choices(name, str(error))) from None
        self.folder.note_ring(name, there=True)
        self.folder.remove(name)
        return ring.WHERE

    def remove(self, name: str) -> tuple[str, ...]:
        """Forget a secret, and return where it was: neither, one or both of the keyring and its file.

        Raises SecretMissing where the keyring has it and cannot be asked, and OSError.
        """
        in_file = self.folder.remove(name)
        try:
            in_ring = self._dropped(name)
        except ring.RingClosed as error:
            if name in self.folder.in_ring():
                reason = f"cannot be removed from {ring.WHERE}: {error}"
                raise SecretMissing(f"keyring:{name}", reason) from None
            in_ring = False
        places = ((in_ring, ring.WHERE), (in_file, str(self.folder.path(name))))
        return tuple(where for there, where in places if there)

    def names(self) -> dict[str, tuple[str, ...]]:
        """Return the places of each secret that is kept, by name, the one that is used first.

        The keyring is not asked: those that it was given are known by their names.
        """
        return {name: self.places(name) for name in sorted(self.folder.names() | self.folder.in_ring())}

    def places(self, name: str) -> tuple[str, ...]:
        """Return where a secret is, in the order in which it is looked for; the keyring is not asked."""
        variable = variable_of(name)
        given = (each for each in (variable, f"{variable}{OF_FILE}") if self._environment.get(each))
        return (
            *(f"${each}" for each in given),
            *([ring.WHERE] if name in self.folder.in_ring() else []),
            *([str(self.folder.path(name))] if name in self.folder.names() else []),
        )

    def _dropped(self, name: str) -> bool:
        dropped = ring.drop(name)
        self.folder.note_ring(name, there=False)
        return dropped

    def _forget(self, name: str) -> None:
        """Take an older value out of the keyring; where that fails, `places` still names the keyring."""
        try:
            self._dropped(name)
        except ring.RingClosed:
            return

    def _choices(self, name: str, reason: str) -> str:
        variable = variable_of(name)
        return (
            f"cannot be kept in {ring.WHERE}: {reason}; ts auth set {name} --file keeps it in "
            f"{self.folder.path(name)}, for you alone; or set ${variable}, "
            f"or ${variable}{OF_FILE} to the path of a file"
        )
