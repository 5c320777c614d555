"""Writes what was measured into docs/benchmarks.md, between the markers of each part; the words stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.goals import GOALS
from benchmarks.peers import OURS
from benchmarks.results import ROOT, Part, Results, Row, Value, as_number
from benchmarks.say import UNKNOWN, microseconds, milliseconds, number, ratio, size, table

PAGE: Final = ROOT / "docs" / "benchmarks.md"
_MARKED: Final = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def write(results: Results) -> None:
    """Write the page again."""
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")


def rendered(text: str, results: Results) -> str:
    """Return the page's text with the tables of these results."""
    return _MARKED.sub(lambda found: f"{found[1]}{_shown(found[2], results)}\n{found[3]}", text)


def _shown(name: str, results: Results) -> str:
    if name == "goals":
        return table(("goal", "limit", "measured", "met"), (goal.line(results) for goal in GOALS))
    part = results.get(name)
    if part is None:
        return "Not measured yet."
    return "\n\n".join([*SHOWN[name](part), *(f"Skipped: {each}." for each in part.skipped), _machine(part)])


def _machine(part: Part) -> str:
    facts = part.machine
    typer = f", Typer {facts['typer']}" if "typer" in facts else ""
    return f"{facts['cores']} cores, {facts['system']}, Python {facts['python']}{typer}."


def _decisions(part: Part) -> Iterator[str]:
    heads = (
        "rules", "floor", "known query", "in floors", "in readings", "first seen", "explained", "p99 / p50",
        "first seen / known", "rule, tie, none", "matching",
    )  # fmt: skip
    for corpus in part.values("corpus"):
        rules = list(dict.fromkeys(row["rules"] for row in part.rows if row["corpus"] == corpus))
        yield f"Rules and queries: {corpus}"
        yield table(heads, (_decision(part, corpus, each) for each in rules))


def _decision(part: Part, corpus: Value, rules: Value) -> tuple[str, ...]:
    def figure(name: str, row: str) -> float | None:
        return part.number(name, corpus=corpus, rules=rules, row=row)

    warm, fresh = figure("p50_us", "warm"), figure("p50_us", "fresh")
    shares = " ".join(f"{number(figure(kind, 'decided'))} %" for kind in ("rule", "tie", "none"))
    return (
        f"{rules:,}",
        microseconds(figure("p50_us", "floor")),
        microseconds(warm),
        number(figure("floors", "warm")),
        number(ratio(warm, figure("p50_us", "read"))),
        microseconds(fresh),
        microseconds(figure("p50_us", "explain")),
        number(ratio(figure("p99_us", "warm"), warm)),
        number(ratio(fresh, warm)),
        shares,
        number(figure("matches", "decided")),
    )


def _peers(part: Part) -> Iterator[str]:
    sizes = part.values("rules")
    heads = ("engine", "version", *(f"{rules:,} rules" for rules in sizes), "right answers")
    yield table(heads, (_peer(part, peer, sizes) for peer in part.values("peer")))


def _peer(part: Part, peer: Value, sizes: list[Value]) -> tuple[str, ...]:
    rows = [part.find(peer=peer, rules=rules) for rules in sizes]
    right = ", ".join(f"{row['right']} of {row['asked']}" for row in rows if row)
    version = next((str(row["version"]) for row in rows if row), "")
    return str(peer), version, *(_asked(row) for row in rows), right


def _asked(row: Row | None) -> str:
    if row is None:
        return UNKNOWN
    taken = microseconds(as_number(row["p50_us"]))
    return taken if row["peer"] == OURS else f"{taken} ({number(as_number(row['times_ours']))} times)"


def _compile(part: Part) -> Iterator[str]:
    heads = (
        "rules", "source", "`tomllib.loads`", "compile", "compile and keep", "first load",
        "loaded again", "of it opening", "after a change", "kept on disk",
        "memory a rule, first", "memory a rule, again",
    )  # fmt: skip
    yield table(heads, (_compiled(part, rules) for rules in part.values("rules")))


