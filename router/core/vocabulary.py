"""Shared words and shapes, compiled; rules refer to them by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from router.core.findings import Findings, nearest_or_all
from router.core.shapes import Shape, ShapeError, compile_shape
from router.core.slots import Entry
from router.core.source import Sources
from router.core.text import Normaliser


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Lists of words and named shapes."""

    lists: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    """Entries with the longest first, then by their stems."""
    shapes: Mapping[str, Shape] = field(default_factory=dict)


def compile_vocabulary(sources: Sources, normaliser: Normaliser, findings: Findings) -> Vocabulary:
    """Compile words and shapes; what is wrong goes to `findings`, and its name stays known."""
    lists: dict[str, tuple[Entry, ...]] = {}
    for name in sources.words:
        entries = {
            entry.stems: entry for entry in reversed(_entries(name, (), sources, normaliser, findings))
        }
        lists[name] = tuple(sorted(entries.values(), key=lambda each: (-len(each.stems), each.stems)))
    shapes: dict[str, Shape] = {}
    for name, pattern in sources.shapes.items():
        try:
            shapes[name] = compile_shape(name, pattern)
        except ShapeError as error:
            path = ("shapes", name)
            message = f'shape "{name}": {error}'
            findings.add(sources.vocabulary, path, message, error.hint, code="bad-shape", offset=error.offset)
            shapes[name] = Shape(name, pattern, (), "")
    return Vocabulary(lists, shapes)


def _entries(
    name: str, above: tuple[str, ...], sources: Sources, normaliser: Normaliser, findings: Findings
) -> list[Entry]:
    found: list[Entry] = []
    if not sources.words[name]:
        findings.add(sources.vocabulary, ("words", name), f'list "{name}" is empty')
    for number, text in enumerate(sources.words[name]):
        path = ("words", name, number)
        if text.startswith("@"):
            found += _referenced(text, name, above, path, sources, normaliser, findings)
        elif stems := normaliser.stems(text):
            found.append(Entry(stems, text))
        elif not above:
            findings.add(sources.vocabulary, path, f'"{text}" has no letter or digit')
    return found


def _referenced(
    text: str,
    name: str,
    above: tuple[str, ...],
    path: tuple[str | int, ...],
    sources: Sources,
    normaliser: Normaliser,
    findings: Findings,
) -> list[Entry]:
    other = text[1:]
    if other == name or other in above:
        if not above or above[0] == other:
            findings.add(sources.vocabulary, path, f"list @{other} contains itself", code="list-ring")
        return []
    if other not in sources.words:
        if not above:
            hint = nearest_or_all(other, sources.words)
            findings.add(sources.vocabulary, path, f'unknown list "{text}"', hint, code="unknown-list")
        return []
    return _entries(other, (*above, name), sources, normaliser, findings)
