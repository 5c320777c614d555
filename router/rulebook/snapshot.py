"""The decision snapshot, a sorted line for each recorded query: made and compared; it decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from router.core.book import Rulebook
from router.core.findings import Findings
from router.errors import CorpusRefused
from router.rulebook.corpus import HINT, NO_QUERY, QUERIES, Recorded, read_queries
from router.rulebook.many import Tell, nobody
from router.rulebook.tree import Tree
from router.rulebook.ways import ARROW, ways

DECISIONS: Final = "corpus/decisions.txt"
_MARKERS: Final = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")


@dataclass(frozen=True, slots=True)
class Changed:
    """A line of the snapshot that would read otherwise."""

    query: str
    before: str
    """Empty for a query that the snapshot does not have."""
    after: str
    """Empty for one that is not recorded any more."""

    def __str__(self) -> str:
        """As a diff shows it."""
        lines = ((sign, way) for sign, way in (("-", self.before), ("+", self.after)) if way)
        return "\n".join(f"{sign} {self.query} {ARROW} {way}" for sign, way in lines)


def snapshot(book: Rulebook, records: tuple[Recorded, ...], tell: Tell = nobody) -> str:
    """Return the snapshot of recorded queries: `query ⇒ rule ⇒ targets`, its lines sorted by code points."""
    return "".join(sorted(f"{query} {ARROW} {way}\n" for query, way in ways(book, records, tell).items()))


def differences(old: str, new: str) -> Iterator[Changed]:
    """Yield the queries whose lines differ, sorted; lines of the old text that are none stand as they are.

    A query may stand there twice, which a merge can do: each line that is not right is yielded.
    """
    before = set(map(_split, filter(None, old.splitlines())))
    after = dict(map(_split, filter(None, new.splitlines())))
    known = {query for query, _ in before}
    added = {(query, "") for query in after if query not in known}
    for query, way in sorted(before | added):
        if way != after.get(query, ""):
            yield Changed(query, way, after.get(query, ""))


def same(old: str, new: str) -> bool:
    """Whether two snapshots have the same lines, however these end: git may check them out with CRLF."""
    return old.replace("\r\n", "\n") == new


def has_markers(text: str) -> bool:
    """Whether a merge left its conflict markers in a snapshot."""
    return any(line.startswith(_MARKERS) and ARROW not in line for line in text.splitlines())


def recorded_queries(tree: Tree, name: str = QUERIES) -> tuple[Recorded, ...]:
    """Return the queries of one file of a project. Raises CorpusRefused where there is none."""
    findings = Findings()
    records = read_queries(name, tree.text(name, findings) or "", findings)
    if not records:
        findings.add(name, (), NO_QUERY, HINT, code="no-queries")
    if findings.problems:
        raise CorpusRefused(tuple(findings.problems))
    return records


def decisions_of(queries: str) -> str:
    """Return the snapshot's file for a file of queries: `decisions.txt` beside `queries.txt`."""
    path = PurePosixPath(queries)
    name = "decisions.txt" if path.name == "queries.txt" else f"{path.stem}.decisions.txt"
    return str(path.with_name(name))


def _split(line: str) -> tuple[str, str]:
    query, _, way = line.partition(f" {ARROW} ")
    return query, way or "?"
