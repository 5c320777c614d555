"""The order in which documents come."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from router.catalogue.ranking import Ranking


def _best(documents: Sequence[Sequence[str]], *stems: str) -> list[int]:
    return [number for number, _ in Ranking(documents).best(stems)]


def test_a_rare_word_weighs_more_than_a_frequent_one() -> None:
    assert _best([("show", "git"), ("show", "time"), ("show", "disk")], "show", "time")[0] == 1


def test_a_weightier_field_wins() -> None:
    assert _best([("git", "a", "b"), ("git", "git", "a")], "git") == [1, 0]


def test_a_short_document_wins_over_a_long_one() -> None:
    assert _best([("git", *["other"] * 9), ("git",)], "git") == [1, 0]


def test_equal_documents_keep_their_order() -> None:
    assert _best([("git",)] * 3, "git") == [0, 1, 2]


def test_documents_without_any_of_the_words_are_left_out() -> None:
    ranking = Ranking([("git",), ("time",)])
    assert [number for number, _ in ranking.best(["time"])] == [1]
    assert ranking.best(["tea"]) == []
    assert "git" in ranking
    assert "tea" not in ranking


def test_no_documents_and_empty_documents_are_no_trouble() -> None:
    assert Ranking([]).best(["git"]) == []
    assert Ranking([()]).best(["git"]) == []


_STEMS = st.sampled_from("abcdef")


@given(st.lists(st.lists(_STEMS, max_size=6), max_size=8), st.lists(_STEMS, max_size=6), st.randoms())
def test_the_order_of_words_and_their_repetition_do_not_matter(
    texts: list[list[str]], sought: list[str], random: Random
) -> None:
    ranking = Ranking(texts)
    shuffled = sought * 2
    random.shuffle(shuffled)
    assert ranking.best(shuffled) == ranking.best(sought)
