"""Rules that look idle and are not: nothing is said of them, and a query shows why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import projects
from tests.rulebook.check.small import PLAIN, RULES, checked, files_of, ids, told

A = '[a]\nwhen.all = ["log", "on"]\nuse = "mcp:time/now"\n'
B = '[b]\nwhen.all = ["on", "log"]\nuse = "mcp:time/zones"\n'


@dataclass(frozen=True, slots=True)
class Case:
    """Rules of which `a` looks idle, a query that shows that it is not, and where that goes."""

    rules: str
    asked: str
    goes: str
    """The rule, or the rules that tie."""
    without: str = ""
    """Where it goes without the rule; empty where the rule itself wins."""


CASES = {
    "a third rule beats the other of two that tie": Case(
        f'{A}beats = "rules.c"\n{B}[c]\nwhen.all = "in"\nuse = "a2a:writer"\nbeats = "rules.b"\n',
        "log on in",
        "rules.a",
    ),
    "a third rule does the same as one of two that tie and beats the other": Case(
        f'{A}{B}[c]\nwhen.all = "in"\nuse = "mcp:time/now"\nbeats = "rules.b"\n', "log on in", "rules.a"
    ),
    "two that differ in a step that only a mode has": Case(
        f'{A.replace("use =", "use = [").replace("now", "zones")[:-1]}, "mcp:useful/x"]\n{B}',
        "log on",
        "rules.a",
    ),
    "two that read one slot from two places": Case(
        '[a]\nsay = "refund {w:word}"\nuse = "mcp:git/git_changes"\nargs.x = "{{ w }}"\n'
        '[b]\nsay = "{w:word} {p:path}"\nuse = "mcp:git/git_changes"\nargs.x = "{{ w }}"\n',
        "refund client",
        "rules.a",
        without="rules.b",
    ),
    "two sentences in two orders that read one slot": Case(
        '[a]\nsay = ["show {n:int} {m:int}", "{n:int}"]\nuse = "mcp:git/git_changes"\nargs.x = "{{ n }}"\n'
        '[b]\nsay = ["{n:int}", "show {n:int} {m:int}"]\nuse = "mcp:git/git_changes"\nargs.x = "{{ n }}"\n',
        "show 3 4",
        "rules.a",
    ),
    "a rule of which a third asks for more, as it does of the other": Case(
        '[a]\nwhen.all = ["log", "on"]\nuse = "mcp:time/now"\n[b]\nwhen.all = "log"\nuse = "mcp:time/now"\n'
        '[c]\nwhen.all = ["log", "in"]\nuse = "mcp:time/zones"\n',
        "log on in",
        "rules.a rules.c",
        without="rules.c",
    ),
    "a rule that beats a third": Case(
        '[a]\nwhen.all = ["log", "on"]\nuse = "mcp:time/now"\nbeats = "rules.c"\n'
        '[b]\nwhen.all = "log"\nuse = "mcp:time/now"\n[c]\nwhen.all = "in"\nuse = "mcp:time/zones"\n',
        "log on in",
        "rules.a",
        without="rules.b rules.c",
    ),
    "a rule that asks for more than a third": Case(
        '[a]\nwhen.all = ["log", "on", "in"]\nuse = "mcp:time/now"\n'
        '[b]\nwhen.all = ["log", "on"]\nuse = "mcp:time/now"\n'
        '[c]\nwhen.all = ["log", "in"]\nuse = "mcp:time/zones"\n',
        "log on in",
        "rules.a",
        without="rules.b rules.c",
    ),
    "a rule that a third beats, as it does not the other": Case(
        '[a]\nwhen.all = ["log", "on"]\nuse = "mcp:time/now"\n[b]\nwhen.all = "log"\nuse = "mcp:time/now"\n'
        '[c]\nwhen.all = "in"\nuse = "mcp:time/zones"\nbeats = "rules.a"\n'
        '[d]\nwhen.all = ["log", "up"]\nuse = "mcp:time/now"\n',
        "log on in",
        "rules.c",
        without="rules.b rules.c",
    ),
    "thirds that do the same where one of them is named": Case(
        '[a]\nwhen.all = ["log", "on"]\nuse = "mcp:time/now"\n[b]\nwhen.all = "log"\nuse = "mcp:time/now"\n'
        '[c]\nwhen.all = ["log", "in"]\nuse = "mcp:time/now"\n'
        '[d]\nwhen.all = "up"\nuse = "mcp:time/zones"\nbeats = "rules.c"\n',
        "log on in up",
        "rules.a rules.d",
        without="rules.d",
    ),
    "an earlier layer whose target is not used without a mode": Case(
        f'{A}# rules/guard/first.toml\n[b]\nwhen.all = "log"\nuse = "mcp:useful/x"\n', "log on", "rules.a"
    ),
    "an earlier layer whose rule is a canary": Case(
        f'{A}# rules/guard/first.toml\n{B}stage = "canary"\nshare = 0\n',
        "log on",
        "rules.a",
    ),
    "an earlier layer whose rule is a shadow": Case(
        f'{A}# rules/guard/first.toml\n[b]\nwhen.all = "log"\nstage = "shadow"\nuse = "mcp:time/zones"\n',
        "log on",
        "rules.a",
    ),
    "an earlier layer whose rule only adds": Case(
        f'{A}# rules/guard/first.toml\n[b]\nwhen.all = "log"\nadd = "mcp:time/zones"\n', "log on", "rules.a"
    ),
    "an earlier layer whose rule has a word that must not be there": Case(
        f'{A}# rules/guard/first.toml\n[b]\nwhen = {{ all = "log", none = "in" }}\nuse = "mcp:time/zones"\n',
        "log on in",
        "rules.a",
    ),
    "a word that must not be there and is only one of those it asks for": Case(
        '[a]\nwhen = { any = ["log", "on"], none = "on" }\nuse = "mcp:time/now"\n', "log", "rules.a"
    ),
    "a phrase that must not be there of which it asks for a word": Case(
        '[a]\nwhen = { all = ["log", "on"], none = "log on" }\nuse = "mcp:time/now"\n',
        "on log",
        "rules.a",
    ),
    "a sentence in which a slot stands between the words that must not be there": Case(
        '[a]\nsay = "log {w:word} on"\nwhen.none = "log on"\nuse = "mcp:time/now"\n', "log in on", "rules.a"
    ),
}


def decided(directory: Path, rules: str, asked: str) -> str:
    """Return the rule that takes a text, or the rules that tie."""
    files = files_of(rules)
    guard = files.get("rules/guard/first.toml", "")
    decision = projects.book(directory, files[RULES], PLAIN["ts.toml"], guard=guard).decide(asked)
    return " ".join(each for each in (decision.rule, *decision.tied) if each)


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_said_of_a_rule_that_only_looks_idle(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    found = checked(tmp_path / "checked", case.rules).findings
    idle = [each.message for each in found if each.id in ("never-wins", "changes-nothing")]

    assert decided(tmp_path / "decided", case.rules, case.asked) == case.goes
    assert case.without or "rules.a" in case.goes
    assert not [each for each in idle if each.startswith("rules.a ")]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.without])
def test_without_a_rule_that_only_looks_idle_its_query_goes_another_way(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    _, *others = re.split(r"^(?=\[)", case.rules, flags=re.MULTILINE)[1:]
    left = "".join(others).replace('beats = "rules.a"', "")

    assert decided(tmp_path, left, case.asked) == case.without != case.goes


def test_a_rule_of_an_earlier_layer_that_does_what_a_later_one_does_is_not_idle(tmp_path: Path) -> None:
    text = f"""
