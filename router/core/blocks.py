"""The bytes of a compiled rulebook: numbered blocks, each with a checksum, read one by one and never all.

    magic, number of blocks, where each begins | blocks: checksum, marshal

They are read where they lie, in memory or in a mapped file. `marshal` is quick and plain, but made for one
version of Python and safe only for bytes of our own: who opens a file sees to both.
"""

from __future__ import annotations

import marshal
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from mmap import mmap
    from typing import Any, Final

MAGIC: Final = b"ts-book\x01"
_NUMBER: Final = 8
"""Bytes of each number."""
_CHECK: Final = 4


class DamagedError(Exception):
    """Bytes that are no compiled rulebook, or not as they were written."""


class Blocks:
    """The blocks of one compiled rulebook."""

    __slots__ = ("_bytes", "count")

    def __init__(self, content: bytes | mmap) -> None:
        """Read the head; raises DamagedError."""
        self._bytes = content
        if content[: len(MAGIC)] != MAGIC:
            raise DamagedError("not a compiled rulebook")
        self.count = self._number(0)
        if self._number(self.count + 1) != len(content):
            raise DamagedError("not as long as it was")

    def __getitem__(self, number: int) -> Any:
        """Return what a block holds; raises DamagedError."""
        start, end = self._number(number + 1), self._number(number + 2)
        raw = self._bytes[start + _CHECK : end]
        if not 0 <= number < self.count or crc32(raw) != int.from_bytes(self._bytes[start : start + _CHECK]):
            raise DamagedError(f"block {number} is not as it was written")
        return marshal.loads(raw)  # noqa: S302 - the checksum holds, and the file is its owner's alone

    def raw(self, number: int) -> bytes:
        """Return a block as it is written, for another file; raises DamagedError."""
        self[number]
        return bytes(self._bytes[self._number(number + 1) : self._number(number + 2)])

    def _number(self, place: int) -> int:
        start = len(MAGIC) + _NUMBER * place
        return int.from_bytes(self._bytes[start : start + _NUMBER])


def block(value: Any) -> bytes:
    """Return a value as a block."""
    raw = marshal.dumps(value)
    return crc32(raw).to_bytes(_CHECK) + raw


def joined(blocks: Iterable[bytes]) -> bytes:
    """Return the bytes of a compiled rulebook."""
    all_blocks = list(blocks)
    place = len(MAGIC) + _NUMBER * (len(all_blocks) + 2)
    places = [place]
    for each in all_blocks:
        place += len(each)
        places.append(place)
    head = MAGIC + b"".join(number.to_bytes(_NUMBER) for number in (len(all_blocks), *places))
    return head + b"".join(all_blocks)
