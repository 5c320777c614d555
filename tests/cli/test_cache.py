"""`ts cache` tells which plans are remembered, and forgets them."""

from __future__ import annotations

import json

import pytest

from router.cli import cache
from router.errors import QueryRefused
from router.loading import plans
from tests.cli.states import State, state

__all__ = ["state"]

STEPS = [{"id": "1", "use": "mcp:git/git_log", "args": {}, "needs": []}]
EMPTY = "no plan is remembered; one is where a model makes a plan that no rule covers\n"


def keep(state: State) -> None:
    for key, text in (("aa11223344556677", "what\nchanged"), ("ab11223344556677", "y" * 80)):
        plans(state.project).keep(key, {"text": text, "model": "hf:m", "plan": {"steps": STEPS}})


def test_where_nothing_is_remembered_it_says_when_something_is(state: State) -> None:
    assert cache.list_plans() == 0
    assert state.printed() == ("", EMPTY)
    assert cache.stats() == 0
    out, err = state.printed()
    assert (out.splitlines()[0], err) == ("plans  0, 0.00 MB (at most 64 MB, 30 days)", EMPTY)
    assert cache.clear() == 0
    assert state.printed() == ("0 plans forgotten\n", "")
    with pytest.raises(QueryRefused, match="no plan is remembered"):
        cache.show_plan("a")


def test_plans_are_listed_the_newest_first(state: State) -> None:
    keep(state)
    assert cache.list_plans() == 0

    first, second = state.printed()[0].splitlines()
    assert first.startswith("ab1122334455  ")
    assert f"  {'y' * 59}…  mcp:git/git_log  hf:m" in first
    assert "  what\\x0achanged " in second
    assert cache.list_plans(as_json=True) == 0
    told = state.document()["plans"]
    assert [each["key"] for each in told] == ["ab11223344556677", "aa11223344556677"]
    assert (told[1]["text"], told[1]["targets"]) == ("what\nchanged", ["mcp:git/git_log"])


def test_how_much_is_remembered_and_of_use_is_told(state: State) -> None:
    keep(state)
    plans(state.project).find("aa11223344556677")
    plans(state.project).find("nothing")

    assert cache.stats() == 0
    lines = state.printed()[0].splitlines()
    assert lines[0].startswith("plans  2, 0.0")
    assert lines[1] == "found  1 times, 1 times not"
    assert cache.stats(as_json=True) == 0
    told = state.document()
    assert (told["entries"], told["hits"], told["misses"], told["limit_bytes"]) == (2, 1, 1, 64_000_000)
    assert told["oldest"] <= told["newest"]


def test_one_plan_is_shown_by_the_beginning_of_its_key(state: State) -> None:
    keep(state)
    assert cache.show_plan("aa") == 0

    out, _ = state.printed()
    assert out.startswith("key      aa11223344556677\n")
    assert "text     what\\x0achanged\n" in out
    assert json.loads(out[out.index("{") :])["steps"] == STEPS
    assert cache.show_plan("ab", as_json=True) == 0
    assert state.document()["plan"] == {"steps": STEPS}
    with pytest.raises(QueryRefused, match=r'"a" begins 2 keys: ab1122334455, aa1122334455'):
        cache.show_plan("a")
    with pytest.raises(QueryRefused, match='no plan has a key that begins with "ba"'):
        cache.show_plan("ba")


def test_all_plans_are_forgotten(state: State) -> None:
    keep(state)
    assert cache.clear(as_json=True) == 0
    assert state.document() == {"cleared": 2}
    assert plans(state.project).entries() == []
    keep(state)
    (state.project.home / "plans" / "cache.db").write_bytes(b"garbage " * 1000)
    with pytest.raises(OSError, match="ts cache clear begins a new one"):
        cache.list_plans()
    assert cache.clear() == 0
    assert state.printed()[0] == "0 plans forgotten\n"


def test_a_file_in_the_place_of_the_directory_is_to_be_moved_away(state: State) -> None:
    state.project.home.mkdir()
    (state.project.home / "plans").write_text("in the way")

    for act in (cache.stats, cache.list_plans, cache.clear):
        with pytest.raises(OSError, match=r"plans cannot be used: it is no directory; move it away$"):
            act()
