"""What we want to be true of the figures, held against them; a goal that is missed is shown as missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.peers import OURS
from benchmarks.processes import HELLO, HELP, TAB
from benchmarks.results import Part, Results, Value, as_number
from benchmarks.say import number, ratio

Figures = dict[str, float | None]
"""By what tells them apart: a corpus, a size, a kind of rule."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: no figure is above `most`, none below `least`."""

    text: str
    part: str
    figures: Callable[[Part], Figures]
    most: float = float("inf")
    least: float = 0.0

    def line(self, results: Results) -> tuple[str, str, str, str]:
        """Return the goal, its limit, what was measured, and whether it is met."""
        limit = f"≥ {self.least:.3g}" if self.least else f"≤ {self.most:.3g}"
        part = results.get(self.part)
        found = {} if part is None else self.figures(part)
        measured = {name: value for name, value in found.items() if value is not None}
        if not measured:
            return self.text, limit, "not measured", ""
        said = ", ".join(f"{number(value)}{f' ({name})' if name else ''}" for name, value in measured.items())
        met = all(self.least <= value <= self.most for value in measured.values())
        return self.text, limit, said, "yes" if met else "no"


def _floors(part: Part) -> Figures:
    return {corpus: _decided(part, "floors", corpus, 1_000) for corpus in _corpora(part)}


def _readings(part: Part) -> Figures:
    return {
        corpus: ratio(
            _decided(part, "p50_us", corpus, 1_000), _decided(part, "p50_us", corpus, 1_000, "read")
        )
        for corpus in _corpora(part)
    }


def _growth(rules: int) -> Callable[[Part], Figures]:
    def figures(part: Part) -> Figures:
        return {
            corpus: ratio(_decided(part, "p50_us", corpus, rules), _decided(part, "p50_us", corpus, 1_000))
            for corpus in _corpora(part)
        }

    return figures


def _tail(part: Part) -> Figures:
    return _worst(
        part,
        lambda corpus, rules: (
            _decided(part, "p99_us", corpus, rules),
            _decided(part, "p50_us", corpus, rules),
        ),
    )


def _first_seen(part: Part) -> Figures:
    return _worst(
        part,
        lambda corpus, rules: (
            _decided(part, "p50_us", corpus, rules, "fresh"),
            _decided(part, "p50_us", corpus, rules),
        ),
    )


def _worst(part: Part, pair: Callable[[Value, Value], tuple[float | None, float | None]]) -> Figures:
    """Return the largest ratio of each corpus, over all sizes."""
    found: Figures = {}
    for corpus in _corpora(part):
        ratios = {rules: ratio(*pair(corpus, rules)) for rules in part.values("rules")}
        known = {rules: value for rules, value in ratios.items() if value is not None}
        if known:
            at = max(known, key=lambda rules: known[rules])
            found[f"{corpus}, {at:,} rules"] = known[at]
    return found


def _decided(part: Part, name: str, corpus: Value, rules: Value, row: str = "warm") -> float | None:
    return part.number(name, corpus=corpus, rules=rules, row=row)


def _corpora(part: Part) -> list[str]:
    return [str(corpus) for corpus in part.values("corpus")]


def _than_hassil(part: Part) -> Figures:
    return {"": part.number("times_ours", peer="hassil", rules=1_000)}


def _right(part: Part) -> Figures:
    ours = [row for row in part.rows if row["peer"] == OURS]
    return {
        f"{row['rules']:,} rules": ratio(as_number(row["right"]), as_number(row["asked"])) for row in ours
    }


def _by_rules(name: str, row: str) -> Callable[[Part], Figures]:
    def figures(part: Part) -> Figures:
        return {f"{rules:,} rules": part.number(name, row=row, rules=rules) for rules in part.values("rules")}

    return figures


def _explained(*kinds: str, rules: int = 10_000) -> Callable[[Part], Figures]:
    def figures(part: Part) -> Figures:
        return {kind: part.number("times_nothing", kind=kind, rules=rules) for kind in kinds}

    return figures


def _than_hello(part: Part) -> Figures:
    hello = part.number("times_nothing", command=HELLO)
    explained = _explained("words", "shape", "sentence")(part)
    return {kind: ratio(value, hello) for kind, value in explained.items()}


def _than_typer(part: Part) -> Figures:
    return {
        asked: ratio(
            *(part.number("times_nothing", command=f"{program} {asked}") for program in ("ts", "greet"))
        )
        for asked in (HELP, TAB)
    }


GOALS: Final = (
    Goal("a decision at 1,000 rules, as multiples of the floor", "decisions", _floors, most=3),
    Goal("the same, the floor with stems as rules compare them", "decisions", _readings, most=3),
    Goal("hassil's decision at 1,000 rules, as multiples of ours", "peers", _than_hassil, least=500),
    Goal("a decision at 10,000 rules, as multiples of one at 1,000", "decisions", _growth(10_000), most=2.5),
    Goal("a decision at 100,000 rules, as multiples of one at 1,000", "decisions", _growth(100_000), most=8),
    Goal("the slowest query in a hundred, as multiples of the median, at worst", "decisions", _tail, most=5),
    Goal(
        "a query never seen before, as multiples of a known one, at worst", "decisions", _first_seen, most=2.5
    ),
    Goal("our answers that are the one right one", "peers", _right, least=1),
    Goal(
        "compiling rules and keeping them on disk, as multiples of `tomllib.loads`",
        "compile",
        _by_rules("keep_times", "compile"),
        most=2.5,
    ),
    Goal("opening a compiled rulebook, in ms", "compile", _by_rules("open_ms", "again"), most=1),
    Goal(
        "`ts explain` over 10,000 rules, as multiples of `python -c pass`",
        "processes",
        _explained("words", "sentence"),
        most=2,
    ),
    Goal("the same where a shape must be confirmed", "processes", _explained("shape"), most=3),
    Goal("the same, as multiples of Typer's hello", "processes", _than_hello, most=1 / 3),
    Goal(
        "`ts --help` and completion, as multiples of those of Typer's hello",
        "processes",
        _than_typer,
        most=1,
    ),
)