def _compiled(part: Part, rules: Value) -> tuple[str, ...]:
    def figure(name: str, row: str = "compile") -> float | None:
        return part.number(name, row=row, rules=rules)

    return (
        f"{rules:,}",
        size(figure("source_bytes")),
        milliseconds(figure("parse_ms")),
        *(f"{number(figure(name))} times" for name in ("compile_times", "keep_times")),
        *(milliseconds(figure("load_ms", row)) for row in ("first", "again")),
        milliseconds(figure("open_ms", "again")),
        milliseconds(figure("load_ms", "changed")),
        size(figure("kept_bytes", "first")),
        *(size(ratio(figure("memory_bytes", row), as_number(rules))) for row in ("first", "again")),
    )


def _processes(part: Part) -> Iterator[str]:
    plain = [row for row in part.rows if row["rules"] is None]
    yield table(("command", "wall time", "in `python -c pass`"), (_command(row) for row in plain))
    sizes = [rules for rules in part.values("rules") if rules is not None]
    kinds = [kind for kind in part.values("kind") if kind is not None]
    yield table(
        ("`ts explain`, decided by", *(f"{rules:,} rules" for rules in sizes)),
        ((str(kind), *(_explained(part.find(kind=kind, rules=rules)) for rules in sizes)) for kind in kinds),
    )


def _command(row: Row) -> tuple[str, ...]:
    return f"`{row['command']}`", milliseconds(as_number(row["ms"])), number(as_number(row["times_nothing"]))


def _explained(row: Row | None) -> str:
    if row is None:
        return UNKNOWN
    return f"{milliseconds(as_number(row['ms']))} ({number(as_number(row['times_nothing']))} times)"


def _adversarial(part: Part) -> Iterator[str]:
    heads = ("case", "size", "at first", "again", "bound", "of the bound")
    yield table(heads, (_case(row) for row in part.rows))


def _case(row: Row) -> tuple[str, ...]:
    first, again = (as_number(row[name]) for name in ("first_ms", "again_ms"))
    return (
        str(row["case"]),
        f"{row['size']:,} {row['unit']}",
        "over two minutes" if first is None else milliseconds(first),
        milliseconds(again),
        milliseconds(as_number(row["bound_ms"])),
        number(as_number(row["of_bound"])),
    )


def _planning(part: Part) -> Iterator[str]:
    heads = (
        "tools", "questions", "recall@1", "recall@5", "a search", "making the index",
        "prompt, narrowed", "prompt, all tools",
    )  # fmt: skip
    yield table(heads, (_searched(row) for row in part.rows))


def _searched(row: Row) -> tuple[str, ...]:
    tokens = (as_number(row[name]) for name in ("narrowed_tokens", "whole_tokens"))
    return (
        f"{row['tools']:,}",
        f"{row['questions']:,}",
        number(as_number(row["recall_1"])),
        number(as_number(row["recall_5"])),
        milliseconds(as_number(row["search_ms"])),
        milliseconds(as_number(row["build_ms"])),
        *(UNKNOWN if each is None else f"{each:,.0f} tokens" for each in tokens),
    )


def _calls(part: Part) -> Iterator[str]:
    heads = ("transport", "through", "a call", "of the SDK's", "16 at once", "of the SDK's")
    yield table(heads, (_called(row) for row in part.rows))


def _called(row: Row) -> tuple[str, ...]:
    return (
        str(row["transport"]),
        str(row["row"]),
        microseconds(as_number(row["call_us"])),
        number(as_number(row["of_sdk"])),
        microseconds(as_number(row["at_once_us"])),
        number(as_number(row["at_once_of_sdk"])),
    )


SHOWN: Final[dict[str, Callable[[Part], Iterator[str]]]] = {
    "decisions": _decisions,
    "peers": _peers,
    "compile": _compile,
    "processes": _processes,
    "adversarial": _adversarial,
    "planning": _planning,
    "calls": _calls,
}
