"""`~/.ts/secrets`: files of secrets for their owner alone, and the names of those that the keyring has."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from router.disk import replace_file
from router.errors import SecretMissing
from router.secrets.reading import of_file

FOLDER: Final = "secrets"
INDEX: Final = ".names"
"""No secret is called so: their names begin with a letter or digit."""
OTHERS_MAY: Final = 0o077


class Folder:
    """The files below a home; none is there before a secret is kept."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.directory = home / FOLDER

    def path(self, name: str) -> Path:
        """Return where the secret of a name is kept, or would be."""
        return self.directory / name

    def read(self, name: str, place: str) -> str | None:
        """Return the secret of a name, or None.

        Raises SecretMissing, `place` being what was asked for, where others may read it.
        """
        path = self.path(name)
        try:
            modes = ((self.directory, 700, self.directory.stat()), (path, 600, path.stat()))
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                return None
            raise SecretMissing(place, f"{path} cannot be read: {type(error).__name__}") from error
        for each, mode, found in modes:
            if os.name == "posix" and stat.S_IMODE(found.st_mode) & OTHERS_MAY:
                raise SecretMissing(
                    place, f"{each} is open to others, so it is not used: chmod {mode} {each}"
                )
        return of_file(str(path), place, str(path))

    def write(self, name: str, value: str) -> None:
        """Keep a secret in a file for its owner alone. Raises OSError."""
        self._make()
        replace_file(self.path(name), value.encode(), private=True)

    def remove(self, name: str) -> bool:
        """Remove the file of a secret and return whether there was one. Raises OSError."""
        there = self.path(name).exists()
        self.path(name).unlink(missing_ok=True)
        return there

    def names(self) -> set[str]:
        """Return the names of the secrets that are kept in files."""
        if not self.directory.is_dir():
            return set()
        return {each.name for each in self.directory.iterdir() if not each.name.startswith(".")}

    def in_ring(self) -> set[str]:
        """Return the names of the secrets that the keyring was given."""
        index = self.directory / INDEX
        return set(index.read_text("utf-8").split()) if index.exists() else set()

    def note_ring(self, name: str, *, there: bool) -> None:
        """Remember that the keyring has a secret, or has it no more. Raises OSError."""
        known = self.in_ring()
        names = known | {name} if there else known - {name}
        if names != known:
            self._make()
            lines = "".join(f"{each}\n" for each in sorted(names))
            replace_file(self.directory / INDEX, lines.encode(), private=True)

    def _make(self) -> None:
        for each in (self.home, self.directory):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
