"""A comparison as people, pull requests and programs read it: small goldens, character by character."""

from __future__ import annotations

import json
from typing import Final

import pytest

from router.rulebook.compare import Comparison
from router.rulebook.compare_formats import FORMATS
from router.rulebook.formats import code, code_cell, counted
from tests.core.making import book, query
from tests.rulebook.recordings import compared, rule, rules, words

OLD: Final = rules(order=rule(words("order")), status=rule(words("status")), gone=rule(words("gone")))
NEW: Final = rules(
    order=rule(words("order"), use="mcp:git/log"),
    status=rule(words("status"), "args.a = 1"),
    late=rule(words("late", "order")),
)
ASKED: Final = ("order 1", "order 2", "order 3", "status", "gone", "late order", "good morning")
TITLE: Final = "main → the working tree"


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compared(book(OLD), book(NEW), *ASKED)


def test_text_names_place_cause_and_samples_and_counts_last(found: Comparison) -> None:
    assert FORMATS["text"](found, TITLE, 2, "routing/") == (
        """\
rules/team/t.toml:1: t.order (targets changed) changes 3 queries
  order 1
    t.order: mcp:ledger/get → t.order: mcp:git/log
  order 2
    t.order: mcp:ledger/get → t.order: mcp:git/log
  … and 1 more; --samples says how many are shown

rules/team/t.toml:1: t.gone (removed) changes 1 query
  gone
    t.gone: mcp:ledger/get → none

rules/team/t.toml:1: t.late (added) and t.order (targets changed) change 1 query
  late order
    t.order: mcp:ledger/get → t.late: mcp:ledger/get

rules/team/t.toml:1: t.status (calls changed) changes 1 query
  status
    t.status: mcp:ledger/get, called otherwise

main → the working tree: 7 queries, 1 the same, 6 changed"""
    )


def test_text_without_a_change_is_the_counts() -> None:
    same = compared(book(OLD), book(OLD), "order")

    assert FORMATS["text"](same, TITLE, 9, "") == f"{TITLE}: 1 query, 1 the same, 0 changed"


def test_no_samples_leave_the_causes(found: Comparison) -> None:
    told = FORMATS["text"](found, TITLE, 0, "").splitlines()

    assert told[:2] == [
        "rules/team/t.toml:1: t.order (targets changed) changes 3 queries",
        "  … and 3 more; --samples says how many are shown",
    ]


def test_json_has_every_change_whatever_the_samples(found: Comparison) -> None:
    told = json.loads(FORMATS["json"](found, TITLE, 0, ""))

    assert told == {"compared": TITLE, **found.to_dict()}
    assert sum(len(group["changes"]) for group in told["groups"]) == told["changed"] == 6


def test_markdown_is_a_comment_that_is_found_again(found: Comparison) -> None:
    assert FORMATS["md"](found, TITLE, 1, "routing/").startswith(
        """\
<!-- ts rules diff -->
### Where questions go

`main → the working tree`: 7 queries, 1 the same, 6 changed

`t.order` (`targets changed`) changes 3 queries · `routing/rules/team/t.toml:1`

| question | before | after |
|---|---|---|
| `order 1` | `t.order: mcp:ledger/get` | `t.order: mcp:git/log` |

… and 2 more.

`t.gone` (`removed`) changes 1 query · `routing/rules/team/t.toml:1`

| question | before | after |
|---|---|---|
| `gone` | `t.gone: mcp:ledger/get` | `none` |

`t.late` (`added`) and `t.order` (`targets changed`) change 1 query"""
    )
    assert "| `status` | `t.status: mcp:ledger/get` | the same, called otherwise |\n" in FORMATS["md"](
        found, TITLE, 9, ""
    )


def test_a_question_is_code_in_a_comment_so_that_it_mentions_nobody() -> None:
    hostile = compared(book(""), book(OLD), "order | @team `x` <b> ![](http://host) ``")

    assert "| ``` order \\| @team `x` <b> ![](http://host) `` ``` | `none` |" in FORMATS["md"](
        hostile, TITLE, 9, ""
    )


def test_github_gets_a_warning_for_each_cause_at_its_rule(found: Comparison) -> None:
    first, *_, last = FORMATS["github"](found, TITLE, 1, "routing/").splitlines()

    assert first == (
        "::warning file=routing/rules/team/t.toml,line=1,title=ts rules diff::t.order (targets changed) "
        'changes 3 queries%0A"order 1": t.order: mcp:ledger/get → t.order: mcp:git/log'
    )
    assert last == f"{TITLE}: 7 queries, 1 the same, 6 changed"


def test_github_takes_a_percent_sign_and_settings_without_a_line() -> None:
    written = {"team/t": OLD}
    useful = book(written).settings
    other = type(useful)(layers=useful.layers, servers={}, agents={}, facts={"env": ()})
    asked = query("order 5 %", facts={"team": "a"})

    (line, _) = FORMATS["github"](
        compared(book(written), book("", settings=other), asked), "a", 1, ""
    ).splitlines()

    assert line == (
        "::warning file=ts.toml,title=ts rules diff::ts.toml (the settings changed) changes 1 query%0A"
        '"[team=a] order 5 %25": t.order: mcp:ledger/get → refused: unknown fact "team"'
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [("a|b", "`a|b`"), ("`a`", "`` `a` ``"), ("a ``` b", "````a ``` b````"), (" a", "`  a `")],
)
def test_code_holds_any_text(text: str, written: str) -> None:
    assert code(text) == written
    assert code_cell(text) == written.replace("|", "\\|")


def test_nouns_are_counted() -> None:
    assert [counted(number, "query") for number in (0, 1, 2)] == ["0 queries", "1 query", "2 queries"]
    assert [counted(number, "rule") for number in (0, 1, 2)] == ["0 rules", "1 rule", "2 rules"]
