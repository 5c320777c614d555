"""The way in: `ts`, and `python -m router`; it loads the whole command line where the lean way hands on."""

from __future__ import annotations

import atexit
import os
import sys

from router.cli import lean, writing

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal  # without the enumerations of its numbers, which take as long as all else here


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        _prepare()
        code = lean.run(sys.argv[1:])
        if code is None:
            __import__("router.cli.app", fromlist=("run",)).run()
    except KeyboardInterrupt:  # before a command could take it
        writing.note("interrupted")
        code = writing.EXIT_INTERRUPTED
    else:
        if code is not None:
            _leave(code)
    sys.exit(code)


def _leave(code: int) -> None:
    """Leave at once where nobody has asked to be told: taking all apart takes a sixth of the whole time."""
    if not getattr(atexit, "_ncallbacks", lambda: 1)():
        os._exit(code)


def _prepare() -> None:
    writing.prepare()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _stop)


def _stop(_number: int, _frame: object) -> None:
    """End as on Ctrl-C, so that servers are ended too, also where the shell had Ctrl-C ignored."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
