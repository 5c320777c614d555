"""What rules of a file would change before they are enabled; it writes nothing and decides nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from router.core.book import Rulebook
from router.core.plan import JSON
from router.core.source import RuleText
from router.errors import Problem, RulebookRefused
from router.rulebook.compare import Change, Comparison, compare
from router.rulebook.corpus import NONE, Recorded
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
            found.setdefault(self._whence(each), []).append(each)
        return {name: tuple(each) for name, each in sorted(found.items(), key=lambda item: -len(item[1]))}

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        groups = {name: [each.to_dict() for each in changes] for name, changes in self.moved().items()}
        return {"rules": list(self.rules), "queries": self.comparison.queries, "moved": groups}

    def _whence(self, change: Change) -> str:
        """Say where a query comes from, or what is new about it."""
        before, after = change.before, change.after
        if change.query.file == NONE and after.kind != "none":
            return f"from {NONE}, which no rule may take"
        if after.kind == "tie":
            return f"in a new tie of {' and '.join(after.rules)}"
        if before.kind == "none":
            return "from the planner" if "planner" in self.book.settings.fallback else "from no rule"
        if before.rules == after.rules:
            return f"{before.rules[0]} would do something else"
        took = " and ".join(before.rules)
        source = f"the tie of {took}" if before.kind == "tie" else f"rule {took}"
        if after.kind == "none":
            return f"that no rule would take any more, from {source}"
        return f"from {source}" if after.rules[0] in self.rules else f"from {source} to {after.rules[0]}"


def try_rules(
    reading: Reading, name: str, text: str, layer: str, records: Sequence[Recorded], *, inside: bool
) -> Trial:
    """Compare the rulebook without the rules of a file with one in which they are live.

    `inside` says that the file is one of the project's. A rule from elsewhere takes the place of one of its
    id. Raises RulebookRefused for what does not load, with the places of the file.
    """
    tried = [_live(each) for each in reading.rule_texts(name, text, layer, PurePosixPath(name).stem)]
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


def _live(text: RuleText) -> RuleText:
    """Return a rule as it would be once it is enabled; a stage that does not exist stays, to be refused."""
    return replace(text, stage="live", share=None) if text.stage in ("shadow", "canary") else text
