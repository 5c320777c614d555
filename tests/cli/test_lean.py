"""The lean way in: it reads a command line as Typer does, or hands it on with nothing done."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final
from unittest import mock

import pytest
import typer
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from typer.core import TyperGroup

from router.cli import lean
from router.cli.app import app
from router.cli.declared import OPTIONS
from router.context import facts_of, words_of
from router.errors import QueryRefused

HERE: Final = os.path.realpath(Path(__file__).parent)
VALUES: Final = {
    "directory": (".", "..", HERE, "", "missing", "test_lean.py", "-"),
    "words": ("a", " a , b", "", "-f", "--", "--json", "é,=", "-"),
    "facts": ("k=v", "k=v", "l=--", "é==", "m=", "k=w", "=v", "-f"),
}
PLAIN: Final = ("show", "two words", "=", "é", "q", "explain", "a=b", "", "-", "--")
WORDS: Final = (*PLAIN, "---", "-=", "--=x", "--help", "-h", "--json=1", "-x", "—f", "--timeout", "9")
HANDED_ON: Final = (
    "attach",
    "want",
    "last",
    "timeout",
    "stream",
    "save",
    "install_completion",
    "show_completion",
)
ABSENT: Final[tuple[object, ...]] = (None, False, [], ())


def harmless() -> TyperGroup:
    """Return the whole command line; asked to install completion it writes nothing to the home directory."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for each in root.params:
        if each.name in HANDED_ON:
            each.callback, each.expose_value = None, True
    return root


ROOT: Final = harmless()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a way of reading makes of a command line."""

    command: str = ""
    text: str = ""
    modes: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    facts: tuple[tuple[str, str], ...] = ()
    as_json: bool = False
    planner: bool = True
    directory: str = ""
    out: str = ""


def leanly(arguments: list[str], answer: int | None = 0) -> Reading | None:
    """Return what the lean way asks, and from where; None where it hands on."""
    readings: list[Reading] = []

    def record(asked: lean.Asked) -> int | None:
        try:
            facts = tuple(sorted(facts_of(asked.facts).items()))
        except QueryRefused:  # as a way does that cannot answer
            return None
        words, here = words_of(asked.words), str(Path.cwd())
        readings.append(
            Reading(asked.command, asked.text, asked.modes, words, facts, asked.as_json, asked.planner, here)
        )
        return answer

    before = Path.cwd()
    with way(record), contextlib.redirect_stdout(io.StringIO()) as out, contextlib.chdir(before):
        code = lean.run(arguments)
        assert code is not None or Path.cwd() == before
    assert code in (None, 0)
    assert code == 0 or not out.getvalue()
    if answer is None or code is None:
        return None
    return readings[0] if readings else Reading(out=out.getvalue())


@contextlib.contextmanager
def way(*answers: object) -> Iterator[None]:
    """Have each of the answers asked in turn instead of those of the lean way."""
    modules = {f"way{number}": ModuleType(f"way{number}") for number, _ in enumerate(answers)}
    for module, answer in zip(modules.values(), answers, strict=True):
        vars(module)["answer"] = answer
    with mock.patch.dict(sys.modules, modules), mock.patch.object(lean, "WAYS", tuple(modules)):
        yield


def by_typer(arguments: list[str]) -> Reading | None:
    """Return what the whole command line would ask; None for what only it can do, and what it refuses."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            name, given = parsed(arguments)
        except typer.Exit:
            return Reading(out=out.getvalue()) if out.getvalue().startswith("ts ") else None
        except typer.TyperException:
            return None
    text = given["text"] if name in ("explain", "q") else ()
    if not text or list(text) == ["-"] or any(given.get(each) not in ABSENT for each in HANDED_ON):
        return None
    is_id = name == "explain" and len(text) == 1 and text[0].startswith("d:")
    if is_id or (name == "q" and not given["dry_run"]):
        return None
    try:
        facts = facts_of(given["facts"] or ())
    except QueryRefused:
        return None
    return Reading(
        name,
        " ".join(text),
        frozenset(mode for mode in ("faves", "useful", "essential") if given[mode]),
        words_of(given["words"] or ()),
        tuple(sorted(facts.items())),
        given["as_json"],
        not given.get("no_planner"),
        os.path.realpath(given["directory"] or "."),
    )


def parsed(arguments: list[str]) -> tuple[str, dict[str, Any]]:
    """Return a command and all parameters that Typer would call the functions with."""
    with ROOT.make_context("ts", list(arguments)) as context:
        rest = [*context._protected_args, *context.args]
        name, command, rest = ROOT.resolve_command(context, rest)
        assert name is not None
        assert command is not None
        with command.make_context(name, rest, parent=context) as inner:
            return name, {**context.params, **inner.params}


