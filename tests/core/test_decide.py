"""Rules, a query and what is decided: every sentence of what a rule means, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.core.contest import bucket
from router.core.decision import Verdict
from router.core.plan import JSON
from router.core.settings import Server
from tests.core.making import SETTINGS, book, decided, query, verdicts

VOCABULARY = r"""
[words]
status = ["status", "where", "arrived"]
[shapes]
order = 'order\s+#?(?P<order>\d{3,8})'
key = '(?P<key>[A-Z]+-\d+)'
"""


def winner(rules: str | dict[str, str], text: str, **context: JSON) -> str | None:
    made = book(rules, vocabulary=VOCABULARY).decide(query(text, **context))
    return made.rule


# 2. layers

GUARDED = {
    "guard/g": '[stop]\nwhen.all = "refund"',
    "team/t": '[pay]\nwhen.all = ["refund", "order"]\n[track]\nwhen.all = "order"',
    "learned/l": '[guess]\nwhen.all = "refund"',
}


def test_the_first_layer_with_a_winner_decides_however_narrow_the_rules_below_are() -> None:
    decision = book(GUARDED).decide("refund order")
    assert (decision.rule, decision.layer) == ("g.stop", "guard")
    assert {each.rule: (each.verdict, each.because, each.by) for each in decision.verdicts} == {
        "g.stop": ("won", "", ""),
        "l.guess": ("late", "layer guard decides first", "g.stop"),
        "t.pay": ("late", "layer guard decides first", "g.stop"),
        "t.track": ("late", "layer guard decides first", "g.stop"),
    }


def test_a_layer_without_a_match_leaves_it_to_the_next() -> None:
    assert winner(GUARDED, "order") == "t.track"


def test_a_layer_of_which_all_is_filtered_leaves_it_to_the_next() -> None:
    rules = {"guard/g": '[g]\nwhen.all = "x"\nuse = "mcp:useful/a"', "team/t": '[t]\nwhen.all = "x"'}
    assert winner(rules, "x") == "t.t"
    assert winner(rules, "x", modes=["useful"]) == "g.g"


def test_a_tie_in_a_layer_ends_the_search_there() -> None:
    rules = {"guard/g": '[a]\nwhen.all = "x"\n[b]\nwhen.all = "y"', "team/t": '[t]\nwhen.all = ["x", "y"]'}
    decision = book(rules).decide("x y")
    assert (decision.kind, decision.layer, decision.tied) == ("tie", "guard", ("g.a", "g.b"))
    assert (decision.rule, decision.at, decision.slots) == (None, None, {})
    assert verdicts(decision) == {"g.a": "tied", "g.b": "tied", "t": "late"}
    assert decision.verdicts[-1] == Verdict("t.t", "late", "layer guard decides first", "", ("x", "y"))


# 3. narrower, and beats


@pytest.mark.parametrize(
    ("wide", "narrow", "text"),
    [
        ('when.all = "refund"', 'when.all = ["refund", "order"]', "refund order"),
        ('when.all = ["refund"]', 'when.all = "refund order"', "refund order"),
        ('when.all = [["refund", "order"]]', 'when.all = "refund"', "refund"),
        ('when.any = ["refund", "order"]', 'when.all = "refund"', "refund"),
        ('when.all = "@status"', 'when.all = "arrived"', "arrived"),
        ('when.all = "@status"', 'when.any = ["arrived", "where"]', "arrived"),
        ('when.all = "refund"', 'when = { all = "refund", looks = "order" }', "refund order 123"),
        ('when.all = "refund"', 'when = { all = "refund", modes = "useful" }', "refund"),
        ('when = { modes = ["useful", "faves"] }', 'when = { modes = "useful" }', "x"),
        ('when.all = "refund"', 'when = { all = "refund", facts = { env = "prod" } }', "refund"),
        ('when.attached = "image/*"', 'when.attached = "image/png"', "x"),
        ('when.attached = "*/*"', 'when.attached = ["image/*", "text/plain"]', "x"),
        ('when.all = "refund"', 'when = { all = "refund", none = "policy" }', "refund"),
        (
            'when = { all = "refund", none = "refund policy" }',
            'when = { all = "refund", none = "policy" }',
            "refund",
        ),
        ('when.all = "refund"', 'say = "where is my refund"', "where is my refund"),
        ('when.all = "my refund"', 'say = "(where is|show) my refund [now]"', "show my refund"),
        ('say = "show {r:rest}"', 'say = "show my {x:word}"', "show my refund"),
        ('say = "show {x:word}"', 'say = "show {n:int}"', "show 3"),
        ('say = "show {x:word}"', 'say = "show refund"', "show refund"),
        ('say = ["show {x:word}", "list {x:word}"]', 'say = "(show|list) refund"', "list refund"),
        ('when.all = "@status"', 'say = "{x:@status} [now]"', "arrived"),
        ('say = "show {x:word}"', 'say = "show {x:@status}"', "show where"),
    ],
)
def test_a_narrower_rule_wins(wide: str, narrow: str, text: str) -> None:
    context: dict[str, JSON] = {"modes": ["useful"], "facts": {"env": "prod"}, "attached": ["image/png"]}
    made = book(f"[narrow]\n{narrow}\n[wide]\n{wide}", vocabulary=VOCABULARY)
    decision = made.decide(query(text, **context))
    assert verdicts(decision) == {"narrow": "won", "wide": "lost"}
    assert decision.verdicts[1].because == "narrower"
    assert decision.verdicts[1].by == "t.narrow"


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ('when.all = "refund"', 'when.all = "order"', "refund order"),
        ('when.all = ["refund", "a"]', 'when.all = ["order", "b", "c"]', "refund order a b c"),
        ('when = { all = "refund", none = "policy" }', 'when = { all = "refund", none = "news" }', "refund"),
        ('when.looks = "order"', 'when.looks = "key"', "order 123 AB-1"),
        ('when.looks = "order"', 'when.all = "order"', "order 123"),
        ('when = { all = "a", modes = "useful" }', 'when = { all = "a", facts = { env = "prod" } }', "a"),
        ('say = "show {r:rest}"', 'say = "{r:rest} refund"', "show my refund"),
        ('say = "show {d:date}"', 'say = "show today"', "show today"),
        ('when.all = "refund"', 'when.all = "refund"', "refund"),
    ],
)
def test_rules_of_which_none_contains_the_other_tie(one: str, other: str, text: str) -> None:
    context: dict[str, JSON] = {"modes": ["useful"], "facts": {"env": "prod"}}
    made = book(f"[one]\n{one}\n[other]\n{other}", vocabulary=VOCABULARY)
    decision = made.decide(query(text, **context))
    assert verdicts(decision) == {"one": "tied", "other": "tied"}
    assert decision.tied == ("t.one", "t.other")


def test_a_rule_that_names_another_in_beats_wins() -> None:
    rules = '[a]\nwhen.all = "refund"\nbeats = "t.b"\n[b]\nwhen.all = "order"'
    decision = book(rules).decide("refund order")
    assert verdicts(decision) == {"a": "won", "b": "lost"}
    assert (decision.verdicts[1].because, decision.verdicts[1].by) == ("beats", "t.a")
    assert decided(rules, "order") == {"b": "won"}


def test_beats_may_name_an_earlier_id() -> None:
    rules = '[a]\nwhen.all = "refund"\nbeats = "old.b"\n[b]\nwas = "old.b"\nwhen.all = "order"'
    assert decided(rules, "refund order") == {"a": "won", "b": "lost"}


def test_a_loser_still_beats_others_and_the_reason_names_a_survivor() -> None:
    rules = """
    [a]
    when.all = "x"
    [b]
    when.all = ["x", "y"]
    [c]
    when.all = ["x", "y", "z"]
    """
    decision = book(rules).decide("x y z")
    assert [(each.rule, each.by) for each in decision.verdicts] == [
        ("t.c", ""),
        ("t.a", "t.c"),
        ("t.b", "t.c"),
    ]


# 4. agreement and ties

AGREEING = """
[a]
when.all = "refund"
use = "mcp:ledger/get"
[b]
when.all = "order"
use = "mcp:ledger/get"
"""


def test_survivors_that_agree_on_the_target_decide_together() -> None:
    decision = book(AGREEING).decide("refund order")
    assert (decision.kind, decision.rule) == ("rule", "t.a")
    assert [(each.verdict, each.because, each.by) for each in decision.verdicts] == [
        ("won", "", ""),
        ("won", "agrees", "t.a"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        'use = "mcp:ledger/put"',
        'use = ["mcp:ledger/get", "mcp:git/log"]',
        'use = "mcp:ledger/get"\nargs.a = 1',
        'use = "mcp:ledger/get"\nanswer = "x"',
        'use = "a2a:release"',
    ],
)
def test_survivors_that_would_do_different_things_tie(other: str) -> None:
    rules = f'[a]\nwhen.all = "refund"\nuse = "mcp:ledger/get"\n[b]\nwhen.all = "order"\n{other}'
    assert decided(rules, "refund order") == {"a": "tied", "b": "tied"}


def test_slots_bear_on_agreement_only_where_a_template_names_them() -> None:
    rules = """
    [a]
    say = "show {x:word}"
    use = "mcp:ledger/get"
    ARGS
    [b]
    say = "{y:word} refund"
    use = "mcp:ledger/get"
    """
    assert book(rules.replace("ARGS", "")).decide("show refund").rule == "t.a"
    named = rules.replace("ARGS", 'args.q = "{{ x }}"') + 'args.q = "{{ x }}"'
    decision = book(named.replace("{y:", "{x:")).decide("show refund")
    assert decision.tied == ("t.a", "t.b")


def test_a_day_counted_from_today_is_not_the_word() -> None:
    rules = """
    [a]
    say = "since {d:date}"
    use = "mcp:ledger/get"
    args.q = "{{ d }}"
    [b]
    say = "{d:word} today"
    use = "mcp:ledger/get"
    args.q = "{{ d }}"
    """
    assert book(rules).decide("since today").kind == "tie"


# 5. add


def test_add_rules_attach_to_whatever_won_and_never_compete() -> None:
    rules = {
        "guard/g": '[trace]\nwhen.all = ["refund", "order"]\nadd = "mcp:git/log"',
        "team/t": '[pay]\nwhen.all = "refund"\n[extra]\nwhen.all = "order"\nadd = "a2a:release"',
    }
    decision = book(rules).decide("refund order")
    assert (decision.rule, decision.layer, decision.added) == ("t.pay", "team", ("g.trace", "t.extra"))
    assert verdicts(decision) == {"pay": "won", "g.trace": "adds", "extra": "adds"}


def test_add_rules_attach_nothing_where_nothing_won() -> None:
    decision = book('[extra]\nwhen.all = "order"\nadd = "a2a:release"').decide("order")
    assert (decision.kind, decision.added) == ("none", ())
    assert decision.verdicts == (Verdict("t.extra", "adds", "nothing won", "", ("order",)),)


# modes and words


@pytest.mark.parametrize(
    ("context", "verdict", "because"),
    [
        ({}, "filtered", "modes"),
        ({"modes": ["faves"]}, "filtered", "modes"),
        ({"modes": ["essential"]}, "won", ""),
        ({"modes": ["useful"], "words": ["money"]}, "filtered", "words"),
        ({"modes": ["useful"], "words": ["USEFUL"]}, "won", ""),
        ({"modes": ["useful"], "words": ["nothing", "tools"]}, "won", ""),
    ],
)
def test_a_rule_all_of_whose_targets_are_filtered_does_not_compete(
    context: dict[str, JSON], verdict: str, because: str
) -> None:
    rules = '[r]\nwhen.all = "x"\nuse = "mcp:useful/tool"'
    found = book(rules).decide(query("x", **context)).verdicts[0]
    assert (found.verdict, found.because) == (verdict, because)


@pytest.mark.parametrize(
    ("word", "admitted"),
    [
        ("ledger", True),
        ("money", True),
        ("invoice", True),
        ("invoices and refunds", True),
        ("refund invoices", False),
        ("get", True),
        ("get_refund", True),
        ("code", False),
        ("invoi", False),
    ],
)
def test_a_word_admits_a_target_by_name_tag_or_words_of_its_description(word: str, admitted: bool) -> None:
    rules = '[r]\nwhen.all = "x"\nuse = "mcp:ledger/get_refund"'
    assert (book(rules).decide(query("x", words=[word])).rule == "t.r") is admitted


def test_a_filtered_target_leaves_the_others_of_its_rule_and_takes_the_steps_that_need_it() -> None:
    rules = """
    [r]
    when.all = "x"
    steps = [
      { id = "a", use = "mcp:useful/tool" },
      { id = "b", use = "mcp:ledger/get", args = { q = "{{ steps.a.text }}" } },
      { id = "c", use = "mcp:git/log" },
    ]
    """
    made = book(rules)
    rule = made.rules["t.r"]
    assert [step.id for step in made.admission.kept(rule, query("x"))] == ["c"]
    assert [step.id for step in made.admission.kept(rule, query("x", modes=["useful"]))] == ["a", "b", "c"]


def test_an_agent_can_be_of_a_mode_too() -> None:
    agents = {"release": replace(SETTINGS.agents["release"], modes=("essential",))}
    made = book('[r]\nwhen.all = "x"\nuse = "a2a:release"', settings=replace(SETTINGS, agents=agents))
    assert made.decide("x").verdicts[0].because == "modes"
    assert made.decide(query("x", modes=["essential"])).rule == "t.r"


# stages


def test_a_shadow_is_recorded_and_never_routes() -> None:
    rules = '[r]\nwhen.all = ["x", "y"]\nstage = "shadow"\n[s]\nwhen.all = "x"'
    decision = book(rules).decide("x y")
    assert verdicts(decision) == {"s": "won", "r": "shadow"}
    assert decision.verdicts[1].because == "stage shadow"


def test_a_canary_is_live_for_its_share_of_keys() -> None:
    made = book('[r]\nwhen.all = "x"\nstage = "canary"\nshare = 30')
    live = [made.decide(query("x", facts={"key": f"k{n}"})).rule for n in range(1000)]
    assert 250 < sum(each == "t.r" for each in live) < 350
    assert live == [made.decide(query("x", facts={"key": f"k{n}"})).rule for n in range(1000)]
    assert live == ["t.r" if bucket("t.r", f"k{n}") < 30 else None for n in range(1000)]


def test_without_a_key_the_words_of_the_query_are_the_key() -> None:
    made = book('[r]\nwhen.all = "x"\nstage = "canary"\nshare = 50')
    texts = [f"x w{n}" for n in range(40)]
    assert {made.decide(text).kind for text in texts} == {"rule", "none"}
    assert [made.decide(text).kind for text in texts] == [
        made.decide(text.upper() + "?").kind for text in texts
    ]


@pytest.mark.parametrize(("share", "kind"), [(0, "none"), (100, "rule")])
def test_no_key_is_below_a_share_of_nothing_and_every_key_below_all(share: int, kind: str) -> None:
    made = book(f'[r]\nwhen.all = "x"\nstage = "canary"\nshare = {share}')
    found = {made.decide(f"x {n}").kind for n in range(200)}
    assert found == {kind}
    if not share:
        assert made.decide("x").verdicts[0].because == "stage canary, not among its 0 %"


def test_a_date_of_review_changes_no_route() -> None:
    assert winner('[r]\nwhen.all = "x"\nuntil = 2001-01-01', "x") == "t.r"


# the decision itself


def test_slots_of_the_winner_are_in_the_decision_and_those_that_took_nothing_are_not() -> None:
    rules = '[r]\nsay = "last {n:int} commits [in {p:path}]"\nwhen.looks = "order"'
    made = book('[r]\nsay = "last {n:int} commits [in {p:path}]"', vocabulary=VOCABULARY)
    assert made.decide("last 3 commits").slots == {"n": 3}
    assert made.decide("last 3 commits in ./src").slots == {"n": 3, "p": "./src"}
    both = book(rules.replace("[in {p:path}]", "of order 123"), vocabulary=VOCABULARY)
    assert both.decide("last 3 commits of order 123").slots == {"n": 3, "order": "123"}


def test_the_id_is_of_the_revision_and_what_bears_on_the_decision_alone() -> None:
    made, other = book('[r]\nwhen.all = "x"'), book('[r]\nwhen.all = "y"')
    first = made.decide(query("x", cwd="/a", time="2026-01-01"))
    assert first.id == made.decide(query("x", cwd="/b")).id
    assert first == made.decide("x")
    assert first.id != made.decide("x ").id
    assert first.id != made.decide(query("x", modes=["useful"])).id
    assert first.id != other.decide("x").id
    assert first.id.startswith("d:")
    assert first.revision == made.revision


def test_a_verdict_leaves_out_of_its_json_what_is_empty() -> None:
    decision = book('[r]\nwhen.all = "x"\n[s]\nwhen.all = ["x", "y"]').decide("x")
    assert [each.to_dict() for each in decision.verdicts] == [
        {"rule": "t.r", "verdict": "won", "matched": ["x"]},
        {"rule": "t.s", "verdict": "near", "missing": ["y"], "matched": ["x"]},
    ]


def test_two_servers_of_one_name_but_different_kind_are_different_targets() -> None:
    servers = {**SETTINGS.servers, "release": Server("release", command="x", modes=("useful",))}
    made = book(
        '[r]\nwhen.all = "x"\nuse = "a2a:release"\n[s]\nwhen.all = "y"\nuse = "mcp:release/t"',
        settings=replace(SETTINGS, servers=servers),
    )
    assert made.decide("x").rule == "t.r"
    assert made.decide("y").rule is None


def test_a_rule_is_found_by_its_id_or_an_earlier_one() -> None:
    made = book('[r]\nwas = ["old.r", "older.r"]\nwhen.all = "x"')
    assert made.find("t.r") is made.find("old.r") is made.find("older.r") is made.rules["t.r"]
    assert made.find("t.q") is None


def test_a_canary_keeps_its_share_across_a_renaming() -> None:
    table = 'stage = "canary"\nshare = 30\nwhen.all = "x"\nuse = "mcp:git/log"\n'
    before, after = book(f"[r]\n{table}"), book(f'[renamed]\nwas = ["t.r"]\n{table}')

    for number in range(200):
        asked = query("x", facts={"key": f"k{number}"})
        assert (before.decide(asked).rule is None) == (after.decide(asked).rule is None)


def test_a_rule_knows_where_it_is_written_and_whether_it_competes() -> None:
    added, shadow = 'when.all = "x"\nadd = "mcp:ledger/b"', 'when.all = "x"\nstage = "shadow"'
    rules = book(f'[a]\nwhen.all = "x"\n[b]\n{added}\n[c]\n{shadow}').rules

    assert [rules[id_].competes for id_ in ("t.a", "t.b", "t.c")] == [True, False, False]
    assert (rules["t.a"].file, rules["t.a"].line) == ("rules/team/t.toml", 1)
