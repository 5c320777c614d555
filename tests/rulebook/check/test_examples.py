"""Every example of every rule is run against the whole rulebook, in the context that its rule asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.errors import QueryRefused
from router.rulebook.check import Report
from router.rulebook.check.examples import example_query
from tests import projects
from tests.rulebook.check.small import PLAIN, checked, ids

USE = 'use = "mcp:time/now"\n'
OTHER = 'use = "mcp:time/zones"\n'
MODES = """
[mcp.time]
command = "time-server"
modes = ["useful"]
[mcp.clock]
command = "clock-server"
modes = ["essential", "faves"]
[a2a.writer]
url = "http://127.0.0.1:1/"
"""


def labelled(found: Report) -> list[str]:
    return [f"{each.id}: {each.message}" for each in found.findings]


@pytest.mark.parametrize("layer", ["team", "learned"])
def test_an_example_that_an_earlier_layer_takes_is_late(tmp_path: Path, layer: str) -> None:
    found = checked(
        tmp_path,
        f"""
# rules/{layer}/one.toml
[a]
when.all = "log"
yes = ["log", "log in"]
{USE}
# rules/guard/two.toml
[b]
when.all = "in"
yes = ["in", "log in"]
{OTHER}""",
    )

    assert labelled(found) == ['yes-late: one.a: its example "log in" goes to two.b (late)']
    assert found.findings[0].hint == f"layer guard decides before {layer}: narrow the rule there"
    assert (found.held, found.examples) == (4, 5)


def test_an_example_that_a_later_layer_would_take_as_well_holds(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        f"""
# rules/learned/one.toml
[a]
when.all = "log"
yes = ["log"]
{USE}
# rules/team/two.toml
[b]
when.all = "in"
yes = ["in", "log in"]
{OTHER}""",
    )

    assert labelled(found) == []


def test_two_rules_of_one_layer_may_each_take_what_the_other_shows(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        f"""
# rules/team/one.toml
[a]
when.all = "log"
yes = ["log", "log in"]
no = ["log out"]
{USE}
# rules/team/two.toml
[b]
when.all = ["log", "in"]
yes = ["log in", "log"]
no = "log in now"
{OTHER}""",
    )

    assert labelled(found) == [
        'yes-lost: one.a: its example "log in" goes to two.b (lost)',
        'no-taken: one.a takes "log out", which it says it does not (won)',
        'yes-unmatched: two.b does not match its own example "log", which lacks in',
        'no-taken: two.b takes "log in now", which it says it does not (won)',
    ]


def test_a_rule_that_is_added_changes_what_is_said_of_the_others(tmp_path: Path) -> None:
    rules = f'[a]\nwhen.all = "log"\nyes = "log today"\n{USE}'
    thief = f'[b]\nwhen.all = ["log", "today"]\nyes = "today, the log"\n{OTHER}'

    assert labelled(checked(tmp_path / "before", rules)) == []
    assert labelled(checked(tmp_path / "after", f"{rules}{thief}")) == [
        'yes-lost: rules.a: its example "log today" goes to rules.b (lost)'
    ]


def test_a_question_that_another_takes_is_no_example_that_a_rule_takes(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        f"""
[a]
when.all = "log"
yes = "log"
no = "log in"
{USE}
[b]
when.all = ["log", "in"]
yes = "log in"
{OTHER}""",
    )

    assert labelled(found) == []


def test_the_message_of_an_example_that_is_not_matched_names_what_alone_it_lacks(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        f"""
[a]
when.all = ["log", "last"]
yes = ["last log", "show log", "show it"]
{USE}""",
    )

    assert labelled(found) == [
        'yes-unmatched: rules.a does not match its own example "show log", which lacks last',
        'yes-unmatched: rules.a does not match its own example "show it"',
    ]


def test_an_example_whose_targets_have_no_mode_in_common_with_its_rule_holds(tmp_path: Path) -> None:
    rules = f'[a]\nowner = "@a"\nwhen = {{ all = ["log"], modes = ["faves"] }}\n{USE}yes = "log"'
    found = checked(tmp_path, f"{rules}\n# ts.toml{MODES}# corpus/queries.txt\nplain\n[faves] log")

    assert ids(found) == []


def test_an_example_is_asked_in_a_mode_in_which_its_target_is_used(tmp_path: Path) -> None:
    rules = f'[a]\nwhen.all = ["log"]\n{USE}yes = "log"'
    book = projects.book(tmp_path / "book", rules, MODES)

    assert [each.verdict for each in book.decide("log").verdicts] == ["filtered"]
    assert ids(checked(tmp_path, f"{rules}\n# ts.toml{MODES}")) == []


def test_an_example_is_asked_in_the_context_that_its_rule_needs(tmp_path: Path) -> None:
    rules = f"""
    [everything]
    when.all = ["log"]
    when.modes = ["essential", "useful"]
    when.facts = {{ team = "ops", on_call = true }}
    when.attached = ["image/*", "text/plain"]
    {USE}
    yes = "log"
    no = "leg"
    [several]
    when.all = ["both"]
    use = ["mcp:time/now", "mcp:clock/now"]
    yes = "both"
    [plain]
    when.all = ["write"]
    use = "a2a:writer"
    yes = "write"
    """
    book = projects.book(tmp_path / "book", rules, MODES)
    found = checked(tmp_path, f"{rules}\n# ts.toml{MODES}")

    assert set(ids(found)) <= {"no-owner", "unmatched"}
    assert (found.held, found.examples) == (5, 5)
    query = example_query(book, book.rules["rules.everything"], "log")
    assert query.modes == {"useful"}
    assert dict(query.facts) == {"on_call": "true", "team": "ops"}
    assert [each.media_type for each in query.attached] == ["image/x", "text/plain"]
    assert example_query(book, book.rules["rules.several"], "both").modes == {"useful", "faves"}
    assert example_query(book, book.rules["rules.plain"], "write").modes == frozenset()
    with pytest.raises(QueryRefused):
        example_query(book, book.rules["rules.plain"], " ")


def test_a_no_is_asked_in_the_context_of_its_rule_too(tmp_path: Path) -> None:
    rules = f'[a]\nwhen = {{ all = "log", facts = {{ team = "ops" }} }}\nyes = "log"\nno = "log in"\n{USE}'
    found = checked(tmp_path, f"{rules}\n# corpus/queries.txt\nplain\n[team=ops] log")

    assert labelled(found) == ['no-taken: rules.a takes "log in", which it says it does not (won)']


def test_examples_of_added_shadow_and_agreeing_rules_hold(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        f"""
[added]
when.all = ["log"]
add = "mcp:git/git_changes"
yes = ["log", "nothing else wins this log"]
[shadow]
when.all = ["log"]
stage = "shadow"
{OTHER}
yes = "log on"
[one]
when.all = ["log", "on"]
{USE}
yes = "log on"
[agrees]
when.all = ["on", "it"]
{USE}
yes = "log on it"
""",
    )

    assert (labelled(found), found.held) == ([], 6)


@pytest.mark.parametrize("share", [0, 1, 50, 99, 100])
def test_no_report_on_a_canary_or_its_rivals_depends_on_a_bucket(tmp_path: Path, share: int) -> None:
    texts = [f"log number {number} on" for number in range(8)]
    found = checked(
        tmp_path,
        f"""
