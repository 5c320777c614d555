# /// script
# requires-python = ">=3.11"
# dependencies = ["a2a-sdk[http-server]>=1.3,<2", "uvicorn>=0.54"]
# ///
"""An A2A agent that drafts release notes from the history of a git repository; it changes nothing there.

It asks no model: commits are grouped by their conventional-commit type or their leading verb. Which
commits is read from the message ("since v1.2", "between v1.0 and v1.1", "for v1.1", "the last 20
commits") or a data part (`since`, `until`, `count`, `repo_path`); where neither says, those since the
last tag, and where there is no tag the task waits in `input-required` for an answer.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from a2a.helpers import (
    get_data_parts,
    new_data_part,
    new_task_from_user_message,
    new_text_message,
    new_text_part,
)
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, Message
from history import (
    MOST_COMMITS,
    Commit,
    RangeMissing,
    Refused,
    Span,
    commits_of,
    completed,
    git,
    span_in,
    span_of,
)
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

QUESTION = (
    "There is no tag to start from. Which commits should the notes cover? "
    'Answer like "since v1.2", "between v1.0 and v1.1" or "the last 20 commits".'
)


KINDS = {
    "Added": "feat feature add adds added introduce implement support allow create new",
    "Fixed": "fix fixes fixed bugfix hotfix correct prevent repair resolve handle",
    "Performance": "perf performance speed optimise optimize",
    "Changed": "refactor style change changes update rename move improve make use replace rework simplify",
    "Removed": "remove removes removed drop delete",
    "Deprecated": "deprecate deprecates deprecated",
    "Documentation": "docs doc document documents",
    "Tests": "test tests",
    "Maintenance": "chore build ci deps bump release upgrade pin",
    "Reverted": "revert reverts",
}
KIND_OF = {word: kind for kind, words in KINDS.items() for word in words.split()}
BREAKING, OTHER = "Breaking changes", "Other changes"
CONVENTIONAL = re.compile(r"(?P<type>[A-Za-z]+)(?:\((?P<scope>[^)]+)\))?(?P<bang>!)?:\s+(?P<what>.+)")


def entry(commit: Commit) -> tuple[str, str]:
    """Return the heading a commit goes under and its line in Markdown."""
    match = CONVENTIONAL.fullmatch(commit.subject)
    if match is not None and match["type"].lower() in KIND_OF:
        scope = f"**{match['scope']}:** " if match["scope"] else ""
        kind, line = KIND_OF[match["type"].lower()], f"{scope}{match['what']}"
    else:
        verb = commit.subject.partition(" ")[0].strip(":").lower()
        kind, line = KIND_OF.get(verb, OTHER), commit.subject
    if commit.breaking or (match is not None and match["bang"]):
        kind = BREAKING
    return kind, f"- {line} ({commit.hash})"


def notes(commits: list[Commit], span: Span) -> tuple[str, dict[str, object]]:
    """Return the notes in Markdown, and their counts."""
    truncated, commits = len(commits) > MOST_COMMITS, commits[:MOST_COMMITS]
    entries = [entry(commit) for commit in commits]
    counts = Counter(kind for kind, _ in entries)
    authors = len({commit.author for commit in commits})
    lines = [f"# Release notes: {_covered(span)}", "", _summary(commits, authors, truncated=truncated)]
    for kind in (BREAKING, *KINDS, OTHER):
        if counts[kind]:
            lines += ["", f"## {kind}", "", *(line for under, line in entries if under == kind)]
    by_kind = {kind: counts[kind] for kind in sorted(counts)}
    about = {"since": span.since, "until": span.until, "truncated": truncated}
    return "\n".join(lines) + "\n", {"commits": len(commits), "authors": authors, "kinds": by_kind, **about}


def _covered(span: Span) -> str:
    if span.count:
        covered = "the last commit" if span.count == 1 else f"the last {span.count} commits"
    else:
        covered = f"since {span.since}" if span.since else "all"
    return covered + (f" up to {span.until}" if span.until != "HEAD" else "")


def _summary(commits: list[Commit], authors: int, *, truncated: bool) -> str:
    if not commits:
        return "No commits."
    days = sorted(commit.day for commit in commits)
    when = f"on {days[0]}" if days[0] == days[-1] else f"from {days[0]} to {days[-1]}"
    cut = f" Only the newest {MOST_COMMITS} commits are listed." if truncated else ""
    plural = "" if len(commits) == 1 else "s"
    return f"{len(commits)} commit{plural} by {authors} author{'' if authors == 1 else 's'}, {when}.{cut}"


class ReleaseNotes(AgentExecutor):
    """Drafts release notes of one repository, or of the one that a message names."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Draft, or ask which commits; a second message of a task answers that question."""
        message = context.message or Message()
        task = context.current_task
        earlier = list(task.history) if task is not None else []
        if task is None:
            task = new_task_from_user_message(message)
            await event_queue.enqueue_event(task)
        updates = TaskUpdater(event_queue, task.id, task.context_id)
        data = merged([*earlier, message])
        try:
            span = span_in(data, span_of(context.get_user_input(), answering=bool(earlier)))
            await draft(directory(self.repository, data), span, updates)
        except RangeMissing:
            await updates.requires_input(new_text_message(QUESTION))
        except Refused as refused:
            await updates.reject(new_text_message(str(refused)))

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Stop; a git that still runs is ended with the task."""
        await TaskUpdater(event_queue, context.task_id or "", context.context_id or "").cancel()


async def draft(repository: Path, span: Span, updates: TaskUpdater) -> None:
    """Read the history, send the notes and their counts as one artifact, and complete the task."""
    await git(repository, "rev-parse", "--git-dir")
    await updates.start_work(new_text_message(f"Reading the history of {repository.name}"))
    span = await completed(repository, span)
    commits = await commits_of(repository, span)
    await updates.start_work(new_text_message(f"Grouping {len(commits)} commits"))
    markdown, counts = notes(commits, span)
    parts = [new_text_part(markdown, "text/markdown"), new_data_part(counts)]
    await updates.add_artifact(parts, name="release-notes", last_chunk=True)
    await updates.complete()


def directory(repository: Path, data: dict[str, object]) -> Path:
    """Return the repository to read: the one of the data part, from the agent's own if relative."""
    path = (repository / str(data.get("repo_path", ""))).resolve()
    if not path.is_dir():
        raise Refused(f"{path} is not a directory")
    return path


