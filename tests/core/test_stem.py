"""The light stemmer: inflections meet, derivations do not, and it does what Snowball's steps do."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import jinja2
import pytest

from router.core.stem import LANGUAGES, english, stemmer


def inflections() -> Any:
    """Return Snowball's own English stemmer with its steps 2 to 4, which derive, left out."""
    whole = import_module("snowballstemmer.english_stemmer").EnglishStemmer
    left_out = {f"_EnglishStemmer__r_Step_{step}": lambda _: None for step in (2, 3, 4)}
    return type("Inflections", (whole,), left_out)()


ADVERBS = {"gently", "idly", "singly"}
"""Exceptions of the steps that are left out."""


def some_words() -> set[str]:
    """Words of the installed packages' English, and endings on them."""
    texts = [path.read_text("utf-8") for path in sorted(Path(jinja2.__file__).parent.glob("*.py"))]
    found = {word for text in texts for word in re.findall("[a-z]{3,}", text.lower())}
    return found | {word + ending for word in found for ending in ("s", "ed", "ing", "ly", "es", "edly")}


def test_it_does_what_the_inflectional_steps_of_snowball_do() -> None:
    theirs = inflections()
    words = some_words()
    assert len(words) > 10_000
    assert {word for word in words if english(word) != theirs.stemWord(word)} <= ADVERBS


@pytest.mark.parametrize(
    "words",
    [
        "refund refunds refunded refunding refund's refunds'",
        "policy policies",
        "change changes changed changing",
        "cancel cancels cancelled cancelling canceled",
        "control controlled controlling",
        "add adds added adding",
        "hop hops hopped hopping",
        "hope hopes hoped hoping",
        "agree agrees agreed",
        "feed feeds",
        "die dies dying",
        "tie ties tied tying",
        "lie lying",
        "sky skies",
        "ski skis",
        "status statuses",
        "proceed proceeds proceeded proceeding",
        "exceed exceeds",
        "outing outings",
        "evening evenings",
        "rate rates rated rating ratings",
        "egg egged",
        "paste pasted pasting",
        "size sized",
        "trouble troubled",
        "conflate conflated",
        "merge merges merged merging",
        "commit commits committed committing",
        "play plays played",
        "generate generated generates",
        "class classes",
        "off offed",
        "cry cries cried crying",
    ],
)
def test_inflections_of_one_word_compare_equal(words: str) -> None:
    assert len({english(word) for word in words.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("important", "import"), ("universe", "university"), ("experiment", "experience"),
        ("organization", "organ"), ("general", "generate"), ("general", "generous"), ("policy", "police"),
        ("news", "new"), ("past", "paste"), ("skies", "skis"), ("inning", "inn"), ("outing", "out"),
        ("bias", "bia"), ("commune", "communism"), ("relational", "relate"), ("string", "stre"),
        ("this", "thi"), ("gas", "ga"), ("bring", "bre"), ("need", "ne"), ("succeed", "succ"),
    ],
)  # fmt: skip
def test_different_words_stay_different(one: str, other: str) -> None:
    assert english(one) != english(other)


@pytest.mark.parametrize("word", ["c++", "a", "is", "3rd", "café", "don't", "x1s", "", "'"])
def test_what_is_no_english_word_stays_as_it_is(word: str) -> None:
    assert english(word) == word.removesuffix("'")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_stemmer_and_a_version(language: str) -> None:
    stem, version = stemmer(language)
    assert stem("refund")
    assert language in version


def test_an_unknown_language_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="klingon"):
        stemmer("klingon")


def test_german_takes_off_german_endings() -> None:
    stem, _ = stemmer("german")
    assert stem("rechnungen") == stem("rechnung")


def test_a_stemmer_of_snowball_may_be_asked_from_several_threads() -> None:
    stem, _ = stemmer("german")
    words = ["rechnungen", "bestellung", "kunden"] * 200
    alone = [stem(word) for word in words]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(stem, words)) == alone
