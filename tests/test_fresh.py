"""The whole way in as a new user goes it: a fresh clone, an installed wheel, an empty HOME."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UV = Path(sys.executable).parent / "uv"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def environment(home: Path) -> dict[str, str]:
    """Return an environment with an empty HOME; the package runner's cache stays, which spares downloads."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TS_", "VIRTUAL_ENV", "COV_"))
    }
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept["PATH"] = os.pathsep.join(each for each in kept["PATH"].split(os.pathsep) if ".venv" not in each)
    return {"UV_CACHE_DIR": str(Path.home() / ".cache/uv"), **kept, "HOME": str(home)}


def run(*command: str, cwd: Path, home: Path) -> str:
    """Run a program to its end and return what it printed on standard output."""
    done = subprocess.run(
        command, cwd=cwd, env=environment(home), capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_the_readmes_first_command_installs_and_answers(tmp_path: Path) -> None:
    home, clone = tmp_path / "home", tmp_path / "clone"
    home.mkdir()
    run("git", "clone", "--quiet", str(ROOT), str(clone), cwd=tmp_path, home=home)
    subject = run("git", "log", "-1", "--format=%s", cwd=clone, home=home).strip()

    told = run("python3", "scripts/start", cwd=clone, home=home)

    assert '$ ts q "what changed in the last 3 commits"' in told
    assert subject in told
    again = re.search(r"(\S+ts) q \"(how much memory is free)\"", told)
    assert again
    assert "available of" in run(str(clone / again[1]), "q", again[2], cwd=clone, home=home)


def test_an_installed_wheel_works_outside_the_repository(tmp_path: Path) -> None:
    home, project = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    project.mkdir()
    run(str(UV), "build", "--quiet", "--wheel", "--out-dir", str(tmp_path / "dist"), cwd=ROOT, home=home)
    wheel = next((tmp_path / "dist").glob("*.whl"))
    venv = tmp_path / "venv"
    run(str(UV), "venv", "--quiet", "--python", sys.executable, str(venv), cwd=tmp_path, home=home)
    python = str(venv / "bin/python")
    run(str(UV), "pip", "install", "--quiet", "--python", python, str(wheel), cwd=tmp_path, home=home)
    ts = str(venv / "bin/ts")

    run(ts, "init", cwd=project, home=home)

    assert "rule time.now " in run(ts, "explain", "what time is it?", cwd=project, home=home)
    assert "(UTC)" in run(ts, "q", "what time is it?", cwd=project, home=home)
    assert "0 errors" in run(ts, "rules", "check", cwd=project, home=home)
    assert "ok   mcp:git: 7 tools" in run(ts, "doctor", cwd=project, home=home)
