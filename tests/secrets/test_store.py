"""A secret is found at its place, and what cannot be found says where it was looked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from router.errors import SecretMissing
from tests.secrets.conftest import Stores, Use
from tests.secrets.rings import FileRing, Locked

VALUE = "hunter2"


def refused(stores: Stores, place: str, **variables: str) -> str:
    """Return why a place gives nothing, which never repeats a secret."""
    with pytest.raises(SecretMissing) as caught:
        stores(**variables).value(place, "git")
    assert caught.value.place == place
    assert VALUE not in str(caught.value)
    return caught.value.reason


def test_a_variable_is_found_and_then_the_file_that_another_names(stores: Stores, tmp_path: Path) -> None:
    (tmp_path / "mounted").write_text(f"{VALUE}\n", "utf-8")
    file = str(tmp_path / "mounted")

    assert stores(TOKEN=VALUE, TOKEN_FILE=VALUE).value("env:TOKEN", "git") == VALUE
    assert stores(TOKEN="", TOKEN_FILE=file).value("env:TOKEN", "git") == VALUE
    assert refused(stores, "env:TOKEN") == "neither $TOKEN nor $TOKEN_FILE is set"
    reason = refused(stores, "env:TOKEN", TOKEN_FILE=VALUE)
    assert reason == "the file that $TOKEN_FILE names cannot be read: FileNotFoundError"


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"hunter2", VALUE),
        (b"hunter2\n", VALUE),
        (b"hunter2\r\n", VALUE),
        (b" hunter2 \n\n", " hunter2 \n"),
        ("schlüssel".encode(), "schlüssel"),
    ],
)
def test_a_file_loses_one_newline_at_its_end(
    stores: Stores, tmp_path: Path, content: bytes, value: str
) -> None:
    (tmp_path / "key").write_bytes(content)

    assert stores().value("file:key", "git") == value
    assert stores().value(f"file:{tmp_path / 'key'}", "git") == value


def test_a_file_may_lie_in_the_persons_home(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "key").write_text(VALUE, "utf-8")

    assert stores().value("file:~/key", "git") == VALUE
    assert "cannot be read" in refused(stores, "file:~nobody-of-that-name/key")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty"), (b"\n", "is empty"), (b"\xff" + VALUE.encode(), "is not UTF-8"),
     (b"x" * 1_000_001, "has more than the 1,000,000 bytes allowed")],
)  # fmt: skip
def test_a_file_that_holds_no_secret_is_refused(
    stores: Stores, tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "key").write_bytes(content)

    assert refused(stores, "file:key") == f"{tmp_path / 'key'} {reason}"


def test_a_file_that_cannot_be_read_is_named(stores: Stores, tmp_path: Path) -> None:
    assert refused(stores, "file:none") == f"{tmp_path / 'none'} cannot be read: FileNotFoundError"
    assert refused(stores, "file:.").endswith("cannot be read: IsADirectoryError")
    assert refused(stores, "file:a\0b").endswith("cannot be read: ValueError")


@pytest.mark.parametrize("name", ["release", "Release-agent", "a.b_c-1"])
def test_a_kept_secret_is_looked_for_in_the_environment_the_keyring_and_its_file(
    stores: Stores, ring: FileRing, tmp_path: Path, name: str
) -> None:
    variable = "TS_SECRET_" + name.upper().replace("-", "_").replace(".", "_")
    (tmp_path / "mounted").write_text("of a file\n", "utf-8")
    place, file = f"keyring:{name}", {f"{variable}_FILE": str(tmp_path / "mounted")}

    stores().kept.keep(name, "of its own", in_file=True)
    assert stores().value(place, "other") == "of its own"
    ring.set_password("ts", name, "of the keyring")
    assert stores().value(place, "other") == "of the keyring"
    assert stores(**file).value(place, "other") == "of a file"
    assert stores(**{variable: VALUE}, **file).value(place, "other") == VALUE


@pytest.mark.usefixtures("keyrings")
def test_an_empty_place_is_the_secret_kept_under_the_name(stores: Stores) -> None:
    assert stores(TS_SECRET_GIT=VALUE).value("", "git") == VALUE
    with pytest.raises(SecretMissing, match=r"^keyring:git: is not found"):
        stores().value("", "git")


def test_a_missing_secret_says_where_it_was_looked_for(stores: Stores, keyrings: Use, tmp_path: Path) -> None:
    where = (
        "is not found in $TS_SECRET_GIT, $TS_SECRET_GIT_FILE, the keyring ({}) or "
        f"{tmp_path / 'home' / 'secrets' / 'git'}; run ts auth set git"
    )

    assert refused(stores, "keyring:git") == where.format("there is none on this machine")
    keyrings(Locked)
    assert refused(stores, "keyring:git") == where.format("it is locked")


@pytest.mark.usefixtures("ring")
def test_a_keyring_that_has_no_such_secret_is_named_without_a_reason(stores: Stores) -> None:
    assert "_FILE, the keyring or " in refused(stores, "keyring:git")


@pytest.mark.parametrize("name", ["../passwd", ".names", "", "a b", "a/b", "ä"])
def test_a_name_leads_to_no_other_file(stores: Stores, name: str) -> None:
    assert refused(stores, f"keyring:{name}").startswith("is no name: use letters")


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
@pytest.mark.usefixtures("keyrings")
@pytest.mark.parametrize(("open_", "mode"), [("secrets", "700"), ("secrets/git", "600")])
def test_a_kept_file_that_others_may_read_is_refused(
    stores: Stores, tmp_path: Path, open_: str, mode: str
) -> None:
    stores().kept.keep("git", VALUE, in_file=True)
    path = tmp_path / "home" / open_
    path.chmod(int(mode, 8) | 0o040)

    reason = refused(stores, "keyring:git")

    assert reason == f"{path} is open to others, so it is not used: chmod {mode} {path}"


@pytest.mark.usefixtures("keyrings")
def test_a_folder_that_is_none_is_told(stores: Stores, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secrets").write_text("", "utf-8")

    assert "cannot be read: NotADirectoryError" in refused(stores, "keyring:git")


def test_a_place_of_no_known_kind_is_refused(stores: Stores) -> None:
    assert refused(stores, "vault:a").startswith("is no place of a secret: use env:NAME")


def test_places_within_a_text_are_filled_once(stores: Stores, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("${env:A}", "utf-8")
    store = stores(A="one", TS_SECRET_GIT=VALUE)

    assert store.filled("Bearer ${keyring:git}") == f"Bearer {VALUE}"
    assert store.filled("${env:A}-${file:key}-${env:A}") == "one-${env:A}-one"
    for other in ("${A}", "${vault:A}", "env:A", "$env:A", "${env:}", "${keyring:git", "{keyring:git}", ""):
        assert store.filled(other) == other


def test_a_place_within_a_text_that_is_missing_is_named(stores: Stores) -> None:
    with pytest.raises(SecretMissing, match=r"^env:NONE: neither \$NONE nor"):
        stores().filled("Bearer ${env:NONE}")
