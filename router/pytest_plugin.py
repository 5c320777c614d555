"""The pytest plugin: the rulebook of a project as a fixture, and its decisions as a snapshot.

It is loaded in every run of pytest where the package is installed, so it opens the rest of the house only
when a test asks for a fixture, and says nothing in a project without `ts.toml`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import router
from router.errors import RouterError

if TYPE_CHECKING:
    from pytest_snapshot.plugin import Snapshot

    from router.core.book import Rulebook

PROJECT: Final = "ts_project"
"""Of pytest's own settings: the directory of `ts.toml`, relative to pytest's root."""
ACCEPT: Final = "to accept these decisions: pytest --snapshot-update, or ts snapshot update"
MOST_LINES: Final = 20
"""Changed decisions that a failure shows."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the one setting."""
    parser.addini(PROJECT, "directory of the ts project, relative to the root of pytest", default=".")


@pytest.fixture(scope="session")
def ts_project(pytestconfig: pytest.Config) -> Path:
    """Return the directory of the project: where the setting `ts_project` leads, pytest's root by default."""
    directory = pytestconfig.rootpath / str(pytestconfig.getini(PROJECT))
    if not (directory / "ts.toml").is_file():
        pytest.fail(f"{directory}: there is no ts.toml; set {PROJECT} in pytest's settings", pytrace=False)
    return directory


@pytest.fixture(scope="session")
def rulebook(ts_project: Path) -> Rulebook:
    """Return the compiled rulebook of the project; no server is started and no model asked."""
    with _told():
        return router.load(ts_project)


@pytest.fixture
def routing_snapshot(ts_project: Path, rulebook: Rulebook, snapshot: Snapshot) -> RoutingSnapshot:
    """Return what compares the decisions of recorded queries with those kept in git."""
    return RoutingSnapshot(ts_project, rulebook, snapshot)


class RoutingSnapshot:
    """Compares decisions with a snapshot beside the recorded queries; `--snapshot-update` writes it."""

    def __init__(self, project: Path, rulebook: Rulebook, snapshot: Snapshot) -> None:
        self._project = project
        self._rulebook = rulebook
        self._snapshot = snapshot

    def assert_corpus(self, queries: str = "corpus/queries.txt") -> None:
        """Assert that the recorded queries go where the snapshot says: `decisions.txt` beside `queries.txt`.

        For another file, such as `corpus/incidents.txt`, it is `corpus/incidents.decisions.txt`. Paths are
        relative to the project.
        """
        __tracebackhide__ = True
        snapshots = importlib.import_module("router.rulebook.snapshot")
        trees = importlib.import_module("router.rulebook.tree")
        with _told():
            records = snapshots.recorded_queries(trees.Directory(self._project), queries)
        text = snapshots.snapshot(self._rulebook, records)
        path = self._project / snapshots.decisions_of(queries)
        self._snapshot.snapshot_dir = path.parent
        try:
            self._snapshot.assert_match(text, path.name)
        except AssertionError:
            old = path.read_text(encoding="utf-8") if path.exists() else ""
            changed = [str(each) for each in snapshots.differences(old, text)]
            more = [f"… and {len(changed) - MOST_LINES} more"] if len(changed) > MOST_LINES else []
            count = f"{len(changed)} decision{'' if len(changed) == 1 else 's'} changed"
            head = f"{count}, as {path.name} has them:" if changed else f"{path.name} is out of order"
            raise AssertionError("\n".join((head, *changed[:MOST_LINES], *more, ACCEPT))) from None


@contextmanager
def _told() -> Iterator[None]:
    """Fail with what is wrong with a project, and without a traceback of ours."""
    reason = ""
    try:
        yield
    except RouterError as error:
        reason = str(error)
    if reason:
        pytest.fail(reason, pytrace=False)
