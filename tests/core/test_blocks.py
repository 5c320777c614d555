"""Blocks come back as they were written, or it is said that they do not."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.blocks import MAGIC, Blocks, DamagedError, block, joined, parted

VALUES: Final = (
    ("rules", 3),
    {"a": (1, 2.5, None, True)},
    frozenset({"x", "y"}),
    (),
    "é" * 500,
    b"\0" * 40,
    -(2**90),
)

values: Final[st.SearchStrategy[Any]] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner).map(tuple)
        | st.dictionaries(st.text(), inner)
        | st.frozensets(st.text())
        | st.lists(inner)
    ),
    max_leaves=10,
)


def whole() -> bytes:
    return joined(map(block, VALUES))


def read(blocks: Blocks) -> tuple[Any, ...]:
    return tuple(blocks[number] for number in range(blocks.count))


def never() -> bytes:
    raise AssertionError


@given(st.lists(values))
def test_blocks_come_back_as_they_were_written(written: list[Any]) -> None:
    blocks = Blocks(joined(map(block, written)), never)
    assert blocks.count == len(written)
    assert list(read(blocks)) == written
    assert joined(blocks.raw(number) for number in range(blocks.count)) == joined(map(block, written))


def test_blocks_may_come_from_anything_that_yields_them() -> None:
    def yielded() -> Iterable[bytes]:
        yield from map(block, VALUES)

    assert joined(yielded()) == whole()


@given(st.text(max_size=3), values)
def test_a_block_stands_for_itself(name: str, value: Any) -> None:
    assert parted(block((name, value))) == (name, value)


def test_blocks_are_read_in_a_mapped_file_as_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "mapped"
    path.write_bytes(whole())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        blocks = Blocks(mapped)
        assert read(blocks) == VALUES
        assert isinstance(blocks.raw(0), bytes)


def outcome(content: bytes) -> tuple[Any, ...] | None:
    try:
        return read(Blocks(content))
    except DamagedError:
        return None


def test_every_byte_that_is_changed_is_noticed_or_of_no_account() -> None:
    content = whole()
    for place in range(len(content)):
        for bits in (0x01, 0x80, 0xFF):
            changed = bytearray(content)
            changed[place] ^= bits
            assert outcome(bytes(changed)) is None


def test_every_cut_is_noticed() -> None:
    content = whole()
    for end in range(len(content)):
        assert outcome(content[:end]) is None


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_bytes_at_all_are_more_than_damaged(noise: bytes, place: int) -> None:
    outcome(noise)
    outcome(MAGIC + noise)
    content = whole()
    found = outcome(content[:place] + noise + content[place + len(noise) :])
    assert found in (None, VALUES)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a compiled rulebook"),
        (b"ts-book\x02" + bytes(16), "not a compiled rulebook"),
        (MAGIC, "not as long as it was"),
        (MAGIC + bytes(8), "not as long as it was"),
        (MAGIC + b"\xff" * 16, "not as long as it was"),
        (MAGIC + whole(), "not as long as it was"),
        (whole() + b"\0", "not as long as it was"),
    ],
)
def test_it_is_said_what_is_wrong_with_a_head(content: bytes, reason: str) -> None:
    with pytest.raises(DamagedError, match=reason):
        Blocks(content)


def test_a_block_that_is_not_there_is_damaged() -> None:
    with pytest.raises(DamagedError, match="a block is not as it was written"):
        Blocks(whole())[len(VALUES)]
    with pytest.raises(DamagedError):
        parted(b"")
    with pytest.raises(DamagedError):
        parted(block("x")[:8])


# mending


def damaged(*places: int) -> bytes:
    """Return the bytes with the last byte of some blocks changed."""
    content = bytearray(whole())
    blocks = Blocks(bytes(content))
    for number in places:
        content[blocks._number(number + 2) - 1] ^= 0xFF
    return bytes(content)


def test_a_damaged_block_is_mended_once_for_all() -> None:
    mended: list[bytes] = []

    def mend() -> bytes:
        mended.append(whole())
        return mended[-1]

    blocks = Blocks(damaged(1, 4), mend)
    assert blocks[0] == VALUES[0]
    assert mended == []
    assert read(blocks) == VALUES
    assert len(mended) == 1


def test_without_anybody_to_mend_it_damage_is_said() -> None:
    blocks = Blocks(damaged(1))
    assert blocks[0] == VALUES[0]
    with pytest.raises(DamagedError, match="a block is not as it was written"):
        blocks[1]
    assert blocks[2] == VALUES[2]


def test_what_is_mended_with_damage_is_said_and_not_mended_for_ever() -> None:
    tries: list[int] = []

    def mend() -> bytes:
        tries.append(1)
        return damaged(2)

    blocks = Blocks(damaged(1), mend)
    assert blocks[1] == VALUES[1]
    for _ in range(2):
        with pytest.raises(DamagedError):
            blocks[2]
    assert len(tries) == 1


def test_where_mending_fails_it_is_tried_again_the_next_time() -> None:
    answers: Iterator[DamagedError | bytes] = iter([DamagedError("its rules have changed"), whole()])

    def mend() -> bytes:
        answer = next(answers)
        if isinstance(answer, DamagedError):
            raise answer
        return answer

    blocks = Blocks(damaged(1), mend)
    with pytest.raises(DamagedError, match="its rules have changed"):
        blocks[1]
    assert blocks[1] == VALUES[1]
