"""JSON is written, and hashed, byte for byte as the slow and well-known ways do."""

from __future__ import annotations

import enum
import hashlib
import importlib.util
import json
import sys
from types import ModuleType
from typing import Final
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from router.core import written as module
from router.core.canonical import canonical
from router.core.canonical import digest as digest_of_json
from router.core.plan import JSON
from router.core.written import checksum, digest, written


class Number(enum.IntEnum):
    SEVEN = 7


class Word(enum.StrEnum):
    QUOTED = 'a "b"\n'


class Part(float):
    """A fraction that shows itself otherwise."""

    def __repr__(self) -> str:
        return "a part"


texts = st.text(st.characters() | st.sampled_from('"\\/\b\f\n\r\t\0\x1f\x7f\u2028\u2029\ud800\U0001f642'))
numbers = st.integers() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False, allow_infinity=False)
documents: Final[st.SearchStrategy[JSON]] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(documents)
@example([[], {}, (), [[]], {"": {}}, [{}]])
@example({"b": 1, "a": {"d": [1, 2.0, -0.0], "c": None}, "B": 1e300, "é": 5e-324})
@example({"\U0001f642": 1, "\ufffd": 2, "z": 3})
@example([Number.SEVEN, Word.QUOTED, Part(0.5), True, 1, "true"])
def test_json_is_written_as_the_standard_library_writes_it(value: JSON) -> None:
    assert written(value) == canonical(value)
    assert written(value, 2) == json.dumps(value, indent=2, ensure_ascii=False)
    assert written(value, 1) == json.dumps(value, indent=1, ensure_ascii=False)


def test_json_of_many_levels_is_written() -> None:
    value: JSON = "deep"
    for level in range(200):
        value = [value] if level % 2 else {"k": value}
    assert written(value) == canonical(value)
    assert written(value, 2) == json.dumps(value, indent=2, ensure_ascii=False)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("indent", [0, 2])
def test_what_no_number_of_json_can_be_is_refused(value: float, indent: int) -> None:
    with pytest.raises(ValueError, match="is no JSON"):
        written({"x": [value]}, indent)
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"x": [value]})


@pytest.mark.parametrize("value", [{1}, b"x", object(), 1j, {1: 2}, {None: 1}, {True: 1}, {"a": 1, 2: 3}])
@pytest.mark.parametrize("indent", [0, 2])
def test_what_is_no_json_is_refused(value: JSON, indent: int) -> None:
    with pytest.raises(TypeError):
        written([value], indent)


# digests


DIGESTS: Final = {
    (): "e4a6a0577479b2b4",
    ("",): "ca08ea5bca49cc18",
    ("a",): "fb4fc649fd18c02e",
    ("a", "b"): "235870420603e322",
    ("ab",): "3ebb0a3ba9ec6109",
    ("", "ab"): "03ad3b2ee777f9be",
    ("退款",): "34c444a7a539b55e",
}


@pytest.mark.parametrize("texts", DIGESTS)
def test_digests_are_the_same_for_ever(texts: tuple[str, ...]) -> None:
    assert digest(*texts) == DIGESTS[texts]


@given(st.lists(st.text()))
def test_a_digest_is_blake2b_of_the_texts_each_behind_its_length(parts: list[str]) -> None:
    raw = [each.encode() for each in parts]
    joined = b"".join(len(each).to_bytes(8, "big") + each for each in raw)
    assert digest(*parts) == hashlib.blake2b(joined, digest_size=8).hexdigest()


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_texts_that_are_cut_elsewhere_have_other_digests(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) is (one == other)


def test_half_a_character_has_a_digest_too() -> None:
    assert digest("\udcff") != digest("\udcfe")
    assert len(digest("\ud800")) == 16


def test_a_checksum_is_of_64_bits_and_stays() -> None:
    assert checksum(b"") == 16476032584258269876
    assert checksum(b"ts-book") == 5174102823066849109
    assert 0 <= checksum(b"x") < 2**64


def test_the_digest_of_json_is_the_same_for_ever() -> None:
    assert digest_of_json({"b": [1, None], "a": "é"}) == "3d92f6368f93f3cb"


def test_without_the_module_beneath_the_standard_library_hashes_the_same() -> None:
    with mock.patch.dict(sys.modules, {"_blake2": None}):
        other = loaded_anew()
    assert other.blake2b is hashlib.blake2b
    assert other.digest("a", "b") == digest("a", "b")
    assert other.checksum(b"x") == checksum(b"x")


def loaded_anew() -> ModuleType:
    """Load the module once more, beside itself."""
    spec = importlib.util.spec_from_file_location("written_anew", module.__file__)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made
