"""The matcher that answers, held to the plain one of decide.py: by generated rulebooks and by real ones.

    TS_CASES=5000000 python -m pytest -m slow -s tests/core/test_matcher.py

compares so many decisions on generated rulebooks; without it there are 200,000. `TS_CLINC150` names the
`data_full.json.gz` of CLINC150 (Larson et al., 2019), whose queries are then asked of every rulebook.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import cycle, pairwise
from pathlib import Path
from random import Random
from typing import Final
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from benchmarks import clinc150
from router.config import load_project
from router.core import matcher, tournament
from router.core.book import Rulebook
from router.core.compile import compile
from router.core.conditions import Sight
from router.core.containment import Containment
from router.core.decide import decide
from router.core.decision import Decision
from router.core.query import Attachment, Query
from router.core.rule import STAGES, Rule
from router.core.sentence import Literal
from router.core.settings import Server, Settings
from router.core.source import Sources
from router.errors import QueryRefused
from router.rulebook.corpus import read_corpus
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory
from tests.core.crowds import TEXTS, crowd
from tests.core.making import SETTINGS, sources
from tests.core.worlds import LISTS, SLOTS, WORDS, World, parsed, rulebooks, worlds

PROJECT: Final = Path(__file__).parents[2]
PUBLIC: Final = Path(
    os.environ.get("TS_CLINC150") or PROJECT.parent / "shared/data/clinc150/data_full.json.gz"
)
CASES: Final = int(os.environ.get("TS_CASES") or 200_000)
QUERIES_A_WORLD: Final = 800
QUERIES_A_CROWD: Final = 40
PROJECTS: Final = (
    ".",
    *sorted(f"examples/{each.parent.name}" for each in PROJECT.glob("examples/*/ts.toml")),
)
CLINC_RULES: Final = 120
LOOSE: Final = (
    *WORDS, "ledger", "the", "3", "2.5", "-4", "1e9", "src/a.py", ".", "..", "/", "today", "2027-02-30",
    "2027-01-31", "order 12", "ref-7", "order status", "'my file'", "退款", "Refunds", "ORDERS", "statuses",
    "c++", "don't", "\uff11\uff12", "\ufb01le", "order\u00a07", "🙂", "e\u0301", "(client)", "[order]",
    "x=refund", "a,b", "order #1183",
)  # fmt: skip
GLUE: Final = (" ",) * 8 + (", ", "? ", " . ", ",", "-", "", "  ", "\n", " ! ")
MODES: Final = ((), (), ("useful",), ("useful",), ("faves", "essential"), ("essential",))
FILTERS: Final = ((),) * 9 + (("code",), ("refunds",), ("nothing",), ("ledger", "git"), ("tool",))
FACTS: Final[tuple[dict[str, str], ...]] = (
    {}, {}, {"env": "prod"}, {"env": "test"}, {"env": "prod", "team": "a"}, {"key": "k7"},
    {"key": "k3", "env": "prod"},
)  # fmt: skip
randoms: Final = st.randoms(use_true_random=True)
TYPES: Final = (
    (),
    (),
    ("image/png",),
    ("image/gif", "text/plain"),
    ("TEXT/PLAIN",),
    ("image/png", "image/png"),
)


@dataclass(slots=True)
class Oracle:
    """Asks both matchers of one rulebook the same."""

    book: Rulebook
    compared: int = 0
    containment: Containment = field(default_factory=Containment)
    rules: list[Rule] = field(init=False)

    def __post_init__(self) -> None:
        """Take the whole rules."""
        self.rules = list(self.book.rules.values())

    def ask(self, query: Query) -> None:
        """Compare all that is said of a query: kind, rule, slots, ties, what is added, id, verdicts."""
        self.compared += 1
        wanted = self._wanted(self.rules, query)
        found = self.book.decide(query)
        assert found.to_dict() == wanted.to_dict(), query
        assert found.verdicts == wanted.verdicts, query
        assert found.matches == tuple(each for each in wanted.verdicts if each.verdict != "near"), query

    def ask_staged(self, query: Query, drawn: Random) -> None:
        """Compare with other stages than the rules' own."""
        self.compared += 1
        stages = {each.id: drawn.choice(STAGES) for each in self.rules if drawn.random() < 0.5}
        rules = [replace(each, stage=stages.get(each.id, each.stage)) for each in self.rules]
        wanted, found = self._wanted(rules, query), self.book.staged(query, stages)
        assert (found.to_dict(), found.verdicts) == (wanted.to_dict(), wanted.verdicts), (query, stages)

    def _wanted(self, rules: Iterable[Rule], query: Query) -> Decision:
        book = self.book
        sight = Sight(query, book.normaliser.read(query.text))
        layers = book.terms.layers
        return decide(rules, sight, layers, book.revision, book.admission, self.containment)


# generated rulebooks


