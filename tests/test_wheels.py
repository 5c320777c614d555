"""The one native library that decisions need has wheels where the program is said to run."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

LOCK = tomllib.loads((Path(__file__).parents[1] / "uv.lock").read_text(encoding="utf-8"))
PLATFORMS = {
    "Linux on x86-64": ("manylinux", "x86_64"),
    "Linux on arm64": ("manylinux", "aarch64"),
    "macOS on x86-64": ("macosx", "x86_64"),
    "macOS on arm64": ("macosx", "arm64"),
    "Windows on x86-64": ("win", "amd64"),
    "Windows on arm64": ("win", "arm64"),
}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", ["cp311", "cp312", "cp313"])
def test_shapes_have_a_wheel(platform: str, python: str) -> None:
    (package,) = (each for each in LOCK["package"] if each["name"] == "google-re2")
    names = [each["url"].rpartition("/")[2] for each in package["wheels"]]

    assert any(python in each and all(part in each for part in PLATFORMS[platform]) for each in names)
