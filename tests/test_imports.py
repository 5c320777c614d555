"""What each room may load in a fresh interpreter: the borders that import-linter cannot see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "mcp",
    "mcp_types",
    "a2a",
    "huggingface_hub",
    "httpx",
    "httpx2",
    "dbos",
    "keyring",
    "authlib",
    "grpc",
}
"""Seconds of import each; no command that calls nobody may load one."""

CORE = {"jinja2", "markupsafe", "re2", "_re2"}
TOML = {"tomli"}
FILES = CORE | {
    "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection", "tree_sitter",
    "tree_sitter_toml",
} | TOML  # fmt: skip
ASYNC = FILES | {"anyio", "sniffio", "idna"}
COMMANDS = ASYNC | {"typer", "click", "shellingham", "rich", "tomli_w", "annotated_doc", "colorama"}

ROOMS = {
    "router": set[str](),
    "router.__main__": set[str](),
    "router.errors": set[str](),
    "router.core.query": set[str](),
    "router.core.decide": CORE,
    "router.core.compile": CORE,
    "router.ports": CORE,
    "router.toml.read": TOML,
    "router.rulebook.read": FILES,
    "router.config": FILES,
    "router.catalogue.store": FILES,
    "router.engine": ASYNC,
    "router.loading": FILES,
    "router.wiring": ASYNC,
    "router.cli.explain": COMMANDS - {"anyio", "sniffio", "idna"},
    "router.cli.app": COMMANDS,
}

LOADED = """
import sys, {room}
import site
roots = tuple(site.getsitepackages())
names = {{name.partition(".")[0] for name, module in sys.modules.items()
         if (getattr(module, "__file__", None) or "").startswith(roots) and not name.endswith("__mypyc")}}
print(" ".join(sorted(names)))
"""

EXPLAINED = """
import sys
sys.argv = ["ts", "-C", {project!r}, "explain", "what changed in the last 3 commits"]
from router.cli.app import run
try:
    run()
except SystemExit as ended:
    assert not ended.code, ended.code
print("loaded", " ".join(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


WAY_IN = {
    "__future__", "atexit", "router", "router.__main__", "router.cli", "router.cli.declared", "router.cli.lean",
    "router.cli.writing",
}  # fmt: skip
LEAN: dict[tuple[str, ...], set[str]] = {
    ("--version",): WAY_IN,
}
"""Every module that the lean way may load beyond those of a bare interpreter, by its arguments."""

STARTED = """
import sys
sys.argv = ["ts", *{arguments!r}]
from router import __main__
__main__._leave = lambda code: None  # it would end the process before the modules are told
try:
    __main__.main()
except SystemExit as ended:
    assert not ended.code, ended.code
print("loaded", *sys.modules)
"""


def fresh(program: str) -> str:
    """Run a program in an interpreter of its own and return what it prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_loads_only_what_it_may(room: str) -> None:
    loaded = set(fresh(LOADED.format(room=room)).split()) - {
        "router",
        "_virtualenv",
        "coverage",
        "_distutils_hack",
    }

    assert loaded <= ROOMS[room], f"{room} loads {sorted(loaded - ROOMS[room])}"


def test_explaining_loads_no_sdk_and_no_network() -> None:
    project = str(Path(__file__).parent.parent)

    loaded = set(fresh(EXPLAINED.format(project=project)).rpartition("loaded ")[2].split())

    assert "router" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("arguments", LEAN)
def test_the_lean_way_loads_only_what_it_may(arguments: tuple[str, ...]) -> None:
    bare = set(fresh("import sys; print(*sys.modules)").split())

    loaded = set(fresh(STARTED.format(arguments=arguments)).rpartition("loaded ")[2].split()) - bare

    assert "router.cli.lean" in loaded
    assert loaded <= LEAN[arguments], f"{len(loaded)}, not {len(LEAN[arguments])}: {loaded - LEAN[arguments]}"
