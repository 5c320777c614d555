"""Keeps one comment on a pull request up to date and fills the step's summary; it compares nothing.

The action beside it runs it, on the standard library alone, with everything it needs in the environment.
"""

from __future__ import annotations

import json
import os
import posixpath
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener

COMMENT_LIMIT: Final = 65_536
"""Characters that GitHub takes; they are counted in UTF-16 here, where no text is shorter than elsewhere."""
SUMMARY_LIMIT: Final = 1_048_576
"""Bytes (docs.github.com, "Workflow commands for GitHub Actions", step isolation and limits)."""
TIMEOUT_SECONDS: Final = 30
FORBIDDEN: Final = 403
TITLE: Final = "ts rules diff"
READ_ONLY: Final = (
    "The comparison is in the summary of this run. The token may not comment, as that of a pull request from "
    "a fork; for others give the job `permissions: pull-requests: write`."
)
INSIDERS: Final = ("OWNER", "MEMBER", "COLLABORATOR")
"""Who may edit each other's comments; anybody else could have copied the mark into one of their own."""


class Refused(Exception):
    """GitHub did not do what it was asked for."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Call(Request):
    """One request, which carries the token and is never sent elsewhere."""


class StayHere(HTTPRedirectHandler):
    """Follow no redirection: it would turn a write into a read, and take the token along."""

    def redirect_request(self, *_about: object) -> None:
        """Leave the answer as it is, which makes it an error."""


@dataclass(frozen=True)
class PullRequest:
    """The comments of a pull request, by GitHub's API."""

    api: str
    """Its address, as GITHUB_API_URL has it."""
    repository: str
    number: str
    token: str

    def comments(self) -> Iterator[dict[str, Any]]:
        """Yield every comment, the oldest first."""
        page, more = 1, True
        while more:
            found, links = self._call("GET", f"{self.number}/comments?per_page=100&page={page}")
            yield from found
            page, more = page + 1, 'rel="next"' in links

    def create(self, body: str) -> str:
        """Write a comment and return its address."""
        return str(self._call("POST", f"{self.number}/comments", body)[0]["html_url"])

    def update(self, comment: int, body: str) -> str:
        """Replace a comment's text and return its address."""
        return str(self._call("PATCH", f"comments/{comment}", body)[0]["html_url"])

    def _call(self, method: str, path: str, body: str | None = None) -> tuple[Any, str]:
        """Return an answer and the links to others. Raises Refused."""
        url = f"{self.api}/repos/{self.repository}/issues/{path}"
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "User-Agent": "ts-rules-diff",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        data = None if body is None else json.dumps({"body": body}).encode()
        try:
            call = Call(url, data, headers, method=method)
            with build_opener(StayHere).open(call, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer), answer.headers.get("Link", "")
        except HTTPError as error:
            with error:
                raise Refused(f"{method} {url}: {error.code} {_reason(error)}", error.code) from error
        except (OSError, ValueError) as error:
            raise Refused(f"{method} {url}: {error}") from error


def _reason(error: HTTPError) -> str:
    """Return what GitHub says for itself, or what the status means."""
    try:
        return str(json.load(error)["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return error.reason


def keep(pull_request: PullRequest, body: str, *, changed: bool) -> str:
    """Bring the comment up to date and say what was done; where nothing changed, none is begun."""
    head = "\n".join(body.split("\n")[:2])
    for each in pull_request.comments():
        told = str(each.get("body") or "").replace("\r\n", "\n")
        if told.startswith(f"{head}\n") and _ours(each):
            if told.rstrip() == body.rstrip():
                return f"the comment says so already: {each['html_url']}"
            return f"updated the comment: {pull_request.update(int(each['id']), body)}"
    return f"commented: {pull_request.create(body)}" if changed else "nothing changed, so there is no comment"


def _ours(comment: Mapping[str, Any]) -> bool:
    bot = (comment.get("user") or {}).get("type") == "Bot"
    return bot or comment.get("author_association") in INSIDERS


def marked(told: str, directory: str) -> str:
    """Return the comparison with the project behind its mark: several projects may share a repository."""
    mark, _, rest = told.partition("\n")
    project = quote(posixpath.normpath(directory.replace("\\", "/")))
    return f"{mark}\n<!-- project: {project} -->\n{rest}"


def cut(text: str, limit: int, size: Callable[[str], int], note: str) -> str:
    """Return a text of at most a size: whole lines of it, and then the note on what is left out."""
    if size(text) <= limit:
        return text
    left = limit - size(note)
    kept: list[str] = []
    for line in text.split("\n"):
        left -= size(f"{line}\n")
        if left < 0:
            break
        kept.append(f"{line}\n")
    return "".join(kept) + note


def utf_16(text: str) -> int:
    """Return how many units of UTF-16 a text has."""
    return len(text.encode("utf-16-le")) // 2


def utf_8(text: str) -> int:
    """Return how many bytes of UTF-8 a text has."""
    return len(text.encode())


def say(text: str, severity: str = "") -> None:
    """Write a line to the run's log, where a severity is given as an annotation."""
    line = text.encode("ascii", "backslashreplace").decode()
    for odd, written in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")) if severity else ():
        line = line.replace(odd, written)
    sys.stdout.write(f"::{severity} title={TITLE}::{line}\n" if severity else f"{line}\n")


def summarise(told: str, environment: Mapping[str, str]) -> None:
    """Add the comparison to the summary of the run, where there is one."""
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        note = "\nThe rest is left out here: a summary holds a mebibyte.\n"
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(cut(told, SUMMARY_LIMIT, utf_8, note))


def comment(told: str, pull_request: PullRequest, environment: Mapping[str, str]) -> int:
    """Bring the comment up to date and return the exit code; a token that may not write is no failure."""
    run = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format_map(environment)
    note = f"\nThe rest is left out here: it is in the [summary of the run]({run}).\n"
    body = cut(marked(told, environment["DIRECTORY"]), COMMENT_LIMIT, utf_16, note)
    try:
        say(keep(pull_request, body, changed=environment["CHANGED"] == "true"))
    except Refused as refused:
        if refused.status == FORBIDDEN:
            say(f"{READ_ONLY} {refused}", "notice")
            return 0
        say(f"the comparison could not be commented, and is in the summary of this run. {refused}", "error")
        return 1
    return 0


def main(environment: Mapping[str, str]) -> int:
    """Write the summary and the comment; return the exit code."""
    told = Path(environment["COMMENT"]).read_text(encoding="utf-8")
    summarise(told, environment)
    api, repository, number, token = (
        environment[name] for name in ("GITHUB_API_URL", "GITHUB_REPOSITORY", "PULL_REQUEST", "TOKEN")
    )
    if number:
        return comment(told, PullRequest(api, repository, number, token), environment)
    say("this is no pull request: the comparison is in the summary of this run")
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
