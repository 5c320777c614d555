"""What each room may load in a fresh interpreter: the borders that import-linter cannot see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import Shell
from tests.settling import settle

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
    "__future__", "atexit", "router", "router.__main__", "router.cli", "router.cli.declared",
    "router.cli.lean", "router.cli.writing",
}  # fmt: skip
EXPLAINING = WAY_IN | {
    "_blake2", "_bisect", "bisect", "router.cli.quick", "router.compiled", "router.compiled.opening",
    "router.compiled.signs", "router.context", "router.core", "router.core.admission", "router.core.bind",
    "router.core.blocks", "router.core.book", "router.core.contest", "router.core.decision",
    "router.core.explain", "router.core.filed", "router.core.flat", "router.core.keys", "router.core.light",
    "router.core.matcher", "router.core.plan", "router.core.query", "router.core.rendering",
    "router.core.stem", "router.core.terms", "router.core.text", "router.core.values", "router.core.written",
    "router.places",
}  # fmt: skip
SENTENCES = {
    "router.core.paths", "router.core.sentence", "router.core.slots", "router.core.spans", "unicodedata",
}  # fmt: skip
SHAPES = {
    "_collections", "_functools", "_operator", "collections", "functools", "itertools", "keyword", "operator",
    "re2", "re2._re2", "reprlib", "router.core.programs", "types",
}  # fmt: skip
LEAN: dict[tuple[str, ...], set[str]] = {
    ("--version",): WAY_IN,
    ("explain", "is the flux capacitor ready"): EXPLAINING,
    ("explain", "--json", "no rule takes this"): EXPLAINING,
    ("q", "--dry-run", "show 3 commits"): EXPLAINING | SENTENCES,
    ("explain", "order 1183 of the flux capacitor"): EXPLAINING
    | SHAPES
    | SENTENCES
    | {"router.core.contained", "router.core.tournament"},
}
"""Every module that the lean way may load beyond those of a bare interpreter."""

RULES = """
[words]
when = { all = ["flux", "capacitor"], none = ["policy"] }
use = "mcp:all/words"
args = { where = "{{ repository or cwd }}" }

[sentence]
say = "show {n:int} commits"
use = "mcp:all/sentence"
args = { n = "{{ [n, 1000] | min }}" }

[shape]
when = { all = ["capacitor"], looks = "order" }
use = "mcp:all/shape"
args = { order = "{{ order }}" }
"""

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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a project with a rule of each kind and let it be compiled once."""
    directory = tmp_path_factory.mktemp("project")
    shell = Shell(directory, directory / "home")
    shell.home.mkdir()
    shell.write({"ts.toml": '[mcp.all]\ncommand = "all"\n', "rules/team/t.toml": RULES})
    shell.write({"rules/vocab.toml": "[shapes]\norder = 'order (?P<order>\\d+)'\n"})
    assert shell.ts("explain", "hello").code == 0
    settle(shell.home)
    return directory


@pytest.mark.parametrize("arguments", LEAN)
def test_the_lean_way_loads_only_what_it_may(
    project: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(project / "home"))
    bare = set(fresh("import sys; print(*sys.modules)").split())

    loaded = set(fresh(STARTED.format(arguments=arguments)).rpartition("loaded ")[2].split()) - bare

    assert "router.cli.lean" in loaded
    assert loaded <= LEAN[arguments], f"{len(loaded)}, not {len(LEAN[arguments])}: {loaded - LEAN[arguments]}"
