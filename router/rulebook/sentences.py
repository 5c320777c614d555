"""Makes a sentence template of a question: numbers, days and paths become slots, the rest stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from router.core.book import Rulebook
from router.core.query import Query
from router.core.say import TemplateError, parse
from router.core.sentence import Template
from router.errors import QueryRefused

LONGEST_SENTENCE: Final = 200
"""Words of a text of which a rule is made at most; nobody asks a longer one twice."""
SLOTS: Final = {
    "int": ("n", "m", "k", "i", "j"),
    "number": ("amount", "other_amount"),
    "date": ("day", "other_day"),
    "path": ("path", "other_path"),
}
"""Names for the slots of each type; further values stay as they are."""
_SYNTAX: Final = re.compile(r"[(){}\[\]|]")
_BEFORE: Final = r"(?<![\w.,:/'-])"
_BEHIND: Final = r"(?![\w.,:/'\u2019-]*\w)"
_INTEGER: Final = (re.compile(rf"{_BEFORE}\d{{1,18}}{_BEHIND}"), "int")
_VALUES: Final = (
    (re.compile(rf"{_BEFORE}\d{{4}}-\d{{2}}-\d{{2}}{_BEHIND}", re.ASCII), "date"),
    (re.compile(rf"{_BEFORE}(?i:yesterday|today|tomorrow){_BEHIND}"), "date"),
    (re.compile(rf"{_BEFORE}\d+\.\d+{_BEHIND}"), "number"),
    (re.compile(r"(?<!\S)(?:\.{0,2}/)?(?:[\w-]+/)+[\w.-]*\w(?=[?!.,]?(?:\s|$))"), "path"),
    (re.compile(r"(?<!\S)[\w-]{2,}\.(?i:[a-z][a-z0-9]{0,4})(?=[?!.,]?(?:\s|$))"), "path"),
    _INTEGER,
)
"""What becomes a slot, in this order."""


def sentence(book: Rulebook, query: Query) -> tuple[str, str]:
    """Return a sentence that takes the query's text, the most general that does, and the text on one line.

    Raises QueryRefused where no sentence can.
    """
    reading = book.normaliser.read(query.text)
    if not reading.stems:
        raise QueryRefused("the text has no letter or digit of which a rule could be made")
    if len(reading.stems) > LONGEST_SENTENCE:
        count = len(reading.stems)
        raise QueryRefused(f"the text has {count} words; a rule is made of at most {LONGEST_SENTENCE}")
    said = " ".join(query.text.split())
    readings = (reading, book.normaliser.read(said))
    for template in _templates(" ".join(_SYNTAX.sub(" ", query.text).split())):
        parsed = _parsed(book, template)
        if parsed is not None and all(parsed.match(each) is not None for each in readings):
            return template, said
    raise QueryRefused("the text cannot be written as a sentence of a rule: leave out what is no word")


def _templates(said: str) -> Iterator[str]:
    """Yield sentences for a text, the most general first; one that is nothing but numbers stays as it is."""
    if any(each.isalpha() for each in said):
        yield from dict.fromkeys((_with_slots(said, _VALUES), _with_slots(said, (_INTEGER,))))
    yield said


def _with_slots(said: str, values: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    """Put slots in the place of values; where two values overlap the earlier kind has it."""
    taken: list[tuple[int, int, str]] = []
    for pattern, kind in values:
        for found in pattern.finditer(said):
            if all(found.end() <= start or end <= found.start() for start, end, _ in taken):
                taken.append((*found.span(), kind))
    names = {kind: iter(each) for kind, each in SLOTS.items()}
    out, place = "", 0
    for start, end, kind in sorted(taken):
        name = next(names[kind], "")
        out += said[place:start] + (f"{{{name}:{kind}}}" if name else said[start:end])
        place = end
    made = out + said[place:]
    return made if re.sub(r"\{[^}]*\}", "", made).strip(" ?!.,") else said


def _parsed(book: Rulebook, template: str) -> Template | None:
    try:
        return parse(template, book.normaliser.stems, lambda _: None)
    except TemplateError:
        return None
