"""Keys of files that age and sops encrypted are read, and what cannot be read is told in words."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from router.errors import SecretMissing
from tests.secrets.conftest import Stores

pyrage: Any = import_module("pyrage")

VALUE = "hunter2"
TOML = f'token = "{VALUE}"\nport = 5\nempty = ""\n[git]\nkey = "of git"\n'
JSON = f'{{"token": "{VALUE}", "git": {{"key": "of git"}}}}'

Age = Callable[..., Path]


@pytest.fixture
def age(tmp_path: Path) -> Age:
    """Return a function that encrypts a text for the identity of the home."""
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "age.key").write_text(f"# made for a test\n\n{identity}\n", "utf-8")

    def encrypted(text: str | bytes, *, armored: bool = False) -> Path:
        path = tmp_path / "secrets.age"
        given = text.encode() if isinstance(text, str) else text
        path.write_bytes(pyrage.encrypt(given, [identity.to_public()], armored=armored))
        return path

    return encrypted


def refused(stores: Stores, place: str, **variables: str) -> str:
    """Return why a place gives nothing, which never repeats a secret."""
    with pytest.raises(SecretMissing) as caught:
        stores(**variables).value(place, "git")
    assert caught.value.place == place
    assert VALUE not in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize("text", [TOML, JSON])
@pytest.mark.parametrize("armored", [False, True])
def test_keys_of_an_age_file_are_found(stores: Stores, age: Age, text: str, armored: bool) -> None:
    path = age(text, armored=armored)

    assert stores().value("age:secrets.age#token", "git") == VALUE
    assert stores().value(f"age:{path}#git.key", "git") == "of git"
    assert stores().filled("Bearer ${age:secrets.age#token}") == f"Bearer {VALUE}"


def test_an_age_file_is_decrypted_once(stores: Stores, age: Age) -> None:
    path = age(TOML)
    assert stores().value("age:secrets.age#token", "git") == VALUE
    path.unlink()

    assert stores().value("age:secrets.age#git.key", "git") == "of git"


def test_another_identity_is_named_by_a_variable(stores: Stores, age: Age, tmp_path: Path) -> None:
    age(TOML)
    own = (tmp_path / "home" / "age.key").rename(tmp_path / "other.key")

    assert "in whose place TS_AGE_KEY_FILE may name one, cannot be read: FileNotFoundError" in refused(
        stores, "age:secrets.age#token"
    )
    assert stores(TS_AGE_KEY_FILE=str(own)).value("age:secrets.age#token", "git") == VALUE


def test_an_identity_of_ssh_is_taken(stores: Stores, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    (tmp_path / "id_ed25519").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    )
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    recipient = pyrage.ssh.Recipient.from_str(public)
    (tmp_path / "secrets.age").write_bytes(pyrage.encrypt(TOML.encode(), [recipient]))

    store = stores(TS_AGE_KEY_FILE=str(tmp_path / "id_ed25519"))

    assert store.value("age:secrets.age#token", "git") == VALUE


@pytest.mark.parametrize("content", [b"AGE-SECRET-KEY-hunter2", b"\xff\xfe", b"-----BEGIN hunter2"])
def test_an_identity_that_is_none_is_told(stores: Stores, age: Age, tmp_path: Path, content: bytes) -> None:
    age(TOML)
    (tmp_path / "home" / "age.key").write_bytes(content)

    reason = refused(stores, "age:secrets.age#token")

    assert (
        reason
        == f"{tmp_path / 'home' / 'age.key'} holds no private key of age, nor one of SSH without a passphrase"
    )


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (TOML, "none", "has no key none"),
        (TOML, "token.deeper", "has no key token.deeper"),
        (TOML, "port", "is no text: put it in quotes"),
        (TOML, "empty", "is no text"),
        (TOML, "git", "is no text"),
        ("hunter2", "token", "holds neither TOML nor JSON"),
        ('{"hunter2"', "token", "holds neither TOML nor JSON"),
        (b"\xffhunter2", "token", "is not UTF-8"),
    ],
)
def test_an_age_file_without_the_key_is_told(
    stores: Stores, age: Age, text: str, key: str, reason: str
) -> None:
    age(text)

    assert reason in refused(stores, f"age:secrets.age#{key}")


def test_an_age_file_that_cannot_be_opened_is_told(stores: Stores, age: Age, tmp_path: Path) -> None:
    path, key = age(TOML), tmp_path / "home" / "age.key"
    key.write_text(str(pyrage.x25519.Identity.generate()), "utf-8")

    assert refused(stores, "age:secrets.age#token").startswith(f"{path} cannot be decrypted with {key}: ")
    assert "cannot be read" in refused(stores, "age:none#token")
    for place in ("age:secrets.age", "age:#token", "sops:secrets.age#"):
        kind = place.partition(":")[0]
        assert refused(stores, place) == f"names no key: write {kind}:PATH#key"


def test_without_the_package_of_age_the_extra_is_named(
    stores: Stores, age: Age, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(TOML)
    monkeypatch.setitem(sys.modules, "pyrage", None)

    assert refused(stores, "age:secrets.age#token").endswith('pip install "ts-router[age]"')


@pytest.fixture
def sops(tmp_path: Path) -> str:
    """Return a PATH with a program `sops` that prints what it is told to, and notes that it was run."""
    directory = tmp_path / "bin"
    directory.mkdir()
    program = directory / "sops"
    program.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$*" >> "$SOPS_NOTES"\n'
        '[ -f "$4" ] || exit 100\ncat "$4"\n', "utf-8",
    )  # fmt: skip
    program.chmod(0o755)
    return f"{directory}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_keys_of_a_sops_file_are_found_by_one_run_of_the_program(
    stores: Stores, sops: str, tmp_path: Path
) -> None:
    (tmp_path / "secrets.yaml").write_text(JSON, "utf-8")
    store = stores(PATH=sops, SOPS_NOTES=str(tmp_path / "notes"))

    assert store.value("sops:secrets.yaml#token", "git") == VALUE
    assert store.filled("${sops:secrets.yaml#git.key}") == "of git"
    told = (tmp_path / "notes").read_text("utf-8").splitlines()
    assert told == [f"-d --output-type json {tmp_path / 'secrets.yaml'}"]


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_a_sops_that_fails_is_told_and_run_again(stores: Stores, sops: str, tmp_path: Path) -> None:
    given = {"PATH": sops, "SOPS_NOTES": str(tmp_path / "notes")}
    path = tmp_path / "secrets.yaml"

    reason = refused(stores, "sops:secrets.yaml#token", **given)
    assert reason == f"sops fails with code 100; sops -d {path} says why"
    path.write_text("hunter2", "utf-8")
    reason = refused(stores, "sops:secrets.yaml#token", **given)
    assert reason == f"{path} holds neither TOML nor JSON"
    path.write_bytes(b"\xff")
    assert refused(stores, "sops:secrets.yaml#token", **given) == "what sops prints is not UTF-8"
    path.write_text(JSON, "utf-8")
    assert stores(**given).value("sops:secrets.yaml#token", "git") == VALUE


def test_without_the_program_sops_its_site_is_named(stores: Stores, tmp_path: Path) -> None:
    reason = refused(stores, "sops:secrets.yaml#token", PATH=str(tmp_path))

    assert reason == "the program sops is not on PATH: see https://getsops.io"


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_program_that_is_none_is_told(stores: Stores, tmp_path: Path) -> None:
    program = tmp_path / "sops"
    program.write_bytes(b"no program")
    program.chmod(0o755)

    reason = refused(stores, "sops:secrets.yaml#token", PATH=str(tmp_path))

    assert reason == "sops cannot be run: OSError"