[live]
when.all = ["log"]
{USE}
yes = {texts}
[canary]
when.all = ["log", "on"]
stage = "canary"
share = {share}
{OTHER}
yes = {texts}
no = ["log in"]
[rival]
when.all = ["number", "on"]
stage = "canary"
share = {share}
use = "a2a:writer"
yes = "a number on"
# corpus/queries.txt
{PLAIN["corpus/queries.txt"]}
log
the number is on
log on
""",
    )

    assert (labelled(found), found.held) == ([], 19)


@pytest.mark.parametrize("share", [0, 100])
def test_what_a_canary_would_lose_or_take_if_it_were_live_is_found(tmp_path: Path, share: int) -> None:
    found = checked(
        tmp_path,
        f"""
[live]
when.all = ["log", "on"]
yes = "on, log"
{USE}
[canary]
when.all = ["log"]
stage = "canary"
share = {share}
{OTHER}
yes = "log on"
no = "log off"
""",
    )

    assert ids(found) == ["yes-lost", "no-taken"]


def test_a_shadow_takes_nothing_from_others(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        f"""
[live]
when.all = "log"
yes = "log on"
{USE}
[shadow]
when.all = ["log", "on"]
stage = "shadow"
yes = "on, log"
{OTHER}
# rules/guard/rules.toml
[earlier]
when.all = "log"
stage = "shadow"
yes = "log"
{OTHER}""".replace("# rules/guard/rules.toml", "# rules/guard/first.toml"),
    )

    assert labelled(found) == []
