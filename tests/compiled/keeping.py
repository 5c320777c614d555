"""A project with a cache of its own, a clock that obeys, and what a fresh compile says of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from unittest import mock

import router
from router.compiled.opening import unchanged_book
from router.config import load_project
from router.core.bind import bind
from router.core.blocks import Blocks
from router.core.book import Rulebook
from router.core.plan import JSON
from router.core.query import Attachment, Query
from router.core.rule import Rule
from router.errors import RouterError
from router.places import project_above
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory

LONG_NANOSECONDS: Final = 60_000_000_000
"""After so long nobody takes a file for one that is still being written."""

FILES: Final = {
    "ts.toml": """
layers = ["guard", "team"]

[facts]
env = ["prod", "test"]

[mcp.git]
command = "git-server"

[mcp.money]
command = "money-server"
modes = ["useful"]
tags = ["billing"]

[a2a.writer]
url = "http://127.0.0.1:1/"
""",
    "rules/vocab.toml": """
[words]
state = ["state", "where", "how far"]

[shapes]
order = 'order\\s+#?(?P<order>\\d{3,8})'
""",
    "rules/guard/stop.toml": """
[secret]
when = { all = ["password"], none = ["policy"] }
use = "a2a:writer"
ask = "Decline politely: {{ text }}"

[picture]
when = { attached = "image/*", facts = { env = "prod" } }
use = "a2a:writer/look"
""",
    "rules/team/git.toml": """
[history]
owner = "@platform"
why = "Reads only."
say = ["(show|list) [the] last {n:int} commits [in {path:path}]", "what changed since {day:date}"]
use = "mcp:git/git_log"
args = { max_count = "{{ n or 10 }}", repo_path = "{{ path or cwd }}", since = "{{ day }}", deep = [1, 2.5] }
answer = "history.md.j2"
yes = ["show the last 3 commits"]
no = ["commit to a plan"]
until = 2030-01-31

[status]
when = { all = ["@state", "branch"] }
use = "mcp:git/git_status"
args = { all = "{{ words|length > 0 }}" }
beats = ["git.branches"]

[branch-list]
when = { any = ["branch", "branches of"] }
use = "mcp:git/git_branch"
was = ["git.branches"]
""",
    "rules/team/money.toml": """
[refund]
when = { all = ["refund"], looks = "order" }
use = "mcp:money/refund"
args = { order = "{{ order }}", least = "{{ [3, 5]|min }}" }

[refund-tried]
when = { all = ["refund"] }
use = "a2a:writer"
stage = "shadow"

[refund-some]
when = { all = ["refund"] }
use = "a2a:writer"
stage = "canary"
share = 50

[noted]
when = { all = ["order"] }
add = "mcp:git/note"
args = { what = "{{ text }}" }
""",
    "rules/team/steps.toml": """
[both]
say = "compare {one:word} with {other:word}"
answer = "{{ steps.second.text }}"

[[both.steps]]
id = "first"
use = "mcp:git/git_show"
args = { name = "{{ one }}" }

