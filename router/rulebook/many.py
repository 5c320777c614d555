"""Does one thing to very many, in order, on all cores where that is worth starting processes for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Tell = Callable[[int], None]
"""Is told how many more are done."""

MANY: Final = 10_000
"""Items from which on starting processes is worth it: they take half a second where they are not forked."""
MOST_PROCESSES: Final = 61
"""Windows waits for no more."""
AT_ONCE: Final = 500
"""Items after which progress is told."""
ENDING: Final = {
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
}  # fmt: skip
_given: dict[str, Any] = {}
"""What a worker process works on."""


def nobody(_done: int) -> None:
    """Tell nobody."""


def on_each(work: Callable[[Item], Result], items: Sequence[Item], tell: Tell = nobody) -> list[Result]:
    """Return what `work` makes of each item, in their order; it must be one that can be pickled."""
    starts = range(0, len(items), AT_ONCE)
    found: list[Result] = []
    if len(items) >= MANY and cores() > 1:
        with suppress(BrokenProcessPool):  # whose processes were killed; what they left is done here
            for part in _parts(work, items, starts):
                found += part
                tell(len(part))
    for start in range(len(found), len(items), AT_ONCE):
        found += map(work, items[start : start + AT_ONCE])
        tell(len(found) - start)
    return found


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def starts_by() -> str:
    """Return how processes are started: by a fork where that is safe, since it copies nothing."""
    return "fork" if sys.platform == "linux" and _threads() == 1 else "spawn"


def _threads() -> int:
    """Return how many threads this process has, those of native libraries too where that can be told."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()


def _parts(
    work: Callable[[Item], Result], items: Sequence[Item], starts: Sequence[int]
) -> Iterator[list[Result]]:
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context(starts_by())
    with _undisturbed():
        pool = ProcessPoolExecutor(min(cores(), MOST_PROCESSES), context, _begin, (work, items))
        parts = pool.map(_part, starts)
    try:
        yield from parts
    except BaseException:
        for each in set(multiprocessing.active_children()) - others:
            each.terminate()  # nobody waits for what they are doing
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back what would end this process until its workers are started and know what to do."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(work: Callable[[Item], Result], items: Sequence[Item]) -> None:
    """Prepare a worker; to end on Ctrl-C is for the process that started it, with which it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _given.update(work=work, items=items)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _part(start: int) -> list[Any]:
    return [_given["work"](each) for each in _given["items"][start : start + AT_ONCE]]
