"""Draws decisions by the number of rules, ours and others', as an SVG for light and for dark pages."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.peers import OURS
from benchmarks.results import ROOT, Part, Results, Value
from benchmarks.say import microseconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLOT: Final = ROOT / "docs" / "benchmarks.svg"
TITLE: Final = "Time of one decision by the number of rules"
INK: Final = "#010203"
"""Stands for the colour of the page's own text, which the style sets."""
STYLE: Final = (
    "<style>svg { color: #1f2328 } @media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }</style>"
)
COLOURS: Final = ("#707a85", "#1773f6", "#178593", "#9160d3", "#b06637", "#d1495b", "#348943", "#8e7626")
"""Each has a contrast of four to one with white pages and with nearly black ones."""
APART: Final = 0.052
"""Labels keep this distance from each other, as a share of the height."""
BEHIND: Final = 0.015
"""And this one from their lines, as a share of the width."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is drawn under one label: microseconds by rules."""

    label: str
    points: dict[float, float]
    dashed: bool = False


def write(results: Results, path: Path = PLOT) -> str:
    """Draw the plot again, and return a sentence that says so, or why not."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        return "the plot is not drawn: `matplotlib` is not installed; the group `bench` has it"
    settings: Any = {
        "svg.hashsalt": "ts",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
    }
    with mpl.rc_context(settings):
        path.write_text(_drawn(list(lines(results)), mark(results)), encoding="utf-8")
    return f"drawn: {path.name}"


def mark(results: Results) -> str:
    """Return what the plot says of the figures it was drawn from, so that an old plot is noticed."""
    shown = [[line.label, sorted(line.points.items())] for line in lines(results)]
    return f"drawn from {hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]}"


def lines(results: Results) -> Iterator[Line]:
    """Yield the lines: the floor, our decisions, and those of every other engine."""
    if decisions := results.get("decisions"):
        for corpus in decisions.values("corpus"):
            yield _line(decisions, f"floor, {corpus}", dashed=True, corpus=corpus, row="floor")
            yield _line(decisions, f"{OURS}, {corpus}", corpus=corpus, row="warm")
    if peers := results.get("peers"):
        for peer in peers.values("peer"):
            if peer != OURS:
                label = str(peer).replace("`", "").partition(",")[0]
                yield _line(peers, label, peer=peer)


def _line(part: Part, label: str, *, dashed: bool = False, **keys: Value) -> Line:
    found = {rules: part.number("p50_us", rules=rules, **keys) for rules in part.values("rules")}
    points = {
        float(rules): micro for rules, micro in found.items() if micro is not None and rules is not None
    }
    return Line(label, points, dashed)


def _drawn(drawn: list[Line], description: str) -> str:
    """Return the SVG, its lines labelled at their ends."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 5.2))
    axes = figure.subplots()
    figure.subplots_adjust(left=0.09, right=0.8, top=0.92, bottom=0.11)
    axes.set(xscale="log", yscale="log", xlabel="rules", title=TITLE)
    for line, colour in zip(drawn, COLOURS, strict=False):
        style: dict[str, Any] = (
            {"linestyle": "--", "linewidth": 1.4} if line.dashed else {"marker": "o", "markersize": 4}
        )
        axes.plot(list(line.points), list(line.points.values()), color=colour, **style)
    _plain(axes)
    figure.draw_without_rendering()  # only then is it known where the ends of the lines are
    for line, place, colour in zip(drawn, _places(axes, drawn), COLOURS, strict=False):
        axes.annotate(
            line.label, place, xycoords="axes fraction", color=colour, va="center", annotation_clip=False
        )
    out = io.StringIO()
    metadata = {"Title": TITLE, "Description": description, "Date": None, "Creator": None}
    figure.savefig(out, format="svg", transparent=True, metadata=metadata)
    return _themed(out.getvalue())


def _places(axes: Axes, drawn: list[Line]) -> list[tuple[float, float]]:
    """Return where each label stands: behind the end of its line, and clear of the label below."""
    to_share = axes.transScale + axes.transLimits
    ends: list[tuple[float, float]] = [
        (round(x, 3), y) for x, y in (to_share.transform(max(line.points.items())) for line in drawn)
    ]
    places = list(ends)
    order = sorted(range(len(ends)), key=lambda each: ends[each])
    for below, above in pairwise(order):
        x, y = ends[above]
        places[above] = x, max(y, places[below][1] + APART) if x == ends[below][0] else y
    return [(x + BEHIND, y) for x, y in places]


def _plain(axes: Axes) -> None:
    """Give the frame the colour of the page's text, and leave out what says nothing."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(which="both", colors=INK)
    axes.xaxis.set_major_formatter(lambda rules, _: f"{rules:,.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: microseconds(value).replace(".0 ", " "))
    axes.grid(visible=True, color="#8b949e", alpha=0.25, linewidth=0.6)
    for text in (axes.title, axes.xaxis.label):
        text.set_color(INK)


def _themed(svg: str) -> str:
    """Let the reader's own theme choose the colour of the ink."""
    head, tag, rest = svg.partition("<defs>")
    return f"{head}{STYLE}\n {tag}{rest}".replace(INK, "currentColor")
