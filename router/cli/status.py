"""`ts status`: how the servers and agents are, as far as their calls have shown."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from router.cli import asking, show
from router.cli.table import columns
from router.config import Project, load_project
from router.core.plan import JSON
from router.core.settings import Peer
from router.guard.state import State, key_of
from router.loading import breakers


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one server or agent of the settings at a moment."""

    target: str
    peer: Peer
    state: State
    now: float

    @property
    def mode(self) -> str:
        """How its breaker is; `off` where it has none."""
        return self.state.mode(self.peer.breaker, self.now) if self.peer.breaker.failures else "off"

    @property
    def until(self) -> dt.datetime | None:
        """Until when it is left alone; None where it may be called."""
        wait = self.state.wait_seconds(self.peer.breaker, self.now)
        return _moment(self.now + wait) if wait else None

    def row(self) -> tuple[str, str, str]:
        """Return it as cells of a line."""
        until = f" until {self.until.astimezone():%H:%M:%S}" if self.until and self.mode == "open" else ""
        if not self.state.failures:
            return self.target, self.mode, "no failure since its last answer"
        times = f"{self.state.failures} failures in a row" if self.state.failures > 1 else "1 failure"
        failed = f"{_moment(self.state.failed).astimezone():%Y-%m-%d %H:%M:%S}"
        return self.target, f"{self.mode}{until}", f"{times}, last {failed}: {show.plain(self.state.reason)}"

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        last = {"time": _written(_moment(self.state.failed)), "reason": self.state.reason}
        return {
            "target": self.target,
            "breaker": self.mode,
            "until": _written(self.until) if self.until else None,
            "failures": self.state.failures,
            "last_failure": last if self.state.failures else None,
        }


def status(as_json: asking.AsJson = False) -> int:
    """Show which servers and agents are left alone since they failed again and again; calls nobody."""
    found = list(_known(load_project(Path.cwd())))
    if as_json:
        show.document({"targets": [each.to_dict() for each in found]})
        return 0
    for line in columns([each.row() for each in found]):
        show.data(line)
    if not found:
        show.note("no server and no agent is configured: write [mcp.NAME] or [a2a.NAME] in ts.toml")
    return 0


def _known(project: Project) -> Iterator[Known]:
    """Yield every server and agent. Raises BreakersUnreadable."""
    kept, now = breakers(project), time.time()
    for scheme, peers in (("mcp", project.settings.servers), ("a2a", project.settings.agents)):
        for name, peer in peers.items():
            yield Known(f"{scheme}:{name}", peer, kept.state(key_of(scheme, peer)), now)


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _written(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds")
