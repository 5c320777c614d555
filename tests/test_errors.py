"""The tree of errors: every class is drawn, says its fields, and survives being stored."""

from __future__ import annotations

import copy
import json
import re

import pytest

from router import errors
from router.errors import (
    AmbiguousRoute,
    ArgumentsRefused,
    AskerError,
    BindingFailed,
    BudgetSpent,
    CallError,
    CallTimedOut,
    CorpusRefused,
    ModelUnavailable,
    NoRoute,
    PinBroken,
    PlannerError,
    PlanRefused,
    PlanRejected,
    Problem,
    ProjectExists,
    ProjectNotFound,
    ProtocolBroken,
    QueryRefused,
    ResultTooLarge,
    RevisionUnknown,
    RouterError,
    RulebookRefused,
    SecretMissing,
    SettingsRefused,
    SignInFailed,
    TargetUnavailable,
    TargetUnknown,
    ToolFailed,
    from_dict,
)

PROBLEMS = (
    Problem("ts.toml", "unknown key", 'did you mean "url"?', ("mcp", "git", 0), 3, 5, key=True),
    Problem("rules/x.toml", "is not UTF-8"),
)
SAMPLES: list[tuple[RouterError, str]] = [
    (RouterError(), "something failed"),
    (AskerError(), "something failed"),
    (QueryRefused("the query is empty"), "the query is empty"),
    (
        ProjectNotFound("/x"),
        "/x: no ts.toml here or in a directory above; `ts init` writes a starter project",
    ),
    (ProjectExists("/x", ("ts.toml", "rules")), "/x: would overwrite ts.toml, rules; nothing was written"),
    (
        SettingsRefused(PROBLEMS),
        'ts.toml:3:5: unknown key; did you mean "url"?\nrules/x.toml: is not UTF-8',
    ),
    (RulebookRefused(PROBLEMS[1:]), "rules/x.toml: is not UTF-8"),
    (CorpusRefused(PROBLEMS[1:]), "rules/x.toml: is not UTF-8"),
    (RevisionUnknown("main", "there is no such commit"), "revision main: there is no such commit"),
    (NoRoute("x"), "no rule decides this query"),
    (NoRoute("x", ("mcp:a/b", "a2a:c")), "no rule decides this query; nearest: mcp:a/b, a2a:c"),
    (
        AmbiguousRoute(("t.a", "t.b")),
        'rules tie: t.a, t.b; give one of them a condition that the others lack, or a `beats = ["…"]`',
    ),
    (BindingFailed("t.a args.x", "'n' is undefined"), "t.a args.x: 'n' is undefined"),
    (
        PlanRefused("the steps a, b need each other"),
        "the plan cannot be carried out: the steps a, b need each other",
    ),
    (PlannerError("nobody is asked"), "no model made a plan: nobody is asked"),
    (
        PlanRejected("", "hf:a", ("no JSON", "no steps")),
        "hf:a made no plan that can be carried out: no JSON; no steps",
    ),
    (PlanRejected("it is empty", "hf:a"), "hf:a made no plan that can be carried out: it is empty"),
    (ModelUnavailable("is busy", "hf:a", 429, 2.5), "hf:a: is busy; ask again in 2.5 s"),
    (ModelUnavailable("is busy", "hf:a", 429, 150.0), "hf:a: is busy; ask again in 2 min"),
    (ModelUnavailable("is busy", "hf:a", 429, 7_200.0), "hf:a: is busy; ask again in 2 h"),
    (ModelUnavailable("is busy", "hf:a", 429, 31_536_000.0), "hf:a: is busy; ask again in 365 days"),
    (ModelUnavailable("no model can be reached"), "no model can be reached"),
    (BudgetSpent("", 50.0, 50.0), "the budget is spent: $50.0000 of $50.0000 this month"),
    (BudgetSpent("", 1.0, 1.0, "ci"), 'the pool "ci" is spent: $1.0000 of $1.0000 this month'),
    (CallError("mcp:a/b", "no"), "mcp:a/b: no"),
    (TargetUnknown("mcp:a/b", "no such tool", "mcp:a/c"), "mcp:a/b: no such tool; did you mean mcp:a/c?"),
    (TargetUnknown("mcp:a/b", "no such tool"), "mcp:a/b: no such tool"),
    (ArgumentsRefused("mcp:a/b", "x is missing"), "mcp:a/b: x is missing"),
    (TargetUnavailable("mcp:a", "went away", "Traceback\nlast"), "mcp:a: went away\nTraceback\nlast"),
    (TargetUnavailable("mcp:a", "went away"), "mcp:a: went away"),
    (TargetUnavailable("a2a:a", "busy", sent=False, retry_after_seconds=2.5), "a2a:a: busy"),
    (SignInFailed("a2a:a", "refused"), "a2a:a: refused"),
    (PinBroken("mcp:a/b", "its description changed"), "mcp:a/b: its description changed"),
    (SecretMissing("keyring:a", "is not there"), "keyring:a: is not there"),
    (ProtocolBroken("mcp:a", "not JSON"), "mcp:a: not JSON"),
    (ResultTooLarge("mcp:a", "too large"), "mcp:a: too large"),
    (CallTimedOut("mcp:a", seconds=2.5), "mcp:a: no answer within 2.5 seconds"),
    (ToolFailed("mcp:a/b", "failed"), "mcp:a/b: failed"),
]
IDS = [type(error).__name__ for error, _ in SAMPLES]


