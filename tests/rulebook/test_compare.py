"""Two rulebooks over the same queries: what goes another way, which rule caused it, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from router.core.settings import Server, Settings
from tests.core.making import SETTINGS, book, query
from tests.rulebook.recordings import causes, compared, moved, reasons, rule, rules, words

REFUND: Final = rules(refund=rule(words("refund")))


# What is a change.


def test_equal_rulebooks_do_not_differ() -> None:
    found = compared(book(REFUND), book(REFUND), "refund order 12", "good morning")

    assert (found.queries, found.same, found.changes, found.groups) == (2, 2, (), ())


def test_a_rule_that_appears_or_goes_moves_its_queries() -> None:
    none, some = book(""), book(REFUND)

    assert moved(compared(none, some, "refund", "other")) == {"refund": ("none", "t.refund ⇒ mcp:ledger/get")}
    assert reasons(compared(none, some, "refund")) == ["t.refund: added"]
    assert moved(compared(some, none, "refund")) == {"refund": ("t.refund ⇒ mcp:ledger/get", "none")}
    assert reasons(compared(some, none, "refund")) == ["t.refund: removed"]


def test_no_rule_and_a_tie_are_outcomes_like_any_other() -> None:
    one = rules(refund=rule(words("refund")))
    tie = rules(refund=rule(words("refund")), order=rule(words("order"), use="mcp:git/log"))

    found = compared(book(one), book(tie), "refund", "order", "refund order")

    assert moved(found) == {
        "order": ("none", "t.order ⇒ mcp:git/log"),
        "refund order": ("t.refund ⇒ mcp:ledger/get", "tie ⇒ t.order, t.refund"),
    }
    assert [each.what for each in found.changes] == ["route", "route"]


def test_a_tie_between_the_same_rules_is_the_same() -> None:
    tie = rules(refund=rule(words("refund")), order=rule(words("order"), use="mcp:git/log"))
    other = tie.replace("git/log", "git/status")

    assert compared(book(tie), book(other), "refund order").changes == ()


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (rule(words("refund")), rule(words("refund"), use="mcp:ledger/put"), "targets"),
        (rule(words("refund")), rule(words("refund"), "args = { a = 1 }"), "call"),
        (rule(words("refund")), rule(words("refund"), 'answer = "{{ result.text }}"'), "call"),
        (rule(words("refund")), rule(words("other")), "route"),
    ],
)
def test_a_change_is_of_the_route_the_targets_or_the_call(before: str, after: str, what: str) -> None:
    found = compared(book(rules(refund=before)), book(rules(refund=after)), "refund")

    assert [each.what for each in found.changes] == [what]
    assert causes(found) == {"refund": ("t.refund",)}


def test_what_bears_on_no_call_is_no_change() -> None:
    told = rule(words("refund"), 'owner = "@a"', 'why = "so"', 'until = "2030-01-01"', 'yes = "a refund"')

    assert compared(book(REFUND), book(rules(refund=told)), "refund").changes == ()


def test_a_slot_that_a_call_reads_is_part_of_it() -> None:
    shape = r"shapes.order = 'order (?P<order>\d+)'"
    wider = r"shapes.order = 'order (?P<order>\d+\w*)'"
    reading = rules(order=rule('when.looks = "order"', 'args = { id = "{{ order }}" }'))
    idle = rules(order=rule('when.looks = "order"'))

    found = compared(
        book(reading, vocabulary=shape), book(reading, vocabulary=wider), "order 12a", "order 12"
    )
    assert moved(found).keys() == {"order 12a"}
    assert reasons(found) == ["t.order: condition changed: another pattern for shape order"]
    assert compared(book(idle, vocabulary=shape), book(idle, vocabulary=wider), "order 12a").changes == ()


# Renames.


def test_a_renamed_rule_is_the_same_rule() -> None:
    old = rules(
        refund=rule(words("refund"), 'beats = "t.order"'), order=rule(words("order"), use="mcp:git/log")
    )
    new = rules(
        order=rule(words("order"), use="mcp:git/log"),
        zz_refund=rule(words("refund"), 'was = "t.refund"', 'beats = "t.order"'),
    )

    assert compared(book(old), book(new), "refund", "refund order").changes == ()
    assert compared(book(new), book(old), "refund", "refund order").changes == ()


def test_a_rule_that_is_renamed_and_changed_is_told_under_its_new_name() -> None:
    new = rules(money=rule(words("refund"), 'was = "t.refund"', use="mcp:ledger/put"))

    found = compared(book(REFUND), book(new), "refund")

    assert moved(found) == {"refund": ("t.money ⇒ mcp:ledger/get", "t.money ⇒ mcp:ledger/put")}
    assert reasons(found) == ["t.money: targets changed"]
    assert moved(compared(book(new), book(REFUND), "refund")) == {
        "refund": ("t.money ⇒ mcp:ledger/put", "t.money ⇒ mcp:ledger/get")
    }


def test_a_rule_may_be_renamed_twice_or_on_two_branches() -> None:
    once = rules(once=rule(words("refund"), 'was = "t.refund"'))
    twice = rules(twice=rule(words("refund"), 'was = ["t.refund", "t.once"]'))
    elsewhere = rules(elsewhere=rule(words("refund"), 'was = "t.refund"'))

    for old in (REFUND, once, twice, elsewhere):
        for new in (REFUND, once, twice, elsewhere):
            assert compared(book(old), book(new), "refund").changes == ()


def test_a_rename_that_is_taken_back_is_no_change() -> None:
    there = rules(money=rule(words("refund"), 'was = "t.refund"'))
    back = rules(refund=rule(words("refund"), 'was = "t.money"'))

    assert compared(book(there), book(back), "refund").changes == ()


def test_rules_that_become_one_are_no_change_where_that_one_does_the_same() -> None:
    two = rules(one=rule(words("refund")), other=rule(words("order")))
    joined = rules(
        both=rule('when.any = ["refund", "order", "status"]', 'was = ["t.one", "t.other"]'),
    )

    found = compared(book(two), book(joined), "refund", "order", "status")

    assert moved(found) == {"status": ("none", "t.both ⇒ mcp:ledger/get")}
    assert causes(found) == {"status": ("t.both",)}


def test_a_tie_of_rules_that_become_one_is_told_with_both() -> None:
    two = rules(one=rule(words("refund")), other=rule(words("order"), use="mcp:git/log"))
    joined = rules(one=rule('when.any = ["refund", "order"]', 'was = "t.other"'))

    found = compared(book(two), book(joined), "refund order")

    assert moved(found) == {"refund order": ("tie ⇒ t.one, t.other", "t.one ⇒ mcp:ledger/get")}
    assert causes(found) == {"refund order": ("t.one", "t.other")}
    assert reasons(found) == [
        't.one: condition changed: with "order" and t.other: removed',
    ]


def test_a_canary_keeps_its_keys_through_a_rename() -> None:
    canary = ('stage = "canary"', "share = 50")
    old = rules(refund=rule(words("refund"), *canary))
    new = rules(
        money=rule(words("refund"), *canary, 'was = "t.refund"'),
        order=rule(words("order"), use="mcp:git/log"),
    )
    asked = [query("refund order", facts={"key": str(number)}) for number in range(20)]

    found = compared(book(old), book(new), *asked)

    assert found.changes
    assert {each.causes for each in found.changes} == {("t.order",)}


def test_add_rules_may_be_renamed_whatever_order_that_gives() -> None:
    win = rules(win=rule(words("refund")))
    adds = 'when.all = ["refund"]\nadd = "mcp:git/log"\n', 'when.all = ["refund"]\nadd = "mcp:git/status"\n'
    old = win + rules(a=adds[0], b=adds[1])
    new = win + rules(c=f'{adds[0]}was = "t.a"\n', b=adds[1])

    assert compared(book(old), book(new), "refund").changes == ()


# Causes.


def test_a_rule_in_the_way_is_the_cause_and_not_the_rule_that_loses() -> None:
    guard = rules(stop=rule(words("refund", "secret")))

    found = compared(
        book({"team/t": REFUND}), book({"team/t": REFUND, "guard/g": guard}), "refund secret", "refund"
    )

    assert causes(found) == {"refund secret": ("g.stop",)}


def test_each_of_two_rules_that_would_do_it_alone_is_a_cause() -> None:
    new = rules(one=rule(words("order")), other=rule(words("status")))

    found = compared(book(""), book(new), "order status")

    assert causes(found) == {"order status": ("t.one", "t.other")}
    assert found.groups[0].reasons == ("added", "added")


def test_rules_that_only_together_move_a_query_are_all_named() -> None:
    old = rules(one=rule(words("order")), other=rule(words("order", "status"), use="mcp:ledger/get"))
    new = rules(
        one=rule(words("order"), use="mcp:git/log"),
        other=rule(words("order", "status"), 'stage = "shadow"'),
    )

    assert causes(compared(book(old), book(new), "order status")) == {"order status": ("t.one", "t.other")}


@pytest.mark.parametrize(
    "new",
    [
        replace(SETTINGS, layers=("team", "guard", "learned")),
        replace(SETTINGS, servers={**SETTINGS.servers, "git": Server("git", modes=("useful",))}),
    ],
)
def test_settings_are_the_cause_where_no_rule_differs(new: Settings) -> None:
    written = {"team/t": REFUND, "guard/g": rules(stop=rule(words("secret"), use="mcp:git/log"))}

    found = compared(book(written), book(written, settings=new), "refund secret", "refund")

    assert moved(found) == {
        "refund secret": ("g.stop ⇒ mcp:git/log", "t.refund ⇒ mcp:ledger/get"),
    }
    assert causes(found) == {"refund secret": ("ts.toml",)}
    assert reasons(found) == ["ts.toml: the settings changed"]


def test_settings_are_the_cause_although_a_rule_differs_as_well() -> None:
    guard = rules(stop=rule(words("secret"), use="mcp:git/log"))
    old = {"team/t": REFUND, "guard/g": guard}
    new = {"team/t": rules(refund=rule(words("refund") + '\nwhen.none = "never"')), "guard/g": guard}
    other = replace(SETTINGS, layers=("team", "guard", "learned"))

    found = compared(book(old), book(new, settings=other), "refund secret")

    assert causes(found) == {"refund secret": ("ts.toml",)}
    assert (found.groups[0].file, found.groups[0].line) == ("ts.toml", 0)


def test_a_rule_in_a_new_layer_is_the_cause_and_not_the_layer() -> None:
    layers = replace(SETTINGS, layers=("incident", *SETTINGS.layers))
    old, new = {"team/t": REFUND}, {"team/t": REFUND, "incident/i": rules(stop=rule(words("refund")))}

    assert causes(compared(book(old), book(new, settings=layers), "refund")) == {"refund": ("i.stop",)}
    assert causes(compared(book(new, settings=layers), book(old), "refund")) == {"refund": ("i.stop",)}


def test_another_language_is_the_cause_and_not_every_rule() -> None:
    found = compared(book(REFUND), book(REFUND, language="none"), "refund", "refunds")

    assert causes(found) == {"refunds": ("ts.toml",)}
    changed = rules(refund=rule(words("refund"), use="mcp:ledger/put"))
    assert causes(compared(book(REFUND), book(changed, language="none"), "refund")) == {
        "refund": ("t.refund", "ts.toml")
    }


def test_facts_that_the_settings_do_not_list_are_refused_by_them() -> None:
    listed = replace(SETTINGS, facts={"env": ("prod",)})
    more = replace(SETTINGS, facts={"env": ("prod",), "team": ()})
    asked = [query("refund", facts={"env": "test"}), query("refund", facts={"env": "prod"})]

    found = compared(book(REFUND), book(REFUND, settings=listed), *asked)

    assert moved(found) == {
        "[env=test] refund": ("t.refund ⇒ mcp:ledger/get", 'refused ⇒ fact "env" has no value "test"')
    }
    assert causes(found) == {"[env=test] refund": ("ts.toml",)}
    assert compared(book(REFUND, settings=listed), book(REFUND, settings=more), *asked).changes == ()


def test_a_prompt_that_is_read_is_part_of_the_rule() -> None:
    prompts = {"a.j2": "{% include 'b.j2' %}", "b.j2": "one", "c.j2": "idle"}
    written = rules(refund=rule(words("refund"), 'answer = "a.j2"'), order=rule(words("order")))

    old = book(written, prompts=prompts)
    found = compared(old, book(written, prompts={**prompts, "b.j2": "other"}), "refund", "order")
    assert causes(found) == {"refund": ("t.refund",)}
    assert reasons(found) == ["t.refund: prompts changed"]
    assert compared(old, book(written, prompts={**prompts, "c.j2": "x"}), "refund").changes == ()


# Groups.


def test_changes_are_grouped_by_cause_with_the_largest_first() -> None:
    new = rules(one=rule(words("order")), other=rule(words("status"), use="mcp:git/log"))

    found = compared(book(""), book(new), "order 1", "status 1", "status 2", "order status")

    assert [(group.causes, len(group.changes)) for group in found.groups] == [
        (("t.other",), 2),
        (("t.one",), 1),
        (("t.one", "t.other"), 1),
    ]
    assert {(group.file, group.line) for group in found.groups} == {("rules/team/t.toml", 1)}


def test_a_comparison_is_json() -> None:
    found = compared(book(""), book(REFUND), query("refund", modes=["useful"]), "other").to_dict()

    assert (found["queries"], found["same"], found["changed"]) == (2, 1, 1)
    (group,) = found["groups"]
    assert group["changes"] == [
        {
            "query": {"text": "refund", "modes": ["useful"], "words": [], "facts": {}, "attached": []},
            "shown": "[useful] refund",
            "what": "route",
            "before": {"kind": "none", "rules": [], "targets": [], "shown": "none"},
            "after": {
                "kind": "rule",
                "rules": ["t.refund"],
                "targets": ["mcp:ledger/get"],
                "shown": "t.refund ⇒ mcp:ledger/get",
            },
            "causes": ["t.refund"],
        }
    ]
