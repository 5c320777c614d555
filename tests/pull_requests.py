"""A pull request on a server at loopback: the three endpoints for comments of GitHub's REST API."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

REPOSITORY: Final = "octo/rules"
NUMBER: Final = "7"
AUTHORISED: Final = "ghs_0123456789"
BOT: Final = {"login": "github-actions[bot]", "type": "Bot"}
LONGEST_BODY: Final = 65_536
_ISSUES: Final = f"/repos/{REPOSITORY}/issues"


@dataclass
class PullRequest:
    """What a pull request says, and what was asked of it."""

    api: str = ""
    """The address of the API."""
    comments: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Method and path of each request."""
    read_only: bool = False
    """Whether the token is one that a pull request from a fork gets."""
    broken: str = ""
    """What every request is answered, with status 200, instead of JSON."""
    moved: str = ""
    """Where every request is sent on to."""
    page: int = 100
    """Comments of a page at most."""

    def add(
        self, body: str, user: Mapping[str, str] = BOT, association: str = "CONTRIBUTOR"
    ) -> dict[str, Any]:
        """Let somebody comment; an app's own comments have an association of no weight."""
        number = len(self.comments) + 1
        comment = {
            "id": number,
            "html_url": f"https://github.com/{REPOSITORY}/pull/{NUMBER}#issuecomment-{number}",
            "user": dict(user),
            "author_association": association,
            "body": body,
        }
        self.comments.append(comment)
        return comment

    @property
    def bodies(self) -> list[str]:
        """The text of each comment."""
        return [each["body"] for each in self.comments]

    @property
    def written(self) -> list[str]:
        """The requests that were to change something."""
        return [each for each in self.calls if not each.startswith("GET ")]

    def answer(self, method: str, target: str, token: str, body: str) -> tuple[int, object, str]:
        """Return status, document and links for a request."""
        url = urlsplit(target)
        self.calls.append(f"{method} {url.path}")
        if token != f"Bearer {AUTHORISED}":
            return 401, {"message": "Bad credentials"}, ""
        if method == "GET" and url.path == f"{_ISSUES}/{NUMBER}/comments":
            return self._listed(parse_qs(url.query))
        return *self._written(method, url.path, body), ""

    def _written(self, method: str, path: str, body: str) -> tuple[int, object]:
        if self.read_only:
            return 403, {"message": "Resource not accessible by integration"}
        if len(body) > LONGEST_BODY:
            return 422, {"message": "Validation Failed"}
        if method == "POST" and path == f"{_ISSUES}/{NUMBER}/comments":
            return 201, self.add(body)
        changed = re.fullmatch(rf"{_ISSUES}/comments/(\d+)", path)
        if method != "PATCH" or not changed:
            return 404, {"message": "Not Found"}
        comment = self.comments[int(changed[1]) - 1]
        comment["body"] = body
        return 200, comment

    def _listed(self, query: Mapping[str, list[str]]) -> tuple[int, object, str]:
        number, size = int(query["page"][0]), min(int(query["per_page"][0]), self.page)
        found = self.comments[(number - 1) * size : number * size]
        address = f"{self.api}{_ISSUES}/{NUMBER}/comments?per_page={size}"
        more = number * size < len(self.comments)
        links = [f'<{address}&page={number + 1}>; rel="next"'] if more else []
        return 200, found, ", ".join((*links, f'<{address}&page=1>; rel="first"'))


@contextmanager
def pull_request() -> Iterator[PullRequest]:
    """Serve a pull request without comments."""
    asked = PullRequest()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_about: object) -> None: ...

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def do_PATCH(self) -> None:
            self._do()

        def _do(self) -> None:
            given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(given)["body"] if given else ""
            status, document, links = asked.answer(
                self.command, self.path, self.headers["Authorization"], body
            )
            self.send_response(301 if asked.moved else status)
            self.send_header("Link", links)
            if asked.moved:
                self.send_header("Location", asked.moved)
            self.end_headers()
            self.wfile.write((asked.broken or json.dumps(document)).encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        asked.api = f"http://127.0.0.1:{server.server_port}"
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()
