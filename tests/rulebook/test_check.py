"""Each finding of the check: a smallest rulebook that has it, and the same one repaired."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from router.core.compile import compile
from router.core.settings import Settings
from router.core.source import Sources
from router.errors import QueryRefused
from router.ports import Offer, Tool
from router.rulebook.check import Finding, Report, check, example_query
from tests import projects

TODAY = dt.date(2026, 11, 22)
OFFERS = (
    Offer("mcp", "git", (Tool("git_log"), Tool("git_status"))),
    Offer("a2a", "writer", (Tool("notes"),)),
)
USE = 'use = "mcp:git/git_log"\n'
LOG = f'[a]\nwhen.all = ["log"]\n{USE}'
ON = '[b]\nwhen.all = ["on"]\nuse = "mcp:time/now"\n'
BOTH = '[b]\nwhen.all = ["log", "on"]\nuse = "mcp:time/now"\n'

MODES = """
[mcp.git]
command = "git-server"
modes = ["useful"]
[mcp.time]
command = "time-server"
modes = ["essential", "faves"]
[a2a.writer]
url = "http://127.0.0.1:1/"
"""


def report(directory: Path, rules: str, settings: str = projects.SETTINGS, **layers: str) -> Report:
    return check(projects.book(directory, rules, settings, **layers), OFFERS, TODAY)


def ids(found: Report) -> list[str]:
    return [each.id for each in found.findings]


PAIRS = {
    "yes-unmatched": (f'{LOG}yes = "show history"', f'{LOG}yes = "show log"'),
    "yes-unmatched, near": (
        f'[a]\nwhen.all = ["log", "last"]\n{USE}yes = "show log"',
        f'[a]\nwhen.all = ["log", "last"]\n{USE}yes = "show last log"',
    ),
    "yes-unmatched, a word that must not be there": (
        f'[a]\nwhen = {{ all = ["log"], none = ["show"] }}\n{USE}yes = "show log"',
        f'[a]\nwhen = {{ all = ["log"], none = ["show"] }}\n{USE}yes = "log"',
    ),
    "no-taken": (
        f'{LOG}yes = "log"\nno = "no log"',
        f'[a]\nwhen = {{ all = ["log"], none = ["no"] }}\n{USE}yes = "log"\nno = "no log"',
    ),
    "no-taken, by a tie": (f'{LOG}no = "log on"\n{ON}', f'{LOG}no = "log on"\n{ON}beats = "rules.a"'),
    "no-taken, by an added rule": (
        '[a]\nwhen.all = ["log"]\nadd = "mcp:time/now"\nno = "log"',
        '[a]\nwhen.all = ["log"]\nadd = "mcp:time/now"\nno = "leg"',
    ),
    "no-taken, by a shadow": (f'{LOG}stage = "shadow"\nno = "log"', f'{LOG}stage = "shadow"\nno = "leg"'),
    "yes-tied": (f'{LOG}yes = "log on"\n{ON}', f'{LOG}yes = "log on"\nbeats = "rules.b"\n{ON}'),
    "yes-lost, to a narrower rule": (f'{LOG}yes = "log on"\n{BOTH}', f'{LOG}yes = "log off"\n{BOTH}'),
    "yes-lost, to one that beats it": (
        f'{LOG}yes = "log on"\n{ON}beats = "rules.a"',
        f'{LOG}yes = "log"\n{ON}beats = "rules.a"',
    ),
    "example-refused": (f'{LOG}yes = "log\\u0000"', f'{LOG}yes = "log"'),
    "unknown-tool": (
        '[a]\nwhen.all = ["log"]\nuse = "mcp:git/git_lgo"\nyes = "log"',
        '[a]\nwhen.all = ["log"]\nuse = "mcp:git/git_log"\nyes = "log"',
    ),
    "unknown-tool, a skill": (
        '[a]\nwhen.all = ["log"]\nuse = "a2a:writer/poems"\nyes = "log"',
        '[a]\nwhen.all = ["log"]\nuse = "a2a:writer/notes"\nyes = "log"',
    ),
    "review-due": (f'{LOG}until = 2026-11-21\nyes = "log"', f'{LOG}until = 2026-11-22\nyes = "log"'),
    "no-examples": (LOG, f'{LOG}no = "leg"'),
    "no-rules": ("", f'{LOG}yes = "log"'),
}


@pytest.mark.parametrize(("id_", "broken", "repaired"), [(id_, *pair) for id_, pair in PAIRS.items()])
def test_a_fault_is_found_and_nothing_else_and_its_repair_is_clean(
    tmp_path: Path, id_: str, broken: str, repaired: str
) -> None:
    wanted = id_.partition(",")[0]

    assert ids(report(tmp_path / "broken", broken)) == [wanted]
    assert ids(report(tmp_path / "repaired", repaired)) == []


def test_an_example_that_an_earlier_layer_takes_is_late(tmp_path: Path) -> None:
    rules = f'[a]\nwhen.all = ["log"]\n{USE}yes = "log"'
    guard = '[b]\nwhen.all = ["log"]\nuse = "mcp:time/now"'
    found = report(tmp_path / "broken", rules, guard=guard)

    assert ids(found) == ["yes-late"]
    assert found.findings[0].message == 'rules.a: its example "log" goes to guard.b (late)'
    assert ids(report(tmp_path / "repaired", rules, guard=guard.replace("log", "leg"))) == []


def test_an_example_whose_targets_have_no_mode_in_common_with_its_rule_still_holds(tmp_path: Path) -> None:
    rules = f'[a]\nwhen = {{ all = ["log"], modes = ["faves"] }}\n{USE}yes = "log"'

    assert ids(report(tmp_path, rules, MODES)) == []


def test_an_example_is_asked_in_a_mode_in_which_its_target_is_used(tmp_path: Path) -> None:
    book = projects.book(tmp_path, f'{LOG}yes = "log"', MODES)

    decision = book.decide("log")

    assert [each.verdict for each in decision.verdicts] == ["filtered"]
    assert ids(check(book, OFFERS, TODAY)) == []


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
    use = ["mcp:git/git_log", "mcp:time/now"]
    yes = "both"
    [plain]
    when.all = ["write"]
    use = "a2a:writer"
    yes = "write"
    """
    book = projects.book(tmp_path, rules, MODES)
    found = check(book, OFFERS, TODAY)

    assert (found.findings, found.held, found.examples) == ((), 4, 4)
    query = example_query(book, book.rules["rules.everything"], "log")
    assert query.modes == {"useful"}
    assert dict(query.facts) == {"on_call": "true", "team": "ops"}
    assert [each.media_type for each in query.attached] == ["image/x", "text/plain"]
    assert example_query(book, book.rules["rules.several"], "both").modes == {"useful", "faves"}
    assert example_query(book, book.rules["rules.plain"], "write").modes == frozenset()
    with pytest.raises(QueryRefused):
        example_query(book, book.rules["rules.plain"], " ")


