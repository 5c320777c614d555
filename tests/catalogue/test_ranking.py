"""The order in which documents come."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from router.catalogue.ranking import Document, Ranking


def _document(*stems: str, weight: float = 1.0) -> Document:
    return Document({stem: weight * stems.count(stem) for stem in stems}, len(stems))


def test_a_rare_word_weighs_more_than_a_frequent_one() -> None:
    ranking = Ranking([_document("show", "git"), _document("show", "time"), _document("show", "disk")])
    assert ranking.best(["show", "time"])[0] == 1


def test_a_weightier_field_wins() -> None:
    assert Ranking([_document("git"), _document("git", weight=2.0)]).best(["git"]) == [1, 0]


def test_a_short_document_wins_over_a_long_one() -> None:
    assert Ranking([_document("git", *["other"] * 9), _document("git")]).best(["git"]) == [1, 0]


def test_equal_documents_keep_their_order() -> None:
    assert Ranking([_document("git")] * 3).best(["git"]) == [0, 1, 2]


def test_documents_without_any_of_the_words_are_left_out() -> None:
    ranking = Ranking([_document("git"), _document("time")])
    assert ranking.best(["time"]) == [1]
    assert ranking.best(["tea"]) == []
    assert "git" in ranking
    assert "tea" not in ranking


def test_no_documents_and_empty_documents_are_no_trouble() -> None:
    assert Ranking([]).best(["git"]) == []
    assert Ranking([Document({}, 0)]).best(["git"]) == []


_STEMS = st.sampled_from("abcdef")


@given(st.lists(st.lists(_STEMS, max_size=6), max_size=8), st.lists(_STEMS, max_size=6), st.randoms())
def test_the_order_of_words_and_their_repetition_do_not_matter(
    texts: list[list[str]], sought: list[str], random: Random
) -> None:
    ranking = Ranking([_document(*text) for text in texts])
    shuffled = sought * 2
    random.shuffle(shuffled)
    assert ranking.best(shuffled) == ranking.best(sought)