def drawn_query(made: Sources, drawn: Random) -> Query | None:
    """Draw a query that some of the rules may well match; None for a text that can be none."""
    modes, words = frozenset(drawn.choice(MODES)), frozenset(drawn.choice(FILTERS))
    types = enumerate(drawn.choice(TYPES))
    attached = tuple(Attachment(f"f{number}", each, f"f{number}") for number, each in types)
    try:
        return Query(drawn_text(made, drawn), modes, words, drawn.choice(FACTS), attached)
    except QueryRefused:
        return None


def drawn_text(made: Sources, drawn: Random) -> str:
    said = [template for rule in made.rules for template in rule.say]
    luck = drawn.random()
    if said and luck < 0.5:
        return sentence(drawn.choice(said), drawn) + drawn.choice(
            ("", "", "", "?", " .", " order 12", " client")
        )
    pieces = [drawn.choice(LOOSE) for _ in range(drawn.randint(0 if luck < 0.9 else 1, 4))]
    if luck < 0.9:
        for rule in drawn.sample(made.rules, min(2, len(made.rules))):
            pieces += [
                spelt(drawn.choice(each), drawn) for each in (*rule.all, *rule.any[:1], *rule.none[:1])
            ]
            pieces += [{"number": "order 12", "key": "ref-7"}[name] for name in rule.looks]
        drawn.shuffle(pieces)
        pieces = pieces[: len(pieces) - (drawn.random() < 0.2)]
    return "".join(piece + drawn.choice(GLUE) for piece in pieces)


def sentence(template: str, drawn: Random) -> str:
    branch = drawn.choice(parsed(template).branches)
    pieces = [
        each.stem if isinstance(each, Literal) else drawn.choice((*SLOTS[str(each)], drawn.choice(LOOSE)))
        for each in branch
    ]
    return "".join(piece + drawn.choice(GLUE) for piece in pieces)


def spelt(entry: str, drawn: Random) -> str:
    while entry.startswith("@"):
        entry = drawn.choice(LISTS[entry[1:]])
    return drawn.choice((entry, entry, entry.upper(), entry + "s"))


def both_say_the_same(made: Sources, drawn: Random, count: int) -> int:
    """Ask so many queries of a rulebook, and return how many could be asked."""
    note(str(made))
    oracle = Oracle(compile(made, SETTINGS))
    for number in range(count):
        query = drawn_query(made, drawn)
        if query is not None and number % 10:
            oracle.ask(query)
        elif query is not None:
            oracle.ask_staged(query, drawn)
    return oracle.compared


@settings(max_examples=30)
@given(rulebooks(), randoms)
def test_both_matchers_say_the_same(made: Sources, drawn: Random) -> None:
    assert both_say_the_same(made, drawn, 40) > 20


@settings(max_examples=60)
@given(randoms)
def test_both_matchers_say_the_same_where_very_many_rules_match(drawn: Random) -> None:
    with few(drawn):
        both_say_the_same_of_a_crowd(drawn, 12)


@contextmanager
def few(drawn: Random) -> Iterator[None]:
    """Let few rules already be so many that they are sorted before they are compared."""
    number = drawn.choice((0, 2, 4, tournament.FEW))
    with mock.patch.object(tournament, "FEW", number), mock.patch.object(matcher, "FEW", number):
        yield


def test_where_every_rule_loses_to_another_nothing_is_decided() -> None:
    ring = """
[a]
when = { all = ["refund"] }
use = "mcp:ledger/a"
beats = ["t.b"]
[b]
when = { all = ["refund"] }
use = "mcp:ledger/b"
beats = ["t.a"]
"""
    with mock.patch("router.core.compile._refuse_rings"):
        oracle = Oracle(compile(sources(ring), SETTINGS))
    oracle.ask(Query("refund"))
    decision = oracle.book.decide("refund")
    assert (decision.kind, decision.layer) == ("none", "team")
    assert [(each.verdict, each.by) for each in decision.verdicts] == [("lost", "t.b"), ("lost", "t.a")]


@settings(max_examples=60)
@given(worlds())
def test_a_condition_holds_whether_or_not_near_misses_are_asked_for(world: World) -> None:
    sight = Sight(world.query, world.book.normaliser.read(world.query.text))
    for rule in world.book.rules.values():
        match = rule.condition.match(sight)
        assert rule.condition.match(sight, near=False).full == match.full
        assert not match.full or rule.condition.match(sight, near=False) == match
        holds = all(clause.find(sight) is not None for clause in rule.condition.clauses)
        assert rule.condition.says_all(sight) == holds


