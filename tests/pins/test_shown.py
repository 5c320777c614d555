"""What pins make of a question: a warning for the asker, and nothing refused among what is searched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from router.catalogue.store import Store
from router.core.plan import Target
from router.core.query import Query
from router.core.settings import Server, Settings
from router.loading import catalogue
from router.pins import LOCK_FILE, lock_text, pinned
from tests.pins.offers import ADD, GIT, LOG
from tests.projects import book, project
from tests.routers import over

STRICT = '[mcp.git]\ncommand = "git-server"\n[pins]\nstrict = true\n'
TWICE = """
[twice]
say = "twice"
steps = [
    { id = "a", use = "mcp:git/add" },
    { id = "b", use = "mcp:git/add" },
    { id = "c", use = "mcp:git/log" },
]
"""


def caution(target: Target) -> str:
    return "look" if target.member == "add" else ""


def test_what_the_asker_should_know_of_a_target_is_told_once(tmp_path: Path) -> None:
    router, _ = over(book(tmp_path, TWICE))

    outcome = anyio.run(replace(router, caution=caution).ask, "twice")

    assert outcome.warnings == ("look",)


def test_what_is_not_admitted_is_neither_known_nor_found(tmp_path: Path) -> None:
    settings = Settings(servers={"git": Server("git", command="git-server")})
    Store(tmp_path, settings).keep(GIT)
    hidden = replace(GIT, tools=(LOG,))
    query = Query("add files")

    one = Store(tmp_path, settings, admitted=lambda _: hidden)
    none = Store(tmp_path, settings, admitted=lambda _: None)

    assert (one.offers(), none.offers()) == ((hidden,), ())
    assert "add" in [hit.target.member for hit in Store(tmp_path, settings).nearest(query, 5)]
    assert "add" not in [hit.target.member for hit in one.nearest(query, 5)]
    assert none.nearest(query, 5) == ()


@pytest.mark.parametrize(
    ("settings", "known"), [(STRICT, ["log"]), (STRICT.replace("true", "false"), ["add", "log"])]
)
def test_a_strict_project_knows_only_what_is_as_reviewed(
    tmp_path: Path, settings: str, known: list[str]
) -> None:
    before = replace(GIT, tools=(replace(ADD, description="Add."), LOG))
    made = project(tmp_path, {LOCK_FILE: lock_text({"mcp:git": pinned(before)})}, settings)
    catalogue(made).keep(GIT)

    [offer] = catalogue(made).offers()

    assert [tool.name for tool in offer.tools] == known
