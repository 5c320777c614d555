"""Where a project and a person's state lie, asked without reading a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from router.config import find_project, home_directory
from router.errors import ProjectNotFound
from router.places import home_of, project_above, variables

HOMES: Final[dict[str, tuple[dict[str, str], str | None]]] = {
    "nothing is said": ({}, "/home/ann/.ts"),
    "an empty variable says nothing": ({"TS_HOME": ""}, "/home/ann/.ts"),
    "elsewhere": ({"TS_HOME": "/var/ts"}, "/var/ts"),
    "below the person's home": ({"TS_HOME": "~/state"}, "/home/ann/state"),
    "the person's home itself": ({"TS_HOME": "~"}, "/home/ann"),
    "with dots": ({"TS_HOME": "/var/../srv/./ts/"}, "/srv/ts"),
    "of nobody": ({"TS_HOME": "~nobody-of-that-name/ts"}, None),
}


@pytest.mark.parametrize("case", HOMES)
def test_state_lies_where_the_environment_says(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment, home = HOMES[case]
    monkeypatch.setenv("HOME", "/home/ann")
    assert home_of(environment) == home
    if home is None:
        with pytest.raises(ProjectNotFound, match="there is no such home"):
            home_directory(environment)
    else:
        assert home_directory(environment) == Path(home)


def test_a_relative_place_is_seen_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert home_of({"TS_HOME": "state"}) == str(tmp_path / "state")


def test_the_home_is_absolute_even_where_the_environments_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "ann")
    found = home_of({})
    assert found is None or Path(found).is_absolute()


@pytest.mark.parametrize(
    ("start", "found"),
    [("", ""), ("rules/team", ""), ("inner", "inner"), ("inner/deep/er", "inner"), ("odd", "")],
)
def test_the_nearest_project_at_or_above_is_found(tmp_path: Path, start: str, found: str) -> None:
    for folder in ("rules/team", "inner/deep/er", "odd/ts.toml"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("", "inner"):
        (tmp_path / folder / "ts.toml").write_text("")
    assert project_above(str(tmp_path / start)) == str(tmp_path / found)
    assert find_project(tmp_path / start) == tmp_path / found


def test_no_project_is_found_above_the_root() -> None:
    assert project_above("/") is None


def test_a_project_whose_name_is_not_utf_8_is_found(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    odd.mkdir()
    (odd / "ts.toml").write_text("")
    assert project_above(str(odd)) == str(odd)


VARIABLES: Final[tuple[tuple[Mapping[str, str], list[tuple[str, str]]], ...]] = (
    ({}, []),
    ({"TS_B": "2", "PATH": "x", "TS_A": "1"}, [("TS_A", "1"), ("TS_B", "2")]),
    ({"TS_HOME": "x", "TS_HOMES": "y"}, [("TS_HOMES", "y")]),
    ({"ts_a": "1", "XTS_A": "1", "TS": "1", "TS_": "1"}, [("TS_", "1")]),
)


@pytest.mark.parametrize(("environment", "found"), VARIABLES)
def test_variables_that_set_something_are_told_in_order(
    environment: Mapping[str, str], found: list[tuple[str, str]]
) -> None:
    assert list(variables(environment)) == found
