"""A rulebook sent to another process, and one that was opened without its settings."""

from __future__ import annotations

import pickle

import pytest

from router.core.book import Rulebook
from router.core.query import Query
from tests.core.making import book, query

RULES = '[r]\nwhen = { all = ["refund"], facts = { env = "prod" } }\n'


def test_a_rulebook_decides_the_same_where_it_is_sent() -> None:
    made = book(RULES)
    sent = pickle.loads(pickle.dumps(made))  # noqa: S301 - our own
    asked = pickle.loads(pickle.dumps(query("refund", facts={"env": "prod"})))  # noqa: S301

    assert isinstance(asked, Query)
    assert sent.decide(asked) == made.decide(asked)
    assert pickle.loads(pickle.dumps(made.decide(asked))) == made.decide(asked)  # noqa: S301
    assert sent.settings == made.settings


def test_settings_that_were_not_opened_are_not_made_up() -> None:
    opened = Rulebook(book(RULES)._filed)

    assert opened.decide("refund").kind == "none"
    with pytest.raises(LookupError):
        _ = opened.settings
