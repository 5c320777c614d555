"""Ties that real queries meet: ranked, shown, and settled by each of the lines that the finding offers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from router.core.book import Rulebook
from router.core.query import Query
from router.rulebook.check import Report
from router.rulebook.check.finding import Finding
from router.rulebook.check.recorded import Asked, ties
from router.rulebook.corpus import Recorded, shown
from tests import projects
from tests.core.worlds import World, worlds
from tests.rulebook.check.alike import Alike, alike, compiled, same
from tests.rulebook.check.small import RULES, checked, files_of, ids

OFFER = re.compile(r"for (\S+) to win, under \[(\S+)\]: (beats = \[.*\])")
FOUR = """
[log]
when.all = "log"
yes = "log"
use = "mcp:time/now"
[on]
when.all = "on"
yes = "on"
use = "mcp:time/zones"
beats = ["rules.off"]
[off]
when.all = "off"
yes = "off"
use = "mcp:git/git_changes"
[up]
when.all = "up"
yes = "up"
use = "a2a:writer"
# corpus/queries.txt
plain
log
on
off
up
log off
off, log
log on
the log is off
[useful] log on
log off
"""


def tied(found: Report) -> list[Finding]:
    return [each for each in found.findings if each.id == "tie"]


def offers(finding: Finding) -> list[tuple[str, str, str]]:
    """Return the rules that may win, their tables and the lines that would do."""
    found = filter(None, (OFFER.fullmatch(each.message) for each in finding.related))
    return [(each[1], each[2], each[3]) for each in found]


def with_line(text: str, table: str, line: str) -> str:
    """Write a line under the header of a table, in the place of the one that is there."""
    head, header, body = text.partition(f"[{table}]\n")
    before, *others = re.split(r"(?m)^(?=\[)", body, maxsplit=1)
    kept = "".join(each for each in before.splitlines(keepends=True) if not each.startswith("beats"))
    return "".join((head, header, f"{line}\n", kept, *others))


def test_ties_are_ranked_by_the_recorded_queries_that_meet_them(tmp_path: Path) -> None:
    found = checked(tmp_path, FOUR)

    assert [each.message for each in found.findings] == [
        'rules.log and rules.off tie on 3 of 10 recorded queries, such as "log off"',
        'rules.log and rules.on tie on 2 of 10 recorded queries, such as "log on"',
    ]
    assert [each.severity for each in found.findings] == ["warning", "warning"]
    assert (found.queries, found.errors, found.warnings) == (10, 0, 2)


def test_a_tie_says_place_and_both_sides_with_the_line_to_add(tmp_path: Path) -> None:
    found = checked(tmp_path, FOUR)

    assert str(found.findings[1]) == (
        "rules/team/rules.toml:2: warning: rules.log and rules.on tie on 2 of 10 recorded queries, such as "
        '"log on"; give one of them a condition that the other lacks, or add one of these lines [tie]\n'
        '  rules/team/rules.toml:2: for rules.log to win, under [log]: beats = ["rules.on"]\n'
        '  rules/team/rules.toml:7: for rules.on to win, under [on]: beats = ["rules.log", "rules.off"]'
    )


@pytest.mark.parametrize("side", [0, 1])
def test_each_line_that_a_tie_offers_settles_it(tmp_path: Path, side: int) -> None:
    text = FOUR.replace("\n[", '\nowner = "@a"\n[', 1)
    for tie in tied(checked(tmp_path / "before", text)):
        winner, table, line = offers(tie)[side]
        settled = with_line(text, table, line)
        after = checked(tmp_path / f"{winner}-{side}", settled)
        book = projects.book(tmp_path / f"book-{winner}-{side}", files_of(settled)[RULES], SETTINGS)

        assert after.loaded
        assert tie.message not in [each.message for each in after.findings]
        assert len(tied(after)) == 1
        assert book.decide(tie.message.split('"')[1]).rule == winner


SETTINGS = """
[mcp.git]
command = "git-server"
[mcp.time]
command = "time-server"
[a2a.writer]
url = "http://127.0.0.1:1/"
"""


def test_a_tie_of_three_is_settled_by_a_line_that_names_two(tmp_path: Path) -> None:
    text = FOUR.replace("plain\n", "log and off and up\n").replace('beats = ["rules.off"]\n', "")
    tie = tied(checked(tmp_path / "before", text))[-1]

    assert tie.message.startswith("rules.log and rules.off and rules.up tie on 1 of 10 recorded queries")
    for number, (_, table, line) in enumerate(offers(tie)):
        after = checked(tmp_path / str(number), with_line(text, table, line))
        assert line.count("rules.") == 2
        assert not any("rules.up" in each.message for each in tied(after))


def test_an_example_that_ties_is_an_error_and_told_once(tmp_path: Path) -> None:
    text = FOUR.replace('yes = "log"', 'yes = ["log", "log off"]').replace('yes = "off"', 'yes = "off, log"')
    first, second = checked(tmp_path, text).findings

    assert first.message == (
        'rules.log and rules.off tie on 3 of 10 recorded queries and 2 examples, such as "log off"'
    )
    assert (first.severity, second.severity) == ("error", "warning")


def test_a_tie_on_an_example_alone_is_an_error(tmp_path: Path) -> None:
    text = FOUR.partition("# corpus")[0].replace('yes = "log"', 'yes = ["log", "log off"]')
    found = checked(tmp_path, f"{text}# corpus/queries.txt\nlog\non\noff\nup\nplain\n")

    assert [(each.id, each.severity) for each in found.findings] == [("tie", "error")]
    assert found.findings[0].message == 'rules.log and rules.off tie on 1 example, such as "log off"'


def test_one_query_of_one_is_told_in_the_singular(tmp_path: Path) -> None:
    found = checked(tmp_path, f"{FOUR.partition('# corpus')[0]}# corpus/queries.txt\nlog off")

    assert tied(found)[0].message == 'rules.log and rules.off tie on 1 of 1 recorded query, such as "log off"'


def test_a_no_that_ties_is_told_as_taken_and_not_as_a_tie(tmp_path: Path) -> None:
    text = FOUR.partition("# corpus")[0].replace('yes = "log"', 'yes = "log"\nno = "log off"')

    assert ids(checked(tmp_path, text)) == ["no-taken"]


def test_a_line_that_would_make_a_ring_is_not_offered(tmp_path: Path) -> None:
    text = """