def both_say_the_same_of_a_crowd(drawn: Random, count: int) -> int:
    """Ask queries that many rules of a rulebook match, and return how many were asked."""
    made = crowd(drawn)
    note(str(made))
    oracle = Oracle(compile(made, SETTINGS))
    for number in range(count):
        oracle.ask(
            Query(
                drawn.choice(TEXTS),
                modes=frozenset(drawn.choice(MODES)),
                facts=drawn.choice(FACTS),
                attached=drawn.choice(((), (Attachment("a", "image/png", "a"),))),
                words=frozenset(("code",)) if number % 10 == 9 else frozenset(),
            )
        )
    return oracle.compared


Tell = Callable[[str, int], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print how many decisions were compared, past the capture of output."""

    def printed(what: str, compared: int) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{compared:,} decisions compared: {what}\n")

    return printed


@pytest.mark.slow
@pytest.mark.timeout(24 * 3600)
def test_both_matchers_say_the_same_of_very_many_queries(tell: Tell) -> None:
    counts: list[int] = []

    @settings(
        max_examples=max(CASES // QUERIES_A_WORLD, 1),
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(rulebooks(most=12), randoms)
    def very_many(made: Sources, drawn: Random) -> None:
        counts.append(both_say_the_same(made, drawn, QUERIES_A_WORLD))

    very_many()
    tell(f"{len(counts):,} generated rulebooks", sum(counts))
    assert sum(counts) >= 0.9 * CASES


@pytest.mark.slow
@pytest.mark.timeout(24 * 3600)
def test_both_matchers_say_the_same_of_very_many_crowds(tell: Tell) -> None:
    counts: list[int] = []

    @settings(max_examples=max(CASES // QUERIES_A_CROWD // 4, 1), deadline=None)
    @given(randoms)
    def very_many(drawn: Random) -> None:
        with few(drawn):
            counts.append(both_say_the_same_of_a_crowd(drawn, QUERIES_A_CROWD))

    very_many()
    tell(f"{len(counts):,} generated rulebooks, many rules of which match", sum(counts))


# real rulebooks and queries


@cache
def public() -> clinc150.Data:
    """Read the public queries; skip where there are none."""
    if not PUBLIC.is_file():
        pytest.skip("CLINC150 is not here: name its data_full.json.gz by TS_CLINC150")
    return clinc150.read(PUBLIC)


def public_queries() -> list[str]:
    found = public()
    return [text for text, _ in found.train] + found.validation + found.test


@cache
def book_of(name: str) -> Rulebook:
    """Compile a project of this repository, whatever settings the person has."""
    project = load_project(PROJECT / name, {"TS_HOME": "/nowhere"})
    return read_rulebook(Directory(project.directory), project.settings)


def recorded(name: str) -> Iterator[Query]:
    """Yield the queries that are written down in a project: in its corpus and with its rules."""
    for each in read_corpus(Directory(PROJECT / name)).all:
        yield each.query
    for rule in book_of(name).rules.values():
        for text in (*rule.yes, *rule.no):
            yield Query(text)


def disturbed(texts: Sequence[str]) -> Iterator[str]:
    """Yield each text, and each with a word less, a word of another, two words as one, and turned round."""
    for number, (text, other) in enumerate(pairwise((*texts, texts[0]))):
        words, others = text.split(), other.split()
        at = number % len(words)
        yield text
        yield " ".join((*words[:at], *words[at + 1 :])) or other
        yield " ".join((*words[:at], others[number % len(others)], *words[at:]))
        yield "-".join(words)
        yield " ".join(reversed(words))


@pytest.mark.parametrize("name", PROJECTS)
def test_both_matchers_say_the_same_of_all_recorded_queries(name: str) -> None:
    oracle = Oracle(book_of(name))
    for query in (each for other in PROJECTS for each in recorded(other)):
        if all(book_of(name).terms.unknown_fact(*each) == ("", "") for each in query.facts.items()):
            oracle.ask(query)
    assert oracle.compared > 20


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PROJECTS)
def test_both_matchers_say_the_same_of_public_queries(name: str, tell: Tell) -> None:
    oracle = Oracle(book_of(name))
    own = sorted({query.text for query in recorded(name)})
    contexts = cycle((modes, words) for words in FILTERS for modes in MODES)
    for text in (*public_queries(), *disturbed(own), *disturbed([*disturbed(own)])):
        modes, words = next(contexts)
        oracle.ask(Query(text, modes=frozenset(modes), words=frozenset(words)))
    tell(f"{name}, public queries and its own, disturbed", oracle.compared)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_both_matchers_say_the_same_of_rules_made_of_public_queries(tell: Tell) -> None:
    made = clinc150.made_rules(public().train, CLINC_RULES)
    rules = sources("\n".join(each.table for each in made), vocabulary=clinc150.VOCABULARY)
    work = Settings(layers=("team",), servers={"work": Server("work", command="work")})
    oracle = Oracle(compile(rules, work))
    for text in (*public_queries(), *disturbed([each.queries[0] for each in made])):
        oracle.ask(Query(text))
    tell(f"{len(made):,} rules made of public queries", oracle.compared)
