"""Variables that give secrets are no settings, and what is remembered of a project holds nothing of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from router import places
from router.config import unknown_variables
from router.errors import SettingsRefused
from tests import projects

GIVEN = {"TS_SECRET_GIT": "x", "TS_SECRET_GIT__A_FILE": "x", "TS_SECRET_": "x", "TS_AGE_KEY_FILE": "x"}


def test_variables_of_secrets_set_nothing_and_are_not_unknown(tmp_path: Path) -> None:
    assert projects.settings(tmp_path, "", **GIVEN) == projects.settings(tmp_path, "")
    assert unknown_variables({**GIVEN, "TS_SECRETS": "x", "TS_SECRET": "x"}) == ("TS_SECRET", "TS_SECRETS")


def test_variables_of_secrets_are_no_sign_of_a_project() -> None:
    assert [name for name, _ in places.variables({**GIVEN, "TS_LANGUAGE": "none"})] == [
        "TS_AGE_KEY_FILE", "TS_LANGUAGE",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "place", ["age:secrets.toml.age#a.b", "sops:s.yaml#a", "keyring:a", "env:A", "file:a"]
)
def test_every_kind_of_place_is_taken(tmp_path: Path, place: str) -> None:
    made = projects.settings(tmp_path, f'[planner.hf]\ntoken = "{place}"\n')

    assert made.planning.ways[0].token == place


@pytest.mark.parametrize(
    "place", ["age:secrets.toml.age", "sops:#a", "age:a#", "vault:a", "hunter2", "file:"]
)
def test_what_is_no_place_is_refused_and_not_repeated(tmp_path: Path, place: str) -> None:
    with pytest.raises(SettingsRefused, match="must say where the secret is") as caught:
        projects.settings(tmp_path, f'[planner.hf]\ntoken = "{place}"\n')

    assert place not in str(caught.value)
