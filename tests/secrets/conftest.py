"""A store over an empty home, in an environment of the test's own, and a keyring that works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from router.secrets import SecretStore
from tests.secrets import rings

Stores = Callable[..., SecretStore]
Use = Callable[[type[KeyringBackend]], KeyringBackend]


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keyrings: Use) -> rings.FileRing:
    """Have a keyring that works."""
    monkeypatch.setenv(rings.FILE, str(tmp_path / "ring.json"))
    made = keyrings(rings.FileRing)
    assert isinstance(made, rings.FileRing)
    return made


@pytest.fixture
def keyrings(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Return a function that has a keyring used; there is none before, as on a machine without a desktop."""

    def use(kind: type[KeyringBackend]) -> KeyringBackend:
        made = kind()
        monkeypatch.setattr(keyring.core, "_keyring_backend", made)
        return made

    use(fail.Keyring)
    return use


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    """Return a function that makes a store in an environment of the variables alone."""

    def made(**variables: str) -> SecretStore:
        return SecretStore(tmp_path / "home", tmp_path, variables)

    return made
