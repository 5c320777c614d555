"""Makes `.venv` hold the project and what it needs; the other scripts call it.

It needs Python and pip alone.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):
    sys.exit("this needs Python 3.11 or newer")

import hashlib
import os
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
STAMP = ENVIRONMENT / "installed"
LOCK = ROOT / "uv.lock"


def install() -> None:
    """Install what `uv.lock` says, unless that was done before."""
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    print("installing into .venv …", file=sys.stderr, flush=True)
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        call(sys.executable, "-m", "venv", "--without-pip", str(ENVIRONMENT))
    packages = tomllib.loads(LOCK.read_text(encoding="utf-8"))["package"]
    uv = next(f"uv=={package['version']}" for package in packages if package["name"] == "uv")
    # pip installs into the environment from outside, so that a Python that others manage stays untouched
    call(sys.executable, "-m", "pip", "--quiet", "--python", str(BIN / "python"), "install", uv)
    call(
        str(BIN / "uv"), "sync", "--quiet", "--frozen", "--compile-bytecode", "--python", str(BIN / "python")
    )
    STAMP.write_text(wanted)


def call(*command: str) -> None:
    """Run a program of the environment in the project, and stop with its code where it fails."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment.pop("VIRTUAL_ENV", None)
    environment["UV_PROJECT_ENVIRONMENT"] = str(ENVIRONMENT)
    environment.setdefault("UV_SYSTEM_CERTS", "true")  # trust what pip trusts
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode every start takes twice as long
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    install()
