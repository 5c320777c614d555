"""A registry that is out of reach skips a test; whatever else goes wrong with a package fails it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import registries

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:9"
TOOL = "no-such-package-for-python==1"
NODE = "no-such-package-for-node@1"
Fetch = Callable[[Path], None]


def tool(_: Path) -> None:
    registries.fetch_tool(TOOL)


def script(directory: Path) -> None:
    program = directory / "program.py"
    program.write_text(
        '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["no-such-one"]\n# ///\n'
    )
    registries.fetch_script(program, "3.11")


def node(directory: Path) -> None:
    registries.install_node([NODE], directory / "installed")


EVERY = pytest.mark.parametrize(
    ("fetch", "what"),
    [(tool, TOOL), (script, "what program.py needs"), (node, NODE)],
    ids=["tool", "script", "node"],
)


@pytest.fixture
def from_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Have uv and npm ask another registry, with nothing fetched before."""

    def use(url: str) -> None:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"{url}/simple")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        monkeypatch.setenv("npm_config_registry", url)
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    registries.forget()
    yield use
    registries.forget()


@pytest.fixture
def empty_registry() -> Iterator[str]:
    """URL of a registry that has no package."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@EVERY
def test_a_registry_out_of_reach_skips_and_names_the_package(
    tmp_path: Path, from_registry: Callable[[str], None], fetch: Fetch, what: str
) -> None:
    from_registry(NOWHERE)
    with pytest.raises(pytest.skip.Exception, match=f"^no package registry within reach for {what}$"):
        fetch(tmp_path)


@EVERY
def test_a_package_that_is_not_there_fails(
    tmp_path: Path, from_registry: Callable[[str], None], empty_registry: str, fetch: Fetch, what: str
) -> None:
    from_registry(empty_registry)
    with pytest.raises(pytest.fail.Exception, match=f"^{what} could not be installed:\n"):
        fetch(tmp_path)


def test_an_answer_of_the_registry_is_no_lack_of_a_connection(
    tmp_path: Path, from_registry: Callable[[str], None]
) -> None:
    from_registry(NOWHERE)
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "package.json").write_text("not JSON")
    with pytest.raises(pytest.fail.Exception, match="EJSONPARSE"):
        registries.install_node([NODE], tmp_path / "installed")
