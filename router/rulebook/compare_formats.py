"""Writes a comparison for people, pull requests and programs; it compares nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from router.rulebook.compare import Change, Comparison, Group
from router.rulebook.formats import code, code_cell, command, counted
from router.rulebook.ways import Way

MARK: Final = "<!-- ts rules diff -->"
"""By which a pull request's comment is found again."""
NOW: Final = "the working tree"


def text(found: Comparison, title: str, samples: int, _above: str) -> str:
    """Return the groups with samples, and the counts last."""
    return "\n".join(
        (*(line for group in found.groups for line in _text(group, samples)), _counts(found, title))
    )


def as_json(found: Comparison, title: str, _samples: int, _above: str) -> str:
    """Return one JSON document with every change."""
    return json.dumps({"compared": title, **found.to_dict()}, indent=2, ensure_ascii=False)


def markdown(found: Comparison, title: str, samples: int, above: str) -> str:
    """Return a comment for a pull request."""
    head = (MARK, "### Where questions go", "", _counts(found, code(title)))
    return (
        "\n".join((*head, *(line for group in found.groups for line in _markdown(group, samples, above))))
        + "\n"
    )


def github(found: Comparison, title: str, samples: int, above: str) -> str:
    """Return a workflow command for each group, which GitHub shows at its rule, and the counts."""
    lines = []
    for group in found.groups:
        told = "\n".join(
            (_head(group), *(f'"{each.query.shown}": {_moved(each)}' for each in group.changes[:samples]))
        )
        lines.append(command("warning", above + group.file, group.line, 0, "ts rules diff", told))
    return "\n".join((*lines, _counts(found, title)))


FORMATS: Final[Mapping[str, Callable[[Comparison, str, int, str], str]]] = {
    "text": text,
    "json": as_json,
    "md": markdown,
    "github": github,
}
"""By the name that `--format` takes."""


def _counts(found: Comparison, title: str) -> str:
    return f"{title}: {counted(found.queries, 'query')}, {found.same} the same, {len(found.changes)} changed"


def _head(group: Group, written: Callable[[str], str] = str) -> str:
    causes = " and ".join(
        f"{written(cause)} ({written(reason)})"
        for cause, reason in zip(group.causes, group.reasons, strict=True)
    )
    verb = "changes" if len(group.causes) == 1 else "change"
    return f"{causes} {verb} {counted(len(group.changes), 'query')}"


def _moved(change: Change) -> str:
    """Say from where to where; where only a call differs, that."""
    if change.what == "call":
        return f"{_way(change.before)}, called otherwise"
    return f"{_way(change.before)} → {_way(change.after)}"


def _way(way: Way) -> str:
    return str(way).replace(" \N{RIGHTWARDS DOUBLE ARROW} ", ": ")


def _text(group: Group, samples: int) -> Iterator[str]:
    place = f"{group.file}:{group.line}: " if group.line else f"{group.file}: "
    yield f"{place}{_head(group)}"
    for each in group.changes[:samples]:
        yield f"  {each.query.shown}"
        yield f"    {_moved(each)}"
    if len(group.changes) > samples:
        yield f"  … and {len(group.changes) - samples} more; --samples says how many are shown"
    yield ""


def _markdown(group: Group, samples: int, above: str) -> Iterator[str]:
    place = f"{above}{group.file}:{group.line}" if group.line else f"{above}{group.file}"
    yield from (
        "",
        f"{_head(group, code)} · {code(place)}",
        "",
        "| question | before | after |",
        "|---|---|---|",
    )
    for each in group.changes[:samples]:
        after = "the same, called otherwise" if each.what == "call" else code_cell(_way(each.after))
        yield f"| {code_cell(each.query.shown)} | {code_cell(_way(each.before))} | {after} |"
    if len(group.changes) > samples:
        yield ""
        yield f"… and {len(group.changes) - samples} more."
