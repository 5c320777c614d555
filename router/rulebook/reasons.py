"""Says in words what became of a rule between two rulebooks; it finds no cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from router.core.conditions import Condition, Looks, Says, Word
from router.core.slots import Entry
from router.rulebook.sides import SETTINGS, Written

MOST_NAMED: Final = 3
"""Words of a condition that a reason names."""


def reason(cause: str, before: Written | None, after: Written | None, said: frozenset[str]) -> str:
    """Return what became of a rule, or of the settings; words that are `said`, as stems, are named first."""
    if before is None or after is None:
        if cause == SETTINGS:
            return "the settings changed"
        return "added" if before is None else "removed"
    then, now = before.parts(), after.parts()
    changed = [name for name, value in then.items() if value != now[name]]
    named = _named(before.rule.condition, after.rule.condition, said) if "condition" in changed else ""
    return f"{' and '.join(changed)} changed{named}"


def _named(before: Condition, after: Condition, said: frozenset[str]) -> str:
    """Name what a condition lost and gained."""
    then, now = dict(_words(before)), dict(_words(after))
    lost = {shown for key, shown in then.items() if key not in now}
    gained = {shown for key, shown in now.items() if key not in then}
    told = (("without", lost - gained), ("with", gained - lost), ("another pattern for", lost & gained))
    heard = {
        _quoted(word.shown)
        for each in (before, after)
        for word in _entries(each)
        if said.issuperset(word.stems)
    }
    parts = [
        f"{how} {_listed(sorted(names, key=lambda name: (name not in heard, name)))}"
        for how, names in told
        if names
    ]
    return f": {', '.join(parts)}" if parts else ""


def _entries(condition: Condition) -> Iterator[Word | Entry]:
    """Yield every word and every entry of a list."""
    for atom in condition.atoms():
        if isinstance(atom, Word):
            yield atom
        elif isinstance(atom, Says):
            yield from (entry for slot in atom.template.slots().values() for entry in slot.entries)


def _words(condition: Condition) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each word, sentence, shape and the like: what tells it apart, and how it is shown."""
    for atom in condition.atoms():
        if isinstance(atom, Word):
            yield ("word", atom.shown), _quoted(atom.shown)
        elif isinstance(atom, Looks):
            yield ("shape", atom.shape.name, atom.shape.pattern), f"shape {atom.shape.name}"
        else:
            yield ("other", str(atom)), str(atom)
        slots = atom.template.slots().values() if isinstance(atom, Says) else ()
        yield from ((("word", each.shown), _quoted(each.shown)) for slot in slots for each in slot.entries)
    yield from ((("none", word.shown), f"not {_quoted(word.shown)}") for word in condition.none)


def _quoted(text: str) -> str:
    return f'"{text}"'


def _listed(names: Iterable[str]) -> str:
    first, more = [*names][:MOST_NAMED], len([*names]) - MOST_NAMED
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")