def tree(kind: type[RouterError] = RouterError) -> list[type[RouterError]]:
    """Return every class of the module's tree; what plugins and tests add to it lives elsewhere."""
    below = [each for child in kind.__subclasses__() for each in tree(child)]
    return [each for each in (kind, *below) if each.__module__ == errors.__name__]


PUBLIC = [each for each in tree() if not each.__name__.startswith("_")]


def test_every_class_has_a_sample_here() -> None:
    assert {type(error) for error, _ in SAMPLES} == set(PUBLIC)


def test_the_drawing_names_every_class_once_and_nothing_else() -> None:
    assert errors.__doc__ is not None
    drawn = re.findall(r"(?:── |^    )([A-Z]\w+)", errors.__doc__, re.MULTILINE)
    assert sorted(drawn) == sorted(each.__name__ for each in PUBLIC)


def test_the_drawing_shows_who_is_below_whom() -> None:
    depths: list[tuple[int, str]] = [
        (len(found[1]) // 4, found[2])
        for found in re.finditer(r"^    ((?:[│ ]   |[├└]── )*)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    ]
    above: dict[int, str] = {}
    for depth, name in depths:
        above[depth] = name
        if depth:
            parents = [each.__name__ for each in getattr(errors, name).__mro__]
            assert above[depth - 1] in parents[1:]
            assert not {above[each] for each in range(depth)} - set(parents)


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [each.code for each in PUBLIC]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize(("error", "message"), SAMPLES, ids=IDS)
def test_the_message_is_made_from_the_fields(error: RouterError, message: str) -> None:
    assert str(error) == message
    assert error.args == (message,)


@pytest.mark.parametrize("error", [error for error, _ in SAMPLES], ids=IDS)
def test_an_error_survives_being_stored_and_read_back(error: RouterError) -> None:
    stored = error.to_dict()
    assert (stored["code"], stored["message"]) == (error.code, str(error))
    for each in (stored, json.loads(json.dumps(stored))):
        read = from_dict(each)
        assert type(read) is type(error)
        assert read == error
        assert str(read) == str(error)
    kind, values = error.__reduce__()[:2]
    for copied in (kind(*values), copy.copy(error), copy.deepcopy(error)):
        assert copied == error


def test_errors_are_equal_where_class_and_fields_are_and_can_be_kept_in_sets() -> None:
    assert CallError("a", "b") == CallError("a", "b") != CallError("a", "c")
    assert CallError("a", "b") != ToolFailed("a", "b")
    assert CallError("a", "b") != "a: b"
    assert len({CallError("a", "b"), CallError("a", "b"), ToolFailed("a", "b")}) == 2


def test_a_field_that_was_not_stored_has_its_default() -> None:
    assert from_dict({"code": "timeout", "target": "mcp:a"}) == CallTimedOut("mcp:a")


def test_an_unknown_code_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="nothing"):
        from_dict({"code": "nothing"})


def test_a_class_that_someone_adds_does_not_take_a_code_away() -> None:
    class Claimant(CallError):
        code = "arguments"

    assert Claimant.code == ArgumentsRefused.code
    assert type(from_dict({"code": "arguments"})) is ArgumentsRefused
    assert type(from_dict({"code": "asker"})) is AskerError


def test_an_error_is_raised_from_another_and_keeps_it() -> None:
    with pytest.raises(CallError) as raised:
        raise CallError("mcp:a", "no") from ValueError("why")
    assert isinstance(raised.value.__cause__, ValueError)


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (Problem("f.toml", "is wrong"), "f.toml: is wrong"),
        (Problem("f.toml", "is wrong", "do this"), "f.toml: is wrong; do this"),
        (Problem("f.toml", "is wrong", line=2, column=7), "f.toml:2:7: is wrong"),
    ],
)
def test_a_problem_says_place_what_is_wrong_and_what_would_do(problem: Problem, shown: str) -> None:
    assert str(problem) == shown
