"""What must hold of every rulebook and query, tried on generated ones (`tests/core/worlds.py`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from router.core import explain
from router.core.bind import bind
from router.core.canonical import canonical
from router.core.compile import compile
from router.core.conditions import Condition, Sight
from router.core.containment import Containment, covers, narrower
from router.core.decide import decide
from router.core.decision import Decision
from router.core.plan import JSON
from router.core.query import Query
from router.core.sentence import Branch, Literal
from router.core.source import RuleText, Sources, StepText
from router.core.text import Reading, contains
from router.errors import QueryRefused
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory
from tests.core.making import SETTINGS, toml, written
from tests.core.worlds import (
    LISTS,
    NORMALISER,
    World,
    parsed,
    permutation,
    queries,
    rulebooks,
    sentences,
    shuffled,
    templates,
    texts,
    worlds,
)

PROJECT: Final = Path(__file__).parents[2]
STEP: Final = StepText(id="1", use="mcp:ledger/get", path=("use",))
WIDENINGS: Final = (
    ("{n:int}", "{v:number}"),
    ("{v:number}", "{w:word}"),
    ("{w:word}", "{p:path}"),
    ("{d:date}", "{w:word}"),
    ("{y:@place}", "{w:word}"),
    ("refund", "{w:word}"),
    ("client", "{p:path}"),
    ("order", "{x:@what}"),
    ("{p:path}", "{w:word}"),
    ("status", "{w:word}"),
)
OUTCOME: Final = ("kind", "rule", "layer", "slots", "tied", "added")


def told(decision: Decision) -> str:
    """Every byte of a decision, verdicts included."""
    return canonical([decision.to_dict(), [each.to_dict() for each in decision.verdicts]])


def outcome(decision: Decision) -> JSON:
    return {name: value for name, value in decision.to_dict().items() if name in OUTCOME}


# order


def the_order_of_rules_and_names_never_matters(world: World, seed: int) -> None:
    other = compile(shuffled(world.sources, seed), SETTINGS)
    assert told(other.decide(world.query)) == told(world.book.decide(world.query))


def the_order_of_settings_never_matters(world: World) -> None:
    turned = replace(
        SETTINGS,
        servers=dict(reversed(list(SETTINGS.servers.items()))),
        agents=dict(reversed(list(SETTINGS.agents.items()))),
    )
    assert told(compile(world.sources, turned).decide(world.query)) == told(world.book.decide(world.query))


@given(worlds(), st.integers(0, 99))
def test_the_order_of_rules_and_names_never_matters(world: World, seed: int) -> None:
    the_order_of_rules_and_names_never_matters(world, seed)


@settings(max_examples=50)
@given(worlds(), st.integers(0, 99))
def test_the_order_in_which_rules_are_held_against_a_query_never_matters(world: World, seed: int) -> None:
    book = world.book
    rules = list(book.rules.values())
    turned = [rules[at] for at in permutation(len(rules), seed)]
    sight = Sight(world.query, book.normaliser.read(world.query.text))
    fixed = (sight, SETTINGS.layers, book.revision, book.admission, Containment())
    assert told(decide(turned, *fixed)) == told(book.decide(world.query))


@settings(max_examples=50)
@given(worlds())
def test_the_order_of_settings_never_matters(world: World) -> None:
    the_order_of_settings_never_matters(world)


def the_index_leaves_out_no_rule_that_matches_or_nearly_does(world: World) -> None:
    assert world.book.decide(world.query) == by_every_rule(world)


def by_every_rule(world: World) -> Decision:
    """Decide as the reference does: hold every rule against the query."""
    book = world.book
    sight = Sight(world.query, book.normaliser.read(world.query.text))
    return decide(book.rules.values(), sight, SETTINGS.layers, book.revision, book.admission, Containment())


@settings(max_examples=300)
@given(worlds())
def test_the_index_leaves_out_no_rule_that_matches_or_nearly_does(world: World) -> None:
    the_index_leaves_out_no_rule_that_matches_or_nearly_does(world)


def what_a_condition_implies_is_found_by_its_words(world: World) -> None:
    rules = world.book.rules.values()
    for one in rules:
        found = {each.id for each in world.book.implied(one.condition)}
        assert found >= {each.id for each in rules if covers(each.condition, one.condition)}


@settings(max_examples=100)
@given(worlds())
def test_what_a_condition_implies_is_found_by_its_words(world: World) -> None:
    what_a_condition_implies_is_found_by_its_words(world)


def on_disk(sources: Sources) -> dict[str, str]:
    """Write sources as the files of a project."""
    files: dict[str, dict[str, JSON]] = {}
    for rule in sources.rules:
        files.setdefault(rule.file, {})[rule.name] = table(rule)
    shared = {"words": sources.words, "shapes": sources.shapes}
    return {
        **{name: toml(tables) for name, tables in files.items()},
        "rules/vocab.toml": toml(shared),
        **{f"prompts/{name}": text for name, text in sources.prompts.items()},
    }


def table(rule: RuleText) -> JSON:
    """Write a rule as its table."""
    names = ("all", "any", "none", "looks", "modes", "facts", "attached")
    out: dict[str, JSON] = {"when": {name: value for name in names if (value := getattr(rule, name))}}
    out["add" if rule.adds else "use"] = [step.use for step in rule.steps]
    out |= {name: value for name in ("say", "beats", "stage") if (value := getattr(rule, name))}
    return out | ({"share": rule.share} if rule.share is not None else {})


@settings(max_examples=15)
@given(worlds(), st.integers(0, 99))
def test_the_order_in_which_files_are_written_never_matters(
    tmp_path_factory: pytest.TempPathFactory, world: World, seed: int
) -> None:
    files = list(on_disk(world.sources).items())
    first = read_rulebook(Directory(written(tmp_path_factory.mktemp("first"), dict(files))), SETTINGS)
    files = [files[at] for at in permutation(len(files), seed)]
    second = read_rulebook(Directory(written(tmp_path_factory.mktemp("second"), dict(files))), SETTINGS)
    assert told(first.decide(world.query)) == told(second.decide(world.query))
    assert outcome(first.decide(world.query)) == outcome(world.book.decide(world.query))


@settings(max_examples=15)
@given(worlds(), st.integers(0, 99))
def test_the_order_of_tables_in_a_file_bears_on_line_numbers_alone(
    tmp_path_factory: pytest.TempPathFactory, world: World, seed: int
) -> None:
    turned = shuffled(world.sources, seed)
    first = read_rulebook(
        Directory(written(tmp_path_factory.mktemp("first"), on_disk(world.sources))), SETTINGS
    )
    second = read_rulebook(Directory(written(tmp_path_factory.mktemp("second"), on_disk(turned))), SETTINGS)
    assert first.revision == second.revision
    one, other = first.decide(world.query), second.decide(world.query)
    assert {**one.to_dict(), "at": None} == {**other.to_dict(), "at": None}
    assert one.verdicts == other.verdicts


# adding and removing


def one_rule_bears_only_on_queries_that_it_matches(world: World) -> None:
    book = world.book
    before = outcome(book.decide(world.query))
    for text in world.sources.rules:
        rule = book.rules[text.id]
        if book.match(rule, world.query).full and book.admission.kept(rule, world.query):
            continue
        kept = tuple(
            replace(each, beats=tuple(name for name in each.beats if name != text.id))
            for each in world.sources.rules
            if each.id != text.id
        )
        without = compile(replace(world.sources, rules=kept), SETTINGS)
        assert outcome(without.decide(world.query)) == before


@settings(max_examples=100)
@given(worlds())
def test_one_rule_bears_only_on_queries_that_it_matches(world: World) -> None:
    one_rule_bears_only_on_queries_that_it_matches(world)


# what a decision may be


def a_decision_is_one_of_three(world: World) -> None:
    book = world.book
    decision = book.decide(world.query)
    words = {each.rule: each.verdict for each in decision.verdicts}
    competing = [each for each in words if words[each] in ("won", "tied", "lost", "late")]
    assert (decision.kind == "none") == (not competing)
    assert (decision.rule is not None) == (decision.kind == "rule") == ("won" in words.values())
    assert (decision.layer is None) == (decision.kind == "none")
    assert set(decision.tied) == {each for each in words if words[each] == "tied"}
    assert set(decision.added) <= {each for each in words if words[each] == "adds"}
    if decision.kind == "tie":
        does = {
            rule.does(book.admission.kept(rule, world.query), book.match(rule, world.query).slots)
            for rule in map(book.rules.__getitem__, decision.tied)
        }
        assert len(decision.tied) >= 2
        assert len(does) >= 2


@settings(max_examples=300)
@given(worlds())
def test_a_decision_is_a_rule_or_a_tie_of_rules_that_differ_or_none_where_nothing_competes(
    world: World,
) -> None:
    a_decision_is_one_of_three(world)


def every_loser_loses_for_a_reason(world: World) -> None:
    book = world.book
    for each in book.decide(world.query).verdicts:
        if each.verdict == "lost":
            winner, loser = book.rules[each.by], book.rules[each.rule]
            assert (loser.id in winner.beats) == (each.because == "beats")
            assert each.because == "beats" or narrower(winner.condition, loser.condition)


@given(worlds())
def test_every_loser_loses_for_a_reason_that_holds(world: World) -> None:
    every_loser_loses_for_a_reason(world)


@settings(max_examples=100)
@given(worlds())
def test_every_decision_can_be_bound_and_explained(world: World) -> None:
    book, query = world.book, world.query
    decision = book.decide(query)
    plan = bind(book, decision, query)
    assert (plan is None) == (decision.rule is None)
    assert explain.page(decision, plan, "search")
    canonical(explain.document(query, decision, plan, "search"))
    for rule in book.rules:
        assert list(explain.wanted(book, query, decision, rule))


# containment


def conditions_of(sources: Sources) -> list[Condition]:
    return [rule.condition for rule in compile(sources, SETTINGS).rules.values()]


def narrower_is_a_strict_partial_order(sources: Sources) -> None:
    found = conditions_of(sources)
    for one in found:
        assert not narrower(one, one)
        for other in found:
            assert not (narrower(one, other) and narrower(other, one))
            if narrower(one, other):
                assert all(narrower(one, third) for third in found if narrower(other, third))


@settings(max_examples=200)
@given(rulebooks(most=8))
def test_narrower_is_a_strict_partial_order(sources: Sources) -> None:
    narrower_is_a_strict_partial_order(sources)


def what_a_narrower_rule_matches_a_wider_one_matches(world: World) -> None:
    sight = Sight(world.query, NORMALISER.read(world.query.text))
    positive = [Condition(each.clauses) for each in conditions_of(world.sources)]
    full = [each.match(sight).full for each in positive]
    for place, one in enumerate(positive):
        if full[place]:
            assert all(full[at] for at, other in enumerate(positive) if narrower(one, other))


@settings(max_examples=300)
@given(worlds())
def test_what_a_narrower_rule_matches_a_wider_one_matches(world: World) -> None:
    what_a_narrower_rule_matches_a_wider_one_matches(world)


def says_alone(template: str) -> RuleText:
    return RuleText(file="f", layer="team", topic="t", name="r", line=1, say=(template,))


@st.composite
def nested_sentences(draw: st.DrawFn) -> tuple[str, str, str]:
    """Two templates, the second the first with slots made wider, and a text that the first may say."""
    narrow = draw(templates)
    wide = narrow
    for _ in range(draw(st.integers(1, 3))):
        able = [(old, new) for old, new in WIDENINGS if old in wide and new not in wide]
        if able:
            wide = wide.replace(*draw(st.sampled_from(able)), 1)
    return narrow, wide, draw(sentences(narrow))


def a_sentence_within_another_is_said_by_it(narrow: str, wide: str, text: str) -> None:
    sight = Sight(Query(text), NORMALISER.read(text))
    one, other = (says(each) for each in (narrow, wide))
    if narrower(one, other) and one.match(sight).full:
        assert other.match(sight).full


def says(template: str) -> Condition:
    rule = replace(says_alone(template), steps=(STEP,))
    return compile(Sources(rules=(rule,), words=LISTS), SETTINGS).rules["t.r"].condition


@settings(max_examples=300)
@given(nested_sentences())
def test_a_sentence_within_another_is_said_by_it(three: tuple[str, str, str]) -> None:
    a_sentence_within_another_is_said_by_it(*three)


# the matcher against a plain one


def plainly(branch: Branch, reading: Reading, at: int = 0) -> bool:
    """Match by trying everything, with nothing remembered or left out."""
    if not branch:
        return all(token.idle for token in reading.tokens[at:])
    if at >= len(reading.tokens):
        return False
    first = branch[0]
    token = reading.tokens[at]
    if isinstance(first, Literal):
        ends = [at + 1] if token.stem == first.stem and not token.mark else []
    else:
        ends = list(first.ends(reading, at))
    return any(plainly(branch[1:], reading, end) for end in ends) or (
        token.idle and plainly(branch, reading, at + 1)
    )


@settings(max_examples=300)
@given(st.data(), templates)
def test_a_template_matches_what_trying_everything_matches(data: st.DataObject, template: str) -> None:
    text = data.draw(texts((says_alone(template),)))
    made = parsed(template)
    reading = NORMALISER.read(text)
    assert (made.match(reading) is not None) == any(plainly(each, reading) for each in made.branches)


dense = st.lists(st.sampled_from(("a", "b", "(a|b)", "[a]", "{r:rest}", "{p:path}", "{w:word}", "{q:path}")))
few = st.lists(st.sampled_from(("a", "b", "a,b", ".", "./", "..", "3", "'a b'")), max_size=7)


@settings(max_examples=300)
@given(dense.filter(bool), few)
def test_marks_and_rests_match_what_trying_everything_matches(pieces: list[str], words: list[str]) -> None:
    made = parsed(" ".join(dict.fromkeys([*pieces, "a"])))
    reading = NORMALISER.read(" ".join(words))
    assert (made.match(reading) is not None) == any(plainly(each, reading) for each in made.branches)


@given(st.data(), rulebooks(most=3))
def test_a_phrase_is_found_where_its_words_follow_each_other(data: st.DataObject, sources: Sources) -> None:
    reading = NORMALISER.read(data.draw(texts(sources.rules)))
    phrase = NORMALISER.stems(data.draw(st.sampled_from(("order status", "refund", "client order refund"))))
    assert reading.has(phrase) == contains(reading.stems, phrase)


# any text at all


@settings(max_examples=200)
@given(st.text(st.characters(codec=None), max_size=40), rulebooks(most=3))
@example("\ud800", Sources())
@example("\0", Sources())
@example("\N{COMBINING ACUTE ACCENT}" * 100, Sources())
def test_a_text_is_decided_or_refused_whatever_it_holds(text: str, sources: Sources) -> None:
    book = compile(sources, SETTINGS)
    for context in ({}, {"facts": {text: text}}, {"words": frozenset((text,))}):
        try:
            asked = Query(text, **context)
        except QueryRefused:
            continue
        canonical(book.decide(asked).to_dict())


@given(st.text(max_size=60))
def test_words_lie_in_the_text_in_order_and_do_not_overlap(text: str) -> None:
    reading = NORMALISER.read(text)
    ends = [0]
    for token in reading.tokens:
        assert ends[-1] <= token.start < token.end <= len(reading.text)
        assert token.stem
        ends.append(token.end)
    assert NORMALISER.read(reading.text).tokens == reading.tokens


# the same bytes everywhere

BATCH: Final = """
import json, sys
from pathlib import Path
from router.core.canonical import canonical
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory
from tests.core.making import SETTINGS, query
told = []
for number, context in enumerate(json.loads(Path(sys.argv[1], "queries.json").read_text())):
    decision = read_rulebook(Directory(Path(sys.argv[1], str(number))), SETTINGS).decide(query(**context))
    told.append([decision.to_dict(), [each.to_dict() for each in decision.verdicts]])