def merged(messages: Iterable[Message]) -> dict[str, object]:
    """Return the data parts of all messages of a task as one object, what came last on top."""
    said: dict[str, object] = {}
    for message in messages:
        for data in get_data_parts(message.parts):
            said |= data if isinstance(data, dict) else {}
    return said


def card(url: str) -> AgentCard:
    """Return the agent's card."""
    skill = AgentSkill(
        id="draft-release-notes",
        name="Draft release notes",
        description="Drafts release notes in Markdown from the git history between two tags or commits.",
        tags=["git", "release", "changelog"],
        examples=["draft release notes since v1.2", "release notes for the last 20 commits"],
    )
    return AgentCard(
        name="Release notes",
        description="Drafts release notes from the history of a git repository, without a model.",
        version="1.0.0",
        supported_interfaces=[AgentInterface(url=url, protocol_binding="JSONRPC", protocol_version="1.0")],
        capabilities=AgentCapabilities(streaming=True),
        default_input_modes=["text/plain", "application/json"],
        default_output_modes=["text/markdown", "application/json"],
        skills=[skill],
    )


def application(repository: Path, url: str) -> Starlette:
    """Return the web application; it answers only under its own names, against DNS rebinding."""
    about = card(url)
    handler = DefaultRequestHandler(ReleaseNotes(repository), InMemoryTaskStore(), about)
    names = ["localhost", "127.0.0.1", urlsplit(url).hostname or ""]
    return Starlette(
        routes=[*create_agent_card_routes(about), *create_jsonrpc_routes(handler, "/")],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=names)],
    )


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(description="An A2A agent that drafts release notes from git history.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9310, help="0 picks a free one")
    parser.add_argument("--repository", type=Path, default=Path.cwd(), metavar="DIR")
    parser.add_argument("--public-url", default="", help="where others reach the agent, if not at host:port")
    options = parser.parse_args()
    with socket.create_server((options.host, options.port)) as listening:
        url = options.public_url or f"http://{options.host}:{listening.getsockname()[1]}"
        sys.stderr.write(f"release notes of {options.repository} at {url}\n")
        sys.stderr.flush()
        web = application(options.repository.resolve(), f"{url.rstrip('/')}/")
        uvicorn.Server(uvicorn.Config(web, log_level="warning", lifespan="off")).run(sockets=[listening])


if __name__ == "__main__":
    main()
