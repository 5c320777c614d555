"""Secrets of the settings, put where a server or agent wants them."""

from __future__ import annotations

import re
from typing import Final

from router.errors import SecretMissing, SignInFailed
from router.ports import Secrets

_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?")


def filled(secrets: Secrets | None, text: str) -> str:
    """Return a text of the settings with its secrets in it. Raises SecretMissing."""
    if "${" not in text:
        return text
    if secrets is None:
        raise SecretMissing(text, "secrets cannot be read here")
    return secrets.filled(text)


def secret_at(secrets: Secrets | None, place: str, name: str) -> str:
    """Return the secret at a place, or the one kept as `name` where that is empty. Raises SecretMissing."""
    if secrets is None:
        raise SecretMissing(place or name, "secrets cannot be read here")
    return secrets.value(place, name)


def header_value(target: str, name: str, value: str) -> str:
    """Return a header's value. Raises SignInFailed for one that no header may hold, without repeating it."""
    if not _HEADER_VALUE.fullmatch(value):
        raise SignInFailed(target, f"the value for {name} is empty or holds what no header may")
    return value
