"""The keyring of the operating system, opened when it is first needed; each way it fails is told in words."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, TypeVar

SERVICE: Final = "ts"
"""Under which the keyring keeps what is ours."""
WHERE: Final = "the keyring"
_REASONS: Final = {
    "NoKeyringError": "there is none on this machine",
    "KeyringLocked": "it is locked",
    "InitError": "it cannot be opened",
    "PasswordSetError": "it refuses to keep it",
    "PasswordDeleteError": "it refuses to give it up",
}
"""By the name of the error. What backends say beyond that is not repeated: they were given the secret."""

Given = TypeVar("Given")


class RingClosed(Exception):
    """The keyring cannot be used; the message says why."""


def get(name: str) -> str | None:
    """Return the secret of a name, or None. Raises RingClosed."""
    found: str | None = _asked(lambda ring: ring.get_password(SERVICE, name))
    return found


def put(name: str, value: str) -> None:
    """Keep a secret. Raises RingClosed, also where the keyring takes it and gives back something else."""
    _asked(lambda ring: ring.set_password(SERVICE, name, value))
    if get(name) != value:
        raise RingClosed("it does not keep what it is given")


def drop(name: str) -> bool:
    """Forget a secret and return whether there was one. Raises RingClosed."""
    if get(name) is None:
        return False
    _asked(lambda ring: ring.delete_password(SERVICE, name))
    return True


def _asked(question: Callable[[Any], Given]) -> Given:
    """Ask the keyring; its backends are foreign, and each fails with errors of its own."""
    try:
        return question(import_module("keyring"))
    except Exception as error:
        name = type(error).__name__
        raise RingClosed(_REASONS.get(name, name)) from error
