"""Facts that the settings list: what they refuse in rules and in queries, and what they let by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest

from router.core.compile import compile
from router.core.settings import Settings
from router.errors import QueryRefused, RulebookRefused
from tests.core.making import SETTINGS, book, query, sources

LISTED: Final = {"env": ("prod", "test"), "team": ()}
RULES: Final = """
[refund]
when = { all = ["refund"], facts = { env = "prod" } }
use = "mcp:ledger/get"
"""


def listing(facts: Mapping[str, tuple[str, ...]]) -> Settings:
    return replace(SETTINGS, facts=facts)


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({}, None),
        ({"env": "prod", "team": "anything at all"}, None),
        ({"key": "a customer"}, None),
        ({"env": "prdo"}, 'fact "env" has no value "prdo"; did you mean "prod"?'),
        ({"env": "PROD"}, 'fact "env" has no value "PROD"; there are prod, test'),
        ({"env": ""}, 'fact "env" has no value ""; there are prod, test'),
        ({"evn": "prod"}, 'unknown fact "evn"; did you mean "env"?'),
        ({"nothing": "x"}, 'unknown fact "nothing"; there are env, team'),
    ],
)
def test_a_query_may_have_the_facts_that_are_listed(facts: dict[str, str], wrong: str | None) -> None:
    made = book(RULES, settings=listing(LISTED))

    if wrong is None:
        assert made.decide(query("refund", facts=facts)).kind == ("rule" if "env" in facts else "none")
    else:
        with pytest.raises(QueryRefused) as error:
            made.decide(query("refund", facts=facts))
        assert str(error.value) == wrong
        with pytest.raises(QueryRefused):
            made.staged(query("refund", facts=facts), {})


def test_where_none_is_listed_every_fact_is_known() -> None:
    made = book(RULES)

    assert made.decide(query("refund", facts={"what": "ever", "env": "prod"})).rule == "t.refund"


def test_the_key_of_canaries_needs_no_listing_and_may_have_one() -> None:
    assert listing(LISTED).terms.unknown_fact("key", "a") == ("", "")
    assert listing({"key": ("a", "b")}).terms.unknown_fact("key", "a") == ("", "")
    assert listing({"key": ("a", "b")}).terms.unknown_fact("key", "c") == (
        'fact "key" has no value "c"', "there are a, b",
    )  # fmt: skip
    assert listing({"key": ()}).terms.unknown_fact("key", "c") == ("", "")


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('env = "prod"', None),
        ('team = "x"', None),
        ('key = "x"', None),
        ("env = true", 'fact "env" has no value "true"; there are prod, test'),
        ('env = "prdo"', 'fact "env" has no value "prdo"; did you mean "prod"?'),
        ('evn = "prod"', 'unknown fact "evn"; did you mean "env"?'),
    ],
)
def test_a_rule_may_ask_for_the_facts_that_are_listed(written: str, problem: str | None) -> None:
    made = sources(f'[a]\nwhen.facts = {{ {written} }}\nuse = "mcp:ledger/get"\n')

    if problem is None:
        assert "t.a" in compile(made, listing(LISTED)).rules
    else:
        with pytest.raises(RulebookRefused) as error:
            compile(made, listing(LISTED))
        (found,) = error.value.problems
        assert (f"{found.message}; {found.hint}", found.code) == (problem, "unknown-fact")
        assert found.path == ("a", "when", "facts", written.partition(" ")[0])


def test_what_is_listed_bears_on_the_revision_and_the_order_of_keys_does_not() -> None:
    plain, listed = book(RULES), book(RULES, settings=listing(LISTED))
    turned = book(RULES, settings=listing(dict(reversed(LISTED.items()))))

    assert len({plain.revision, listed.revision, book(RULES, settings=listing({"env": ()})).revision}) == 3
    assert turned.revision == listed.revision
