"""Makes what was seen of a project count as seen long after its files were written, without a wait."""

from __future__ import annotations

from pathlib import Path

from router.compiled.opening import FOLDER, SEEN
from router.core.blocks import block, parted

LONG_NANOSECONDS = 3600 * 10**9


def settle(home: Path) -> None:
    """Date everything that was seen under a person's home an hour later."""
    for path in (home / ".ts" / FOLDER).glob(f"*{SEEN}"):
        signs, taken_ns, references, key = parted(path.read_bytes())
        path.write_bytes(block((signs, taken_ns + LONG_NANOSECONDS, references, key)))
