"""A repository on GitHub with a pull request, and the action run on it in a shallow clone; no tests."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from router.rulebook.compare_formats import MARK
from tests.command import TS, Shell
from tests.composite import Action
from tests.pull_requests import AUTHORISED, NUMBER, REPOSITORY, PullRequest

FOLDER: Final = Path(__file__).parent.parent / ".github/actions/rules-diff"
HEAD: Final = f"{MARK}\n<!-- project: . -->\n"
"""How the comment of a project at the root begins."""
SETTINGS: Final = '[mcp.ledger]\ncommand = "ledger-server"\n'
REFUND: Final = """
[refund]
owner = "@billing"
why = "Look-ups go to the replica."
when.all = ["refund"]
use = "mcp:ledger/get_refund"
yes = ["where is my refund"]
no = ["where is my order"]
"""
PAYMENT: Final = REFUND.replace("refund", "payment")
OTHER_SERVER: Final = REFUND.replace("get_refund", "find_refund")
BILLING: Final = "rules/team/billing.toml"
PROJECT: Final = {
    "ts.toml": SETTINGS,
    BILLING: REFUND,
    "corpus/queries.txt": "where is my refund\nwhere is my payment\n",
}
CHANGED: Final = {BILLING: OTHER_SERVER}
"""What sends a question of the corpus another way."""


@dataclass
class Repository:
    """The repository on GitHub, with a branch that is to be merged into main."""

    shell: Shell

    def commit(self, files: dict[str, str]) -> str:
        """Commit files where HEAD is, and return the commit."""
        self.shell.write(files)
        self.shell.git("add", "--all")
        self.shell.git("commit", "--message", "x", "--allow-empty")
        return self.head()

    def head(self) -> str:
        """Return the commit that is checked out."""
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=self.shell.directory, env=self.shell.environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def propose(self, files: dict[str, str]) -> None:
        """Commit to the branch, and let GitHub merge it onto main as it is now."""
        self.shell.git("switch", "branch")
        self.commit(files)
        self.merge()

    def merge(self) -> None:
        """Merge the branch onto main, as GitHub does by itself."""
        self.shell.git("switch", "--detach", "main")
        self.shell.git("merge", "--no-ff", "--no-edit", "branch")
        self.shell.git("update-ref", f"refs/pull/{NUMBER}/merge", "HEAD")


@dataclass
class Review:
    """A run of the action on a pull request."""

    repository: Repository
    asked: PullRequest
    action: Action
    clone: Shell

    def run(self, **inputs: str) -> int:
        """Check the pull request out, as actions/checkout does, and run the action."""
        merge = f"refs/pull/{NUMBER}/merge"
        self.clone.git("fetch", "--depth=1", "--no-tags", "origin", f"+{merge}:refs/remotes/{merge[5:]}")
        self.clone.git("checkout", "--force", f"refs/remotes/{merge[5:]}")
        self.known_as(GITHUB_REF=merge, GITHUB_SHA=Repository(self.clone).head())
        return self.action.run(**inputs)

    def known_as(self, **variables: str) -> None:
        """Change what the runner says of the run."""
        self.action.environment = {**self.action.environment, **variables}


def repository(directory: Path) -> Repository:
    """Make a repository below a directory: a project on main, and a branch that is as main is."""
    shell = Shell(directory / "origin", directory / "home")
    shell.home.mkdir()
    shell.directory.mkdir()
    shell.git("init", "--initial-branch", "main")
    made = Repository(shell)
    made.commit(PROJECT)
    shell.git("branch", "branch")
    return made


def review(directory: Path, asked: PullRequest) -> Review:
    """Set a job up: an empty clone, what the event and the runner say, and the installed ts."""
    origin = repository(directory)
    clone = Shell(directory / "clone", origin.shell.home)
    clone.directory.mkdir()
    clone.git("init")
    clone.git("remote", "add", "origin", origin.shell.directory.as_uri())
    (directory / "runner").mkdir()
    github = {
        "token": AUTHORISED,
        "event.pull_request.number": NUMBER,
        "event.pull_request.base.sha": origin.head(),
    }
    environment = {
        **clone.environment,
        "GITHUB_API_URL": asked.api,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ID": "11",
        "GITHUB_SERVER_URL": "https://github.com",
    }
    given = {
        "python": {"python-path": sys.executable},
        "install": {"python": sys.executable, "program": str(TS)},
    }
    action = Action(FOLDER, clone.directory, directory / "runner", github, environment, given)
    return Review(origin, asked, action, clone)
