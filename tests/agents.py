"""Fixtures that start real A2A agents as processes on loopback ports; no agent runs inside the tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests import registries

PROJECT = Path(__file__).parent.parent
TEST_AGENTS = Path(__file__).parent / "drivers" / "agents"
RELEASE_NOTES = PROJECT / "examples" / "agents" / "release_notes.py"


@contextmanager
def running(
    *command: str | Path,
    url_on_stderr: bool = False,
    pass_fds: Sequence[int] = (),
    path: Path | None = None,
) -> Iterator[str]:
    """Run a program that binds a port of its own and says its URL; give the URL, end it after.

    The URL is the last word of the first line that the program writes; what follows is read and dropped,
    since a full pipe would stop the agent. Programs are looked for in `path` first.
    """
    child = subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if url_on_stderr else subprocess.PIPE,
        stderr=subprocess.PIPE if url_on_stderr else None,
        text=True,
        pass_fds=pass_fds,
        env={**os.environ, "PATH": os.pathsep.join(filter(None, [str(path or ""), os.environ["PATH"]]))},
    )
    said = child.stderr if url_on_stderr else child.stdout
    with child:
        line = said.readline() if said else ""
        reader = threading.Thread(target=_drop, args=(said or (),))
        reader.start()
        try:
            assert "://" in line, f"the agent did not start: {line}"
            yield line.split()[-1]
        finally:
            child.terminate()
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
            reader.join()


def _drop(said: Iterable[str]) -> None:
    for _ in said:
        pass


@pytest.fixture
def start_faulty_agents() -> Callable[[socket.socket], AbstractContextManager[str]]:
    """Start, when called, the faulty agents on a socket that is bound and does not listen yet."""
    return lambda bound: running(
        sys.executable, TEST_AGENTS / "faulty.py", str(bound.fileno()), pass_fds=[bound.fileno()]
    )


@pytest.fixture(scope="session")
def speaking_agents() -> Iterator[str]:
    """URL of a process of agents built on the official SDK, one below each path."""
    with running(sys.executable, TEST_AGENTS / "speaking.py") as url:
        yield url


@pytest.fixture(scope="session")
def faulty_agents() -> Iterator[str]:
    """URL of a process of agents that break the protocol, one below each path."""
    with running(sys.executable, TEST_AGENTS / "faulty.py") as url:
        yield url


def running_script(script: Path) -> AbstractContextManager[str]:
    """Run an agent that says what packages it needs, which uv fetches; give its URL, end it after."""
    registries.fetch_script(script, sys.executable)
    return running(find_uv_bin(), "run", "--quiet", "--python", sys.executable, "--script", script)


@pytest.fixture(scope="session")
def foreign_agent() -> Iterator[str]:
    """URL of an agent on a framework that nobody here wrote, fetched by uv."""
    with running_script(TEST_AGENTS / "foreign.py") as url:
        yield url


@pytest.fixture(scope="session")
def release_notes_agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the example agent; its own repository is a directory that is none."""
    nowhere = tmp_path_factory.mktemp("nowhere")
    with running(
        sys.executable, RELEASE_NOTES, "--port", "0", "--repository", nowhere, url_on_stderr=True
    ) as url:
        yield url


@pytest.fixture
def start_release_notes_agent() -> Callable[[Path, Path], AbstractContextManager[str]]:
    """Start, when called, the example agent for a repository, with a directory of programs of its own."""

    def start(repository: Path, programs: Path) -> AbstractContextManager[str]:
        command = (sys.executable, RELEASE_NOTES, "--port", "0", "--repository", repository)
        return running(*command, url_on_stderr=True, path=programs)

    return start
