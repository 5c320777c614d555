"""Queries and rules that would take minutes if anything were quadratic; the tests' time limit ends those."""

from __future__ import annotations

import pytest

from router.core.book import Rulebook
from router.core.query import LONGEST_TEXT
from tests.core.making import book

MANY = ", ".join(f'"w{number} x{number % 7}"' for number in range(5000))
RULES = """
[rest]
say = "{r:rest}"
[tail]
say = "{r:rest} {p:path} a a b"
[paths]
say = "{p:path} {q:path} {s:path} zz"
[words]
say = "{a:word} {b:word} {c:word} {d:word} zz"
[many]
say = "[a] [b] [a] [b] [a] [b] [a] [b] [a] {r:rest} {p:path} b"
[list]
say = "{r:rest} {x:@many} b"
[numbers]
say = "{n:number} {m:number} {r:rest} {o:int}"
[any]
when.any = "@many"
[phrases]
when = { all = ["a b a b a b", "b a b a", ["a a a a", "b b b b", "a, b"]] }
[date]
say = "{r:rest} {d:date}"
[shape]
when.looks = "odd"
"""
VOCABULARY = f"""
[words]
many = [{MANY}]
[shapes]
odd = '(?P<q>(a+)+b)|([a-z,]+)*!'
"""
TEXTS = {
    "words": "a b " * 16_384,
    "one run": "a," * 32_768,
    "numbers": "1 " * 32_768,
    "dotted numbers": "1.1." * 16_384,
    "digits": "1" * LONGEST_TEXT,
    "quotes": "'c " * 21_845,
    "open quotes": "\" ' ` " * 10_922,
    "brackets": "(" * 30_000 + "a" + ")" * 30_000,
    "open brackets": "read " + "([{<" * 16_000 + "a",
    "stops": "a" + "." * 65_000,
    "marks": ". / ~ .. " * 7_281,
    "ideographs": "退款" * 32_768,
    "apostrophes": "a'" * 32_768,
    "plus signs": "a++" * 21_845,
    "list words": "w1 x1 " * 10_922,
    "emoji": "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}" * 32_768,
    "spaces": "a" + " " * 65_534 + "b",
    "slashes": "/" * 65_534 + "a",
    "dates": "2026-11-22-" * 5_957,
}


@pytest.fixture(scope="module")
def made() -> Rulebook:
    return book(RULES, vocabulary=VOCABULARY)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_query_of_the_greatest_length_is_decided_in_moderate_time(made: Rulebook, text: str) -> None:
    decision = made.decide(text[:LONGEST_TEXT])
    assert decision.revision == made.revision


def test_a_sentence_for_each_of_five_hundred_and_twelve_is_decided_in_moderate_time() -> None:
    optional = " ".join(f"[o{number}]" for number in range(9))
    rules = f'[r]\nsay = "{optional} {{r:rest}} {{p:path}} end"'
    text = " ".join(f"o{number}" for number in range(9)) + " a" * 30_000
    assert book(rules).decide(text).kind == "none"
    assert book(rules).decide(text + " end").kind == "rule"
