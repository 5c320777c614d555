"""A compiled rulebook is read where it lies: rules by number and by key, none before it is needed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.core.blocks import Blocks, DamagedError
from router.core.book import Rulebook
from router.core.compile import Compiler
from router.core.filed import FIRST, Filed
from router.core.indexing import rules_by_file
from router.core.light import Light, Memo
from router.core.plan import Target
from router.core.query import Query
from router.core.rule import Rule
from router.core.source import Sources
from tests.core.making import SETTINGS, query, sources
from tests.core.worlds import World, rulebooks, worlds

RULES: Final = {
    "guard/g": '[stop]\nwhen = { all = ["stop"] }\nuse = "a2a:release"\n',
    "team/t": """
[plain]
when = { all = ["refund", "order status"] }
use = "mcp:ledger/get"
why = "because"
was = ["t.former"]

[over]
say = "refund {n:int}"
use = "mcp:ledger/put"
beats = ["t.former", "t.shape"]

[shape]
when = { looks = "number" }
use = "mcp:git/log"
""",
}
VOCABULARY: Final = "[shapes]\nnumber = 'order (?P<order>\\d+)'\n"


def made(rules: Mapping[str, str] = RULES) -> Compiler:
    return Compiler(sources(rules, vocabulary=VOCABULARY, prompts={"p.j2": "{{ text }}"}), SETTINGS)


def content(files: Mapping[str, str] | None = None) -> bytes:
    return made().content({"key": "k", "surroundings": "s"}, files)


def filed() -> Filed:
    return Filed(Blocks(content()))


def test_what_is_said_about_a_rulebook_is_there_at_once() -> None:
    found = filed()
    assert (found.meta["key"], found.meta["surroundings"]) == ("k", "s")
    assert found.revision == made().book().revision
    assert found.layers == SETTINGS.layers
    assert len(found) == 4
    assert found.names() == ("g.stop", "t.over", "t.plain", "t.shape")
    assert found.prompts() == {"p.j2": "{{ text }}"}
    assert found.earlier() == {"t.former": "t.plain"}
    assert found.files() == ()


def test_a_rule_is_found_by_its_present_id_alone() -> None:
    found = filed()
    rule = found.find("t.plain")
    assert rule is not None
    assert (rule.id, rule.layer, rule.at) == ("t.plain", 1, "rules/team/t.toml:1")
    assert found.find("t.plain") is rule
    for absent in ("t.former", "plain", "", "\0", "refund", "\0rule\0t.plain", "é"):
        assert found.find(absent) is None


def test_a_rule_beats_others_by_their_present_ids() -> None:
    rule = filed().find("t.over")
    assert rule is not None
    assert rule.beats == {"t.plain", "t.shape"}


def test_what_bears_on_no_decision_lies_apart() -> None:
    assert filed().rest("t.plain") == (("t.former",), "", "because", "", (), ())


def test_the_rules_of_files_are_taken_over_as_they_lie() -> None:
    files = {"rules/guard/g.toml": "d1", "rules/team/t.toml": "d2", "rules/vocab.toml": "d3"}
    found = Filed(Blocks(content(files)))
    taken = rules_by_file(found)
    assert {key: [rule.id for rule in rules] for key, rules in taken.items()} == {
        ("rules/guard/g.toml", "d1"): ["g.stop"],
        ("rules/team/t.toml", "d2"): ["t.over", "t.plain", "t.shape"],
        ("rules/vocab.toml", "d3"): [],
    }
    kept = [rule for rules in taken.values() for rule in rules]
    assert sorted(kept, key=lambda each: each.id) == list(made()._compiled_rules.values())
    assert {rule.name for rule in kept} == {"stop", "over", "plain", "shape"}
    without = Sources(shapes={"number": r"order (?P<order>\d+)"}, prompts={"p.j2": "{{ text }}"})
    again = Compiler(without, SETTINGS, kept)
    one, other = Blocks(content(files)), Blocks(again.content({"key": "k", "surroundings": "s"}, files))
    assert [one[number] for number in range(one.count)] == [other[number] for number in range(other.count)]
    assert again.book().revision == found.revision


def test_no_block_is_read_before_it_is_needed() -> None:
    raw = bytearray(content())
    blocks = Blocks(bytes(raw))
    buckets = blocks[0]["buckets"]
    last = [FIRST + buckets + number for number in (0, 1, 2)]
    for number in (*last, *range(FIRST + buckets + 4, blocks.count)):
        raw[blocks._number(number + 2) - 1] ^= 0xFF
    book = Rulebook(Filed(Blocks(bytes(raw))))
    assert book.decide("order 12").rule == "t.shape"
    with pytest.raises(DamagedError):
        book.decide("stop")


def test_an_empty_rulebook_decides_nothing() -> None:
    found = Compiler(Sources(), SETTINGS).book()
    assert found.decide("anything").kind == "none"
    assert list(found.rules) == []
    assert Filed(Blocks(Compiler(Sources(), SETTINGS).content({}))).names() == ()


def test_a_process_that_has_met_very_many_keys_forgets_them_and_says_the_same() -> None:
    texts = [f"stop word{number} refund {number} other{number}" for number in range(20)]
    with mock.patch("router.core.filed.MOST_KEYS", 3):
        forgetful = made().book()
    book = made().book()
    assert [forgetful.decide(each) for each in texts] == [book.decide(each) for each in texts]
    assert {forgetful.decide(each).rule for each in texts} == {"g.stop"}


@settings(max_examples=100)
@given(worlds())
def test_a_rulebook_that_is_read_back_decides_the_same(world: World) -> None:
    compiler = Compiler(world.sources, SETTINGS)
    made_now = compiler.book()
    read = Rulebook(Filed(Blocks(compiler.content({}))), lambda: SETTINGS)
    one, other = made_now.decide(world.query), read.decide(world.query)
    assert (one, one.id, one.verdicts) == (other, other.id, other.verdicts)
    assert read.revision == made_now.revision
    assert read.settings is SETTINGS


@settings(max_examples=50)
@given(rulebooks(), st.data())
def test_rules_taken_over_and_rules_compiled_now_make_the_same_rulebook(
    all_of_them: Sources, data: Any
) -> None:
    names = sorted({rule.file for rule in all_of_them.rules})
    files = {name: f"digest of {name}" for name in names}
    whole = Compiler(all_of_them, SETTINGS).content({}, files)
    taken = rules_by_file(Filed(Blocks(whole)))
    kept = data.draw(st.sets(st.sampled_from(names)))
    fresh = Sources(
        rules=tuple(rule for rule in all_of_them.rules if rule.file not in kept),
        words=all_of_them.words,
        shapes=all_of_them.shapes,
        prompts=all_of_them.prompts,
    )
    mixed = Compiler(fresh, SETTINGS, [rule for name in kept for rule in taken[name, files[name]]])
    assert Filed(Blocks(mixed.content({}, files))).revision == Filed(Blocks(whole)).revision
    one, other = Compiler(all_of_them, SETTINGS).book(), mixed.book()
    assert dict(one.rules) == dict(other.rules)
    asked = data.draw(st.sampled_from(("refund order", "status", "client order 12", "ref-7 today")))
    assert one.decide(asked) == other.decide(asked)


# what it is read into


def test_a_rulebook_opens_whole_rules_when_they_are_looked_at() -> None:
    book = Rulebook(filed())
    assert list(book.rules) == ["g.stop", "t.over", "t.plain", "t.shape"]
    assert book.rules["t.plain"] == made().book().rules["t.plain"]
    assert book.was == {"t.former": "t.plain"}
    former = book.find("t.former")
    assert former is not None
    assert former.id == "t.plain"
    assert book.find("t.nothing") is None
    assert book.flat("t.plain").id == "t.plain"
    with pytest.raises(KeyError, match="nothing"):
        book.flat("t.nothing")
    with pytest.raises(LookupError, match="opened without its settings"):
        _ = book.settings


def test_a_rulebook_tells_which_rules_a_query_may_match_and_which_win_over_others() -> None:
    book = Rulebook(filed(), lambda: SETTINGS)
    assert book.settings is SETTINGS
    assert book.templates.prompts == {"p.j2": "{{ text }}"}
    assert {rule.id for rule in book.candidates(Query("refund 3"))} == {"t.over", "t.shape"}
    over, plain, shape = (book.rules[f"t.{name}"] for name in ("over", "plain", "shape"))
    assert book.wins_over(over, plain)
    assert book.wins_over(over, shape)
    assert not book.wins_over(plain, over)
    assert plain.beats == frozenset()
    assert isinstance(over, Rule)
    assert (over.file, over.line) == ("rules/team/t.toml", 1)
    assert not book.match(over, query("refund")).full


def test_a_rulebook_and_a_query_may_be_sent_to_another_process() -> None:
    book = Rulebook(filed(), lambda: SETTINGS)
    sent, asked = (
        copy.copy(book),
        query("refund 3", modes=["useful"], facts={"a": "b"}, cwd="/x", attached=["a/b"]),
    )
    assert sent is not book
    assert sent.decide(asked) == book.decide(asked)
    assert (sent.revision, sent.settings, dict(sent.rules)) == (book.revision, SETTINGS, dict(book.rules))
    again = copy.copy(asked)
    assert (again, hash(again), again.to_dict()) == (asked, hash(asked), asked.to_dict())


def test_a_damaged_rulebook_is_mended_before_it_is_sent() -> None:
    whole = content()
    raw = bytearray(whole)
    raw[-1] ^= 0xFF
    sent = copy.copy(Rulebook(Filed(Blocks(bytes(raw), lambda: whole)), lambda: SETTINGS))
    assert dict(sent.rules) == dict(made().book().rules)
    with pytest.raises(DamagedError):
        copy.copy(Rulebook(Filed(Blocks(bytes(raw))), lambda: SETTINGS))


class Pair(Light):
    __slots__ = ("_memory", "one", "other")

    def __init__(self, one: int, other: int) -> None:
        self.one = one
        self.other = other
        self._memory = 0


def test_light_values_are_equal_and_hashed_and_shown_by_their_slots() -> None:
    one, same = Pair(1, 2), Pair(1, 2)
    same._memory = 7
    assert one == same
    assert len({one, same, Pair(2, 1)}) == 2
    assert one != (1, 2)
    assert one != Target("mcp", "a")
    assert repr(one) == "Pair(1, 2)"


def test_a_memory_asks_once_and_forgets_all_when_it_is_full() -> None:
    asked: list[int] = []

    def doubled(number: int) -> int:
        asked.append(number)
        return 2 * number

    memo = Memo(doubled, 2)
    assert [memo[number] for number in (1, 2, 1, 2)] == [2, 4, 2, 4]
    assert asked == [1, 2]
    assert memo[3] == 6
    assert memo[1] == 2
    assert asked == [1, 2, 3, 1]


def test_targets_are_sorted_as_they_read() -> None:
    targets = [Target("mcp", "b"), Target("mcp", "a", "z"), Target("a2a", "c"), Target("mcp", "a")]
    assert [str(each) for each in sorted(targets)] == ["a2a:c", "mcp:a", "mcp:a/z", "mcp:b"]
