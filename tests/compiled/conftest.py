"""A project with a cache of its own for each test; hypothesis runs as it does for the core."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiled.keeping import Kept, at_home, kept

importlib.import_module("tests.core.conftest")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Kept]:
    """Write a project whose state is kept beside it, with nothing compiled yet."""
    with at_home(tmp_path):
        yield kept(tmp_path)