[[both.steps]]
id = "second"
use = "a2a:writer"
ask = "Compare {{ steps.first.text }} with {{ other }}"
""",
    "prompts/history.md.j2": "{{ result.text }} since {{ day }}\n",
}
QUERIES: Final = (
    Query("show the last 3 commits in src/a.py"),
    Query("list last 12 commits", cwd="/somewhere"),
    Query("what changed since yesterday", time="2027-01-31T12:00:00+01:00"),
    Query("how far is the branch"),
    Query("which branches of the house"),
    Query("refund order #1183", modes=frozenset({"useful"})),
    Query("refund order #1183"),
    Query("refund it", facts={"key": "k3"}),
    Query("the password", words=frozenset({"billing"})),
    Query("the password policy"),
    Query("look", facts={"env": "prod"}, attached=(Attachment("a.png", "image/png", "a.png"),)),
    Query("compare left with right"),
    Query("退款 order 12345"),
    Query("nothing of the kind"),
)
REAL_TIME: Final = time.time_ns


@dataclass(frozen=True, slots=True)
class Kept:
    """A project, and where its compiled rulebook is kept."""

    directory: Path
    home: Path

    @property
    def folder(self) -> Path:
        """Where compiled rulebooks are."""
        return self.home / "compiled"

    @property
    def book(self) -> Path:
        """The one compiled rulebook."""
        (found,) = self.folder.glob("*.book")
        return found

    @property
    def seen(self) -> Path:
        """What was seen of the one project."""
        (found,) = self.folder.glob("*.seen")
        return found

    def load(self) -> Rulebook:
        """Load the rulebook as users of the library do."""
        return router.load(self.directory)

    def settle(self) -> Rulebook:
        """Load the rulebook long after the last change, so that the next one may be opened unread."""
        with mock.patch("time.time_ns", return_value=REAL_TIME() + LONG_NANOSECONDS):
            return self.load()

    def unread(self) -> Rulebook | None:
        """Return the rulebook if it may be opened with none of its files read."""
        return unchanged_book(str(self.directory), os.environ)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, so much later that its times differ from those before."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        tick(path)
        return path


def tick(path: Path) -> None:
    """Touch a file until the clock of the file system has gone on."""
    before = path.stat()
    while path.stat().st_ctime_ns == before.st_ctime_ns:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def kept(above: Path, files: Mapping[str, str] = FILES) -> Kept:
    """Write a project; `$TS_HOME` must lead to `home` beside it."""
    made = Kept(above / "project", above / "home")
    for name, text in files.items():
        path = made.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return made


@contextmanager
def at_home(above: Path) -> Iterator[None]:
    """Keep state beside the project for a while, with no other setting of the environment."""
    cleared = {name: value for name, value in os.environ.items() if not name.startswith("TS_")}
    with mock.patch.dict(os.environ, {**cleared, "TS_HOME": str(above / "home")}, clear=True):
        yield


def fresh(directory: Path) -> Rulebook:
    """Compile the project from its files alone, without any cache."""
    project = load_project(Path(project_above(str(directory)) or directory))
    return read_rulebook(Directory(project.directory), project.settings)


def told(book: Rulebook) -> JSON:
    """Everything that a rulebook says: of the queries, and of itself."""
    return {
        "revision": book.revision,
        "terms": book.terms,
        "was": dict(book.was),
        "prompts": dict(book.templates.prompts),
        "rules": {id_: whole(rule) for id_, rule in book.rules.items()},
        "decisions": [decided(book, each) for each in QUERIES],
        "settings": book.settings,
    }


def whole(rule: Rule) -> JSON:
    """Return all of a rule; of its steps what is written."""
    names = (name for name in Rule.__slots__ if name != "steps")
    return {name: getattr(rule, name) for name in names} | {"steps": [each.to_dict() for each in rule.steps]}


def decided(book: Rulebook, query: Query) -> JSON:
    """Every byte of a decision, its verdicts and its plan included; an error as it is told."""
    try:
        decision = book.decide(query)
        plan = bind(book, decision, query)
    except RouterError as error:
        return str(error)
    later = [(step.later, step.values) for step in plan.steps] if plan else []
    verdicts = [each.to_dict() for each in decision.verdicts]
    return decision.to_dict(), verdicts, plan and (plan.to_dict(), plan.answer, plan.values, later)


def flipped(path: Path, place: int, bits: int = 0xFF) -> None:
    """Change one byte of a file where it lies, as a failing disk does."""
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes((byte ^ bits,)))


def places_of_blocks(path: Path) -> list[int]:
    """Return a place inside of each block of a compiled rulebook."""
    blocks = Blocks(path.read_bytes())
    return [blocks._number(number + 2) - 1 for number in range(blocks.count)]
