"""Checks a rulebook as a reviewer would: examples, recorded queries, targets, idle rules; it calls nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from router.core.plan import JSON
from router.errors import RulebookRefused
from router.ports import Offer
from router.rulebook.check import calls, idle, recorded
from router.rulebook.check.finding import Finding
from router.rulebook.check.proof import prove
from router.rulebook.corpus import Corpus
from router.rulebook.formats import counted
from router.rulebook.read import Reading


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and what was found."""

    rules: int = 0
    examples: int = 0
    held: int = 0
    """Examples that go where their rule says."""
    queries: int = 0
    """Of the corpus, `corpus/none.txt` aside."""
    none: int = 0
    """Of `corpus/none.txt`."""
    exercised: int = 0
    """Rules that match at least one query of the corpus."""
    targets: int = 0
    """Targets that the catalogue could confirm."""
    findings: tuple[Finding, ...] = ()
    loaded: bool = True
    """Whether the rulebook loads at all; if not, nothing else was looked at."""

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(each.severity == "error" for each in self.findings)

    @property
    def warnings(self) -> int:
        """How many are not."""
        return len(self.findings) - self.errors

    def __str__(self) -> str:
        """Give the denominators, on one line."""
        held = f"{self.held} of " if self.held != self.examples else ""
        looked_at = (
            counted(self.rules, "rule"),
            f"{held}{counted(self.examples, 'example')} {'holds' if self.examples == 1 else 'hold'}",
            f"corpus {counted(self.queries, 'query')}",
            f"{self.exercised}/{self.rules} rules exercised",
            f"{counted(self.targets, 'target')} in the catalogue",
        )
        parts = looked_at if self.loaded else ("the rulebook does not load",)
        warned = (counted(self.warnings, "warning"),) if self.warnings else ()
        return " · ".join((*parts, counted(self.errors, "error"), *warned))

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        counts = (
            "rules",
            "examples",
            "held",
            "queries",
            "none",
            "exercised",
            "targets",
            "errors",
            "warnings",
        )
        return {
            **{name: getattr(self, name) for name in counts},
            "loaded": self.loaded,
            "findings": [each.to_dict() for each in self.findings],
        }


def check(reading: Reading, corpus: Corpus, offers: Iterable[Offer], today: dt.date | None = None) -> Report:
    """Return everything that is found in a project's rules; also where they do not load.

    `today` is held against review dates; the local date by default.
    """
    files = [*map(Finding.of, corpus.problems), *_stray(reading.unread)]
    try:
        book = reading.book()
    except RulebookRefused as error:
        return Report(findings=(*map(Finding.of, error.problems), *files), loaded=False)
    by_name = {(each.scheme, each.name): each for each in offers}
    now = today or dt.datetime.now().astimezone().date()
    proof = prove(book, corpus)
    seen = recorded.exercised(proof.queries)
    known, unknown = calls.targets(book, by_name)
    idling = idle.idle_rules(book, recorded.tied_rules(proof.queries, proof.examples))
    hopeless = {id_ for id_, found in idling.items() if found.id == "never-wins"}
    hopeful = [rule for rule in book.rules.values() if rule.id not in hopeless]
    findings = [
        *files,
        *proof.findings(),
        *unknown,
        *calls.arguments(book, by_name, proof.examples),
        *idle.unkept(book, now, hopeless),
        *idling.values(),
        *idle.idle_beats(book),
        *(idle.unused(book, reading.sources) if book.rules else ()),
        *(recorded.unmatched(hopeful, seen) if proof.queries else ()),
    ]
    return Report(
        rules=len(book.rules),
        examples=proof.looked_at,
        held=proof.held,
        queries=len(proof.queries),
        none=len(proof.none),
        exercised=len(seen),
        targets=known,
        findings=tuple(sorted(findings, key=lambda each: each.severity)),
    )


def _stray(names: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        suffix = ".toml" if name.startswith("rules/") else ".j2"
        hint = f"name it {_named(PurePosixPath(name).name, suffix)}, or move it"
        yield Finding("stray-file", name, 0, "nothing reads this file", hint)


def _named(name: str, suffix: str) -> str:
    """Return how a file would be read: `git.tml` as `git.toml`, and `planner.md` as `planner.md.j2`."""
    return name + suffix if suffix == ".j2" else str(PurePosixPath(name).with_suffix(suffix))