# rules/guard/first.toml
{A}
yes = "log on"
# rules/team/rules.toml
[b]
when.all = "log"
yes = "log"
use = "mcp:time/now"
[c]
when.all = "on"
yes = "on"
use = "mcp:time/zones"
"""
    assert told(checked(tmp_path, text)) == []


@pytest.mark.parametrize("idle", ['use = "mcp:time/zones"\nstage = "shadow"', 'add = "mcp:time/zones"'])
def test_a_rule_that_never_competes_makes_no_other_one_useful(tmp_path: Path, idle: str) -> None:
    text = f"""
{A}
yes = "log on"
[b]
when.all = "log"
yes = "log"
use = "mcp:time/now"
[c]
when.all = ["log", "in"]
yes = "log in"
{idle}
"""
    assert ids(checked(tmp_path, text)) == ["changes-nothing"]


def test_told_ties_are_not_told_again_as_rules_that_never_win(tmp_path: Path) -> None:
    text = f'{A}yes = "log on"\n{B}yes = "on, log"\n'

    assert ids(checked(tmp_path / "told", text)) == ["tie"]
    assert ids(checked(tmp_path / "untold", f"{A}{B}")) == ["never-wins", "never-wins"]


def test_of_rules_that_are_alike_all_but_one_are_told(tmp_path: Path) -> None:
    rules = [A.replace("[a]", f"[{name}]") + f'yes = "log {name} on"\n' for name in ("a", "b", "c")]

    assert told(checked(tmp_path, "".join(rules))) == [
        f"rules.{name} changes nothing: whatever it matches rules.a matches too and does the same"
        for name in ("b", "c")
    ]


def test_of_two_prompts_and_lists_that_lead_to_each_other_none_is_used(tmp_path: Path) -> None:
    text = """
# rules/vocab.toml
[words]
one = ["x", "@two"]
two = ["y"]
# prompts/a.j2
{% include "b.j2" %}
# prompts/b.j2
b
"""
    assert [str(each) for each in checked(tmp_path, text).findings] == [
        'rules/vocab.toml: warning: no rule uses the list "one"; delete it [unused]',
        'rules/vocab.toml: warning: no rule uses the list "two"; delete it [unused]',
        "prompts/a.j2: warning: no rule uses this prompt; delete it [unused]",
        "prompts/b.j2: warning: no rule uses this prompt; delete it [unused]",
    ]


def test_what_only_a_template_in_arguments_an_alternative_or_a_sentence_names_is_used(tmp_path: Path) -> None:
    text = """
[a]
say = "log { x : @in }"
when.any = [["log", "@out"], "up"]
yes = "log y"
use = "mcp:time/now"
args.deep = [{ x = "{% include 'a.j2' %}" }]
# rules/vocab.toml
[words]
in = ["y", "@more"]
more = ["z"]
out = ["x"]
# prompts/a.j2
a
"""
    assert told(checked(tmp_path, text)) == []
