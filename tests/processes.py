"""Programs run side by side in processes of their own."""

from __future__ import annotations

import subprocess
import sys


def side_by_side(program: str, count: int, *arguments: str) -> list[str]:
    """Run a program so many times at once and return what each printed; all must end well.

    Each is started waiting, told its number as the last argument, and let go when all are there.
    """
    waiting = "import sys; print('ready', flush=True); sys.stdin.readline()\n"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _imports(program) + waiting + program, *arguments, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    for each in running:
        assert each.stdout is not None
        each.stdout.readline()
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    told = [each.communicate(timeout=120) for each in running]
    assert [each.returncode for each in running] == [0] * count, [error for _, error in told]
    return [out for out, _ in told]


def _imports(program: str) -> str:
    """Return the imports of a program, so that they are done before it is let go."""
    return "".join(f"{line}\n" for line in program.splitlines() if line.startswith(("import ", "from ")))