def test_examples_of_added_shadow_and_agreeing_rules_hold(tmp_path: Path) -> None:
    rules = f"""
    [added]
    when.all = ["log"]
    add = "mcp:time/now"
    yes = ["log", "nothing else wins this log"]
    [shadow]
    when.all = ["log"]
    stage = "shadow"
    use = "mcp:time/now"
    yes = "log on"
    [one]
    when.all = ["log"]
    {USE}
    yes = "log on"
    [agrees]
    when.all = ["on"]
    {USE}
    yes = "log on"
    """
    found = report(tmp_path, rules)

    assert (found.findings, found.held) == ((), 5)


@pytest.mark.parametrize("share", [0, 1, 50, 99, 100])
def test_no_report_on_a_canary_or_its_rivals_depends_on_a_bucket(tmp_path: Path, share: int) -> None:
    texts = [f"log number {number} on" for number in range(8)]
    rules = f"""
    [live]
    when.all = ["log"]
    {USE}
    yes = {texts}
    [canary]
    when.all = ["log", "on"]
    stage = "canary"
    share = {share}
    use = "mcp:time/now"
    yes = {texts}
    no = ["log in"]
    [rival]
    when.all = ["number", "on"]
    stage = "canary"
    share = {share}
    use = "a2a:writer"
    """
    found = report(tmp_path, rules)

    assert (found.findings, found.held) == ((), 17)


@pytest.mark.parametrize("share", [0, 100])
def test_what_a_canary_would_lose_or_take_if_it_were_live_is_found(tmp_path: Path, share: int) -> None:
    rules = f"""
    [live]
    when.all = ["log", "on"]
    {USE}
    [canary]
    when.all = ["log"]
    stage = "canary"
    share = {share}
    use = "mcp:time/now"
    yes = "log on"
    no = "log off"
    """

    assert ids(report(tmp_path, rules)) == ["yes-lost", "no-taken"]


def test_a_finding_says_place_rivals_and_what_would_do(tmp_path: Path) -> None:
    tied = report(tmp_path / "tied", PAIRS["yes-tied"][0]).findings[0]
    near = report(tmp_path / "near", PAIRS["yes-unmatched, near"][0]).findings[0]
    tool = report(tmp_path / "tool", PAIRS["unknown-tool"][0]).findings[0]
    empty = report(tmp_path / "empty", "").findings[0]

    assert str(tied) == (
        'rules/team/rules.toml:1: rules.a: its example "log on" ties with rules.b (tied); '
        "give one of them a condition that the other lacks, or `beats` [yes-tied]"
    )
    assert near.message == 'rules.a does not match its own example "show log", which lacks last'
    assert tool.message == 'rules.a: mcp:git has no tool "git_lgo"'
    assert tool.hint == 'did you mean "git_log"?'
    assert str(empty) == "there are no rules; a check that looked at nothing proves nothing [no-rules]"
    assert empty.to_dict() == {"id": "no-rules", "at": "", "message": empty.message, "hint": empty.hint}
    assert str(Finding("x", "", "y")) == "y [x]"


def test_a_report_gives_its_denominators(tmp_path: Path) -> None:
    one = report(tmp_path / "one", f'[a]\nwhen.all = ["log"]\n{USE}yes = "leg"')
    more = report(
        tmp_path / "more",
        f'{LOG}yes = ["log", "logs"]\n[b]\nwhen.all = ["x"]\nuse = "mcp:git/git_status"',
    )

    assert str(one) == "1 rule · 0 of 1 example hold · 1 target known to the catalogue · 1 error"
    assert str(more) == "2 rules · 2 of 2 examples hold · 2 targets known to the catalogue · 0 errors"


def test_a_target_that_the_catalogue_cannot_confirm_is_not_counted(tmp_path: Path) -> None:
    rules = '[a]\nwhen.all = ["log"]\nuse = ["mcp:time/now", "a2a:writer", "mcp:git/git_log"]\nyes = "log"'

    assert report(tmp_path, rules).tools == 1
    assert check(projects.book(tmp_path, rules), (), TODAY).tools == 0


def test_without_a_date_today_s_is_taken() -> None:
    assert [each.id for each in check(compile(Sources(), Settings()), ()).findings] == ["no-rules"]
