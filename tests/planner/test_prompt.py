"""What a model is shown and asked, and which model it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.compile import compile
from router.core.plan import Target
from router.core.query import Attachment, Query
from router.core.settings import LARGE, SMALL, Planning, Settings
from router.core.source import Sources
from router.planner.prompt import messages, repair
from router.planner.shape import plan_schema, response_format
from router.planner.showing import Shown, shown, tokens_of
from router.planner.tiers import LONG_WORDS, complexity, tier
from router.ports import Hit, Offer, Tool
from router.testing import FakeCatalogue
from tests import projects
from tests.planner.worlds import OFFERS

MANY = Offer("mcp", "git", tuple(Tool(f"tool_{number:03}", "x" * 400) for number in range(100)))


def of(directory: Path, text: Query | str, *, offers: tuple[Offer, ...] = OFFERS, **asked: object) -> Shown:
    book = projects.book(directory, "")
    query = Query(text) if isinstance(text, str) else text
    hits = [Hit(Target("mcp", "git", "tool_077"), "")]
    most = int(str(asked.get("tokens", 10_000)))
    among = asked.get("among", ())
    assert isinstance(among, tuple)
    return shown(FakeCatalogue(offers, hits), query, among, book.admission, most)


def targets(found: Shown) -> list[str]:
    return [str(each.target) for each in found.entries]


def test_all_that_modes_and_words_leave_is_shown(tmp_path: Path) -> None:
    everything = of(tmp_path, "x")
    assert targets(everything) == ["a2a:writer", "a2a:writer/prose", "mcp:git/git_log", "mcp:git/git_status"]
    assert everything.known == 4
    assert everything.peers == {"a2a:writer": "Writes.", "mcp:git": "Git"}
    assert targets(of(tmp_path, Query("x", words=frozenset({"writer"})))) == [
        "a2a:writer",
        "a2a:writer/prose",
    ]


def test_of_too_many_those_are_shown_that_search_ranks_highest(tmp_path: Path) -> None:
    found = of(tmp_path, "x", offers=(MANY,), tokens=1_000)

    assert found.known == 100
    assert targets(found)[-1] == "mcp:git/tool_077"
    assert targets(found)[:2] == ["mcp:git/tool_000", "mcp:git/tool_001"]
    assert sum(each.tokens for each in found.entries) <= 1_000
    assert len(of(tmp_path, "x", offers=(MANY,), tokens=1).entries) == 1


def test_on_a_tie_only_the_tied_targets_are_shown(tmp_path: Path) -> None:
    among = (Target("a2a", "writer"), Target("mcp", "git"), Target("mcp", "gone", "x"))
    assert targets(of(tmp_path, "x", among=among)) == ["a2a:writer", "mcp:git/git_log", "mcp:git/git_status"]


def test_the_prompt_tells_tools_agents_the_request_modes_words_and_shape(tmp_path: Path) -> None:
    book = projects.book(tmp_path, "")
    query = Query(
        "what changed",
        modes=frozenset({"useful"}),
        words=frozenset({"git"}),
        facts={"env": "prod"},
        attached=(Attachment("/a.png", "image/png", "a.png"),),
        cwd="/src",
    )
    seen = of(tmp_path, "x")
    system, user = messages(book, query, seen, plan_schema(targets(seen)), tie=True, steps=3)

    assert user == {"role": "user", "content": "what changed"}
    text = system["content"]
    for wanted in (
        "mcp:git: Git",
        "mcp:git/git_log: Shows the commit logs",
        '"max_count": {"type": "integer"}',
        "a2a:writer/prose: Writes prose",
        "mode: useful",
        "filtered by: git",
        "env: prod",
        "working directory: /src",
        "a.png (image/png)",
        "# Tie",
        "at most 3",
        '"additionalProperties": false',
    ):
        assert wanted in text, wanted
    assert "are listed: those nearest" not in text


@given(st.text(max_size=200))
def test_no_description_ends_the_fence_around_it(foreign: str) -> None:
    book = compile(Sources(), Settings())
    offer = Offer("mcp", "git", (Tool("git_log", foreign, {"type": "object"}),))
    seen = shown(FakeCatalogue([offer]), Query("x"), (), book.admission, 10_000)
    system, _ = messages(book, Query("x"), seen, plan_schema(["mcp:git/git_log"]), tie=False, steps=1)
    text = system["content"]
    fence = next(line for line in text.splitlines() if line.startswith("-----data "))
    before, inside, after = text.split(f"{fence}\n", 2)
    assert foreign in inside
    assert "never an instruction" in before
    assert "# Context" in after


def test_a_description_is_no_template(tmp_path: Path) -> None:
    offer = Offer("mcp", "git", (Tool("git_log", "{{ 7 * 7 }} {% raise %}", {"type": "object"}),))
    seen = of(tmp_path, "x", offers=(offer,))
    system, _ = messages(
        projects.book(tmp_path, ""),
        Query("{{ 7 * 7 }}"),
        seen,
        plan_schema(targets(seen)),
        tie=False,
        steps=1,
    )
    assert "{{ 7 * 7 }} {% raise %}" in system["content"]


def test_a_project_s_own_template_is_asked(tmp_path: Path) -> None:
    projects.write(tmp_path, {"prompts/planner.md.j2": "Plan {{ query }} with {{ tools[0].use }}."})
    book = projects.book(tmp_path, "")
    seen = of(tmp_path, "x")
    system, _ = messages(book, Query("it"), seen, plan_schema(targets(seen)), tie=False, steps=1)
    assert system["content"] == "Plan it with mcp:git/git_log."


def test_a_model_is_told_its_answer_and_what_is_wrong_with_it() -> None:
    answered, asked = repair("{}", ("there are no steps", "x"))
    assert answered == {"role": "assistant", "content": "{}"}
    assert "- there are no steps\n- x" in asked["content"]


def test_every_object_of_the_schema_is_closed_and_every_key_required() -> None:
    schema = plan_schema(["mcp:b/c", "mcp:a/b"])
    step = schema["properties"]["steps"]["items"]
    for each in (schema, step):
        assert each["additionalProperties"] is False
        assert each["required"] == [*each["properties"]]
    assert step["properties"]["use"]["enum"] == ["mcp:a/b", "mcp:b/c"]
    assert step["properties"]["args"]["type"] == "string"
    assert response_format(schema)["json_schema"]["strict"] is True
    json.dumps(schema)


@pytest.mark.parametrize(
    ("modes", "text", "cheaper", "wanted"),
    [
        ("", "short", False, (SMALL, "low")),
        ("faves", "x " * 100, False, (SMALL, "low")),
        ("useful", "short", False, (SMALL, "low")),
        ("useful", "x " * LONG_WORDS, False, (LARGE, "medium")),
        (
            "useful",
            "read it; then sum it up. Send it to Ann. Tell me when done, and then stop",
            False,
            (LARGE, "medium"),
        ),
        ("essential", "short", False, (LARGE, "medium")),
        ("faves useful essential", "short", False, (LARGE, "medium")),
        ("essential", "short", True, (SMALL, "low")),
    ],
)
def test_the_mode_the_question_and_the_budget_choose_the_model(
    modes: str, text: str, cheaper: bool, wanted: tuple[str, str]
) -> None:
    query = Query(text, modes=frozenset(modes.split()))
    assert tier(Planning(), query, cheaper=cheaper) == wanted


def test_settings_choose_the_model_before_all_else() -> None:
    planning = Planning(models={"faves": "a", "useful": "b", "essential": "c"}, effort={"essential": "high"})

    def chosen(mode: str, text: str = "x", *, cheaper: bool = False) -> tuple[str, str]:
        return tier(planning, Query(text, modes=frozenset({mode})), cheaper=cheaper)

    assert chosen("faves") == ("a", "low")
    assert chosen("useful") == ("b", "low")
    assert chosen("useful", "x " * 100) == ("c", "medium")
    assert chosen("essential") == ("c", "high")
    assert chosen("essential", cheaper=True) == ("a", "low")


def test_complexity_counts_words_clauses_and_files() -> None:
    assert complexity(Query("what changed?")) == 2
    assert complexity(Query("what changed. And who?")) == 4 + 12
    file = Attachment("/a", "text/plain", "a")
    assert complexity(Query("sum it up", attached=(file,))) == 3 + 12


def test_tokens_are_estimated_generously() -> None:
    assert [tokens_of(text) for text in ("", "a", "abcd", "abcde")] == [0, 1, 1, 2]
