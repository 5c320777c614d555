"""A clock that is set, for all that waits."""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio


@dataclass
class Clock:
    """Tells the time that it was set to, and passes it by sleeping."""

    time: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)
    """Every wait in the order in which they began, those of no length left out."""

    def __call__(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(seconds)
        self.time += seconds
        await anyio.lowlevel.checkpoint()