print(canonical(told))
"""
PURE: Final = """
import datetime, json, sys, time
from pathlib import Path
import fnmatch, hashlib, router.core.programs, router.core.tournament
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory
from tests.core.making import SETTINGS, query
books = [
    (read_rulebook(Directory(Path(sys.argv[1], str(number))), SETTINGS), query(**context))
    for number, context in enumerate(json.loads(Path(sys.argv[1], "queries.json").read_text()))
]
def refuse(*_):
    raise AssertionError("a decision looked at the clock")
for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime",
             "gmtime", "sleep", "process_time", "strftime"):
    setattr(time, name, refuse)
seen = []
quiet = ("object.", "sys._getframe", "compile", "exec", "code.", "marshal.")
def hook(event, arguments):
    if not event.startswith(quiet):
        seen.append((event, str(arguments)))
sys.addaudithook(hook)
decisions = [book.decide(asked) for book, asked in books]
told = [(each.id, each.verdicts) for each in decisions]
found = list(seen)
print(json.dumps(found))
print(len(decisions))
"""


def batch(directory: Path, count: int) -> None:
    """Write so many worlds as projects, and their queries beside them."""
    found: list[World] = []

    @settings(max_examples=count)
    @given(worlds())
    def collect(world: World) -> None:
        found.append(world)

    collect()
    for number, world in enumerate(found):
        written(directory / str(number), on_disk(world.sources))
    contexts = [world.query.to_dict() for world in found]
    (directory / "queries.json").write_text(json.dumps(contexts))


def run(script: str, *arguments: str, seed: str = "random") -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=PROJECT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_decisions_are_the_same_bytes_under_every_hash_seed(tmp_path: Path) -> None:
    batch(tmp_path, 60)
    told = {run(BATCH, str(tmp_path), seed=seed) for seed in ("0", "1", "4242")}
    assert len(told) == 1
    assert all(f'"kind":"{kind}"' in max(told) for kind in ("rule", "tie", "none"))


def test_a_decision_touches_no_clock_no_disk_and_no_network(tmp_path: Path) -> None:
    batch(tmp_path, 25)
    seen, count = run(PURE, str(tmp_path)).splitlines()
    assert json.loads(seen) == []
    assert int(count) >= 20


# the same, many times over

PROPERTIES: Final[tuple[Callable[[World], None], ...]] = (
    the_order_of_settings_never_matters,
    one_rule_bears_only_on_queries_that_it_matches,
    a_decision_is_one_of_three,
    every_loser_loses_for_a_reason,
    what_a_narrower_rule_matches_a_wider_one_matches,
    the_index_leaves_out_no_rule_that_matches_or_nearly_does,
    what_a_condition_implies_is_found_by_its_words,
)


@pytest.mark.slow
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda each: each.__name__)
@settings(max_examples=2000, derandomize=False)
@given(worlds())
def test_it_holds_many_times_over(holds: Callable[[World], None], world: World) -> None:
    holds(world)


@pytest.mark.slow
@settings(max_examples=2000, derandomize=False)
@given(rulebooks(most=8), st.integers(0, 10**6), st.data())
def test_order_and_containment_hold_many_times_over(sources: Sources, seed: int, data: st.DataObject) -> None:
    narrower_is_a_strict_partial_order(sources)
    the_order_of_rules_and_names_never_matters(World(sources, data.draw(queries(sources))), seed)


@pytest.mark.slow
@settings(max_examples=3000, derandomize=False)
@given(nested_sentences())
def test_sentences_nest_many_times_over(three: tuple[str, str, str]) -> None:
    a_sentence_within_another_is_said_by_it(*three)
