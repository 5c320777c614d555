"""A shape is never found in a text that lacks a character which is said to be necessary for it."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import re2
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from benchmarks.clinc150 import SHAPES as PUBLIC_SHAPES
from router.core.conditions import Clause, Looks
from router.core.filing import stored_clause
from router.core.flat import FlatClause
from router.core.necessity import DIGIT, necessary
from router.core.query import Query
from router.core.shapes import Shape, ShapeError, compile_shape
from router.core.text import Normaliser
from router.rulebook.corpus import read_corpus
from router.rulebook.tree import Directory

PROJECT: Final = Path(__file__).parents[2]
NORMALISER: Final = Normaliser("english")
VOCABULARIES: Final = (PROJECT / "rules/vocab.toml", *sorted(PROJECT.glob("examples/*/rules/vocab.toml")))

NEEDED: Final = {
    "": "",
    "abc": "",
    "7": "0",
    r"\d": "0",
    "[0-9]": "0",
    r"[\d]": "0",
    "[0-5]": "",
    "[^0-9]": "",
    "[-:]": "",
    "[-]": "",
    "[]-]": "",
    "[^]-]": "",
    r"[\]-]": "",
    "-": "-",
    "a-b:c": "-:",
    " ": " ",
    r"\.": ".",
    ".": "",
    r"\$\(\)\[\]\{\}\^\|\\\*\+\?": "$()[]{}^|\\*+?",
    r"\-\ \#": "- #",
    r"\n\t\f\a": "",
    r"\x2d\x{3a}": "",
    r"\p{Nd}\pN\P{L}\p{^L}": "",
    r"\w\s\W\S\D": "",
    r"\b-\b": "-",
    "^-$": "-",
    r"\A-\z": "-",
    "-?": "",
    "-*": "",
    "-+": "-",
    "-+?": "-",
    "-??": "",
    "-*?": "",
    "-{0}": "",
    "-{0,}": "",
    "-{0,3}?": "",
    "-{1}": "-",
    "-{2,3}": "-",
    "-{3,}?": "-",
    "-|:": "",
    "-a|b-": "-",
    "-|": "",
    "|-": "",
    "-:|:-|:.-": "-:",
    "(-)": "-",
    "(-|:)#": "#",
    "(-)?": "",
    "(-#)+": "-#",
    "(?:-)": "-",
    "(?P<a>-)": "-",
    "(?<a>-)": "-",
    "(?i:-)(?s-i:#)": "-#",
    "((-)(:)?)": "-",
    "(-": "",
    "-)": "",
    "-]": "-",
    "*": "",
    "a{,5}": "",
    "-{": "",
    "(?i)-": "",
    "(?=-)": "",
    r"(-)\1": "",
    r"\Q-\E": "",
    "-{00,1}": "",
    "é-": "-",
}


@pytest.mark.parametrize("pattern", NEEDED)
def test_what_is_necessary_is_told(pattern: str) -> None:
    if pattern == "-{00,1}":  # which RE2 takes as it stands
        assert necessary(pattern) <= frozenset("-{0,1}")
        return
    assert necessary(pattern) == frozenset(NEEDED[pattern])


# any pattern

PLAIN: Final = (
    "a",
    "Z",
    "k",
    "s",
    "\u017f",
    "é",
    "ß",
    "7",
    "0",
    "-",
    "#",
    "/",
    ":",
    " ",
    "_",
    "@",
    ",",
    "退",
)
ESCAPED: Final = {
    r"\.": ".", r"\-": "-", r"\$": "$", r"\(": "(", r"\\": "\\", r"\/": "/", r"\ ": " ", r"\+": "+",
    r"\t": "\t", r"\x2d": "-", r"\x{23}": "#", r"\d": "4", r"\w": "w", r"\s": " ", r"\D": "x", r"\S": "-",
    r"\W": "!", r"\pN": "5", r"\p{L}": "m", r"\p{^L}": "#", r"\P{L}": "-", ".": "?", "[0-9]": "3",
    r"[\d]": "8", "[-:]": ":", "[^-]": "+", r"[\d\-]": "-", "[]#]": "]", "[^]#]": "-", r"[\]/]": "/",
    "[a-f]": "c", "[ -/]": "/",
}  # fmt: skip
REPEATS: Final = {
    "": 1, "?": 0, "*": 0, "+": 2, "??": 1, "*?": 1, "+?": 1, "{0}": 0, "{1}": 1, "{2}": 2, "{0,2}": 0,
    "{1,}": 1, "{0,}": 0, "{2,3}?": 2, "{0,1}?": 0,
}  # fmt: skip
GROUPS: Final = ("(", "(?:", "(?P<name>", "(?<other>", "(?i:", "(?s:", "(?U:", "(?-i:")

Pair = tuple[str, str]
"""A pattern, and a text that it fits."""
atoms: Final[st.SearchStrategy[Pair]] = st.one_of(
    st.sampled_from(PLAIN).map(lambda each: (each, each)),
    st.sampled_from(sorted(ESCAPED.items())),
)


def repeated(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    return st.builds(
        lambda pair, repeat: (pair[0] + repeat, pair[1] * REPEATS[repeat]),
        inner,
        st.sampled_from(sorted(REPEATS)),
    )


def following(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    return st.lists(inner, min_size=1, max_size=4).map(
        lambda pairs: ("".join(each[0] for each in pairs), "".join(each[1] for each in pairs))
    )


@st.composite
def grouped(draw: st.DrawFn, inner: st.SearchStrategy[Pair]) -> Pair:
    """Put alternatives into brackets; the text is that of one of them."""
    pairs = draw(st.lists(following(inner), min_size=1, max_size=3))
    opening = draw(st.sampled_from(GROUPS))
    empty: bool = draw(st.sampled_from((False, False, False, True)))
    texts = [each[1] for each in pairs] + [""] * empty
    return f"{opening}{'|'.join(each[0] for each in pairs)}{'|' * empty})", draw(st.sampled_from(texts))


pieces: Final = st.recursive(
    repeated(atoms), lambda inner: repeated(grouped(inner)) | following(inner), max_leaves=8
)
patterns: Final = st.one_of(
    following(pieces),
    st.lists(following(pieces), min_size=2, max_size=3).flatmap(
        lambda pairs: st.tuples(
            st.just("|".join(each[0] for each in pairs)), st.sampled_from([each[1] for each in pairs])
        )
    ),
)


def shape_of(pattern: str) -> Shape:
    """Compile a pattern; one that can be no shape is left out."""
    try:
        return compile_shape("shape", pattern)
    except ShapeError:
        assume(condition=False)
        raise


def agree(shape: Shape, text: str) -> bool:
    """Hold the quick way to the plain one; return whether the shape is there."""
    reading = NORMALISER.read(text)
    wanted = shape.find(reading.text)
    if wanted is not None:
        assert necessary(shape.pattern) <= reading.characters, (shape.pattern, text)
    found = FlatClause(stored_clause(Clause((Looks(shape),)))).find(reading, Query(text))
    assert (found and found[1]) == wanted, (shape.pattern, text)
    return wanted is not None


@pytest.mark.slow
@settings(max_examples=120)
@given(patterns, st.text("a-#7 /:!", max_size=3), st.text(max_size=2))
def test_a_text_that_fits_has_all_that_is_necessary(pair: Pair, before: str, behind: str) -> None:
    pattern, text = pair
    shape = shape_of(pattern)
    asked = before + text + behind
    assume(asked.strip() and "\0" not in asked)
    event(f"found: {agree(shape, asked)}, necessary: {bool(necessary(pattern))}")


@pytest.mark.slow
@settings(max_examples=60)
@given(patterns, st.text("aZkKs\u017f\u212aé7\u0663\uff13-#/:_@, .$", max_size=8))
def test_any_text_in_which_a_shape_is_found_has_all_that_is_necessary(pair: Pair, text: str) -> None:
    assume(text.strip())
    event(f"found: {agree(shape_of(pair[0]), text)}")


@settings(max_examples=500)
@given(st.text(r"-#7a()[]{}|*+?.\^$:<>P,=!dQpx0", max_size=12), st.text("-#7a()[]{}|*+?.\\", max_size=6))
def test_any_pattern_at_all_that_is_a_shape_is_read_as_the_engine_reads_it(pattern: str, text: str) -> None:
    assume(text.strip())
    agree(shape_of(pattern), text)


# real shapes and texts


def real_shapes() -> Iterator[tuple[str, str]]:
    for path in VOCABULARIES:
        yield from tomllib.loads(path.read_text(encoding="utf-8")).get("shapes", {}).items()
    yield from PUBLIC_SHAPES.items()


def real_texts() -> Iterator[str]:
    for path in VOCABULARIES:
        for each in read_corpus(Directory(path.parents[1])).all:
            yield each.query.text
    yield from (
        "refund order 1183", "order #1183", "version 1.2.3", "see #7 at 10:30 am", "$ 1,200 or 30 dollars",
        "the 3rd", "https://example.com/a?b=c", "a.b@example.com", "2027-01-31", "src/a.py:12", "-", "1",
        "ABC-123", "v2",
    )  # fmt: skip


@pytest.mark.parametrize(("name", "pattern"), list(real_shapes()))
def test_real_shapes_are_found_in_real_texts_as_plainly(name: str, pattern: str) -> None:
    shape = compile_shape(name, pattern)
    found = [agree(shape, text) for text in real_texts()]
    assert any(found)


def test_every_digit_that_the_engine_knows_is_a_digit() -> None:
    digits = re2.compile(r"\p{Nd}")
    every = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    known = [each for each in every if (each > "\x7f" or each.isdigit()) and digits.search(each)]
    assert len(known) > 600
    shape = compile_shape("digit", r"\d")
    unknown = [each for each in known if DIGIT not in NORMALISER.read(each).characters]
    assert [f"U+{ord(each):04X}" for each in unknown] == []
    assert all(agree(shape, each) for each in known)
