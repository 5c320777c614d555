"""What rules of a file would change: whence queries come, what is lost, and what ties."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from router.core.settings import Settings
from router.errors import RulebookRefused
from router.rulebook.corpus import NONE, Recorded
from router.rulebook.read import Reading
from router.rulebook.tree import Directory
from router.rulebook.trial import Trial, try_rules
from tests.core.making import SETTINGS, written
from tests.rulebook.recordings import recorded, rule, rules, words

TEAM: Final = rules(refund=rule(words("refund")), order=rule(words("order"), use="mcp:git/log"))
ASKED: Final = ("refund", "order", "refund order", "status", "refund status")


def tried(
    directory: Path,
    text: str,
    *asked: str,
    name: str = "rules/team/new.toml",
    layer: str = "team",
    settings: Settings = SETTINGS,
) -> Trial:
    """Try a file: one of the project's, which is there, or one from elsewhere, which is not."""
    written(directory, {"rules/team/t.toml": TEAM})
    inside = name.startswith("rules/")
    if inside:
        written(directory, {name: text})
    reading = Reading(Directory(directory), settings)
    return try_rules(reading, name, text, layer, recorded(*(asked or ASKED)), inside=inside)


def moved(found: Trial) -> dict[str, list[str]]:
    return {whence: [each.query.shown for each in changes] for whence, changes in found.moved().items()}


@pytest.mark.parametrize("name", ["rules/team/new.toml", "/far/away/new.toml", "new.draft"])
@pytest.mark.parametrize("stage", ["", 'stage = "shadow"', 'stage = "canary"\nshare = 1'])
def test_a_rule_takes_queries_from_others_and_from_nobody(tmp_path: Path, name: str, stage: str) -> None:
    found = tried(tmp_path, rules(new=rule(words("status"), stage, use="mcp:git/new")), name=name)

    assert found.rules == ("new.new",)
    assert moved(found) == {
        "from the planner": ["status"],
        "in a new tie of new.new and t.refund": ["refund status"],
    }


def test_without_a_planner_they_come_from_no_rule(tmp_path: Path) -> None:
    plain = Settings(servers=SETTINGS.servers, fallback=("search",))

    assert moved(tried(tmp_path, rules(new=rule(words("status"))), "status", settings=plain)) == {
        "from no rule": ["status"]
    }


def test_a_narrower_rule_takes_from_the_wider_and_settles_a_tie(tmp_path: Path) -> None:
    found = tried(tmp_path, rules(both=rule(words("refund", "order"), use="mcp:git/both")))

    assert moved(found) == {"from the tie of t.order and t.refund": ["refund order"]}
    found = tried(tmp_path, rules(both=rule(words("refund", "status"), use="mcp:git/both")))
    assert moved(found) == {"from rule t.refund": ["refund status"]}


def test_a_tie_that_grows_is_a_new_tie(tmp_path: Path) -> None:
    found = tried(tmp_path, rules(all=rule('when.any = ["refund order"]', use="mcp:git/x")), "refund order")
    assert moved(found) == {"from the tie of t.order and t.refund": ["refund order"]}

    found = tried(tmp_path, rules(all=rule('when.any = ["client"]', use="mcp:git/x")), "refund order client")
    assert moved(found) == {"in a new tie of new.all and t.order and t.refund": ["refund order client"]}


def test_a_rule_of_the_same_id_is_replaced(tmp_path: Path) -> None:
    other = rules(refund=rule(words("refund", "status")))

    found = tried(tmp_path, other, name="elsewhere/t.toml")

    assert moved(found) == {
        "that no rule would take any more, from rule t.refund": ["refund"],
        "from the tie of t.order and t.refund to t.order": ["refund order"],
    }
    put = tried(tmp_path, rules(refund=rule(words("refund"), use="mcp:ledger/put")), name="elsewhere/t.toml")
    assert moved(put) == {"t.refund would do something else": ["refund", "refund status"]}


def test_an_add_rule_makes_others_do_more(tmp_path: Path) -> None:
    found = tried(tmp_path, 'trace = { when.all = ["status"], add = "mcp:git/trace" }\n')

    assert moved(found) == {"t.refund would do something else": ["refund status"]}


def test_a_rule_that_takes_nothing_changes_nothing(tmp_path: Path) -> None:
    found = tried(tmp_path, rules(new=rule(words("nowhere"))))

    assert (moved(found), found.comparison.queries) == ({}, 5)
    assert found.to_dict() == {"rules": ["new.new"], "queries": 5, "moved": {}}


def test_a_query_that_no_rule_may_take_is_told_apart(tmp_path: Path) -> None:
    written(tmp_path, {"rules/team/t.toml": TEAM})
    text = rules(new=rule(words("morning")))
    (asked,) = recorded("good morning")
    records = (Recorded(asked.query, asked.shown, NONE, 1),)

    found = try_rules(Reading(Directory(tmp_path), SETTINGS), "n.toml", text, "team", records, inside=False)

    assert moved(found) == {"from corpus/none.txt, which no rule may take": ["good morning"]}


def test_changes_stand_with_the_most_first(tmp_path: Path) -> None:
    found = tried(tmp_path, rules(new=rule(words("status"))), "refund status", "status", "a status")

    assert [len(changes) for changes in found.moved().values()] == [2, 1]
    assert found.to_dict()["moved"]["from the planner"][0]["shown"] == "status"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# nothing\n", "x/new.toml: there is no rule in it"),
        ("what is this", "x/new.toml:1:6: is not TOML: "),
        ('[new]\nuse = "mcp:git/log"\n', "x/new.toml:1:2: the rule asks for nothing"),
        ('[new]\nwhen.al = "x"\n', 'x/new.toml:2:6: unknown key "al"; did you mean "all"?'),
        ('[new]\nsay = "x"\nuse = "mcp:nobody/log"\n', 'x/new.toml:3:7: unknown server "nobody"'),
        ('[new]\nsay = "x"\nuse = "mcp:git/log"\nstage = "alive"\n', 'x/new.toml:4:9: unknown stage "alive"'),
        ('[new]\nsay = "x"\nuse = "mcp:git/log"\nshare = 5\n', "x/new.toml:4:1: only a canary has a share"),
        ('[new]\nsay = "x"\nuse = "mcp:git/log"\nwas = "t.refund"\n', 'x/new.toml:4:7: "t.refund" is'),
    ],
)  # fmt: skip
def test_what_does_not_load_is_named_in_the_file(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(RulebookRefused) as error:
        tried(tmp_path, text, name="x/new.toml")

    assert str(error.value).startswith(problem)


def test_beats_of_other_rules_still_find_a_rule_that_is_tried(tmp_path: Path) -> None:
    beating = rules(new=rule(words("status"), 'beats = "t.refund"'))

    assert moved(tried(tmp_path, beating)) == {
        "from the planner": ["status"],
        "from rule t.refund": ["refund status"],
    }
