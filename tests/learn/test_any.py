"""Whatever is taught, a written rule gives every one of its texts the very call, and nothing raises."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from router.config import Project
from router.core.query import Query
from router.errors import QueryRefused
from router.learn.taught import Taught
from router.rulebook.format import format_rules
from tests import projects
from tests.learn.learning import DAY, call, landed, live

ODD = (
    "{{ x }}", "{% if %}", "{#", "{a:int}", "(a|b)", "[draft]", "|", "}",
    '"quoted words"', "'a b'", "\\", "\\n",
    "«x»", "c++", "f#", "it's", "São", "ﬁne", "東京", "ไทย", "٣", "½", "😀", "a\u200db", "./x", "..",
    "/", "~",
    "-3", "+4", "3.50", "1e3", "007", "1,000", "12:30", "2026-11-20", "2026-02-30", "today", "yesterday",
    "a,b", "k=v",
    "x.md", "docs/a b.md", "answer.j2", "none", "true", "steps", "#", "?", "…", "e\u0301",
)  # fmt: skip
PLAIN = ("show", "the", "last", "commits", "of", "status", "in", "main", "3", "12", "order", "please", "now")
WORDS = st.sampled_from(PLAIN) | st.sampled_from(ODD) | st.text(min_size=1, max_size=6)
SPACES = st.sampled_from((" ", " ", " ", "  ", "\n", "\t", "\u00a0", ", ", ""))
NAMES = st.sampled_from(("n", "text", "max count", "maxCount", "none", "time", "été", "", "1", "a.b", "x"))


@st.composite
def taught(draw: st.DrawFn) -> Taught:
    """Return a text and a call, some of whose values the text names."""
    words = draw(st.lists(WORDS, min_size=1, max_size=6))
    text = "".join(word + draw(SPACES) for word in words)
    named = st.sampled_from([*words, " ".join(words[:2]), f"v{words[0]}", f"before {words[-1]} and", text])
    numbers = [int(each) for each in words if each in ("3", "12", "-3", "007")] or [7]
    values = st.one_of(
        *(named,) * 4,
        st.sampled_from(numbers),
        st.sampled_from((3.5, 1000.0, None, True, 10**20, -0.0)),
        st.text(max_size=4),
    )
    nested = values | st.lists(values, max_size=2) | st.dictionaries(NAMES, values, max_size=2)
    seen = draw(st.sampled_from((DAY, "")))
    if draw(st.booleans()):
        message = draw(st.none() | named | st.text(max_size=5))
        return Taught(
            text,
            "a2a:writer",
            draw(st.none() | st.dictionaries(NAMES, nested, max_size=1)),
            message,
            "",
            seen,
        )
    use = draw(st.sampled_from(("mcp:git/git_log", "mcp:time/now", "mcp:unknown/x")))
    return Taught(
        text, use, draw(st.dictionaries(NAMES, nested, max_size=3)), None, "m", seen, cwd=draw(named)
    )


def askable(each: Taught) -> bool:
    try:
        Query(each.text)
        Query(each.text, cwd=each.cwd)
        each.call.encode()
    except (QueryRefused, ValueError):
        return False
    return True


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    with tempfile.TemporaryDirectory() as directory:
        yield projects.project(Path(directory))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(found=st.lists(taught(), min_size=1, max_size=5))
@example(found=[Taught("a 3", "mcp:git/x", {"n": 3}), Taught("a 4", "mcp:git/x", {"n": 3})])
@example(found=[Taught("see x.j2", "a2a:writer", None, "x.j2"), Taught("b", "a2a:writer", None, "end\n")])
def test_a_written_rule_gives_every_text_that_taught_it_its_very_call(
    project: Project, found: list[Taught]
) -> None:
    shutil.rmtree(project.directory / "rules", ignore_errors=True)

    made = landed(project, [each for each in found if askable(each)] or [Taught("a", "mcp:git/x", {})])

    book = live(project)
    for proposal in made.proposals:
        if proposal.holds:
            assert book.rules[proposal.id].why.startswith("Learned from ")
            for each in proposal.draft.taught:
                assert call(book, each.query) == each.call
    for path in project.directory.glob("rules/learned/*.toml"):
        text = path.read_text(encoding="utf-8")
        assert format_rules(text) == text
