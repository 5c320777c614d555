"""Keys of files that `age` or `sops` encrypted; each file is decrypted once in a process."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import tomllib
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from router.core.plan import JSON
from router.errors import SecretMissing
from router.places import AGE_VARIABLE
from router.secrets.reading import content_of, text_of

SOPS_SECONDS: Final = 60.0
"""For one file; it may have to ask a key service for the key."""
_SSH: Final = b"-----BEGIN"
_decrypted: Final[dict[tuple[str, str], JSON]] = {}
"""What files hold, by the name of what decrypted them and their path."""
_alone: Final = threading.Lock()


def of_age(path: str, key: str, place: str, identity: str) -> str:
    """Return the text under a key of a TOML or JSON file that `age` encrypted. Raises SecretMissing."""
    return _text(_once(("age", path), lambda: _age(path, place, identity)), key, place, path)


def of_sops(path: str, key: str, place: str, environment: Mapping[str, str]) -> str:
    """Return the text under a key of a file that `sops` encrypted. Raises SecretMissing."""
    return _text(_once(("sops", path), lambda: _sops(path, place, environment)), key, place, path)


def _once(what: tuple[str, str], decrypt: Callable[[], JSON]) -> JSON:
    """Return what a file holds; who asks for the same meanwhile, in another thread, waits for it."""
    with _alone:
        if what not in _decrypted:
            _decrypted[what] = decrypt()
        return _decrypted[what]


def _age(path: str, place: str, identity: str) -> JSON:
    try:
        pyrage = import_module("pyrage")
    except ImportError as error:
        reason = 'files of age need a further package: pip install "ts-router[age]"'
        raise SecretMissing(place, reason) from error
    keys = _identities(pyrage, place, identity)
    try:
        decrypted = pyrage.decrypt(content_of(path, place, path), keys)
    except pyrage.DecryptError as error:
        raise SecretMissing(place, f"{path} cannot be decrypted with {identity}: {error}") from error
    return _parsed(text_of(decrypted, place, path), place, path)


def _identities(pyrage: ModuleType, place: str, identity: str) -> list[Any]:
    """Return the private keys of a file: those that `age-keygen` writes, or one of SSH."""
    content = content_of(
        identity, place, f"the identity {identity}, in whose place {AGE_VARIABLE} may name one,"
    )
    try:
        if content.lstrip().startswith(_SSH):
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = (line.strip() for line in content.decode().splitlines())
        return [pyrage.x25519.Identity.from_str(each) for each in lines if each and not each.startswith("#")]
    except (pyrage.IdentityError, ValueError):
        raise SecretMissing(
            place, f"{identity} holds no private key of age, nor one of SSH without a passphrase"
        ) from None


def _sops(path: str, place: str, environment: Mapping[str, str]) -> JSON:
    program = shutil.which("sops", path=environment.get("PATH"))
    if program is None:
        raise SecretMissing(place, "the program sops is not on PATH: see https://getsops.io")
    try:
        done = subprocess.run(
            [program, "-d", "--output-type", "json", path], stdin=subprocess.DEVNULL, capture_output=True,
            env=dict(environment), check=False, timeout=SOPS_SECONDS,
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise SecretMissing(place, f"sops cannot be run: {type(error).__name__}") from error
    if done.returncode:
        reason = f"sops fails with code {done.returncode}; sops -d {path} says why"
        raise SecretMissing(place, reason)
    return _parsed(text_of(done.stdout, place, "what sops prints"), place, path)


def _parsed(text: str, place: str, path: str) -> JSON:
    """Return what a text of TOML or JSON holds. Raises SecretMissing, which repeats none of it."""
    try:
        parsed: JSON = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError):
        raise SecretMissing(place, f"{path} holds neither TOML nor JSON") from None
    return parsed


def _text(content: JSON, key: str, place: str, path: str) -> str:
    """Return the text under a key, whose parts are separated by dots."""
    found = content
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if found is None:
        raise SecretMissing(place, f"{path} has no key {key}")
    if not isinstance(found, str) or not found:
        raise SecretMissing(place, f"{key} in {path} is no text: put it in quotes")
    return found
