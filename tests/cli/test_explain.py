"""`ts explain`, run as the installed command."""

from __future__ import annotations

from tests.command import Shell


def test_the_page_names_winner_loser_and_reason(project: Shell) -> None:
    done = project.ts("explain", "say hello")

    assert done.code == 0
    assert done.out.splitlines()[:6] == [
        "rule talk.say  (rules/team/talk.toml:2, layer team)",
        '  matched  say "say {text_:rest}"',
        "  slots    text_ = 'hello'",
        "plan from rule",
        "  1  mcp:echo/echo",
        "       text = 'hello'",
    ]
    assert "lost     talk.wide: talk.say asks for everything it asks for, and more" in done.out


def test_the_document_has_the_keys_of_the_contract(project: Shell) -> None:
    told = project.ts("explain", "say hello", "--json").json

    assert list(told) == ["query", "decision", "plan", "verdicts"]
    assert list(told["query"]) == ["text", "modes", "words", "facts", "attached"]
    assert list(told["decision"]) == [
        "id", "revision", "kind", "rule", "at", "layer", "slots", "tied", "added",
    ]  # fmt: skip
    assert told["decision"]["id"].startswith("d:")
    assert told["decision"]["revision"].startswith("r:")
    assert told["decision"]["slots"] == {"text_": "hello"}


def test_it_starts_no_server(project: Shell) -> None:
    project.write({"ts.toml": '[mcp.echo]\ncommand = "no-such-program"\n'})

    assert project.ts("explain", "say hello").code == 0
    assert [each.name for each in (project.home / ".ts").iterdir()] == ["compiled"]


def test_a_tie_names_what_would_settle_it(project: Shell) -> None:
    out = project.ts("explain", "alpha beta").out

    assert out.startswith("tie in layer team: talk.tie-one, talk.tie-two")
    assert 'beats = ["talk.tie-two"]' in out
    assert project.ts("explain", "alpha beta", "--json").json["decision"]["kind"] == "tie"


def test_no_rule_says_what_would_be_asked(project: Shell) -> None:
    assert "search would be asked" in project.ts("explain", "nothing like it").out
    assert project.ts("explain", "nothing like it", "--json").json["plan"] == {"from": "search", "steps": []}
    assert project.ts("explain", "nothing like it", "--json", TS_FALLBACK="").json["plan"]["from"] is None


def test_want_holds_one_rule_against_the_question(project: Shell) -> None:
    out = project.ts("explain", "mode", "--want", "talk.useful").out

    assert "talk.useful  (rules/team/talk.toml:33, layer team): near" in out
    assert "  has    mode" in out
    assert "  lacks  mode useful" in out
    done = project.ts("explain", "mode", "--want", "talk.usefull")
    assert done.code == 2
    assert 'did you mean "talk.useful"?' in done.err


def test_a_plan_that_cannot_be_bound_is_told_beside_the_decision(project: Shell) -> None:
    done = project.ts("explain", "unbound", "--json")

    assert done.code == 1
    assert done.json["decision"]["rule"] == "talk.unbound"
    assert done.json["error"]["code"] == "binding"


def test_equal_questions_give_equal_decisions(project: Shell) -> None:
    first, second = (
        project.ts("explain", "say hello", "--json", PYTHONHASHSEED=seed).out for seed in ("1", "2")
    )

    assert first == second