[a]
when.all = "aa"
yes = "aa"
use = "mcp:time/now"
[b]
when.all = "bb"
yes = "bb"
use = "mcp:time/zones"
beats = "rules.c"
[c]
when.all = "cc"
yes = "cc"
use = "a2a:writer"
beats = "rules.a"
# corpus/queries.txt
plain
aa
bb
cc
aa bb
"""
    tie = checked(tmp_path / "before", text).findings[0]

    assert [each.message for each in tie.related] == [
        "rules.a cannot win by `beats`, which would make a ring",
        'for rules.b to win, under [b]: beats = ["rules.a", "rules.c"]',
    ]
    assert ids(checked(tmp_path / "a", with_line(text, "a", 'beats = "rules.b"'))) == ["beats-ring"]
    assert ids(checked(tmp_path / "b", with_line(text, "b", offers(tie)[0][2]))) == []


def asked(book: Rulebook, *queries: Query) -> list[Asked]:
    """Decide queries as recorded ones are."""
    return [Asked(Recorded(each, shown(each)), book.decide(each)) for each in queries]


def settled_by_each_line(world: Alike) -> None:
    """Add each line that a tie offers to the sources: they load, and the query goes to that rule."""
    book = world.book
    for one in asked(book, *world.queries):
        for tie in ties(book, [one], ()):
            for winner, _, line in offers(tie):
                beats = tuple(re.findall(r'"([^"]+)"', line))
                other = compiled(world.with_beats(winner, beats))
                assert other.decide(one.recorded.query).rule == winner


@same
@given(alike())
def test_every_line_that_is_offered_loads_and_settles_the_tie(world: Alike) -> None:
    settled_by_each_line(world)


@same
@given(worlds())
def test_a_tie_is_told_for_every_query_that_ties_and_for_no_other(world: World) -> None:
    book = world.book
    queries = asked(book, world.query)

    assert len(list(ties(book, queries, ()))) == (book.decide(world.query).kind == "tie")


@pytest.mark.slow
@settings(same, max_examples=1000, derandomize=False)
@given(alike())
def test_offered_lines_settle_ties_many_times_over(world: Alike) -> None:
    settled_by_each_line(world)
