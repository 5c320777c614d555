"""Speaks to Tombi, a language server of TOML that nobody here wrote, as an editor does. It tests nothing."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

TOMBI: Final = Path(sys.executable).parent / ("tombi.exe" if os.name == "nt" else "tombi")
CURSOR: Final = "█"


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which nothing is kept outside `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TOMBI_", "XDG_"))}
    return {**kept, "HOME": str(home), "TOMBI_CACHE_HOME": str(home / "cache"), "NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Editor:
    """One session with the language server."""

    server: subprocess.Popen[bytes]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and return its result."""
        number = next(self.numbers)
        self._send(id=number, method=method, **({"params": params} if params else {}))
        while True:
            told = self._next()
            if told.get("id") == number and "method" not in told:
                return told["result"]

    def tell(self, method: str, **params: Any) -> None:
        """Send what has no answer."""
        self._send(method=method, params=params)

    def open(self, path: Path, text: str) -> dict[str, Any]:
        """Open a file with a cursor in its text, and return where that is once the server has read it."""
        before, _, after = text.partition(CURSOR)
        document = {"uri": path.as_uri(), "languageId": "toml", "version": 1, "text": before + after}
        self.tell("textDocument/didOpen", textDocument=document)
        while True:
            told = self._next()
            if (
                told.get("method") == "textDocument/publishDiagnostics"
                and told["params"]["uri"] == path.as_uri()
            ):
                break
        line, column = before.count("\n"), len(before.rpartition("\n")[2])
        return {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": column}}

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.server.stdin is not None
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.server.stdin.flush()

    def _next(self) -> Mapping[str, Any]:
        """Return the next message; a question of the server's own is answered with nothing."""
        assert self.server.stdout is not None
        length = 0
        while line := self.server.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended"
        told: dict[str, Any] = json.loads(self.server.stdout.read(length))
        if "method" in told and "id" in told:
            self._send(id=told["id"], result=None)
        return told


@contextmanager
def editor(project: Path, home: Path) -> Iterator[Editor]:
    """Start the language server on a project, offline, and end it."""
    with subprocess.Popen(
        [str(TOMBI), "lsp", "--offline"],
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        made = Editor(server)
        try:
            made.ask("initialize", processId=None, rootUri=project.as_uri(), capabilities={})
            made.tell("initialized")
            yield made
            made.ask("shutdown")
            made.tell("exit")
            server.wait(timeout=60)
        finally:
            server.kill()


def lint(directory: Path, home: Path, *names: str) -> list[dict[str, Any]]:
    """Return what the checker of the command line says of files: path, level, message and range."""
    report = home / "diagnostics.json"
    subprocess.run(
        [str(TOMBI), "lint", "--offline", "--quiet", "--diagnostics-format", "json", "--diagnostics-file",
         str(report), *names],
        cwd=directory, env=environment(home), capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))
    return found
