"""The bytes of a compiled rulebook: numbered blocks, each with a checksum, read one by one and never all.

    magic, number of blocks, where each begins | blocks: checksum, marshal

They are read where they lie, in memory or in a file. `marshal` is quick and plain, but made for one
version of Python and safe only for bytes of our own: who opens a file sees to both.
"""

from __future__ import annotations

import marshal

from router.core.written import checksum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final, Protocol

    class Bytes(Protocol):
        """Bytes in memory, in a file or in a mapped one."""

        def __getitem__(self, part: slice, /) -> bytes:
            """Return a part of them."""
            ...

        def __len__(self) -> int:
            """Count them."""
            ...


MAGIC: Final = b"ts-book\x01"
_NUMBER: Final = 8
"""Bytes of each number."""
_CHECK: Final = 8


class DamagedError(Exception):
    """Bytes that are no compiled rulebook, or not as they were written."""


class Blocks:
    """The blocks of one compiled rulebook."""

    __slots__ = ("_bytes", "_mend", "count")

    def __init__(self, content: Bytes, mend: Callable[[], bytes] | None = None) -> None:
        """Read the head; raises DamagedError. `mend` makes the bytes anew where a block is damaged."""
        self._bytes = content
        self._mend = mend
        if content[: len(MAGIC)] != MAGIC:
            raise DamagedError("not a compiled rulebook")
        self.count = self._number(0)
        if self._number(self.count + 1) != len(content):
            raise DamagedError("not as long as it was")

    def __getitem__(self, number: int) -> Any:
        """Return what a block holds; raises DamagedError."""
        try:
            return parted(self.raw(number))
        except DamagedError:
            mend = self._mend
        if mend is not None:
            self._bytes, self._mend = mend(), None
        return parted(self.raw(number))

    def content(self) -> bytes:
        """Return all bytes, whole; raises DamagedError."""
        for number in range(self.count):
            self[number]
        return bytes(self._bytes[:])

    def sound(self, number: int) -> bytes:
        """Return a block as it is written, its checksum compared; raises DamagedError."""
        written = self.raw(number)
        parted(written)
        return written

    def raw(self, number: int) -> bytes:
        """Return a block as it is written."""
        return bytes(self._bytes[self._number(number + 1) : self._number(number + 2)])

    def _number(self, place: int) -> int:
        start = len(MAGIC) + _NUMBER * place
        return int.from_bytes(self._bytes[start : start + _NUMBER], "big")


def block(value: Any) -> bytes:
    """Return a value as a block."""
    raw = marshal.dumps(value)
    return checksum(raw).to_bytes(_CHECK, "big") + raw


def parted(written: bytes) -> Any:
    """Return the value of a block; raises DamagedError."""
    raw = written[_CHECK:]
    if not raw or checksum(raw) != int.from_bytes(written[:_CHECK], "big"):
        raise DamagedError("a block is not as it was written")
    return marshal.loads(raw)  # noqa: S302 - the checksum holds, and the file is its owner's alone


def joined(blocks: Iterable[bytes]) -> bytes:
    """Return the bytes of a compiled rulebook."""
    all_blocks = list(blocks)
    place = len(MAGIC) + _NUMBER * (len(all_blocks) + 2)
    places = [place]
    for each in all_blocks:
        place += len(each)
        places.append(place)
    head = MAGIC + b"".join(number.to_bytes(_NUMBER, "big") for number in (len(all_blocks), *places))
    return head + b"".join(all_blocks)
