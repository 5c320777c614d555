"""What a rulebook says of a query, with the reasons; immutable, and equal bytes as JSON everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from router.core.plan import JSON

Kind = Literal["rule", "tie", "none"]
Word = Literal["won", "tied", "lost", "adds", "shadow", "filtered", "late", "near"]
VERDICTS: Final[tuple[Word, ...]] = ("won", "tied", "lost", "adds", "shadow", "filtered", "late", "near")
"""In the order in which `explain` prints them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule that matched, or nearly did."""

    rule: str
    verdict: Word
    because: str = ""
    """`narrower` or `beats` for lost; `modes` or `words` for filtered; the stage for shadow; and so on."""
    by: str = ""
    """The rule to which it lost, or that decided before its layer."""
    matched: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON; what is empty is left out."""
        out: dict[str, JSON] = {"rule": self.rule, "verdict": self.verdict}
        for name in ("because", "by"):
            if value := getattr(self, name):
                out[name] = value
        for name in ("missing", "matched"):
            if value := getattr(self, name):
                out[name] = list(value)
        return out


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rulebook says of a query."""

    id: str
    """`d:` and a hash of the revision and the query."""
    revision: str
    """`r:` and a hash of everything that bears on decisions."""
    kind: Kind
    rule: str | None = None
    """The id of the rule that decides; None for a tie or none."""
    at: str | None = None
    """Where that rule is written, as `file:line`."""
    layer: str | None = None
    """The layer that decided or tied; None for none."""
    slots: Mapping[str, JSON] = field(default_factory=dict)
    """What the rule's shapes and sentences took from the text; slots that took nothing are left out."""
    tied: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    """Ids of the `add` rules that attach their steps."""
    verdicts: tuple[Verdict, ...] = ()

    def to_dict(self) -> dict[str, JSON]:
        """Return the decision without its verdicts, as `ts explain --json` prints it."""
        return {
            "id": self.id,
            "revision": self.revision,
            "kind": self.kind,
            "rule": self.rule,
            "at": self.at,
            "layer": self.layer,
            "slots": dict(self.slots),
            "tied": list(self.tied),
            "added": list(self.added),
        }