def good(path: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Return arguments that give one option of a command, in each of the spellings that there are."""
    rows = [(flag, name, takes) for flags, name, takes, _ in OPTIONS[path] for flag in flags]
    named = st.sampled_from([(flag, name) for flag, name, takes in rows if takes and name in VALUES])
    valued = named.flatmap(lambda pair: st.tuples(st.just(pair[0]), st.sampled_from(VALUES[pair[1]])))
    return st.one_of(
        st.sampled_from([[flag] for flag, name, takes in rows if not takes and name not in HANDED_ON]),
        valued.map(list),
        valued.map(lambda pair: ["=".join(pair) if pair[0][1] == "-" else "".join(pair)]),
    )


def odd(path: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Return arguments of every kind, which a command may take, take otherwise than it seems, or refuse."""
    flag = st.sampled_from([flag for flags, *_ in OPTIONS[path] for flag in flags])
    value = st.sampled_from([*itertools.chain(*VALUES.values())])
    return st.one_of(
        st.tuples(flag, value).map(list),
        st.tuples(flag, value).map(lambda pair: ["=".join(pair)]),
        st.tuples(flag, value).map(lambda pair: ["".join(pair)]),
        st.tuples(flag, st.integers(1, 6)).map(lambda pair: [pair[0][: -pair[1]]]),
        st.tuples(st.text("fuewCh=", max_size=4), value).map(lambda pair: [f"-{pair[0]}{pair[1]}"]),
        st.sampled_from(WORDS).map(lambda word: [word]),
    )


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """Draw a command line, such as a command would take more often than not."""
    command = draw(st.sampled_from([*["explain", "q"] * 5, "rules", "expl", "Q", ""]))
    path = (command,) if (command,) in OPTIONS else ("explain",)
    spelled = draw(st.sampled_from([good, good, good, odd]))
    before = draw(st.lists(spelled(()), max_size=2)) if draw(st.booleans()) else []
    words = st.sampled_from(PLAIN).map(lambda word: [word])
    behind = draw(st.permutations([*draw(st.lists(spelled(path) | words, max_size=4)), draw(words)]))
    if command == "q" and draw(st.integers(0, 7)):
        behind.insert(draw(st.integers(0, len(behind))), ["--dry-run"])
    return [*itertools.chain(*before), command, *itertools.chain(*behind)]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(HERE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("_TS_COMPLETE", raising=False)


@settings(deadline=None, max_examples=300)
@given(lines())
@example(["-C..", "-C", ".", "explain", "x"])
@example(["-C", "", "explain", "x"])
@example(["explain", "-fu", "-ew=x", "a", "--set=k=v", "--", "--json"])
@example(["explain", "a", "--want", ""])
@example(["explain", "-w", "--", "a", "--set", "--json=1"])
@example(["explain", "a", "-w", " b, c,", "--set", "k=v", "--set", "k=v"])
@example(["q", "--dry-run", "--no-planner", "-fuew", "a", "--words=b", "do", "it"])
@example(["--", "explain", "--", "-f"])
@example(["explain", "d:0123456789abcdef"])
@example(["explain", "--last"])
@example(["-C", "missing", "--version", "--nonsense"])
@example(["--version", "-C", "missing", "rules", "--nonsense"])
def test_a_command_line_is_read_as_typer_reads_it_or_handed_on(arguments: list[str]) -> None:
    read = leanly(arguments)
    event("handed on" if read is None else read.command or "version")

    assert read == by_typer(arguments)


@settings(deadline=None)
@given(lines())
def test_a_command_line_that_no_way_answers_leaves_nothing_done(arguments: list[str]) -> None:
    before = Path.cwd()

    assert leanly(arguments, answer=None) is None
    assert Path.cwd() == before


def test_ways_are_asked_in_turn_until_one_answers() -> None:
    asked: list[str] = []

    def answering(name: str, code: int | None) -> Callable[[lean.Asked], int | None]:
        def answer(_question: lean.Asked) -> int | None:
            asked.append(name)
            return code

        return answer

    with way(answering("daemon", None), answering("here", 3), answering("later", 0)):
        assert lean.run(["explain", "hello"]) == 3

    assert asked == ["daemon", "here"]


@pytest.mark.parametrize("arguments", [["explain", "\udce9"], ["-C", "\udce9", "explain", "hello"]])
def test_what_is_not_utf_8_is_handed_on(arguments: list[str]) -> None:
    assert leanly(arguments) is None


def test_a_request_for_completion_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TS_COMPLETE", "complete_bash")

    assert leanly(["explain", "hello"]) is None
    assert leanly(["--version"]) is None


def test_what_a_system_leaves_to_programs_to_expand_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lean, "os", SimpleNamespace(**{**vars(os), "name": "nt"}))

    assert leanly(["explain", "what is in *.py"]) is None
    assert leanly(["explain", "what is here"]) is not None
