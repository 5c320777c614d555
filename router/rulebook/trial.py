"""What rules of a file would change before they are enabled; it writes nothing and decides nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from router.core.book import Rulebook
from router.core.plan import JSON
from router.errors import Problem, RulebookRefused
from router.rulebook.compare import Change, Comparison, compare
from router.rulebook.corpus import Recorded
from router.rulebook.read import Reading


@dataclass(frozen=True, slots=True)
class Trial:
    """What would change."""

    rules: tuple[str, ...]
    """Ids of the rules that were tried."""
    book: Rulebook
    """With the rules enabled."""
    comparison: Comparison

    def moved(self) -> dict[str, tuple[Change, ...]]:
        """Return the changes by whence the queries come: the most first."""
        found: dict[str, list[Change]] = {}
        for each in self.comparison.changes:
            found.setdefault(_whence(self.book, each), []).append(each)
        return {name: tuple(each) for name, each in sorted(found.items(), key=lambda item: -len(item[1]))}

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        groups = {name: [each.to_dict() for each in changes] for name, changes in self.moved().items()}
        return {"rules": list(self.rules), "queries": self.comparison.queries, "moved": groups}


def try_rules(
    reading: Reading, name: str, text: str, layer: str, records: Iterable[Recorded], *, inside: bool
) -> Trial:
    """Compare the rulebook without the rules of a file with one in which they are live.

    `inside` says that the file is one of the project's. A rule from elsewhere takes the place of one of its
    id. Raises RulebookRefused for what does not load, with the places of the file.
    """
    tried = [
        replace(each, stage="live", share=None)
        for each in reading.rule_texts(name, text, layer, PurePosixPath(name).stem)
    ]
    if not tried and not reading.findings.problems:
        raise RulebookRefused((Problem(name, "there is no rule in it", code="no-rules"),))
    ids = {each.id for each in tried}
    others = tuple(each for each in reading.sources.rules if each.id not in ids)
    before = (
        (*others, *(replace(each, stage="shadow") for each in tried)) if inside else reading.sources.rules
    )
    old = reading.book(replace(reading.sources, rules=before))
    new = reading.book(replace(reading.sources, rules=(*others, *tried)))
    return Trial(tuple(sorted(ids)), new, compare(old, new, records))


def _whence(book: Rulebook, change: Change) -> str:
    """Say where a query comes from, or what is new about it."""
    before, after = change.before, change.after
    if after.kind == "tie" and before.kind != "tie":
        return f"new tie of {' and '.join(after.rules)}"
    if before.kind == "none":
        return "from the planner" if "planner" in book.settings.fallback else "from no rule"
    if before.kind == "tie":
        return f"from the tie of {' and '.join(before.rules)}"
    if before.rules == after.rules:
        return f"{before.rules[0]} would do something else"
    return f"from rule {before.rules[0]}"
