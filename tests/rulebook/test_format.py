"""Formatting at the edges: what is kept of a text, and what cannot be formatted."""

from __future__ import annotations

import pytest

from router.errors import RulebookRefused
from router.rulebook import format as formatting
from router.rulebook.format import format_rules
from router.rulebook.format_cut import Uncut, comments, cut
from router.rulebook.format_order import RULE, STEP, VOCABULARY, WHEN, Order
from router.rulebook.format_parts import Parts
from router.rulebook.tables import RuleTable, StepTable, VocabularyTable, WhenTable


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        (" \n\n", ""),
        ("# only", "# only\n"),
        ("# one\n\n\n  # two \t\n", "# one\n\n# two\n"),
        ("\ufeff[b]\n[a]\n", "\ufeff[a]\n\n[b]\n"),
        ("[b]\r\n[a]\r\nwhy = '''\r\n x\r\n'''\r\n", "[a]\r\nwhy = '''\r\n x\r\n'''\r\n\r\n[b]\r\n"),
        ("[b]\n[a]\r\n", "[a]\n\n[b]\n"),
        ("['é']\n[\"日本\"]\n[z]\n", "[z]\n\n['é']\n\n[\"日本\"]\n"),
        ("[a]\nargs = { n = nan, m = 1e1 }\n[a.when]", "[a]\nargs = { n = nan, m = 1e1 }\n\n[a.when]\n"),
        ('[a]\nuse = ["""\nx"""]', '[a]\nuse = [\n    """\nx""",\n]\n'),
        ('[a]\nwhy="""x\\ \t\n  y"""', '[a]\nwhy = """x\\ \t\n  y"""\n'),
        ("# \u2028 \u0085\n[a]\n", "# \u2028 \u0085\n[a]\n"),
    ],
)
def test_text_at_the_edges(before: str, after: str) -> None:
    assert format_rules(before) == after
    assert format_rules(after) == after


@pytest.mark.parametrize(
    ("order", "model"),
    [(RULE, RuleTable), (WHEN, WhenTable), (STEP, StepTable), (VOCABULARY, VocabularyTable)],
)
def test_every_key_that_can_be_written_has_its_place(order: Order, model: type[RuleTable]) -> None:
    assert sorted(order.keys) == sorted(model.model_fields)


# What cannot be formatted.


def refused(text: str) -> str:
    with pytest.raises(RulebookRefused) as raised:
        format_rules(text, "rules/team/git.toml")
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a]\nx = ", "rules/team/git.toml:2:5: is not TOML: Invalid value"),
        ("[a]\r\n[a]", "rules/team/git.toml:2:3: is not TOML: Cannot declare ('a',) twice"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_place(text: str, said: str) -> None:
    assert refused(text) == said


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ("{x=", "}")])
def test_what_is_nested_too_deeply_is_refused(start: str, end: str) -> None:
    deep = f"[a]\nb = {start * 40}1{end * 40}"

    assert format_rules(deep).replace(" ", "") == f"{deep}\n".replace(" ", "")
    assert "nested more than" in refused(f"[a]\nb = {start * 2000}1{end * 2000}")


def test_nesting_that_only_the_formatter_cannot_follow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "parse_toml", lambda *_: {})

    deep = f"[a]\nb = {'[' * 2000}1{']' * 2000}"
    assert refused(deep) == "rules/team/git.toml: is nested too deeply to be formatted"


def test_toml_that_the_grammar_does_not_know_is_refused_with_its_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(formatting, "parse_toml", lambda *_: {})

    said = refused("[a]\nb = 1\nc = { d = 1,\n e = 2 }\n")
    assert said.startswith("rules/team/git.toml:3:1: is TOML that the formatter cannot read; it is left as")
    with pytest.raises(Uncut):
        comments("a =")


@pytest.mark.parametrize(
    "wrong", ["[b]\nuse = 'y' # why\n", "[b]\nuse = 'x'\n", "[b]\nuse = 'x' # whz\n", "[b"]
)
def test_nothing_is_written_that_would_mean_something_else(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def printed(_parts: Parts, _order: Order) -> str:
        return wrong

    monkeypatch.setattr(formatting, "lay_out", printed)

    assert "would not mean the same if it were formatted" in refused("[b]\nuse='x' # why")


def test_comments_are_told_apart_from_strings() -> None:
    text = "# a\n[b] # c \nd = '# e' #f\ng = [ # h\n'''\n# i''', #j\n]\n#"

    assert comments(text) == cut(text).comments == ["# a", "# c", "#f", "# h", "#j", "#"]
