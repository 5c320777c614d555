"""Keyrings for tests, which PYTHON_KEYRING_BACKEND may name: one that works, and some that do not."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

FILE = "TEST_RING_FILE"
"""Names the file in which `FileRing` keeps what it is given."""
TOUCHED = 99
"""With which a process ends that touches `Untouchable`."""


class FileRing(KeyringBackend):
    """Keeps what it is given in a file."""

    priority = -2.0  # no other test finds it by chance

    @property
    def path(self) -> Path:
        return Path(os.environ[FILE])

    def known(self) -> dict[str, str]:
        return dict(json.loads(self.path.read_text("utf-8"))) if self.path.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.known().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._keep({**self.known(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        known = self.known()
        if known.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("there is none")
        self._keep(known)

    def _keep(self, known: dict[str, str]) -> None:
        self.path.write_text(json.dumps(known), "utf-8")


class Locked(KeyringBackend):
    """Is locked."""

    priority = -2.0

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"{service}/{username}: {password}")

    def delete_password(self, service: str, username: str) -> None:
        raise KeyringLocked(f"{service}/{username}")


class Talkative(Locked):
    """Fails with an error of its own, which repeats the secret."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise ZeroDivisionError(f"{service}/{username}: {password}")


class Untouchable(Locked):
    """Ends the process that touches it, as one would that waits for a person who is not there."""

    def get_password(self, service: str, username: str) -> str | None:
        os._exit(TOUCHED if service and username else 0)
