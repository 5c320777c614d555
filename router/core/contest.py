"""Which of the rules that match win, by stage, containment and `beats`; it holds no rule against a query."""

from __future__ import annotations

from router.core.written import written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from router.core.flat import FlatRule
    from router.core.plan import JSON, StepSource
    from router.core.query import Query
    from router.core.text import Reading

CANARY_KEY: Final = "key"
"""The fact by which canaries are shared out; it needs no listing."""


class Candidate:
    """A rule that matches, and may win."""

    __slots__ = ("rule", "slots", "steps")

    def __init__(self, rule: FlatRule, slots: Mapping[str, JSON], steps: tuple[StepSource, ...]) -> None:
        self.rule = rule
        self.slots = slots
        self.steps = steps
        """Those of its steps that modes and words leave."""

    @property
    def does(self) -> str:
        """What it would carry out, so that two can agree."""
        rule = self.rule
        if self.steps is rule.steps and not rule.reads:
            if rule.deed is None:
                rule.deed = deed(rule.steps, rule.answer, {})
            return rule.deed
        read = {name: [self.slots.get(name), rule.slots[name] == "date"] for name in rule.reads}
        return deed(self.steps, rule.answer, read)


def deed(steps: Sequence[StepSource], answer: str, read: Mapping[str, JSON]) -> str:
    """Return what would be carried out with the slots that templates read, each with whether it is a date."""
    return written([[step.to_dict() for step in steps], answer, read])


def first_winner(over: Mapping[str, str], safe: set[str]) -> tuple[str, str]:
    """Return the rule to name as the one that wins over a loser, a survivor if there is one, and why."""
    return min(over.items(), key=lambda item: (item[0] not in safe, item[0]))


def unstaged(stage: str, canary: str, share: int, reading: Reading, query: Query) -> str:
    """Return why a rule that matches does not route, or the empty string."""
    if stage == "shadow":
        return "stage shadow"
    if stage == "canary":
        key = query.facts.get(CANARY_KEY, " ".join(reading.stems))
        if bucket(canary, key) >= share:
            return f"stage canary, not among its {share} %"
    return ""


def bucket(rule_id: str, key: str) -> int:
    """Return 0 to 99, evenly over keys: a canary is live for the keys below its share."""
    import hashlib

    return int.from_bytes(hashlib.sha256(f"{rule_id}\0{key}".encode()).digest()[:8], "big") % 100
