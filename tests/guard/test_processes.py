"""One breaker of many processes: what they tell is counted together, and one of them tries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from router.core.settings import Breaker
from router.guard import Breakers
from tests.processes import side_by_side

KEY: Final = "k"
BREAKER: Final = Breaker(3, 10.0)

FAILS: Final = """
import sys
from pathlib import Path
from router.core.settings import Breaker
from router.guard import Breakers
Breakers(Path(sys.argv[1]), lambda: 100.0).failed("k", Breaker(3, 10.0), "down")
"""
COMES: Final = """
import sys
from pathlib import Path
from router.core.settings import Breaker
from router.guard import Breakers
turn = Breakers(Path(sys.argv[1]), lambda: float(sys.argv[2])).admit("k", Breaker(3, 10.0), 60.0)
print("tries" if turn.probe else "waits" if turn.wait_seconds else "is let in")
"""
DIES: Final = f"{COMES}\nsys.stdout.flush()\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"


def came(told: list[str]) -> dict[str, int]:
    """Return how many of the processes did what."""
    words = [each.strip() for each in told]
    return {word: words.count(word) for word in sorted(set(words))}


def open_and_try(home: Path, processes: int) -> None:
    """Let processes open a breaker together, and then come when the wait is over."""
    side_by_side(FAILS, processes, str(home))
    assert Breakers(home, lambda: 100.0).state(KEY).failures == processes
    assert came(side_by_side(COMES, processes, str(home), "105.0")) == {"waits": processes}
    assert came(side_by_side(COMES, processes, str(home), "111.0")) == {"tries": 1, "waits": processes - 1}


def test_a_few_processes_open_a_breaker_together_and_one_tries(tmp_path: Path) -> None:
    open_and_try(tmp_path, 4)


@pytest.mark.slow
def test_thirty_processes_open_a_breaker_together_and_one_tries(tmp_path: Path) -> None:
    open_and_try(tmp_path, 30)


@pytest.mark.skipif(os.name == "nt", reason="it is killed as POSIX kills")
def test_a_process_that_dies_while_it_tries_holds_the_others_until_its_time_is_over(tmp_path: Path) -> None:
    kept = Breakers(tmp_path, lambda: 100.0)
    for _ in range(3):
        kept.failed(KEY, BREAKER, "down")
    died = subprocess.run(
        [sys.executable, "-c", DIES, str(tmp_path), "111.0"], capture_output=True, text=True, check=False
    )

    assert (died.stdout, died.returncode) == ("tries\n", -9)
    assert Breakers(tmp_path, lambda: 170.0).admit(KEY, BREAKER, 60.0).wait_seconds == 1
    assert Breakers(tmp_path, lambda: 171.0).admit(KEY, BREAKER, 60.0).probe
