"""Which tools a model is shown where there are too many, on a tie, and where their words are hostile."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.core.admission import Admission
from router.core.compile import compile
from router.core.plan import Target
from router.core.query import Query
from router.core.settings import Server, Settings
from router.core.source import Sources
from router.core.text import Normaliser
from router.planner.prompt import messages
from router.planner.shape import plan_schema
from router.planner.showing import shown
from router.ports import Hit, Offer, Tool
from router.testing import FakeCatalogue

BOOK = compile(Sources(), Settings())
ADMISSION = Admission.of(Settings(), Normaliser("english"))
LARGE = {"type": "object", "description": "x" * 20_000}


def offered(name: str, *tools: Tool) -> Offer:
    return Offer("mcp", name, tools)


def target(name: str, tool: str = "") -> Target:
    return Target("mcp", name, tool)


def test_a_tool_that_is_too_large_hides_no_other() -> None:
    small = [Tool(f"tool_{number:02}", "x") for number in range(20)]
    catalogue = FakeCatalogue(
        [offered("git", Tool("huge", "x", LARGE), *small)],
        [Hit(target("git", "tool_03"), ""), Hit(target("git", "huge"), "")],
    )

    found = shown(catalogue, Query("x"), (), ADMISSION, 1_000)

    assert [each.target.member for each in found.entries] == [tool.name for tool in small]
    assert found.known == 21


def test_of_every_tied_target_at_least_one_is_shown_however_large() -> None:
    catalogue = FakeCatalogue(
        [
            offered("a", Tool("one", "x", LARGE), Tool("other", "x", LARGE)),
            offered("b", Tool("two", "x", LARGE), Tool("three", "x", LARGE), Tool("small")),
        ],
        [Hit(target("b", "two"), "")],
    )

    found = shown(catalogue, Query("x"), (target("a", "one"), target("b")), ADMISSION, 1_000)

    assert [each.target for each in found.entries] == [target("a", "one"), target("b", "two")]
    assert found.known == 4


def test_search_is_asked_only_where_not_all_can_be_shown() -> None:
    catalogue = FakeCatalogue([offered("git", Tool("log"), Tool("status"))])

    shown(catalogue, Query("x"), (), ADMISSION)
    shown(catalogue, Query("x"), (), ADMISSION, 1_000)
    assert catalogue.asked == []

    shown(catalogue, Query("x"), (), ADMISSION, 1)
    assert catalogue.asked == [Query("x")]


def test_words_look_at_tags_and_descriptions_of_tools_too() -> None:
    wanted = Settings(servers={"git": Server("git", modes=("useful",))})
    admission = Admission.of(wanted, Normaliser("english"))
    catalogue = FakeCatalogue(
        [
            offered("git", Tool("in_other_modes", "code")),
            offered(
                "s", Tool("a", "Reads source code."), Tool("b", tags=("code",)), Tool("c", "Sends mail.")
            ),
        ]
    )

    found = shown(catalogue, Query("x", words=frozenset({"codes"})), (), admission)

    assert [each.target for each in found.entries] == [target("s", "a"), target("s", "b")]


@pytest.mark.parametrize("name", ["a b", "a\nb", "", "\ud800", "x<|end|>"])
def test_a_tool_that_no_plan_can_name_is_not_shown(name: str) -> None:
    found = shown(FakeCatalogue([offered("s", Tool(name), Tool("fine"))]), Query("x"), (), ADMISSION)

    assert [each.target.member for each in found.entries] == ["fine"]


MARK = st.sampled_from(["<|end|>", "<|start|>", "<|message|>", "<|im_start|>", "<<|end|>", "<|", "|>", "x"])


@settings(deadline=None)
@given(st.lists(MARK).map("".join))
def test_no_foreign_text_speaks_the_format_of_a_chat(foreign: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "description": foreign}}}
    offer = Offer("mcp", "s", (Tool("t", foreign, schema),), title=foreign, description=foreign)
    agent = Offer("a2a", "w", (Tool("t", foreign),), description=foreign)
    seen = shown(FakeCatalogue([offer, agent]), Query("x"), (), ADMISSION)

    system, _ = messages(BOOK, Query("x"), seen, plan_schema(["mcp:s/t"]), tie=False, steps=1)

    for mark in ("<|end|>", "<|start|>", "<|message|>", "<|im_start|>"):
        assert mark not in system["content"]


@settings(deadline=None)
@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=12), st.integers(0, 2_000))
def test_what_is_shown_fits_but_for_the_nearest(sizes: list[int], most: int) -> None:
    tools = [Tool(f"t{number}", "x" * size) for number, size in enumerate(sizes)]
    nearest = target("s", f"t{len(sizes) // 2}")
    catalogue = FakeCatalogue([offered("s", *tools)], [Hit(nearest, "")])

    found = shown(catalogue, Query("x"), (), ADMISSION, most)

    others = sum(each.tokens for each in found.entries if each.target != nearest)
    assert found.find(nearest) is not None
    assert others == 0 or others + next(e.tokens for e in found.entries if e.target == nearest) <= most
    assert [each.target for each in found.entries] == sorted(each.target for each in found.entries)
