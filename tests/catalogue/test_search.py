"""Which tools and skills search finds, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.catalogue.search import Index
from router.core.query import LONGEST_TEXT, Query
from router.core.settings import Agent, Server, Settings
from router.errors import QueryRefused
from router.ports import Offer, Tool

GIT = Offer(
    "mcp",
    "git",
    (
        Tool("git_status", "Shows the working tree status"),
        Tool("git_log", "Shows the commit logs"),
        Tool("git_diff_unstaged", "Shows changes in the working directory that are not yet staged"),
        Tool("git_branch", "List Git branches"),
    ),
    "mcp-git",
)
TIME = Offer(
    "mcp",
    "time",
    (
        Tool("get_current_time", "Get current time in a specific timezone"),
        Tool("convert_time", "Convert time between timezones"),
    ),
)
RELEASE = Offer(
    "a2a",
    "release",
    (Tool("notes", "Writes release notes. Knows all versions.", tags=("changelog", "on-call")),),
    "Release agent",
    "Knows what was shipped.",
)
PEERS = Settings(
    servers={"git": Server("git", command="git"), "time": Server("time", command="time")},
    agents={"release": Agent("release", url="http://127.0.0.1/")},
)
INDEX = Index((GIT, TIME, RELEASE), PEERS)


def found(
    text: str, index: Index = INDEX, limit: int = 10, modes: Iterable[str] = (), words: Iterable[str] = ()
) -> list[str]:
    """Return the targets that search gives, as rules write them."""
    query = Query(text, frozenset(modes), frozenset(words))
    return [str(hit.target) for hit in index.nearest(query, limit)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("show the commit logs", "mcp:git/git_log"),
        ("which branches are there", "mcp:git/git_branch"),
        ("what is the time in Tokyo", "mcp:time/convert_time"),
        ("changes not yet staged", "mcp:git/git_diff_unstaged"),
        ("write a changelog", "a2a:release/notes"),
        ("what was shipped", "a2a:release/notes"),
        ("currnet timezone", "mcp:time/get_current_time"),
        ("comit", "mcp:git/git_log"),
        ("gitlog commits", "mcp:git/git_log"),
    ],
)
def test_the_nearest_tool_comes_first(text: str, first: str) -> None:
    assert found(text)[0] == first


@pytest.mark.parametrize(
    "text", ["zebra xylophone", "what is it that we can do", "?!", "-- \" ' ) ( *", "éà"]
)
def test_a_text_that_shares_no_word_finds_nothing(text: str) -> None:
    assert found(text) == []


def test_a_hit_carries_the_first_sentence() -> None:
    (hit,) = INDEX.nearest(Query("release notes"), 1)
    assert hit.description == "Writes release notes."


def test_ties_are_broken_by_target() -> None:
    names = ("b", "a", "c")
    offers = [Offer("mcp", name, (Tool("list", "List all things"),)) for name in names]
    peers = Settings(servers={name: Server(name, command="x") for name in names})
    assert found("things", Index(offers, peers)) == ["mcp:a/list", "mcp:b/list", "mcp:c/list"]


@pytest.mark.parametrize("limit", [0, -1])
def test_no_more_than_the_limit_is_returned(limit: int) -> None:
    assert found("git", limit=limit) == []
    assert len(found("git", limit=2)) == 2


def test_a_peer_with_modes_is_shown_in_these_alone() -> None:
    peers = replace(PEERS, servers={**PEERS.servers, "git": Server("git", command="g", modes=("useful",))})
    index = Index((GIT, TIME), peers)
    assert found("commit logs", index) == []
    assert found("commit logs", index, modes={"faves"}) == []
    assert found("commit logs", index, modes={"faves", "useful"}) == ["mcp:git/git_log"]
    assert found("timezone", index, modes={"faves"})


@pytest.mark.parametrize("word", ["release", "NOTES", "changelog", "on-call", "versions", "shipped", "Agent"])
def test_words_look_at_names_tags_and_descriptions(word: str) -> None:
    text = "release notes, commit logs and timezones"
    assert found(text, words={word}) == ["a2a:release/notes"]


def test_any_of_several_words_is_enough() -> None:
    text = "release notes and current time"
    assert set(found(text, words={"timezone", "changelog"})) == {
        "a2a:release/notes",
        "mcp:time/get_current_time",
        "mcp:time/convert_time",
    }


@pytest.mark.parametrize("word", ["nowhere", "rele"])
def test_a_word_that_nothing_has_leaves_nothing(word: str) -> None:
    assert found("release notes, commit logs and timezones", words={word}) == []


def test_tags_and_the_description_of_the_settings_are_looked_at() -> None:
    server = Server("git", command="git", tags=("code",), description="The monorepo")
    index = Index((GIT, TIME), replace(PEERS, servers={**PEERS.servers, "git": server}))
    assert set(found("code")) == set()
    assert {each.split("/")[0] for each in found("monorepo", index)} == {"mcp:git"}
    assert {each.split("/")[0] for each in found("status, time", index, words={"code"})} == {"mcp:git"}


def test_an_agent_without_skills_is_found_itself() -> None:
    agent = Offer("a2a", "release", (), "Release agent", "Knows what was shipped.")
    assert found("shipped", Index([agent], PEERS)) == ["a2a:release"]


def test_a_server_without_tools_is_not_found() -> None:
    assert found("git", Index([Offer("mcp", "git", (), "Git")], PEERS)) == []


def test_nothing_is_found_where_nothing_is_offered() -> None:
    assert found("anything", Index((), Settings())) == []


def test_scripts_without_spaces_match_by_characters() -> None:
    tool = Tool("bing_search", "使用必应搜索指定的关键词并返回搜索结果列表。")
    index = Index((Offer("mcp", "bing", (tool,)), GIT), Settings())
    assert found("搜索关键词", index) == ["mcp:bing/bing_search"]


def test_another_language_has_its_own_stems_and_no_english_function_words() -> None:
    tool = Tool("suche", "Findet die Häuser einer Straße")
    index = Index([Offer("mcp", "makler", (tool,))], Settings(language="german"))
    assert found("ein Haus in der STRASSE", index) == ["mcp:makler/suche"]
    assert found("what", Index([Offer("mcp", "x", (Tool("what"),))], Settings(language="none"))) == [
        "mcp:x/what"
    ]


_NAMES = st.text("abcdefghij_", min_size=1, max_size=8)
_TOOLS = st.builds(Tool, name=_NAMES, description=st.text(max_size=60), tags=st.tuples(st.text(max_size=5)))
_OFFERS = st.lists(
    st.builds(Offer, st.sampled_from(("mcp", "a2a")), _NAMES, st.lists(_TOOLS, max_size=4).map(tuple)),
    max_size=5,
    unique_by=lambda offer: (offer.scheme, offer.name),
)


@st.composite
def _queries(draw: st.DrawFn) -> Query:
    text = draw(st.text(min_size=1, max_size=200).filter(str.strip))
    try:
        return Query(text, words=frozenset(draw(st.lists(st.text(max_size=6), max_size=2))))
    except QueryRefused:
        return Query("a")


@given(_OFFERS, _queries())
@settings(deadline=None)
def test_any_text_over_any_offers_gives_known_targets(offers: list[Offer], query: Query) -> None:
    known = {(each.scheme, each.name) for each in offers}
    hits = Index(offers, Settings()).nearest(query, 5)
    assert len(hits) <= 5
    assert {(hit.target.scheme, hit.target.name) for hit in hits} <= known


@given(_OFFERS, st.randoms(use_true_random=False), _queries())
@settings(deadline=None)
def test_the_order_of_offers_does_not_matter(offers: list[Offer], random: Random, query: Query) -> None:
    shuffled = list(offers)
    random.shuffle(shuffled)
    assert Index(shuffled, Settings()).nearest(query, 9) == Index(offers, Settings()).nearest(query, 9)


@pytest.mark.parametrize(
    "text",
    [
        "x" * LONGEST_TEXT,
        " ".join(f"wordnumber{number}" for number in range(3500)),
        ("commit logs " * 6000)[:LONGEST_TEXT],
        '"' * LONGEST_TEXT,
        "索" * LONGEST_TEXT,
    ],
)
def test_the_longest_texts_are_answered(text: str) -> None:
    assert isinstance(found(text), list)
