"""A kept secret is in one place, for its owner alone, and gone when it is removed."""

from __future__ import annotations

import os
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail, null

from router.errors import SecretMissing
from tests.secrets.conftest import Stores, Use
from tests.secrets.rings import FileRing, Locked, Talkative

VALUE = "hunter2"


def test_a_secret_is_kept_in_the_keyring_and_its_name_alone_on_disk(
    stores: Stores, ring: FileRing, tmp_path: Path
) -> None:
    kept = stores().kept

    assert kept.keep("git", VALUE) == "the keyring"
    assert kept.keep("Release.agent", VALUE) == "the keyring"

    assert ring.known() == {"ts/git": VALUE, "ts/Release.agent": VALUE}
    index = tmp_path / "home" / "secrets" / ".names"
    assert index.read_text("utf-8") == "Release.agent\ngit\n"
    assert kept.names() == {"Release.agent": ("the keyring",), "git": ("the keyring",)}
    assert kept.find("git", "keyring:git").where == "the keyring"


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
@pytest.mark.usefixtures("ring")
def test_files_and_directories_are_for_their_owner_alone(stores: Stores, tmp_path: Path) -> None:
    stores().kept.keep("git", VALUE)
    stores().kept.keep("other", VALUE, in_file=True)

    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "home").rglob("*")}
    assert modes == {"secrets": 0o700, ".names": 0o600, "other": 0o600}
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (fail.Keyring, "there is none on this machine"),
        (null.Keyring, "it does not keep what it is given"),
        (Locked, "it is locked"),
        (Talkative, "ZeroDivisionError"),
    ],
)
def test_without_a_keyring_the_choices_are_named_and_nothing_is_kept(
    stores: Stores, keyrings: Use, tmp_path: Path, made: type[keyring.backend.KeyringBackend], reason: str
) -> None:
    keyrings(made)

    with pytest.raises(SecretMissing) as caught:
        stores().kept.keep("my-agent", VALUE)

    assert str(caught.value) == (
        f"keyring:my-agent: cannot be kept in the keyring: {reason}; ts auth set my-agent --file keeps it in "
        f"{tmp_path / 'home' / 'secrets' / 'my-agent'}, for you alone; or set $TS_SECRET_MY_AGENT, or "
        "$TS_SECRET_MY_AGENT_FILE to the path of a file"
    )
    assert not (tmp_path / "home").exists()


def test_a_secret_moves_from_a_file_to_the_keyring_and_back(
    stores: Stores, ring: FileRing, tmp_path: Path
) -> None:
    kept, path = stores().kept, tmp_path / "home" / "secrets" / "git"

    assert kept.keep("git", "old", in_file=True) == str(path)
    assert kept.places("git") == (str(path),)
    kept.keep("git", "new")
    assert not path.exists()
    assert kept.places("git") == ("the keyring",)
    kept.keep("git", "newest", in_file=True)
    assert ring.known() == {}
    assert kept.find("git", "keyring:git").value == "newest"


@pytest.mark.usefixtures("ring")
def test_an_older_value_that_a_locked_keyring_holds_is_still_known(stores: Stores, keyrings: Use) -> None:
    kept = stores().kept
    kept.keep("git", "old")
    keyrings(Locked)

    where = kept.keep("git", "new", in_file=True)

    assert kept.places("git") == ("the keyring", where)
    with pytest.raises(
        SecretMissing, match=r"^keyring:git: cannot be removed from the keyring: it is locked$"
    ):
        kept.remove("git")


def test_a_removed_secret_is_nowhere(stores: Stores, ring: FileRing, keyrings: Use, tmp_path: Path) -> None:
    kept, path = stores().kept, str(tmp_path / "home" / "secrets" / "git")
    kept.keep("git", VALUE)

    assert kept.remove("git") == ("the keyring",)
    assert ring.known() == {}
    assert kept.names() == {}
    assert kept.remove("git") == ()
    kept.keep("git", VALUE, in_file=True)
    ring.set_password("ts", "git", "by another program")
    assert kept.remove("git") == ("the keyring", path)
    keyrings(fail.Keyring)
    kept.keep("git", VALUE, in_file=True)
    assert kept.remove("git") == (path,)
    assert kept.remove("git") == ()


@pytest.mark.usefixtures("ring")
def test_what_the_environment_gives_is_told_before_the_rest(stores: Stores) -> None:
    stores().kept.keep("git", VALUE)

    told = stores(TS_SECRET_GIT=VALUE, TS_SECRET_GIT_FILE=VALUE, TS_SECRET_NEVER_KEPT=VALUE).kept.names()

    assert told == {"git": ("$TS_SECRET_GIT", "$TS_SECRET_GIT_FILE", "the keyring")}


def test_a_secret_that_was_found_stays_out_of_what_is_shown_of_it(stores: Stores) -> None:
    assert VALUE not in repr(stores(TS_SECRET_GIT=VALUE).find("keyring:git", ""))
