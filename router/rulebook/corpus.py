r"""Recorded queries: text files of a query a line, or JSON lines; it decides nothing.

A line may begin with the query's context in brackets: modes, `key=value` facts, media types of attachments
and `words:a,b`, as in `[useful env=prod image/png] what is this`. A text that itself begins with a bracket is
written behind empty ones: `[] [draft] what is this`. Words and facts with spaces, brackets or quotation marks
are quoted as for a shell, and `\u000a` there stands for a character that no line can hold. Empty lines and
lines that begin with `# ` are left out.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from router.core.findings import Findings, nearest_or_all
from router.core.query import MODES, Attachment, Query
from router.errors import Problem, QueryRefused
from router.rulebook.tree import Tree

QUERIES: Final = "corpus/queries.txt"
NO_QUERY: Final = "no query is recorded"
HINT: Final = "write queries as people ask them, one a line"
NONE: Final = "corpus/none.txt"
_LINE_END: Final = re.compile(r"\r\n?|\n")
"""As editors count lines; the other line ends of Unicode may stand in a text, and in a JSON string."""
_CONTEXT: Final = re.compile(r"""\[((?:[^\[\]'"]|'[^']*'|"[^"]*")*)\](?:\s+(.*))?""", re.DOTALL)
_BEHIND: Final = "write [] before a text that begins with a bracket"
_MEDIA_TYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_ODD_IN_TEXT: Final = re.compile(r"\u21d2|\\(?=u(?:21d2|005c))")
"""The arrow of snapshots, and what would be read back as one."""
_ODD_IN_CONTEXT: Final = re.compile(r"\u21d2|[^\S ]|\\(?=u[0-9a-f]{4})")
_ODD_IN_WORD: Final = re.compile(f"{_ODD_IN_CONTEXT.pattern}|,")
_ODD_IN_KEY: Final = re.compile(f"{_ODD_IN_CONTEXT.pattern}|=|(?<=^words):")
_WRITTEN_IN_TEXT: Final = re.compile(r"\\u(21d2|005c)")
_WRITTEN_IN_CONTEXT: Final = re.compile(r"\\u([0-9a-f]{4})")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A query that somebody asked."""

    query: Query
    shown: str
    """Context and text on one line; equal for equal queries."""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Corpus:
    """The recorded queries of a project, each once."""

    queries: tuple[Recorded, ...] = ()
    none: tuple[Recorded, ...] = ()
    """Queries that no rule may take."""
    problems: tuple[Problem, ...] = ()

    @property
    def all(self) -> tuple[Recorded, ...]:
        """Both kinds, each query once."""
        return tuple(_once((*self.queries, *self.none)))


def read_corpus(tree: Tree) -> Corpus:
    """Return what the two files of a corpus record; what cannot be read is among the problems."""
    findings = Findings()
    queries, none = (tuple(_recorded(tree, name, findings)) for name in (QUERIES, NONE))
    return Corpus(queries, none, tuple(findings.problems))


def read_queries(name: str, text: str, findings: Findings, *, shown_as: str = "") -> tuple[Recorded, ...]:
    """Return the queries of a file, each once: JSON lines where its name ends in `.jsonl`, else text."""
    read = _from_json if name.endswith(".jsonl") else _from_line
    found: list[Recorded] = []
    for number, line in enumerate(_LINE_END.split(text), 1):
        try:
            query = read(line.strip())
        except (QueryRefused, ValueError, RecursionError) as error:
            findings.add(shown_as or name, (), f"cannot be a query: {error}", code="bad-query", line=number)
            continue
        if query is not None:
            found.append(Recorded(query, shown(query), shown_as or name, number))
    return tuple(_once(found))


def shown(query: Query) -> str:
    """Return context and text on one line, as the corpus writes them; read back it is an equal query."""
    text = _written(" ".join(query.text.split()), _ODD_IN_TEXT)
    context = " ".join(_context(query))
    return f"[{context}] {text}" if context or text.startswith(("[", "# ")) or text == "#" else text


def _context(query: Query) -> Iterator[str]:
    yield from (mode for mode in MODES if mode in query.modes)
    if query.words:
        words = ",".join(_written(each, _ODD_IN_WORD) for each in sorted(query.words))
        yield shlex.quote(f"words:{words}")
    for key, value in query.facts.items():
        yield shlex.quote(f"{_written(key, _ODD_IN_KEY)}={_written(value, _ODD_IN_CONTEXT)}")
    yield from sorted(each.media_type for each in query.attached)


def _written(text: str, odd: re.Pattern[str]) -> str:
    return odd.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _read_back(text: str, written: re.Pattern[str]) -> str:
    return written.sub(lambda found: chr(int(found[1], 16)), text)


def _recorded(tree: Tree, name: str, findings: Findings) -> Iterable[Recorded]:
    text = tree.text(name, findings)
    return () if text is None else read_queries(name, text, findings)


def _once(records: Iterable[Recorded]) -> Iterator[Recorded]:
    seen: set[str] = set()
    for each in records:
        if each.shown not in seen:
            seen.add(each.shown)
            yield each


def _from_line(line: str) -> Query | None:
    """Read one line. Raises QueryRefused."""
    if not line or line == "#" or line.startswith("# "):
        return None
    if not line.startswith("["):
        return Query(_read_back(line, _WRITTEN_IN_TEXT))
    found = _CONTEXT.fullmatch(line)
    if found is None:
        raise QueryRefused(f"the brackets at the beginning hold no context; {_BEHIND}")
    modes: set[str] = set()
    words: set[str] = set()
    facts: dict[str, str] = {}
    types: list[str] = []
    for part in shlex.split(found[1]):
        key, equals, value = part.partition("=")
        if part in MODES:
            modes.add(part)
        elif part.startswith("words:"):
            words |= set(map(_in_context, part.removeprefix("words:").split(",")))
        elif equals and key:
            _add_fact(facts, _in_context(key), _in_context(value))
        elif _MEDIA_TYPE.fullmatch(part):
            types.append(part)
        else:
            raise QueryRefused(f'unknown context "{part}"; {_BEHIND}; {nearest_or_all(part, MODES)}')
    return _query(_read_back(found[2] or "", _WRITTEN_IN_TEXT), modes, words, facts, types)


def _in_context(text: str) -> str:
    return _read_back(text, _WRITTEN_IN_CONTEXT)


def _add_fact(facts: dict[str, str], key: str, value: str) -> None:
    if facts.setdefault(key, value) != value:
        raise QueryRefused(f'the fact "{key}" has two values')


def _from_json(line: str) -> Query | None:
    """Read a record: `text`, and `modes`, `words`, `facts`, `attached` if given; a `query` may hold them."""
    if not line:
        return None
    record = json.loads(line)
    if isinstance(record, Mapping) and isinstance(record.get("query"), Mapping):
        record = record["query"]
    if not isinstance(record, Mapping) or not isinstance(record.get("text"), str):
        raise QueryRefused('a record is an object with a "text"')
    lists = {name: _texts(record, name) for name in ("modes", "words", "attached")}
    facts = record.get("facts", {})
    if not isinstance(facts, Mapping) or not all(key and isinstance(facts[key], str) for key in facts):
        raise QueryRefused('"facts" must be an object of texts, each with a name')
    if odd := [each for each in lists["attached"] if not _MEDIA_TYPE.fullmatch(each)]:
        raise QueryRefused(f'"{odd[0]}" is not a media type, such as image/png')
    return _query(record["text"], set(lists["modes"]), set(lists["words"]), dict(facts), lists["attached"])


def _texts(record: Mapping[str, Any], name: str) -> list[str]:
    value = record.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise QueryRefused(f'"{name}" must be a list of texts')
    return value


def _query(text: str, modes: set[str], words: set[str], facts: dict[str, str], types: list[str]) -> Query:
    attached = tuple(Attachment("", each, "") for each in types)
    return Query(text, frozenset(modes), frozenset(words), facts, attached)
