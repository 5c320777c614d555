"""Doing one thing to many: in order, on several processes as on one, and ended when it fails."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from router.rulebook import many
from router.rulebook.many import AT_ONCE, MANY, on_each


def squared(number: int) -> tuple[int, int]:
    if number < 0:
        raise ValueError(f"{number} is below zero")
    return number * number, os.getpid()


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_many_are_done_in_order_by_other_processes(context: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "cores", lambda: 2)
    monkeypatch.setattr(many, "starts_by", lambda: context)
    told: list[int] = []

    found = on_each(squared, range(MANY), told.append)

    assert [square for square, _ in found] == [number * number for number in range(MANY)]
    assert os.getpid() not in {process for _, process in found}
    assert sum(told) == MANY
    assert max(told) == AT_ONCE


@pytest.mark.parametrize(("count", "cores"), [(MANY - 1, 2), (MANY, 1), (0, 2)])
def test_few_are_done_here(count: int, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "cores", lambda: cores)
    told: list[int] = []

    found = on_each(squared, range(count), told.append)

    assert {process for _, process in found} <= {os.getpid()}
    assert [square for square, _ in found] == [number * number for number in range(count)]
    assert sum(told) == count


def test_a_failure_comes_through_and_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "cores", lambda: 2)
    before = set(psutil.Process().children(recursive=True))

    with pytest.raises(ValueError, match="below zero"):
        on_each(squared, [*range(MANY), -1])

    left = set(psutil.Process().children(recursive=True)) - before
    assert not [each for each in left if "resource_tracker" not in " ".join(each.cmdline())]


def test_only_the_cores_that_this_process_may_use_are_counted() -> None:
    assert many.cores() == len(psutil.Process().cpu_affinity() or [])


def test_workers_end_with_the_process_that_started_them() -> None:
    program = (
        "import os, time\nfrom router.rulebook import many\nmany.cores = lambda: 2\n"
        "def slow(_):\n    os.write(1, b'at it\\n')\n    time.sleep(60)\n"
        "many.on_each(slow, range(many.MANY))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"at it\n"
        workers = psutil.Process(running.pid).children(recursive=True)
        running.kill()
    assert workers
    assert psutil.wait_procs(workers, timeout=60)[1] == []
